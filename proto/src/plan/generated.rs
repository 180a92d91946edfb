//! The configuration that is generated for an object: what its author would write, and no more.

use crate::schema::{Attribute, AttributeKind, Mode};
use crate::value::Value;

/// A configuration of an object: without what the provider computes, what has its default, what is deprecated
/// and what is write-only. Core leaves out, or writes `null` for, whatever is null.
///
/// A secret that the object keeps where the configuration gives none is in it all the same. Core writes
/// `null # sensitive` in its place, and nothing where there is none: so its author sees that there is one.
pub(crate) fn config_of(attributes: &[Attribute], object: &Value) -> Value {
    let Value::Object(all) = object else { return Value::Null };
    let one = |attribute: &Attribute| {
        let value = all.get(&attribute.name).unwrap_or(&Value::Null);
        (attribute.name.clone(), given(attribute, value))
    };
    Value::Object(attributes.iter().map(one).collect())
}

fn given(attribute: &Attribute, value: &Value) -> Value {
    let is_default = |default: &Value| !value.is_null() && (attribute.semantics.semantic_eq)(default, value);
    match (&attribute.default, attribute.mode) {
        _ if attribute.write_only || attribute.deprecated.is_some() => Value::Null,
        (Some(default), _) if is_default(default) => Value::Null,
        (None, Mode::OptionalComputed) if attribute.adopt && attribute.sensitive => value.clone(),
        (None, Mode::Computed | Mode::OptionalComputed) => Value::Null,
        _ => match &attribute.kind {
            AttributeKind::Type(_) => value.clone(),
            AttributeKind::Nested(_, members) => each(members, value),
        },
    }
}

/// The same of every object that a nested attribute holds.
fn each(members: &[Attribute], value: &Value) -> Value {
    let all = |all: &[Value]| all.iter().map(|one| config_of(members, one)).collect();
    match value {
        Value::List(elements) => Value::List(all(elements)),
        Value::Set(elements) => Value::Set(all(elements)),
        Value::Map(elements) => {
            Value::Map(elements.iter().map(|(key, one)| (key.clone(), config_of(members, one))).collect())
        }
        one => config_of(members, one),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Computed;
    use crate::types::{Secret, Semantic};
    use crate::value::json;
    use crate::{Model, model::Set};
    use std::collections::BTreeMap;
    use std::net::IpAddr;

    /// A book.
    #[derive(Clone, Debug, Model)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Book {
        /// Title.
        #[attribute(required)]
        title: String,
        /// Language.
        #[attribute(default = "en".to_owned())]
        language: String,
        /// Server that has it.
        #[attribute(default = Semantic::from(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])))]
        server: Semantic<IpAddr>,
        /// Place on the shelf.
        #[attribute(optional, computed)]
        place: Computed<i64>,
        /// When it was found.
        #[attribute(computed)]
        found: Computed<String>,
        /// Old name.
        #[attribute(optional, deprecated = "use `title`")]
        name: Option<String>,
        /// Password.
        #[attribute(optional, write_only)]
        password: Option<String>,
        /// Key to it, which stays.
        #[attribute(optional, adopt)]
        key: Option<Secret>,
        /// Its chapters.
        #[attribute(optional)]
        chapters: Option<Vec<Chapter>>,
        /// Its notes.
        #[attribute(optional)]
        notes: Option<BTreeMap<String, Chapter>>,
        /// Its copies.
        #[attribute(optional)]
        copies: Option<Set<Chapter>>,
        /// Its cover.
        #[attribute(optional)]
        cover: Option<Chapter>,
    }

    /// A chapter.
    #[derive(Clone, Debug, Model)]
    struct Chapter {
        /// Text.
        #[attribute(optional)]
        text: Option<String>,
        /// Width.
        #[attribute(default = 1)]
        width: i64,
        /// Length.
        #[attribute(computed)]
        length: Computed<i64>,
    }

    fn generated(state: &str) -> String {
        let object = json::decode(state.as_bytes(), Book::schema().object_type()).unwrap();
        let Value::Object(config) = config_of(&Book::schema().attributes, &object) else {
            return "none".to_owned();
        };
        let given = config.into_iter().filter(|(_, value)| !value.is_null()).collect();
        json::encode_untyped(&Value::Object(given))
    }

    #[test]
    fn nothing_is_generated_that_is_computed_defaulted_deprecated_or_write_only() {
        let state = r#"{"title":"x","language":"en","server":"0::1","place":3,"found":"today","name":"y","password":"z"}"#;
        assert_eq!(generated(state), r#"{"title":"x"}"#);
        let state = r#"{"title":"x","language":"de","server":"::2"}"#;
        assert_eq!(generated(state), r#"{"language":"de","server":"::2","title":"x"}"#);
        assert_eq!(generated("null"), "none");
        assert_eq!(generated(r#"{"title":"x","key":"y"}"#), r#"{"key":"y","title":"x"}"#);
    }

    #[test]
    fn the_same_holds_for_whatever_is_nested() {
        let (given, left) = (r#"{"text":"a","width":2,"length":1}"#, r#"{"text":null,"width":1,"length":0}"#);
        let state = format!(
            r#"{{"title":"x","chapters":[{given},{left}],"notes":{{"n":{left}}},"copies":[{given}],"cover":{left}}}"#
        );
        let (one, none) =
            (r#"{"length":null,"text":"a","width":2}"#, r#"{"length":null,"text":null,"width":null}"#);
        assert_eq!(
            generated(&state),
            format!(
                r#"{{"chapters":[{one},{none}],"copies":[{one}],"cover":{none},"notes":{{"n":{none}}},"title":"x"}}"#
            ),
            "an object that is there is written, also where nothing in it is"
        );
    }
}
