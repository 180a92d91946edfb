//! What the person is told when a router does not do as asked.

use super::mapping::{Field, Kind};
use crate::connection::router::{NoRouter, Router, RouterError};
use tfplugin::{Diagnostic, Path};

/// What a message is about.
pub struct Subject<'a> {
    /// What it is called.
    pub noun: &'static str,
    /// The tag's value, such as the neighbor's address; empty where there is only one such object.
    pub key: &'a str,
    /// From the top, as typed on the router.
    pub path: &'a str,
    /// Its attributes, to find the one that VyOS speaks of.
    pub fields: &'static [Field],
}

impl Subject<'_> {
    fn name(&self) -> String {
        if self.key.is_empty() { self.noun.to_owned() } else { format!("{} {}", self.noun, self.key) }
    }

    /// The summary of everything that may go wrong with `action`.
    pub fn unable(&self, action: &str, router: &Router) -> String {
        format!("Unable to {action} {} on router {:?}", self.name(), router.name())
    }

    /// A failure of the router.
    pub fn failed(&self, action: &str, router: &Router, error: RouterError) -> Diagnostic {
        let summary = self.unable(action, router);
        if let RouterError::Declined(reason) = error {
            return Diagnostic { summary, ..*reason };
        }
        let told = sentence(&format!("Tried `{}` at {}: {error}", self.path, router.url()));
        let detail = format!("{told}\n\n{}", error.next_step());
        let attribute = match &error {
            RouterError::Rejected { message, .. } => attribute_in(message, self.fields, &Path::root()),
            other if other.hides_the_router() => Some(Path::from("router")),
            _ => None,
        };
        Diagnostic { attribute, ..Diagnostic::error(summary, detail) }
    }
}

/// A name that leads to no router.
pub fn no_router(noun: &str, reason: &NoRouter) -> Diagnostic {
    let next = match reason {
        NoRouter::NotKnownYet => "Apply what the provider block depends on first.",
        NoRouter::Unnamed { .. } => "Use one of these names, or add the router to the provider block.",
        NoRouter::Ambiguous { routers } if routers.is_empty() => "Add the router to the provider block.",
        NoRouter::Ambiguous { .. } => "Say which one with `router`.",
    };
    let detail = format!("{} {next}", sentence(&reason.to_string()));
    Diagnostic::error(format!("Unable to find the router of {noun}"), detail).at("router")
}

/// The attribute that a message of VyOS speaks of: the one whose leaf it names in the most words.
fn attribute_in(message: &str, fields: &[Field], within: &Path) -> Option<Path> {
    let words: Vec<&str> = message.split(|c: char| !(c.is_alphanumeric() || c == '-')).collect();
    let named =
        |field: &&Field| field.path.iter().filter(|word| word.contains('-') && words.contains(word)).count();
    let best = fields.iter().filter(|field| named(field) > 0).max_by_key(named);
    if let Some(field) = best {
        return Some(within.clone().attribute(field.attribute));
    }
    fields.iter().find_map(|field| match field.kind {
        Kind::Presence(members) | Kind::Group(members) => {
            attribute_in(message, members, &within.clone().attribute(field.attribute))
        }
        _ => None,
    })
}

/// With a capital letter and a full stop, unless what others said ends it already.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let mut told: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if !told.ends_with(['.', '!', '?']) {
        told.push('.');
    }
    told
}
