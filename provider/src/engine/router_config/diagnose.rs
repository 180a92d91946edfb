//! What the person is told when a router does not do as asked.

use super::mapping::{Field, Kind};
use crate::connection::router::{NoRouter, Router, RouterError};
use tfplugin::{Diagnostic, Path, Value};

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
    /// Their values; null where there are none yet.
    pub object: &'a Value,
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
            RouterError::Rejected { message, .. } => {
                value_in(message, self.fields, self.object, &Path::root())
                    .or_else(|| attribute_in(message, self.fields, &Path::root()))
            }
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

/// The attribute that a message of VyOS speaks of by its leaf and its value: `prefix-list PL does not exist!`
fn value_in(message: &str, fields: &[Field], object: &Value, within: &Path) -> Option<Path> {
    fields.iter().find_map(|field| {
        let here = within.clone().attribute(field.attribute);
        let value = object.attribute(field.attribute);
        match (field.kind, value) {
            (Kind::Value(form), value) => {
                let word = form.word(value)?;
                (leaf_words(message, field) > 0 && words(message).any(|said| said == word)).then_some(here)
            }
            (Kind::Presence(members) | Kind::Group(members), _) => value_in(message, members, value, &here),
            (Kind::Tags(_, members), Value::Map(all)) => {
                all.iter().find_map(|(key, one)| value_in(message, members, one, &here.clone().key(key)))
            }
            _ => None,
        }
    })
}

/// How many of the words that lead to a leaf a message has. Words without a hyphen are too common to say anything.
fn leaf_words(message: &str, field: &Field) -> usize {
    field.path.iter().filter(|leaf| leaf.contains('-') && words(message).any(|word| word == **leaf)).count()
}

/// The words of a message, without quotes and what ends a sentence.
fn words(message: &str) -> impl Iterator<Item = &str> {
    message.split_whitespace().map(|word| word.trim_matches(['"', '\'', '!', ',', '.', ':', '[', ']']))
}

/// The attribute that a message of VyOS speaks of: the one whose leaf it names in the most words.
fn attribute_in(message: &str, fields: &[Field], within: &Path) -> Option<Path> {
    let named = |field: &&Field| leaf_words(message, field);
    let best = fields.iter().filter(|field| named(field) > 0).max_by_key(named);
    if let Some(field) = best {
        return Some(within.clone().attribute(field.attribute));
    }
    fields.iter().find_map(|field| {
        let here = within.clone().attribute(field.attribute);
        match field.kind {
            Kind::Presence(members) | Kind::Group(members) => attribute_in(message, members, &here),
            Kind::Tags(_, members) => {
                let key = key_in(message, field.path.last()?)?;
                let here = here.key(key);
                Some(attribute_in(message, members, &here).unwrap_or(here))
            }
            // Nothing else can be meant.
            Kind::Section => Some(here),
            _ => None,
        }
    })
}

/// The key that a message gives behind the word of its node: `rule 10`, `Interface "eth9"`.
fn key_in<'a>(message: &'a str, node: &str) -> Option<&'a str> {
    let mut words = words(message);
    words.find(|word| word.eq_ignore_ascii_case(node))?;
    words.next().filter(|key| !key.is_empty())
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

#[cfg(test)]
mod tests {
    use super::super::mapping::Form;
    use super::*;

    const FIELDS: &[Field] = &[
        Field::tags(
            "rules",
            &["rule"],
            Form::Decimal,
            &[Field::value("list", &["match", "prefix-list"], Form::Text)],
        ),
        Field::tags("interfaces", &["interface"], Form::Text, &[]),
    ];

    #[test]
    fn a_message_leads_to_what_it_names() {
        for (message, expected) in [
            ("Action must be specified for \"route-map A rule 10\"!", "rules[\"10\"]"),
            ("rule 20 prefix-list X does not exist!", "rules[\"20\"].list"),
            ("Interface \"eth9\" does not exist!", "interfaces[\"eth9\"]"),
        ] {
            let found = attribute_in(message, FIELDS, &Path::root()).unwrap();
            assert_eq!(found.to_string(), expected);
        }
        let rule = Value::Object([("list".to_owned(), Value::String("PL".to_owned()))].into());
        let rules = Value::Map([("10".to_owned(), rule)].into());
        let object = Value::Object([("rules".to_owned(), rules)].into());
        let found = |message| value_in(message, FIELDS, &object, &Path::root());
        assert_eq!(found("prefix-list PL does not exist!").unwrap().to_string(), "rules[\"10\"].list");
        assert_eq!(found("prefix-list OTHER does not exist!"), None);
        assert_eq!(attribute_in("Something is wrong", FIELDS, &Path::root()), None);
    }
}
