//! What the person is told when a router does not do as asked.

use super::mapping::{Field, Kind, ValueFormat};
use crate::connection::ConnectionError;
use crate::connection::router::{Router, RouterError, RouterErrorKind, RouterLookupError};
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
    /// What it is called in messages, such as `BGP neighbor 10.0.0.11`.
    pub fn name(&self) -> String {
        if self.key.is_empty() { self.noun.to_owned() } else { format!("{} {}", self.noun, self.key) }
    }

    /// The summary of everything that may go wrong with `action`.
    pub fn unable(&self, action: &str, router: &Router) -> String {
        format!("Unable to {action} {} on router {:?}", self.name(), router.name())
    }

    /// A failure of the router.
    pub fn failed(&self, action: &str, router: &Router, error: &RouterError) -> Diagnostic {
        let summary = self.unable(action, router);
        if let RouterErrorKind::Vetoed(reason) = error.kind() {
            return reason.clone().into_diagnostic(summary);
        }
        let told = sentence(&format!("Tried `{}` at {}: {error}", self.path, error.target()));
        let detail = format!("{told}\n\n{}", error.hint());
        let attribute = match error.kind() {
            RouterErrorKind::Rejected { message, .. } => {
                value_in(message, self.fields, self.object, &Path::root())
                    .or_else(|| attribute_in(message, self.fields, self.object, &Path::root()))
            }
            other if other.is_unreachable() => Some(Path::from("router")),
            _ => None,
        };
        Diagnostic { attribute, ..Diagnostic::error(summary, detail) }
    }
}

/// A name that leads to no router.
pub fn no_router(noun: &str, reason: &RouterLookupError) -> Diagnostic {
    let next = match reason {
        RouterLookupError::NotKnownYet => "Apply what the provider block depends on first.",
        RouterLookupError::Unnamed { .. } => {
            "Use one of these names, or add the router to the provider block."
        }
        RouterLookupError::Ambiguous { routers } if routers.is_empty() => {
            "Add the router to the provider block."
        }
        RouterLookupError::Ambiguous { .. } => "Say which one with `router`.",
    };
    let detail = format!("{} {next}", sentence(&reason.to_string()));
    Diagnostic::error(format!("Unable to find the router of {noun}"), detail).at("router")
}

/// An object that is to go from a router that the provider block does not have.
pub(super) fn orphan(noun: &str, reason: &RouterLookupError, url: Option<&str>) -> Diagnostic {
    let location = match url {
        Some(url) => format!("It is on the router at {url}, and no entry of `routers` has that url. "),
        None => String::new(),
    };
    let named = match (reason, url) {
        (RouterLookupError::Ambiguous { .. }, None) => {
            " Where its resource is still written, name its router there and apply that first."
        }
        _ => "",
    };
    let detail = format!(
        "{location}{}{named} To delete it there, put the entry back into `routers` until it is gone. To leave on the router what is \
         there, put a `removed` block with `lifecycle {{ destroy = false }}` in the place of the resource, or say \
         `terraform state rm` and its address.",
        sentence(&reason.to_string())
    );
    Diagnostic::error(format!("Unable to find the router that {noun} is to go from"), detail)
}

/// The attribute that a message of VyOS speaks of by its leaf and its value: `prefix-list PL does not exist!`
fn value_in(message: &str, fields: &[Field], object: &Value, within: &Path) -> Option<Path> {
    fields.iter().find_map(|field| {
        let path = within.clone().attribute(field.attribute);
        let value = object.attribute(field.attribute);
        match (field.kind, value) {
            (Kind::Leaf(form), value) => {
                let word = form.word(value)?;
                (leaf_words(message, field) > 0 && words(message).any(|said| said == word)).then_some(path)
            }
            (Kind::PresenceNode(members) | Kind::Node(members), _) => {
                value_in(message, members, value, &path)
            }
            (Kind::TagNode(_, members), Value::Map(all)) => {
                all.iter().find_map(|(key, one)| value_in(message, members, one, &path.clone().key(key)))
            }
            _ => None,
        }
    })
}

/// How many of the words that lead to a leaf a message has. Words without a hyphen are too common to say
/// anything.
fn leaf_words(message: &str, field: &Field) -> usize {
    field.path.iter().filter(|leaf| leaf.contains('-') && words(message).any(|word| word == **leaf)).count()
}

/// The words of a message, without quotes and what ends a sentence.
fn words(message: &str) -> impl Iterator<Item = &str> {
    message.split_whitespace().map(|word| word.trim_matches(['"', '\'', '!', ',', '.', ':', '[', ']']))
}

