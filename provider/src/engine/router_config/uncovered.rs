//! What a router has that no attribute of any type is, and into which parts that falls.

use super::layout::{Layout, Tag};
use super::mapping::{Field, Kind};
use super::references::FamilyMember;
use super::translate::DISABLE;
use crate::connection::router::{ConfigPath, ConfigTree};

/// The nodes of a configuration that no attribute is. Each is as short as can be.
pub(super) struct Uncovered<'a> {
    /// All types of the family.
    layouts: Vec<&'static Layout>,
    /// Whether objects of other types, on the way, are gone through too.
    through_others: bool,
    /// Whether a part that no type says anything of may have so many words, or is its parts.
    is_whole: &'a dyn Fn(&[String]) -> bool,
    found: Vec<ConfigPath>,
}

/// Fields, and what is left of their paths.
type Fields = Vec<(&'static [&'static str], Kind)>;

impl<'a> Uncovered<'a> {
    /// Of a whole configuration: what all types leave out. `is_whole` says which parts are not divided
    /// further.
    pub(super) fn of_all<T: FamilyMember>(
        configuration: &ConfigTree,
        is_whole: &'a dyn Fn(&[String]) -> bool,
    ) -> Vec<ConfigPath> {
        let mut all = Self { layouts: all::<T>(), through_others: true, is_whole, found: Vec::new() };
        all.below(&[], configuration, &Vec::new());
        all.found
    }

    /// Of one object: what is below its node and none of its attributes. What is an object of its own is not
    /// its business.
    pub(super) fn of_object<T: FamilyMember>(
        layout: &Layout,
        node: &ConfigTree,
        path: &[String],
    ) -> Vec<ConfigPath> {
        // It is all that is there.
        if layout.fields.iter().any(|field| matches!(field.kind, Kind::Subtree(_))) {
            return Vec::new();
        }
        let mut one =
            Self { layouts: all::<T>(), through_others: false, is_whole: &|_| true, found: Vec::new() };
        one.below(path, node, &fields(layout.fields));
        one.found
    }

    /// Below a node in which these fields are.
    fn below(&mut self, path: &[String], node: &ConfigTree, fields_here: &Fields) {
        for (word, below) in node.children() {
            let path = [path, &[word.to_owned()]].concat();
            let led = fields_here.iter().filter_map(|(words, kind)| match words.split_first() {
                Some((first, rest)) if *first == word => Some((rest, *kind)),
                _ => None,
            });
            let (ends, mut deeper): (Fields, Fields) = led.partition(|(rest, _)| rest.is_empty());
            self.at(&path, below, &ends, &mut deeper);
        }
    }

    /// A node at which the fields `ends` are, and below which are those of `deeper`.
    fn at(&mut self, path: &[String], node: &ConfigTree, ends: &Fields, deeper: &mut Fields) {
        for (_, kind) in ends {
            match kind {
                Kind::Leaf(_) | Kind::MultiLeaf(_) | Kind::Subtree(_) => return,
                Kind::Valueless => {}
                Kind::TriState => deeper.push((&[DISABLE], Kind::Valueless)),
                Kind::PresenceNode(members) | Kind::Node(members) => deeper.extend(fields(members)),
                Kind::TagNode(_, members) => return self.each(path, node, members),
            }
        }
        let is = |words: &Vec<&'static str>| words.iter().eq(path.iter());
        let own = self.layouts.iter().filter(|layout| layout.nodes().iter().any(is));
        let own: Vec<_> = own.copied().collect();
        if !own.is_empty() && !self.through_others {
            return;
        }
        for layout in &own {
            match &layout.tag {
                Some(tag) => return self.each_object(path, node, tag, layout.fields),
                None => deeper.extend(fields(layout.fields)),
            }
        }
        let leads = |words: &Vec<&'static str>| {
            words.len() > path.len() && words.iter().zip(path).all(|(one, other)| one == other)
        };
        let is_on_the_way = self.layouts.iter().any(|layout| layout.nodes().iter().any(leads));
        let is_known = !ends.is_empty() || !deeper.is_empty() || !own.is_empty() || is_on_the_way;
        let is_divided = !(self.is_whole)(path) && node.children().any(|(_, below)| !below.is_empty());
        match is_known || is_divided {
            true => self.below(path, node, deeper),
            false => self.found.push(path.to_vec()),
        }
    }

    /// The objects of a type; one whose key the type does not take is none of it.
    fn each_object(&mut self, path: &[String], node: &ConfigTree, tag: &Tag, members: &'static [Field]) {
        for (key, below) in node.children() {
            let path = [path, &[key.to_owned()]].concat();
            match tag.takes(key) {
                true => self.below(&path, below, &fields(members)),
                false => self.found.push(path),
            }
        }
    }

    /// The elements of a tag node.
    fn each(&mut self, path: &[String], node: &ConfigTree, members: &'static [Field]) {
        for (key, below) in node.children() {
            self.below(&[path, &[key.to_owned()]].concat(), below, &fields(members));
        }
    }
}

fn all<T: FamilyMember>() -> Vec<&'static Layout> {
    T::layouts().into_iter().map(|(_, layout)| layout).collect()
}

fn fields(all: &'static [Field]) -> Fields {
    all.iter().map(|field| (field.path, field.kind)).collect()
}
