//! What a type says of itself: where it is on the router, and which of its attributes are not simply called
//! like their node. Everything else follows from its schema, see [`super::layout`].

use super::mapping::LeftAlone;

/// Attributes of which the name does not say all: the name, with the names of what it is in before it where
/// another attribute of the type has the same (`match.community`), and its words below that (`community
/// community-list`).
///
/// A last word in braces says more: `{}` that an empty object means something too; `{address}`, `{network}`,
/// `{number}` or `{area}` how a word or a key is spelled. Any other says that it is sent as it is written.
///
/// An arrow behind that says that the value, or the key, is the name of an object of another node
/// (`route-map import -> policy route-map`): `->` where VyOS refuses a name that is not there, `~>` where it
/// does not check it. Whoever is referred to is not taken away before.
pub type Paths = [(&'static str, &'static str)];

/// What a type is on the router.
#[derive(Clone, Copy)]
pub struct Declaration {
    pub(super) noun: &'static str,
    pub(super) component: &'static str,
    pub(super) node: Option<&'static str>,
    pub(super) node_of_ipv6: Option<&'static str>,
    pub(super) requires: Option<(&'static str, &'static str)>,
    pub(super) paths: &'static [&'static Paths],
    pub(super) left_alone: &'static [LeftAlone],
    pub(super) children: &'static [&'static str],
}

impl Declaration {
    /// A container that exists once, such as `protocols bgp`. `noun` is what messages call it.
    pub const fn container(noun: &'static str, component: &'static str) -> Self {
        Self {
            noun,
            component,
            node: None,
            node_of_ipv6: None,
            requires: None,
            paths: &[],
            left_alone: &[],
            children: &[],
        }
    }

    /// A tag node below the component that VyOS commits it with, such as `neighbor {address}`; the last word
    /// is the attribute that is its key. Without words before it the key is a path from the top.
    pub const fn tag(noun: &'static str, component: &'static str, node: &'static str) -> Self {
        Self { node: Some(node), ..Self::container(noun, component) }
    }

    /// Keys that are IPv6 have a node of their own, such as `route6`.
    pub const fn ipv6(self, node: &'static str) -> Self {
        Self { node_of_ipv6: Some(node), ..self }
    }

    /// VyOS does not commit it without this node of the component, which objects of `type_name` make.
    pub const fn requires(self, path: &'static str, type_name: &'static str) -> Self {
        Self { requires: Some((path, type_name)), ..self }
    }

    /// Where its attributes are, but for those that are called like their node.
    pub const fn paths(self, paths: &'static [&'static Paths]) -> Self {
        Self { paths, ..self }
    }

    /// Leaves that the router itself writes.
    pub const fn left_alone(self, left_alone: &'static [LeftAlone]) -> Self {
        Self { left_alone, ..self }
    }

    /// Tag nodes below it that are objects of their own. It is not taken away while any is left.
    pub const fn children(self, children: &'static [&'static str]) -> Self {
        Self { children, ..self }
    }

    /// What is written of an attribute, `names` being those that lead to it.
    pub(super) fn path_of(&self, names: &str) -> Option<&'static str> {
        let fits =
            |name: &str| names.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let all = self.paths.iter().flat_map(|paths| paths.iter());
        all.filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len()).map(|(_, path)| *path)
    }
}