/// The attribute that a message of VyOS speaks of: the one whose leaf it names in the most words. Only what
/// the object has is looked into.
fn attribute_in(message: &str, fields: &[Field], object: &Value, within: &Path) -> Option<Path> {
    let named = |field: &&Field| leaf_words(message, field);
    let best = fields.iter().filter(|field| named(field) > 0).max_by_key(named);
    if let Some(field) = best {
        return Some(within.clone().attribute(field.attribute));
    }
    fields.iter().find_map(|field| {
        let path = within.clone().attribute(field.attribute);
        match (field.kind, object.attribute(field.attribute)) {
            (Kind::PresenceNode(members) | Kind::Node(members), inner @ Value::Object(_)) => {
                attribute_in(message, members, inner, &path)
            }
            (Kind::TagNode(form, members), Value::Map(all)) => {
                let node = field.path.last()?;
                let (key, one) = all.iter().find(|(key, _)| names_key(message, node, form, key))?;
                let path = path.key(key);
                Some(attribute_in(message, members, one, &path).unwrap_or(path))
            }
            // Nothing else can be meant.
            (Kind::Subtree(_), _) => Some(path),
            _ => None,
        }
    })
}

/// Whether a message gives this key behind the word of its node: `rule 10`, `Interface "eth9"`.
fn names_key(message: &str, node: &str, form: ValueFormat, key: &str) -> bool {
    let key = form.canonical(key);
    let before = std::iter::once("").chain(words(message));
    before
        .zip(words(message))
        .any(|(before, word)| before.eq_ignore_ascii_case(node) && form.canonical(word) == key)
}

/// The attribute that is at these words below an object.
pub(super) fn attribute_at(
    fields: &[Field],
    object: &Value,
    words: &[String],
    within: &Path,
) -> Option<Path> {
    let led = fields.iter().filter_map(|field| Some((field, below(field, words)?)));
    let (field, rest) = led.max_by_key(|(field, _)| field.path.len())?;
    let path = within.clone().attribute(field.attribute);
    let value = object.attribute(field.attribute);
    let deeper = match field.kind {
        Kind::PresenceNode(members) | Kind::Node(members) => attribute_at(members, value, rest, &path),
        Kind::TagNode(form, members) => match (value, rest.split_first()) {
            (Value::Map(all), Some((key, rest))) => {
                all.iter().find(|(own, _)| form.canonical(own) == form.canonical(key)).map(|(own, one)| {
                    let path = path.clone().key(own);
                    attribute_at(members, one, rest, &path).unwrap_or(path)
                })
            }
            _ => None,
        },
        _ => None,
    };
    Some(deeper.unwrap_or(path))
}

/// The words below a field, if these lead to it.
fn below<'a>(field: &Field, words: &'a [String]) -> Option<&'a [String]> {
    let (own, rest) = words.split_at_checked(field.path.len())?;
    own.iter().zip(field.path).all(|(word, own)| word == own).then_some(rest)
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
    use super::*;
    use std::collections::BTreeMap;

    const FIELDS: &[Field] = &[
        Field::tag_node(
            "rules",
            &["rule"],
            ValueFormat::Decimal,
            &[Field::leaf("list", &["match", "prefix-list"], ValueFormat::Text)],
        ),
        Field::tag_node("interfaces", &["interface"], ValueFormat::Text, &[]),
        Field::tag_node("areas", &["area"], ValueFormat::Text, &[]),
    ];

    fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
        Value::Object(members.map(|(name, value)| (name.to_owned(), value)).into())
    }

    fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
        Value::Map(BTreeMap::from(members.map(|(key, value)| (key.to_owned(), value))))
    }

    fn found(message: &str, object: &Value) -> Option<String> {
        attribute_in(message, FIELDS, object, &Path::root()).map(|path| path.to_string())
    }

    #[test]
    fn a_message_leads_to_what_it_names() {
        let rules = map([("10", object([])), ("20", object([]))]);
        let all = object([("rules", rules), ("interfaces", map([("eth9", object([]))]))]);
        for (message, expected) in [
            ("Action must be specified for \"route-map A rule 10\"!", "rules[\"10\"]"),
            ("rule 20 prefix-list X does not exist!", "rules[\"20\"].list"),
            ("Interface \"eth9\" does not exist!", "interfaces[\"eth9\"]"),
        ] {
            assert_eq!(found(message, &all).as_deref(), Some(expected));
        }
        let rules = map([("10", object([("list", Value::String("PL".to_owned()))]))]);
        let all = object([("rules", rules)]);
        let found = |message| value_in(message, FIELDS, &all, &Path::root());
        assert_eq!(found("prefix-list PL does not exist!").unwrap().to_string(), "rules[\"10\"].list");
        assert_eq!(found("prefix-list OTHER does not exist!"), None);
    }

    #[test]
    fn nothing_that_the_object_has_not_is_blamed() {
        let all = object([
            ("areas", map([("0", object([]))])),
            ("rules", map([("10", object([]))])),
            ("interfaces", Value::Null),
        ]);
        for message in [
            "Something is wrong",
            "Only one area is supported, and the interface is in another area!",
            "Action must be specified for \"route-map A rule 30\"!",
            "Interface \"eth9\" does not exist!",
        ] {
            assert_eq!(found(message, &all), None, "{message}");
        }
        assert_eq!(
            found("Only one area-type is supported for area \"0\"!", &all).as_deref(),
            Some("areas[\"0\"]")
        );
    }
}
