//! Values that stay where the configuration says nothing of them and never did: the password of a session
//! that was there before Terraform came. Terraform leaves secrets out of configurations that it generates, so
//! that their absence says nothing.

use super::write_only::has_form;
use crate::schema::{Attribute, AttributeKind, Mode, Nesting};
use crate::value::{Path, Value};
use std::collections::BTreeSet;

/// A proposal in which every attribute that is adopted is as it should be.
pub(crate) struct Adopted {
    /// The object.
    pub(crate) object: Value,
    /// What stays though the configuration does not give it.
    pub(crate) kept: Vec<Path>,
    /// What the configuration gives now or gave before.
    pub(crate) given: BTreeSet<String>,
}

/// Settles what is adopted: `given` are the paths that the configuration has given before.
pub(crate) fn adopt(
    attributes: &[Attribute],
    prior: &Value,
    proposed: &Value,
    config: &Value,
    given: &BTreeSet<String>,
) -> Adopted {
    let mut walk = Walk { before: given, kept: Vec::new(), given: given.clone() };
    let object = walk.members(attributes, [prior, proposed, config], &Path::root());
    Adopted { object, kept: walk.kept, given: walk.given }
}

struct Walk<'a> {
    before: &'a BTreeSet<String>,
    kept: Vec<Path>,
    given: BTreeSet<String>,
}

impl Walk<'_> {
    /// Of the prior, the proposed and the written object.
    fn members(&mut self, attributes: &[Attribute], of: [&Value; 3], within: &Path) -> Value {
        let [_, Value::Object(_), _] = of else { return of[1].clone() };
        let mut one = |attribute: &Attribute| {
            let path = within.clone().attribute(&attribute.name);
            if has_form(attribute, of[2]) {
                self.given.insert(path.to_string());
                return (attribute.name.clone(), Value::Null);
            }
            (attribute.name.clone(), self.member(attribute, of.map(|of| of.attribute(&attribute.name)), path))
        };
        Value::Object(attributes.iter().map(&mut one).collect())
    }

    fn member(&mut self, attribute: &Attribute, of: [&Value; 3], path: Path) -> Value {
        let [prior, proposed, written] = of;
        if attribute.adopt && written.is_null() {
            if prior.is_null() || self.before.contains(&path.to_string()) {
                return Value::Null;
            }
            self.kept.push(path);
            return prior.clone();
        }
        if attribute.adopt {
            self.given.insert(path.to_string());
        }
        match (&attribute.kind, proposed) {
            _ if attribute.mode == Mode::Computed => proposed.clone(),
            (AttributeKind::Nested(Nesting::Single, members), Value::Object(_)) => {
                self.members(members, of, &path)
            }
            (AttributeKind::Nested(Nesting::Map, members), Value::Map(all)) => {
                let mut one = |(key, one): (&String, &Value)| {
                    let of = [by(prior, key), one, by(written, key)];
                    (key.clone(), self.members(members, of, &path.clone().key(key)))
                };
                Value::Map(all.iter().map(&mut one).collect())
            }
            // Nothing is adopted in a list or a set: the schema check sees to it.
            _ => proposed.clone(),
        }
    }
}

fn by<'a>(map: &'a Value, key: &str) -> &'a Value {
    match map {
        Value::Map(all) => all.get(key).unwrap_or(&Value::Null),
        _ => &Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;
    use crate::plan::plan;
    use crate::testing::{plan_faults, proposed};
    use crate::types::Secret;
    use std::collections::BTreeMap;

    /// A key.
    #[derive(Clone, Debug, Model)]
    struct Key {
        /// Its secret.
        #[attribute(optional, adopt)]
        secret: Option<Secret>,
    }

    /// A link.
    #[derive(Clone, Debug, Model)]
    struct Link {
        /// Its cost.
        #[attribute(optional)]
        cost: Option<u8>,
        /// Its keys.
        #[attribute(optional, adopt)]
        keys: Option<BTreeMap<String, Key>>,
    }

    /// A session.
    #[derive(Clone, Debug, Model)]
    struct Session {
        /// Its password.
        #[attribute(optional, adopt)]
        password: Option<Secret>,
        /// Its links.
        #[attribute(optional)]
        links: Option<BTreeMap<String, Link>>,
    }

    type Paths = &'static [&'static str];

    const PASSWORD: &str = "password";
    const KEYS: &str = "links[\"eth1\"].keys";
    const ONE: &str = "links[\"eth1\"].keys[\"1\"].secret";

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
        Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn map(key: &str, one: Value) -> Value {
        Value::Map([(key.to_owned(), one)].into())
    }

    fn session(password: Value, keys: Value) -> Value {
        let link = object([("cost", Value::Null), ("keys", keys)]);
        object([("password", password), ("links", map("eth1", link))])
    }

    #[test]
    fn what_was_never_given_stays_and_what_was_goes() {
        let key = |secret: Value| map("1", object([("secret", secret)]));
        let none = || session(Value::Null, Value::Null);
        let all = || session(text("p"), key(text("k")));
        let unsaid = || session(Value::Null, key(Value::Null));
        let empty = || session(text(""), Value::Map(BTreeMap::new()));
        let cases: [(Value, Value, Paths, Value, Paths, Paths); 9] = [
            // prior, written, given before; planned, kept, given now
            (Value::Null, none(), &[], none(), &[], &[]),
            (Value::Null, all(), &[], all(), &[], &[KEYS, ONE, PASSWORD]),
            (all(), none(), &[], all(), &[PASSWORD, KEYS], &[]),
            (all(), unsaid(), &[], all(), &[PASSWORD, ONE], &[KEYS]),
            (all(), none(), &[PASSWORD], session(Value::Null, key(text("k"))), &[KEYS], &[PASSWORD]),
            (all(), none(), &[KEYS, ONE, PASSWORD], none(), &[], &[KEYS, ONE, PASSWORD]),
            (all(), unsaid(), &[ONE], session(text("p"), key(Value::Null)), &[PASSWORD], &[KEYS, ONE]),
            (all(), empty(), &[], empty(), &[], &[KEYS, PASSWORD]),
            (empty(), empty(), &[PASSWORD], empty(), &[], &[KEYS, PASSWORD]),
        ];
        let attributes = &Session::schema().attributes;
        for (prior, written, given, planned, kept, now) in cases {
            let given = given.iter().map(|path| (*path).to_owned()).collect();
            let proposal = proposed(attributes, &prior, &written);
            let adopted = adopt(attributes, &prior, &proposal, &written, &given);
            let found = plan(attributes, &prior, &adopted.object, &written).object;
            assert_eq!(found, planned, "{written:?} after {prior:?} with {given:?}");
            assert_eq!(adopted.kept.iter().map(ToString::to_string).collect::<Vec<_>>(), kept);
            assert_eq!(adopted.given.iter().map(String::as_str).collect::<Vec<_>>(), now);
            let faults = plan_faults(attributes, &prior, &written, &found);
            assert!(faults.is_empty(), "{faults:?}");
        }
    }
}
