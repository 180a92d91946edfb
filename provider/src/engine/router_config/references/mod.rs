//! Who names whom on a router, for both directions: what a commit would need that is not there, and who would
//! be left naming what is taken away. The fields of all types say it, each of itself; a family adds the
//! places that none of its types writes.
//!
//! What VyOS checks was read in its conf scripts (`vyos/vyos-1x: src/conf_mode @ sagitta`) and tried on a
//! 1.4. Without vyos-configd's journal a person is told nothing of it, so what can be known is found before
//! the commit.

mod pattern;
mod reference;

pub(super) use pattern::fits;
pub(super) use reference::Reference;

use super::layout::{Layout, Requirement, Tag, words};
use super::mapping::{Field, Kind};
use crate::connection::router::{ConfigPath, ConfigTree};
use crate::engine::attribute_reference::AttributeReference;
use pattern::name_at;
use std::collections::{BTreeMap, BTreeSet};

/// What a value or a key is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refers {
    /// The node whose keys the names are, from the top; `interfaces` for an interface of any kind.
    pub node: &'static [&'static str],
    /// Whether the script of what refers refuses a name that is not there.
    pub checked: bool,
}

/// A type that is in the list of its family.
pub trait FamilyMember {
    /// Who names whom in this family.
    fn references() -> &'static References;

    /// All types of this family: their names, and what they are on a router.
    fn layouts() -> Vec<(&'static str, &'static Layout)>;
}

/// All places of a family that name something.
pub struct References {
    places: Vec<Place>,
    /// Which of them begin with the same words, so that a path is compared with few.
    groups: Vec<(Vec<&'static str>, Vec<usize>)>,
    /// The attribute that is the name of an object, such as `vyos_route_map.NAME.name`, by its node.
    makers: BTreeMap<ConfigPath, String>,
    /// Nodes that are named from inside of what they are in alone, so that each VRF has its own.
    local: BTreeSet<&'static [&'static str]>,
}

/// So many words are enough to tell most places from each other.
const DEPTH: usize = 3;

/// A place that names something.
struct Place {
    /// Words from the top: `=` is the name, a word that ends in `*` any that begins so, `**` any number of
    /// words. `protocols` of a VRF is meant too.
    pattern: Vec<&'static str>,
    refers: Refers,
}

/// What is written of a path, and what its name is the name of: `-> NODE` where that must be there, `~> NODE`
/// where VyOS does not check it.
pub(super) fn split_refers(written: &'static str) -> (&'static str, Option<Refers>) {
    let arrows = [(" -> ", true), (" ~> ", false)];
    let found = arrows.into_iter().find_map(|(arrow, checked)| {
        let (path, node) = written.split_once(arrow)?;
        Some((path, Some(Refers { node: words(node), checked })))
    });
    found.unwrap_or((written, None))
}

