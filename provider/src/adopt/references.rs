//! In place of a value that another resource has, a reference to it: Terraform keeps the order then.

use super::document::{Address, Document, Managed};
use super::node::{Member, Node};
use super::schema::{attribute_of, objects};
use crate::engine::attribute_reference::AttributeReference;
use crate::values::Host;
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::schema::{Attribute, AttributeKind, Schema};

/// What resources say of themselves, before any of it is a reference.
struct Said {
    /// Of each resource its plain strings.
    texts: Vec<BTreeMap<String, String>>,
    addresses: Vec<Address>,
}

impl Said {
    fn of(resources: &[Managed]) -> Self {
        let texts = |one: &Managed| {
            let texts = one.arguments.iter().filter_map(|one| Some((one.key.clone(), one.value.text()?)));
            texts.map(|(name, text)| (name, text.to_owned())).collect()
        };
        Self {
            texts: resources.iter().map(texts).collect(),
            addresses: resources.iter().map(|one| one.address.clone()).collect(),
        }
    }

    fn text(&self, resource: usize, name: &str) -> Option<&str> {
        self.texts.get(resource)?.get(name).map(String::as_str)
    }

    /// The other resource whose attribute has that value, if there is one alone.
    fn named(&self, from: usize, value: &str, reference: &AttributeReference) -> Option<usize> {
        let fits = |other: &usize| {
            self.addresses.get(*other).is_some_and(|one| one.type_name == reference.to)
                && *other != from
                && self.text(*other, reference.attribute).is_some_and(|text| is_same(text, value))
                && reference.within.iter().all(|name| self.text(*other, name) == self.text(from, name))
        };
        let mut found = (0..self.addresses.len()).filter(fits);
        found.next().filter(|_| found.next().is_none())
    }
}

/// Addresses of machines have several spellings; names of other things are no such addresses, or stay one.
fn is_same(one: &str, other: &str) -> bool {
    one == other || Host::of(one) == Host::of(other) && one.parse::<std::net::IpAddr>().is_ok()
}

/// Writes references into a file; answers how many.
pub(super) fn refer(
    document: &mut Document,
    declared: &[AttributeReference],
    schemas: &BTreeMap<&'static str, &Schema>,
) -> usize {
    let said = Said::of(&document.resources);
    let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); said.addresses.len()];
    let mut written = 0;
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
