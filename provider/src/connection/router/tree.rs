//! A VyOS configuration as a tree of words. A value is a child of its leaf, so a leaf with one value, one
//! with several and one without any look the same however the router renders them.

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Words from a root to a node or value.
pub type ConfigPath = Vec<String>;

/// A node and everything below it. Values of a leaf have no order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigTree {
    children: BTreeMap<String, ConfigTree>,
}

impl ConfigTree {
    /// Reads what `showConfig` answers for a container: JSON without schema, in which a leaf with one value
    /// is a string, with several a list, and without any an empty object.
    pub fn from_json(json: &serde_json::Value) -> Self {
        let mut tree = Self::default();
        match json {
            serde_json::Value::Object(members) => {
                tree.children =
                    members.iter().map(|(word, below)| (word.clone(), Self::from_json(below))).collect();
            }
            serde_json::Value::Array(values) => {
                for word in values.iter().filter_map(serde_json::Value::as_str) {
                    tree.children.insert(word.to_owned(), Self::default());
                }
            }
            serde_json::Value::String(word) => {
                tree.children.insert(word.clone(), Self::default());
            }
            _ => {}
        }
        tree
    }

    /// The same from text, of at most [`MOST_WORDS`] words: whoever answers may send what takes a hundred
    /// times its length.
    pub(super) fn read(json: &RawValue) -> Result<Self, String> {
        let mut left = MOST_WORDS;
        let mut reader = serde_json::Deserializer::from_str(json.get());
        Words { left: &mut left }.deserialize(&mut reader).map_err(|problem| problem.to_string())
    }

    /// The node at `path`, if it exists.
    pub fn at<W: AsRef<str>>(&self, path: &[W]) -> Option<&Self> {
        path.iter().try_fold(self, |node, word| node.children.get(word.as_ref()))
    }

    /// The words directly below, with what is below them.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.children.iter().map(|(word, below)| (word.as_str(), below))
    }

    /// Whether nothing is below.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    /// Makes `path` exist.
    pub fn insert<W: AsRef<str>>(&mut self, path: &[W]) {
        let mut node = self;
        for word in path {
            node = node.children.entry(word.as_ref().to_owned()).or_default();
        }
    }

    /// Puts a whole tree at `path`.
    pub fn graft<W: AsRef<str>>(&mut self, path: &[W], below: Self) {
        let mut node = self;
        for word in path {
            node = node.children.entry(word.as_ref().to_owned()).or_default();
        }
        *node = below;
    }

    /// Takes away `path` and what is below it. Its parents stay, as they do on the router.
    pub fn remove<W: AsRef<str>>(&mut self, path: &[W]) {
        let Some((last, parents)) = path.split_last() else {
            self.children.clear();
            return;
        };
        let parent = parents.iter().try_fold(self, |node, word| node.children.get_mut(word.as_ref()));
        if let Some(parent) = parent {
            parent.children.remove(last.as_ref());
        }
    }

    /// Paths to everything that has nothing below it.
    pub fn ends(&self) -> Vec<ConfigPath> {
        let mut found = Vec::new();
        self.collect_ends(&mut Vec::new(), &mut found);
        found
    }

    fn collect_ends(&self, within: &mut ConfigPath, found: &mut Vec<ConfigPath>) {
        for (word, below) in &self.children {
            within.push(word.clone());
            if below.is_empty() {
                found.push(within.clone());
            } else {
                below.collect_ends(within, found);
            }
            within.pop();
        }
    }
}

/// Words of a configuration that is read. A large one has some ten thousand; each takes up to 600 bytes here.
const MOST_WORDS: usize = 200_000;

/// Reads a node and all below it, as long as words are left.
struct Words<'a> {
    left: &'a mut usize,
}

impl Words<'_> {
    fn one<E: de::Error>(&mut self) -> Result<(), E> {
        let left = self.left.checked_sub(1);
        *self.left = left.ok_or_else(|| E::custom(format!("it has more than {MOST_WORDS} words")))?;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Words<'_> {
    type Value = ConfigTree;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<ConfigTree, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Words<'_> {
    type Value = ConfigTree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a configuration")
    }

    fn visit_unit<E>(self) -> Result<ConfigTree, E> {
        Ok(ConfigTree::default())
    }

    fn visit_str<E: de::Error>(mut self, word: &str) -> Result<ConfigTree, E> {
        self.one()?;
        let mut tree = ConfigTree::default();
        tree.insert(&[word]);
        Ok(tree)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<ConfigTree, A::Error> {
        let mut tree = ConfigTree::default();
        while let Some(word) = values.next_element::<String>()? {
            self.one()?;
            tree.children.insert(word, ConfigTree::default());
        }
        Ok(tree)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<ConfigTree, A::Error> {
        let mut tree = ConfigTree::default();
        while let Some(word) = members.next_key::<String>()? {
            self.one()?;
            tree.children.insert(word, members.next_value_seed(Words { left: self.left })?);
        }
        Ok(tree)
    }
}

/// A configuration holds passwords, so only its size is shown.
impl fmt::Debug for ConfigTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigTree({} ends)", self.ends().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(json: serde_json::Value) -> ConfigTree {
        ConfigTree::from_json(&json)
    }

    #[test]
    fn the_same_configuration_is_the_same_tree_however_it_is_rendered() {
        let one = tree(serde_json::json!({"redistribute": {"connected": {}}, "peers": "65001"}));
        let other = tree(serde_json::json!({"peers": ["65001"], "redistribute": {"connected": {}}}));
        assert_eq!(one, other);
        assert!(one.at(&["redistribute", "connected"]).is_some_and(ConfigTree::is_empty));
        assert!(one.at(&["peers", "65001"]).is_some());
        assert!(one.at(&["peers", "65002"]).is_none());
    }

    #[test]
    fn removing_leaves_the_parent_behind() {
        let mut all = tree(serde_json::json!({"neighbor": {"192.0.2.2": {"remote-as": "65002"}}}));
        all.remove(&["neighbor", "192.0.2.2"]);
        assert_eq!(all.ends(), [["neighbor"]]);
        all.remove(&["nothing", "there"]);
        assert_eq!(all, tree(serde_json::json!({"neighbor": {}})));
    }

    #[test]
    fn text_is_read_like_a_value_and_not_without_end() {
        let json = serde_json::json!({
            "neighbor": {"192.0.2.2": {"remote-as": "65002", "shutdown": {}}}, "network": ["a", "b"], "gone": null,
        });
        let raw = |text: String| RawValue::from_string(text).unwrap();
        assert_eq!(ConfigTree::read(&raw(json.to_string())), Ok(tree(json)));
        assert_eq!(ConfigTree::read(RawValue::NULL), Ok(ConfigTree::default()));
        let members: Vec<_> = (0..=MOST_WORDS).map(|number| format!("\"{number}\":{{}}")).collect();
        let told = ConfigTree::read(&raw(format!("{{{}}}", members.join(",")))).unwrap_err();
        assert!(told.starts_with("it has more than 200000 words"), "{told}");
        assert!(ConfigTree::read(&raw("{\"a\": 5}".to_owned())).is_err());
    }

    #[test]
    fn debug_shows_no_value() {
        let all = tree(serde_json::json!({"password": "hunter2"}));
        assert!(!format!("{all:?}").contains("hunter2"));
    }
}
