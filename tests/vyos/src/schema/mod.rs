//! What may be set: one table of nodes, written as data in the files under `schema/`.

mod notation;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use notation::NotationError;
pub(crate) use types::Type;

use crate::config::Version;

/// `interfaces.tree` to `vrf.tree` are the trees of VyOS, of the parts that the provider's types and the lab
/// meet; `others.tree` has what the lab needs beside them.
const TREES: &[&str] = &[
    include_str!("../../schema/types.tree"),
    include_str!("../../schema/interfaces.tree"),
    include_str!("../../schema/policy.tree"),
    include_str!("../../schema/protocols-bgp.tree"),
    include_str!("../../schema/protocols-isis.tree"),
    include_str!("../../schema/protocols-ospf.tree"),
    include_str!("../../schema/protocols.tree"),
    include_str!("../../schema/service.tree"),
    include_str!("../../schema/system.tree"),
    include_str!("../../schema/vrf.tree"),
    include_str!("../../schema/others.tree"),
];

/// Longest name of a node: file names of the backend end there.
const LONGEST_NAME: usize = 255;

/// One node of the table.
#[derive(Debug)]
pub(crate) struct SchemaNode {
    /// What the node holds.
    pub(crate) kind: Kind,
    /// Place in the order of commit, where the node is a component.
    pub(crate) priority: Option<u32>,
    /// The node of which it names an object.
    refers: Option<String>,
    children: BTreeMap<String, SchemaNode>,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Other nodes.
    Container,
    /// Nothing; being there is all it says.
    Flag,
    /// One value.
    Leaf(Arc<Type>),
    /// Values, in the order in which they were set.
    Multi(Arc<Type>),
    /// Nodes keyed by values of a type.
    Tag(Arc<Type>),
}

impl SchemaNode {
    fn container() -> Self {
        Self { kind: Kind::Container, priority: None, refers: None, children: BTreeMap::new() }
    }
}

/// Where a path ends.
#[derive(Debug)]
pub(crate) struct Place<'schema> {
    /// The node that the path ends in or below.
    pub(crate) node: &'schema SchemaNode,
    /// What the last word of the path is.
    pub(crate) end: End,
}

/// What the last word of a path is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// The name of the node.
    Name,
    /// The key of one of a tag node's children.
    TagValue,
    /// The value of a leaf.
    Value,
}

/// One component: a subtree that is verified, applied and rolled back as a whole.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ComponentKind {
    /// Place in the order of commit.
    pub(crate) priority: u32,
    /// The path to it; every key that is there in place of a `*` is a component of its own.
    pub(crate) path: Vec<String>,
}

/// Keys of which any tag node takes one.
const KEYS: &[&str] = &[
    "CONFORM",
    "10",
    "192.0.2.0/24",
    "2001:db8::/48",
    "192.0.2.9",
    "2001:db8::9",
    "eth9",
    "dum9",
    "bond9",
    "br9",
    "wg9",
    "lo",
];

/// What `set` takes on a router of one release, without a router.
#[derive(Debug)]
pub struct SetRules(Schema);

impl SetRules {
    /// Reads the table.
    pub fn new(version: Version) -> Result<Self, NotationError> {
        Schema::new(version).map(Self)
    }

    /// Whether `set` takes the path; the error is what it answers.
    pub fn check(&self, path: &[String]) -> Result<(), String> {
        self.0.check_set(path)
    }

    /// Places that name an object of another node, each with that node; a `*` is any key.
    pub fn references(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        walk(&self.0.root, &mut Vec::new(), &mut |node, path| {
            found.extend(node.refers.clone().map(|refers| (path.join(" "), refers)));
        });
        found
    }

    /// Leaves that take a value, and tag nodes; a `*` is any key.
    pub fn leaves(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.0.root, &mut Vec::new(), &mut |node, path| {
            if !matches!(node.kind, Kind::Container | Kind::Flag) {
                found.push(path.join(" "));
            }
        });
        found
    }

    /// A key that a tag node takes.
    pub fn key(&self, path: &[String]) -> Option<String> {
        let fits = |key: &&str| self.check(&[path, &[(**key).to_owned()]].concat()).is_ok();
        let samples = self.samples(path);
        KEYS.iter().copied().chain(samples.iter().map(String::as_str)).find(fits).map(str::to_owned)
    }

    /// Values that are worth a try behind a path to a leaf or a tag node: its bounds, what is beside them,
    /// its words.
    pub fn samples(&self, path: &[String]) -> Vec<String> {
        match self.0.place(path.iter().map(String::as_str)).map(|place| &place.node.kind) {
            Some(Kind::Leaf(values) | Kind::Multi(values) | Kind::Tag(values)) => values.samples(),
            Some(Kind::Container) => self.0.names(path),
            _ => Vec::new(),
        }
    }
}

/// The whole table for one release.
#[derive(Debug)]
pub(crate) struct Schema {
    root: SchemaNode,
    components: Vec<ComponentKind>,
}

impl Schema {
    /// Reads the table.
    pub(crate) fn new(version: Version) -> Result<Self, NotationError> {
        let root = notation::parse(TREES, version)?;
        let mut components = Vec::new();
        walk(&root, &mut Vec::new(), &mut |node, path| {
            let key = matches!(node.kind, Kind::Tag(_)).then(|| "*".to_owned());
            let path = || path.iter().cloned().chain(key.clone()).collect();
            components.extend(node.priority.map(|priority| ComponentKind { priority, path: path() }));
        });
        components.sort_by_key(|component| component.priority);
        Ok(Self { root, components })
    }

    /// All components in the order in which they are committed.
    pub(crate) fn components(&self) -> &[ComponentKind] {
        &self.components
    }

