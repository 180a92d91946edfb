//! A part of the configuration as a value: whatever is below a node, without a table that knows it.

use crate::connection::router::{Command, ConfigPath, ConfigTree};
use serde_json::{Map, Value as Json};
use std::fmt;
use tfplugin::schema::AttributeKind;
use tfplugin::value::ValueError;
use tfplugin::value::{Type, from_plain, to_plain_with};
use tfplugin::{AttributeValue, Number, Value};

use super::changes::creation;
use super::mapping::LeftAlone;

/// What is below a node, in the author's form. Two are the same where they are the same configuration: a
/// leaf's value and a word with nothing below it are one thing on the router.
#[derive(Clone)]
pub struct Subtree {
    written: Value,
}

/// Hidden: a configuration may hold passwords.
impl fmt::Debug for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subtree({:?})", tree(&self.written))
    }
}

impl AttributeValue for Subtree {
    fn kind() -> AttributeKind {
        AttributeKind::Type(Type::Dynamic)
    }

    fn decode(value: &Value) -> Result<Self, ValueError> {
        sound(&json(value), &[]).map_err(ValueError::new)?;
        Ok(Self { written: value.clone() })
    }

    fn encode(&self) -> Value {
        self.written.clone()
    }

    fn semantic_eq(a: &Value, b: &Value) -> bool {
        tree(a) == tree(b)
    }
}

impl Subtree {
    /// A configuration that nobody has written yet.
    pub fn of(tree: &ConfigTree) -> Self {
        Self { written: value(tree) }
    }

    /// As configuration.
    pub fn tree(&self) -> ConfigTree {
        tree(&self.written)
    }
}

/// Finds fault with what can be no configuration.
fn sound(json: &Json, within: &[&str]) -> Result<(), String> {
    let subject = || match within {
        [] => "the value".to_owned(),
        words => format!("`{}`", words.join(" ")),
    };
    match json {
        Json::Null | Json::Number(_) => Ok(()),
        Json::Bool(_) => Err(format!(
            "{} is a boolean; VyOS has none. Write `{{}}` for a valueless leaf, or omit it",
            subject()
        )),
        Json::String(text)
            if text.is_empty() || text.contains(|one: char| "'\"".contains(one) || one.is_control()) =>
        {
            Err(format!(
                "{} has quotes, line breaks or other control characters or is empty; VyOS accepts no such value",
                subject()
            ))
        }
        Json::String(_) => Ok(()),
        Json::Array(values) => match values.iter().all(|one| one.is_string() || one.is_number()) {
            true => values.iter().try_for_each(|one| sound(one, within)),
            false => Err(format!("{} is a list with elements other than strings and numbers", subject())),
        },
        Json::Object(members) => members.iter().try_for_each(|(word, below)| {
            if word.is_empty()
                || word.contains(|c: char| c.is_whitespace() || c.is_control() || "'\"".contains(c))
            {
                return Err(format!("{word:?} in {} is not a single word", subject()));
            }
            sound(below, &[within, &[word.as_str()]].concat())
        }),
    }
}

/// A value as JSON, every digit of its numbers in it: to VyOS they are words.
fn json(value: &Value) -> Json {
    let number = |number: &Number| Ok(number.to_json().unwrap_or_else(|| number.to_string().into()));
    to_plain_with(value, &number).unwrap_or_default()
}

/// As configuration.
pub(super) fn tree(value: &Value) -> ConfigTree {
    ConfigTree::from_json(&plain(&json(value)))
}

/// As the router would tell it: numbers as words, and nothing of what is null or has no values.
fn plain(json: &Json) -> Json {
    match json {
        Json::Number(number) => Json::String(number.to_string()),
        Json::Array(values) => values.iter().map(plain).collect(),
        Json::Object(members) => {
            let there =
                |below: &&Json| !below.is_null() && below.as_array().is_none_or(|all| !all.is_empty());
            members
                .iter()
                .filter(|(_, below)| there(below))
                .map(|(word, below)| (word.clone(), plain(below)))
                .collect()
        }
        other => other.clone(),
    }
}

