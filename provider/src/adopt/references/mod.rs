//! In place of a value that another resource has, a reference to it: Terraform keeps the order then.

mod parts;

use super::document::{Address, Document, Managed};
use super::node::{Member, Node};
use super::schema::{attribute_of, objects};
use crate::engine::attribute_reference::AttributeReference;
use crate::engine::router_config::Layout;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use tfplugin::schema::{Attribute, AttributeKind, Schema};

/// What resources say of themselves, before any of it is a reference.
struct Said {
    /// Of each resource its plain strings.
    texts: Vec<BTreeMap<String, String>>,
    addresses: Vec<Address>,
    /// Who says what: by type, attribute and value.
    by_value: HashMap<(String, String, String), Vec<usize>>,
}

impl Said {
    fn of(resources: &[Managed]) -> Self {
        let texts = |one: &Managed| {
            let texts = one.arguments.iter().filter_map(|one| Some((one.key.clone(), one.value.text()?)));
            texts.map(|(name, text)| (name, text.to_owned())).collect()
        };
        let texts: Vec<BTreeMap<_, _>> = resources.iter().map(texts).collect();
        let addresses: Vec<_> = resources.iter().map(|one| one.address.clone()).collect();
        let mut by_value: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, (said, address)) in texts.iter().zip(&addresses).enumerate() {
            for (name, text) in said {
                let key = (address.type_name.clone(), name.clone(), canonical(text));
                by_value.entry(key).or_default().push(at);
            }
        }
        Self { texts, addresses, by_value }
    }

    fn text(&self, resource: usize, name: &str) -> Option<&str> {
        self.texts.get(resource)?.get(name).map(String::as_str)
    }

    /// The other resource whose attribute has that value, if there is one alone.
    fn named(&self, from: usize, value: &str, reference: &AttributeReference) -> Option<usize> {
        let AttributeReference { to, attribute, within, .. } = reference;
        let key = ((*to).to_owned(), (*attribute).to_owned(), canonical(value));
        let fits = |other: &&usize| {
            **other != from && within.iter().all(|name| self.text(**other, name) == self.text(from, name))
        };
        let mut found = self.by_value.get(&key)?.iter().filter(fits);
        found.next().copied().filter(|_| found.next().is_none())
    }
}

/// The one spelling of an address; other values have one.
fn canonical(value: &str) -> String {
    match value.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => value.to_owned(),
    }
}

/// Writes references into a file; answers how many.
pub(super) fn refer(
    document: &mut Document,
    declared: &[AttributeReference],
    schemas: &BTreeMap<&'static str, &Schema>,
    layout_of: impl Fn(&str) -> Option<&'static Layout>,
) -> usize {
    let said = Said::of(&document.resources);
    let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); said.addresses.len()];
    let mut written = parts::refer(document, &said, &mut needs, layout_of);
    for reference in declared {
        for (from, resource) in document.resources.iter_mut().enumerate() {
            let Some(schema) = schemas.get(resource.address.type_name.as_str()) else { continue };
            if reference.of != resource.address.type_name {
                continue;
            }
            let mut lead = |value: &str| {
                let to = said.named(from, value, reference)?;
                // Terraform makes none of a circle.
                if reaches(&needs, to, from) {
                    return None;
                }
                needs.get_mut(from)?.insert(to);
                written += 1;
                Some(format!("{}.{}", said.addresses.get(to)?, reference.attribute))
            };
            lead_in(&mut resource.arguments, &schema.attributes, &reference.at, &mut lead);
        }
    }
    written
}

/// Whether `from` needs `to` already, by however many steps.
fn reaches(needs: &[BTreeSet<usize>], from: usize, to: usize) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(one) = open.pop() {
        if one == to {
            return true;
        }
        if seen.insert(one) {
            open.extend(needs.get(one).into_iter().flatten());
        }
    }
    false
}

/// Replaces the strings at a path.
fn lead_in(
    members: &mut [Member],
    attributes: &[Attribute],
    at: &[&str],
    lead: &mut impl FnMut(&str) -> Option<String>,
) {
    let Some((name, rest)) = at.split_first() else { return };
    for member in members.iter_mut().filter(|one| one.name.as_deref() == Some(*name)) {
        match attribute_of(member, attributes).map(|one| &one.kind) {
            Some(AttributeKind::Nested(nesting, below)) => {
                for object in objects(&mut member.value, *nesting) {
                    lead_in(object, below, rest, lead);
                }
            }
            _ if rest.is_empty() => match &mut member.value {
                Node::List(all) => all.iter_mut().for_each(|one| replace(one, lead)),
                one => replace(one, lead),
            },
            _ => {}
        }
    }
}

fn replace(value: &mut Node, lead: &mut impl FnMut(&str) -> Option<String>) {
    if let Some(reference) = value.text().and_then(lead) {
        *value = Node::Source(reference);
    }
}