    /// Finds where a path ends; `None` if it leads nowhere. Values are not judged.
    pub(crate) fn place<'word>(&self, path: impl IntoIterator<Item = &'word str>) -> Option<Place<'_>> {
        let mut place = Place { node: &self.root, end: End::Name };
        for word in path {
            place = match (&place.node.kind, place.end) {
                (Kind::Tag(_), End::Name) => Place { node: place.node, end: End::TagValue },
                (Kind::Leaf(_) | Kind::Multi(_), End::Name) => Place { node: place.node, end: End::Value },
                (Kind::Container, _) | (Kind::Tag(_), End::TagValue) => {
                    Place { node: place.node.children.get(word)?, end: End::Name }
                }
                _ => return None,
            };
        }
        Some(place)
    }

    /// The names of the nodes below a path.
    fn names(&self, path: &[String]) -> Vec<String> {
        let place = self.place(path.iter().map(String::as_str));
        place.map_or_else(Vec::new, |place| place.node.children.keys().cloned().collect())
    }

    /// Judges a path as `set` does. The error is the text of the answer.
    pub(crate) fn check_set(&self, path: &[String]) -> Result<(), String> {
        let words = || path.iter().map(String::as_str);
        for word in words() {
            quotes(word)?;
        }
        let shown = path.join(" ");
        let Some(place) = self.place(words()) else {
            return Err(format!("Configuration path: [{shown}] is not valid\n\nSet failed\n"));
        };
        let names = if place.end == End::Value { path.len() - 1 } else { path.len() };
        if words().take(names).any(|word| word.len() > LONGEST_NAME) {
            return Err("Set failed\n".to_owned());
        }
        if place.end == End::Name && !matches!(place.node.kind, Kind::Container | Kind::Flag) {
            return Err(format!("Configuration path: [{shown}] requires a value\nSet failed\n"));
        }
        for length in 1..=path.len() {
            let (Some(place), Some(value)) = (self.place(words().take(length)), path.get(length - 1)) else {
                continue;
            };
            if place.end == End::Name {
                continue;
            }
            if let Kind::Leaf(values) | Kind::Multi(values) | Kind::Tag(values) = &place.node.kind {
                values.check(value).map_err(|said| said + "Set failed\n")?;
            }
        }
        Ok(())
    }
}

fn quotes(word: &str) -> Result<(), String> {
    const REFUSED: &[(char, &str)] =
        &[('\'', "single quote (')"), ('"', "double quote (\")"), ('\n', "newline")];
    match REFUSED.iter().find(|(letter, _)| word.contains(*letter)) {
        Some((_, name)) => Err(format!(
            "Cannot use the {name} character in a value string\nValue validation failed\nSet failed\n"
        )),
        None => Ok(()),
    }
}

/// Shows every node with the path to it; a `*` is any key of the tag node before it.
fn walk(node: &SchemaNode, path: &mut Vec<String>, seen: &mut impl FnMut(&SchemaNode, &[String])) {
    seen(node, path);
    let keyed = matches!(node.kind, Kind::Tag(_));
    path.extend(keyed.then(|| "*".to_owned()));
    for (name, child) in &node.children {
        path.push(name.clone());
        walk(child, path, seen);
        path.pop();
    }
    if keyed {
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(version: Version) -> Schema {
        Schema::new(version).expect("the table reads")
    }

    #[test]
    fn components_are_committed_in_this_order() {
        let schema = schema(Version::V1_4);
        let order: Vec<String> =
            schema.components().iter().map(|component| component.path.join(" ")).collect();
        let routing: Vec<&str> = order
            .iter()
            .map(String::as_str)
            .filter(|path| path.starts_with("p") || path.starts_with("vrf") || path.ends_with("https"))
            .collect();
        assert_eq!(
            routing,
            [
                "vrf",
                "policy",
                "policy route *",
                "policy route6 *",
                "pki",
                "protocols static",
                "protocols static arp",
                "protocols static multicast",
                "protocols static neighbor-proxy",
                "vrf name * protocols static",
                "policy local-route",
                "policy local-route6",
                "protocols isis",
                "vrf name * protocols isis",
                "protocols ospf",
                "protocols ospfv3",
                "vrf name * protocols ospf",
                "vrf name * protocols ospfv3",
                "protocols rpki",
                "protocols bfd",
                "protocols bgp",
                "vrf name * protocols bgp",
                "service https"
            ]
        );
    }

    #[test]
    fn releases_differ() {
        let is_there = |version, path: &str| schema(version).place(path.split(' ')).is_some();
        for (path, old, new) in [
            ("service https api strict", true, false),
            ("service https api rest strict", false, true),
            ("protocols bgp peer-group PG solo", false, true),
            ("protocols bgp address-family ipv4-unicast redistribute table 10 metric 5", false, true),
            ("protocols bgp address-family ipv4-unicast redistribute table 10", true, true),
            ("protocols bgp neighbor 192.0.2.2 timers connect 5", true, true),
            ("protocols bgp peer-group PG timers connect 5", false, false),
        ] {
            assert_eq!((is_there(Version::V1_4, path), is_there(Version::V1_5, path)), (old, new), "{path}");
        }
    }

    #[test]
    fn a_line_that_is_no_node_is_told() {
        let error = notation::parse(&["a\n  b ? number 1-2\n"], Version::V1_4).expect_err("no node");
        assert_eq!(error.to_string(), "schema line \"b ? number 1-2\": is no node");
        let error = notation::parse(&["a\n  use nothing\n"], Version::V1_4).expect_err("no fragment");
        assert_eq!(error.to_string(), "schema line \"use nothing\": no such fragment");
    }
}
