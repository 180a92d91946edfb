//! Import ids, such as `<host>/<name>`.

use super::NodeResource;
use crate::engine::import::check_texts;
use tfplugin::{Diagnostic, Diagnostics};

/// How the import ids of a type are written.
#[derive(Clone, Copy, Debug)]
pub struct ImportId {
    /// Each with another number of parts, which are attributes: `<host>/<name>`.
    pub forms: &'static [&'static str],
    /// Such as `10.0.0.11/dns`.
    pub example: &'static str,
}

/// The parts of an import id by the names of their attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportParts(Vec<(&'static str, String)>);

impl ImportParts {
    /// The part for that attribute, if the id has it.
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == attribute).map(|(_, part)| part.as_str())
    }

    /// The part for an attribute that every form has.
    pub fn part(&self, attribute: &str) -> String {
        self.get(attribute).unwrap_or_default().to_owned()
    }
}

impl ImportId {
    /// What ids look like, for a person.
    fn expected(&self) -> String {
        format!("{}, such as {}", self.forms.join(" or "), self.example)
    }

    /// Splits an id, and holds each part to the rules of its attribute.
    pub(super) fn parse<T: NodeResource>(&self, id: &str) -> Result<ImportParts, Diagnostics> {
        let Some(parts) = self.split(id) else {
            let detail = format!("The import id {id:?} should be {}.", self.expected());
            return Err(Diagnostic::error(format!("Unable to import {} {id}", T::NOUN), detail).into());
        };
        let named: Vec<(&str, &str)> = parts.0.iter().map(|(name, part)| (*name, part.as_str())).collect();
        check_texts::<T>(id, &named, &self.expected())?;
        Ok(parts)
    }

    fn split(&self, id: &str) -> Option<ImportParts> {
        let parts: Vec<&str> = id.split('/').collect();
        let names = |form: &'static str| form.split('/').map(|name| name.trim_matches(['<', '>']));
        let form = self.forms.iter().find(|form| names(form).count() == parts.len())?;
        Some(ImportParts(names(form).zip(parts.into_iter().map(str::to_owned)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_parts_says_which_form_it_is() {
        let id =
            ImportId { forms: &["<host>/<name>", "<host>/<repository>/<name>"], example: "10.0.0.11/dns" };
        let short = id.split("10.0.0.11/dns").unwrap();
        assert_eq!((short.get("host"), short.get("repository")), (Some("10.0.0.11"), None));
        let long = id.split("fd00:10::11/core/dns").unwrap();
        assert_eq!((long.part("repository"), long.part("name")), ("core".to_owned(), "dns".to_owned()));
        assert!(id.split("10.0.0.11").is_none() && id.split("a/b/c/d").is_none());
        assert_eq!(id.expected(), "<host>/<name> or <host>/<repository>/<name>, such as 10.0.0.11/dns");
    }
}