/// A configuration as a value that nobody has written yet.
pub(super) fn value(tree: &ConfigTree) -> Value {
    from_plain(&written(tree))
}

fn written(tree: &ConfigTree) -> Json {
    let ends = tree.children().all(|(_, below)| below.is_empty());
    let words: Vec<_> = tree.children().map(|(word, _)| Json::String(word.to_owned())).collect();
    match (ends, words.as_slice()) {
        (_, []) => Json::Object(Map::new()),
        (true, [word]) => word.clone(),
        (true, _) => Json::Array(words),
        (false, _) => tree
            .children()
            .map(|(word, below)| (word.to_owned(), written(below)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// A configuration in the words of `before`, as far as both are the same.
pub(super) fn preserve_spelling(before: &Value, now: &ConfigTree) -> Value {
    from_plain(&again(&json(before), now))
}

fn again(before: &Json, now: &ConfigTree) -> Json {
    // Null is what is not there, and a node with nothing below it is there.
    if !before.is_null() && ConfigTree::from_json(&plain(before)) == *now {
        return before.clone();
    }
    let Json::Object(members) = before else { return written(now) };
    let one = |(word, below): (&str, &ConfigTree)| {
        let said = match members.get(word) {
            Some(before) => again(before, below),
            None => written(below),
        };
        (word.to_owned(), said)
    };
    now.children().map(one).collect::<Map<_, _>>().into()
}

/// Where a part of the configuration is, and what the router itself puts there.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// The container that paths are below.
    pub(super) root: &'a ConfigPath,
    /// What is not ours to take away.
    pub(super) left_alone: &'static [LeftAlone],
}

impl Part<'_> {
    /// The commands that make `current` exactly `wanted`. What loses all it has goes as a whole and without
    /// its value, which may be a secret.
    pub(super) fn changes(
        self,
        current: &ConfigTree,
        wanted: &ConfigTree,
        within: &ConfigPath,
    ) -> Vec<Command> {
        let mut commands = Vec::new();
        for (word, below) in current.children() {
            let path = [within.as_slice(), &[word.to_owned()]].concat();
            match wanted.at(&[word]) {
                None if self.leaf(&path, below).is_some() => {}
                None => commands.extend(self.removal(below, &path)),
                Some(target) if target == below => {}
                Some(target)
                    if target.is_empty()
                        || below.children().any(|(word, _)| target.at(&[word]).is_some()) =>
                {
                    commands.extend(self.changes(below, target, &path));
                }
                Some(target) => {
                    match self.leaf(&path, below) {
                        _ if below.is_empty() => {}
                        // Spoken of, with another value.
                        Some(_) => commands.push(Command::delete(path.clone())),
                        None => commands.extend(self.removal(below, &path)),
                    }
                    commands.extend(creation(target, &path));
                }
            }
        }
        for (word, target) in wanted.children().filter(|(word, _)| current.at(&[word]).is_none()) {
            commands.extend(creation(target, &[within.as_slice(), &[word.to_owned()]].concat()));
        }
        commands
    }

    /// The commands that take a node away, but for what stays.
    pub(super) fn removal(self, node: &ConfigTree, path: &ConfigPath) -> Vec<Command> {
        if self.leaf(path, node).is_some_and(|one| one.stays) {
            return Vec::new();
        }
        if !self.holds_what_stays(node, path) {
            return vec![Command::delete(path.clone())];
        }
        let below = |(word, node): (&str, &ConfigTree)| {
            self.removal(node, &[path.as_slice(), &[word.to_owned()]].concat())
        };
        node.children().flat_map(below).collect()
    }

    fn holds_what_stays(self, node: &ConfigTree, path: &ConfigPath) -> bool {
        node.children().any(|(word, below)| {
            let path = [path.as_slice(), &[word.to_owned()]].concat();
            self.leaf(&path, below).is_some_and(|one| one.stays) || self.holds_what_stays(below, &path)
        })
    }

    fn leaf(self, path: &[String], node: &ConfigTree) -> Option<&'static LeftAlone> {
        left_alone(self.left_alone, &[self.root.as_slice(), path].concat(), node)
    }
}

/// The entry that a node with this path from the top falls under.
fn left_alone(table: &'static [LeftAlone], path: &[String], node: &ConfigTree) -> Option<&'static LeftAlone> {
    table.iter().find(|one| {
        let same = |(pattern, word): (&&str, &String)| *pattern == "*" || *pattern == word;
        one.path.len() == path.len()
            && one.path.iter().zip(path).all(same)
            && one.value.is_none_or(|value| node.children().all(|(word, _)| word == value))
    })
}

/// A node without what the router itself wrote and nobody speaks of; nothing where that is all it holds.
pub(super) fn visible(
    table: &'static [LeftAlone],
    node: &ConfigTree,
    spoken_of: &ConfigTree,
    path: &[String],
) -> Option<ConfigTree> {
    let mut seen = ConfigTree::default();
    let mut hidden = false;
    for (word, below) in node.children() {
        let path = [path, &[word.to_owned()]].concat();
        let spoken_of = spoken_of.at(&[word]);
        if spoken_of.is_none() && left_alone(table, &path, below).is_some() {
            hidden = true;
            continue;
        }
        match visible(table, below, spoken_of.unwrap_or(&ConfigTree::default()), &path) {
            Some(below) => seen.graft(&[word], below),
            None if spoken_of.is_some() => seen.insert(&[word]),
            None => hidden = true,
        }
    }
    (!hidden || !seen.is_empty()).then_some(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(json: Json) -> Value {
        from_plain(&json)
    }

    fn lines(current: Json, wanted: Json) -> Vec<String> {
        let within = ["service", "ntp"].map(str::to_owned).to_vec();
        let part = Part { root: &Vec::new(), left_alone: &[] };
        part.changes(&tree(&of(current)), &tree(&of(wanted)), &within)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn forms_that_are_one_configuration_are_the_same() {
        let written =
            of(json!({"port": 123, "server": {"a": {"prefer": {}}, "b": {}}, "gone": null, "none": []}));
        let told = of(json!({"port": "123", "server": {"a": "prefer", "b": {}}}));
        assert!(Subtree::semantic_eq(&written, &told));
        assert!(Subtree::semantic_eq(
            &of(json!({"server": ["b", "a"]})),
            &of(json!({"server": {"a": {}, "b": {}}}))
        ));
        assert!(!Subtree::semantic_eq(&written, &of(json!({"port": "124"}))));
    }

    #[test]
    fn what_can_be_no_configuration_is_refused_where_it_is() {
        for (bad, told) in [
            (json!({"server": {"a": {"prefer": true}}}), "`server a prefer` is a boolean"),
            (json!({"server": {"a b": {}}}), "\"a b\" in `server` is not a single word"),
            (json!({"server": [["a"]]}), "`server` is a list with elements other than"),
            (json!({"description": "it's"}), "`description` has quotes"),
            (json!(""), "the value has quotes, line breaks or other control characters or is empty"),
        ] {
            let error = Subtree::decode(&of(bad)).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_change_is_the_author_s_words_with_what_differs() {
        let before = of(json!({"port": 123, "server": {"a": {"prefer": {}}, "b": {}}}));
        let now = tree(&of(json!({"port": "123", "server": {"a": ["prefer", "pool"], "c": {}}})));
        let told = json(&preserve_spelling(&before, &now));
        assert_eq!(told, json!({"port": 123, "server": {"a": {"prefer": {}, "pool": {}}, "c": {}}}));
        assert_eq!(json(&preserve_spelling(&Value::Null, &now))["server"]["a"], json!(["pool", "prefer"]));
    }

    #[test]
    fn only_what_differs_is_touched_and_a_replaced_value_is_not_repeated() {
        let current = json!({"port": "123", "secret": "old", "server": {"a": {"prefer": {}}, "b": {}}});
        assert!(lines(current.clone(), current.clone()).is_empty());
        assert_eq!(
            lines(current, json!({"secret": "new", "server": {"a": {}, "b": {}, "c": {"pool": {}}}})),
            [
                "delete service ntp port",
                "delete service ntp secret",
                "set service ntp secret (secret)",
                "delete service ntp server a prefer",
                "set service ntp server c pool",
            ]
        );
    }
}
