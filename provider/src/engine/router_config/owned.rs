//! Which paths of a router's configuration an object stands for, so that two that stand for one are told
//! before they undo each other's work for ever.

use super::mapping::{Field, Kind, ValueFormat};
use super::subtree;
use super::translate::entry;
use super::{Layout, Tag};
use crate::connection::router::ConfigPath;
use tfplugin::{Path, Value};

/// A planned object. Its node and its part are found once.
pub struct Owner {
    layout: &'static Layout,
    object: Value,
    node: Option<ConfigPath>,
    whole_part: Option<Vec<ConfigPath>>,
}

impl Owner {
    /// An object of a type, any of whose values may be unknown.
    pub fn new(layout: &'static Layout, object: Value) -> Self {
        let node = node(layout, &object);
        let whole_part = node.as_ref().and_then(|node| whole_part(layout, &object, node));
        Self { layout, object, node, whole_part }
    }

    /// Its node, from the top; nothing where its key is not known yet.
    pub fn node(&self) -> Option<&ConfigPath> {
        self.node.as_ref()
    }

    /// Everything that it puts on the router, if it stands for all that is below its node.
    pub fn whole_part(&self) -> Option<&[ConfigPath]> {
        self.whole_part.as_deref()
    }

    /// The attribute by which it would change or take away what is at a path from the top.
    pub fn claims(&self, path: &[String]) -> Option<Path> {
        let below = path.strip_prefix(self.node()?.as_slice())?;
        claims(self.layout.fields, &self.object, below, &Path::root())
    }
}

fn node(layout: &Layout, object: &Value) -> Option<ConfigPath> {
    let component = layout.component.iter().map(|word| (*word).to_owned());
    let Some(Tag { node, node_of_ipv6, attribute, form, .. }) = &layout.tag else {
        return Some(component.collect());
    };
    let key = form.word(object.attribute(attribute))?;
    if *form == ValueFormat::Path {
        return Some(key.split(' ').map(str::to_owned).collect());
    }
    let node = node_of_ipv6.filter(|_| key.contains(':')).unwrap_or(node);
    Some(component.chain(node.iter().map(|word| (*word).to_owned())).chain([key]).collect())
}

fn whole_part(layout: &Layout, object: &Value, node: &ConfigPath) -> Option<Vec<ConfigPath>> {
    let field = layout.fields.iter().find(|field| matches!(field.kind, Kind::Subtree(_)))?;
    let tree = subtree::tree(object.attribute(field.attribute));
    let ends: Vec<_> = tree.ends().into_iter().map(|end| [node.as_slice(), &end].concat()).collect();
    Some(if ends.is_empty() { vec![node.clone()] } else { ends })
}

fn claims(fields: &[Field], object: &Value, path: &[String], within: &Path) -> Option<Path> {
    fields.iter().find_map(|field| {
        let leads = field.path.len() <= path.len() && field.path.iter().zip(path).all(|(a, b)| a == b);
        let below = path.get(field.path.len()..).filter(|_| leads)?;
        let here = within.clone().attribute(field.attribute);
        match (field.kind, object.attribute(field.attribute), below) {
            // Everything may still come of it.
            (_, Value::Unknown(_), _) => None,
            (Kind::Leaf(_) | Kind::Valueless | Kind::TriState | Kind::Subtree(_), ..) => Some(here),
            // Null is not ours.
            (Kind::MultiLeaf(_) | Kind::TagNode(..), Value::Null, _) => None,
            (Kind::MultiLeaf(_), ..) => Some(here),
            (Kind::PresenceNode(_), Value::Null, _) | (Kind::PresenceNode(_), _, []) => Some(here),
            (Kind::PresenceNode(members) | Kind::Node(members), value, below) => {
                claims(members, value, below, &here)
            }
            (Kind::TagNode(form, members), Value::Map(all), [key, below @ ..]) => match entry(form, all, key)
            {
                Some((key, one)) if !below.is_empty() => claims(members, one, below, &here.key(key)),
                Some((key, _)) => Some(here.key(key)),
                None => Some(here),
            },
            (Kind::TagNode(..), ..) => None,
        }
    })
}