impl References {
    /// Those of these types. What they have at a word of `alike` is anywhere that the pattern beside it says.
    /// `elsewhere` is what none of them writes, as patterns with what they refer to; fields come first.
    pub fn of(
        types: impl Iterator<Item = (&'static str, &'static Layout)> + Clone,
        alike: &[(&str, &'static str)],
        elsewhere: &[&'static str],
    ) -> Self {
        let like = |word: &'static str| {
            alike.iter().find(|(one, _)| *one == word).map_or(word, |(_, pattern)| *pattern)
        };
        let mut places = Vec::new();
        for (_, layout) in types.clone() {
            for node in layout.nodes() {
                let key = layout.tag.as_ref().map(|_| "*");
                collect(layout.fields, &[node.as_slice(), key.as_slice()].concat(), &mut places);
            }
        }
        places.iter_mut().flat_map(|place| &mut place.pattern).for_each(|word| *word = like(word));
        places.extend(elsewhere.iter().filter_map(|written| {
            let (pattern, refers) = split_refers(written);
            Some(Place { pattern: pattern.split(' ').collect(), refers: refers? })
        }));
        let maker = |(name, layout): (&'static str, &'static Layout)| {
            let attribute = layout.tag.as_ref()?.attribute;
            let node = layout.nodes().into_iter().next()?;
            let named = places.iter().any(|place| place.refers.node == node);
            named.then(|| (owned(&node), format!("{name}.NAME.{attribute}")))
        };
        let makers = types.filter_map(maker).collect();
        let nodes: BTreeSet<_> = places.iter().map(|place| place.refers.node).collect();
        let is_local = |node: &&'static [&'static str]| {
            let Some((_, parent @ [_, ..])) = node.split_last() else { return false };
            let mut all = places.iter().filter(|place| place.refers.node == *node);
            all.all(|place| place.pattern.starts_with(parent))
        };
        let local = nodes.into_iter().filter(is_local).collect();
        let mut groups: Vec<(Vec<&'static str>, Vec<usize>)> = Vec::new();
        for (index, place) in places.iter().enumerate() {
            let is_word = |word: &&&'static str| **word != "=" && !word.ends_with('*');
            let beginning: Vec<_> = place.pattern.iter().take_while(is_word).take(DEPTH).copied().collect();
            match groups.iter_mut().find(|(words, _)| *words == beginning) {
                Some((_, indices)) => indices.push(index),
                None => groups.push((beginning, vec![index])),
            }
        }
        Self { places, groups, makers, local }
    }

    /// All names in a path from the top.
    pub fn names_in(&self, path: &[String]) -> Vec<Reference> {
        let (vrf, inside) = match path {
            [vrf, name, _, protocols, ..] if vrf == "vrf" && name == "name" && protocols == "protocols" => {
                path.split_at(3)
            }
            _ => path.split_at(0),
        };
        let mut found: Vec<(usize, Reference)> = Vec::new();
        let begins = |words: &[&str]| words.iter().zip(inside).all(|(word, said)| word == said);
        let near = self.groups.iter().filter(|(words, _)| words.len() <= inside.len() && begins(words));
        let near = near.flat_map(|(_, indices)| indices).filter_map(|index| self.places.get(*index));
        for Place { pattern, refers } in near {
            let Some(at) = name_at(pattern, inside, 0, None) else { continue };
            let Some(name) = inside.get(at).filter(|_| found.iter().all(|(other, _)| *other != at)) else {
                continue;
            };
            let node = owned(refers.node);
            let node = if self.local.contains(refers.node) { [vrf, &node].concat() } else { node };
            let searched = vrf.is_empty() && reference::is_searched(refers.node, inside);
            let (at_in_path, checked) = (vrf.len() + at, refers.checked);
            found.push((at, Reference { name: name.clone(), at: at_in_path, node, checked, searched }));
        }
        found.into_iter().map(|(_, reference)| reference).collect()
    }

    /// Whether anything may name objects of a node.
    pub fn is_named(&self, node: &[String]) -> bool {
        self.places.iter().any(|place| place.refers.node == node)
    }

    /// The attribute that is the name of an object of a node, such as `vyos_route_map.NAME.name`.
    pub(super) fn maker(&self, node: &ConfigPath) -> Option<&str> {
        self.makers.get(node).map(String::as_str)
    }

    /// The containers in which objects of a node may be named.
    pub(super) fn named_within(&self, node: &[String]) -> Vec<ConfigPath> {
        if let Some((_, parent)) = node.split_last().filter(|_| self.local.iter().any(|one| *one == node)) {
            return vec![parent.to_vec()];
        }
        let mut found = BTreeSet::new();
        for place in self.places.iter().filter(|place| place.refers.node == node) {
            // The rest of `system` holds secrets, and names nothing.
            let depth = if place.pattern.first() == Some(&"system") { 2 } else { 1 };
            found.extend(place.pattern.get(..depth).map(owned));
            if place.pattern.first() == Some(&"protocols") {
                found.insert(owned(&["vrf"]));
            }
        }
        found.into_iter().collect()
    }

    /// Paths of those that name this object, `subject` being its node with its key, in a configuration seen
    /// from the top.
    pub fn referrers(&self, subject: &[String], outcome: &ConfigTree) -> Vec<String> {
        let Some((key, node)) = subject.split_last() else { return Vec::new() };
        let uses =
            |path: &ConfigPath| self.names_in(path).iter().any(|one| one.name == *key && one.node == node);
        outcome.ends().into_iter().filter(uses).map(|path| path.join(" ")).collect()
    }
}

/// The places of fields at `above`.
fn collect(fields: &[Field], above: &[&'static str], found: &mut Vec<Place>) {
    for field in fields {
        let path = [above, field.path].concat();
        let (end, members): (&[&str], &[Field]) = match field.kind {
            Kind::PresenceNode(members) | Kind::Node(members) => {
                collect(members, &path, found);
                continue;
            }
            Kind::TagNode(_, members) => (&["=", "**"], members),
            _ => (&["="], &[]),
        };
        collect(members, &[path.as_slice(), &["*"]].concat(), found);
        if let Some(refers) = field.refers {
            found.push(Place { pattern: [path.as_slice(), end].concat(), refers });
        }
    }
}

fn owned(words: &[&str]) -> ConfigPath {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Which attributes of these types have the value of an attribute of another type: what one is not committed
/// without, and the names of objects.
pub fn attribute_references(
    types: impl Iterator<Item = (&'static str, &'static Layout)> + Clone,
) -> Vec<AttributeReference> {
    let within: &'static [&'static str] = &["router"];
    let mut found = Vec::new();
    for (of, layout) in types.clone() {
        if let Some(Requirement { type_name: to, .. }) = layout.requires {
            found.push(AttributeReference { of, at: vec!["router"], to, attribute: "router", within });
        }
    }
    for (of, layout) in types.clone() {
        for (at, refers) in named_by(layout.fields, &[]) {
            let is_named = |(_, layout): &(_, &Layout)| layout.nodes().iter().any(|node| node == refers.node);
            let named =
                types.clone().find(is_named).and_then(|(to, layout)| Some((to, layout.tag.as_ref()?)));
            let reference =
                |(to, tag): (_, &Tag)| AttributeReference { of, at, to, attribute: tag.attribute, within };
            found.extend(named.map(reference));
        }
    }
    found
}

/// The attributes whose values are names, and of what.
fn named_by(fields: &[Field], above: &[&'static str]) -> Vec<(Vec<&'static str>, Refers)> {
    let mut found = Vec::new();
    for field in fields {
        let at = [above, &[field.attribute]].concat();
        match field.kind {
            Kind::PresenceNode(members) | Kind::Node(members) | Kind::TagNode(_, members) => {
                found.extend(named_by(members, &at));
            }
            // A name that is a key stays one.
            _ => found.extend(field.refers.map(|refers| (at, refers))),
        }
    }
    found
}
