//! A VyOS configuration as a tree of words. A value is a child of its leaf, so a leaf with one value, one with several
//! and one without any look the same however the router renders them.

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
    /// Reads what `showConfig` answers for a container: JSON without schema, in which a leaf with one value is a
    /// string, with several a list, and without any an empty object.
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
    fn debug_shows_no_value() {
        let all = tree(serde_json::json!({"password": "hunter2"}));
        assert!(!format!("{all:?}").contains("hunter2"));
    }
}
