//! Objects of one type, by what the rules look them up by.

use std::collections::BTreeMap;
use tfplugin::Value;

/// What an object is known by within its type, whatever else it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(pub(super) String);

impl Key {
    pub(super) fn of(object: &Value, attributes: &[&str]) -> Self {
        let part = |name: &&str| match object.attribute(name) {
            Value::String(text) => format!("={text}"),
            Value::Unknown(_) => "?".to_owned(),
            _ => String::new(),
        };
        Self(attributes.iter().map(part).collect::<Vec<_>>().join("\0"))
    }
}

/// Objects by a group, such as their cluster or router. An object that is planned again takes the place of
/// what it was.
pub(super) struct Grouped<G, T> {
    groups: BTreeMap<G, BTreeMap<Key, T>>,
    group_of: BTreeMap<Key, G>,
}

impl<G, T> Default for Grouped<G, T> {
    fn default() -> Self {
        Self { groups: BTreeMap::new(), group_of: BTreeMap::new() }
    }
}

impl<G: Clone + Ord, T> Grouped<G, T> {
    /// Puts an object into a group; returns what it was before.
    pub(super) fn insert(&mut self, key: Key, group: G, object: T) -> Option<T> {
        let before = self.group_of.insert(key.clone(), group.clone());
        let before = before.and_then(|group| self.groups.get_mut(&group)?.remove(&key));
        self.groups.entry(group).or_default().insert(key, object);
        before
    }

    /// The objects of a group.
    pub(super) fn of(&self, group: &G) -> impl Iterator<Item = &T> + use<'_, G, T> {
        self.groups.get(group).into_iter().flat_map(BTreeMap::values)
    }

    /// All objects.
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.groups.values().flat_map(BTreeMap::values)
    }

    /// An object.
    pub(super) fn get(&self, key: &Key) -> Option<&T> {
        self.groups.get(self.group_of.get(key)?)?.get(key)
    }

    /// Keys of the objects of a group that are as they are wanted.
    pub(super) fn keys_of(&self, group: &G, is_wanted: impl Fn(&T) -> bool) -> impl Iterator<Item = &Key> {
        let all = self.groups.get(group).into_iter().flatten();
        all.filter(move |(_, object)| is_wanted(object)).map(|(key, _)| key)
    }
}
