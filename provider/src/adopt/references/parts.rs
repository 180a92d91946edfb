//! References of parts of a router's configuration, whose attributes are paths and trees: to the object that
//! one is inside of, and to those that it names.

use super::super::document::{Address, Document};
use super::super::node::Node;
use super::{Said, reaches, replace};
use crate::engine::router_config::{Kind, Layout, Owner};
use crate::vyos;
use std::collections::BTreeSet;
use tfplugin::Value;

/// The attribute that says on which router an object is.
const ROUTER: &str = "router";

/// Where an object is on its router, from the top.
type Words = Vec<String>;

/// Writes references into the parts of a file; answers how many. `needs` says who needs whom.
pub(super) fn refer(
    document: &mut Document,
    said: &Said,
    needs: &mut [BTreeSet<usize>],
    layout_of: impl Fn(&str) -> Option<&'static Layout>,
) -> usize {
    let node = |at: usize, address: &Address| {
        let texts = said.texts.get(at)?.iter();
        let object = texts.map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect();
        Owner::new(layout_of(&address.type_name)?, Value::Object(object)).node().cloned()
    };
    let nodes: Vec<_> = said.addresses.iter().enumerate().map(|(at, one)| node(at, one)).collect();
    let node = |at: usize| nodes.get(at).and_then(Option::as_ref);
    let mut written = 0;
    for (from, resource) in document.resources.iter_mut().enumerate() {
        let layout = layout_of(&resource.address.type_name).filter(|layout| layout.is_path());
        let (Some(layout), Some(path)) = (layout, node(from)) else { continue };
        let beside = |to: &usize| said.text(*to, ROUTER) == said.text(from, ROUTER);
        let others = || (0..nodes.len()).filter(|to| *to != from).filter(beside);

        // It comes after the object that it is inside of, and is removed before it.
        let is_around = |to: &usize| node(*to).is_some_and(|outer| path.starts_with(outer));
        let around = others().filter(is_around).max_by_key(|to| node(*to).map(Words::len));
        if let Some((to, address)) = around.and_then(|to| Some((to, said.addresses.get(to)?))) {
            for member in resource.arguments.iter_mut().filter(|one| one.key == ROUTER) {
                replace(&mut member.value, &mut |_| Some(format!("{address}.{ROUTER}")));
                written += 1;
            }
            needs.get_mut(from).map(|one| one.insert(to));
        }

        let Some(tree) = layout.fields.iter().find(|one| matches!(one.kind, Kind::Subtree(_))) else {
            continue;
        };
        let mut lead = |path: &[String]| {
            let (_, named) = vyos::named_in(path).into_iter().find(|(at, _)| at + 1 == path.len())?;
            let to = others().find(|to| node(*to) == Some(&named))?;
            let address = said.addresses.get(to)?;
            let key = layout_of(&address.type_name)?.tag.as_ref()?.attribute;
            if reaches(needs, to, from) {
                return None;
            }
            needs.get_mut(from)?.insert(to);
            written += 1;
            Some(format!("{address}.{key}"))
        };
        for member in resource.arguments.iter_mut().filter(|one| one.key == tree.attribute) {
            lead_in(&mut path.clone(), &mut member.value, &mut lead);
        }
    }
    written
}

/// Replaces values by what leads to them.
fn lead_in(path: &mut Words, value: &mut Node, lead: &mut impl FnMut(&[String]) -> Option<String>) {
    match value {
        Node::Object(members) => {
            for member in members {
                let Some(name) = &member.name else { continue };
                path.push(name.clone());
                lead_in(path, &mut member.value, lead);
                path.pop();
            }
        }
        Node::List(all) => all.iter_mut().for_each(|one| lead_in(path, one, lead)),
        one => replace(one, &mut |text| {
            path.push(text.to_owned());
            let reference = lead(path);
            path.pop();
            reference
        }),
    }
}
