//! The types: what follows from their declarations and schemas.

use crate::engine::router_config::{Field, Kind, Layout, ValueFormat};
use crate::vyos::{TYPES, layouts};
use std::collections::BTreeSet;
use std::fmt::Write;
use tfplugin::Provider;
use tfplugin::schema::{Attribute, AttributeKind};

/// A type as it is declared.
pub(super) struct Declared {
    pub(super) name: &'static str,
    pub(super) layout: &'static Layout,
    pub(super) attributes: Vec<Attribute>,
}

/// All types.
pub(super) fn declared() -> Vec<Declared> {
    let schemas: Vec<_> =
        super::Routing::registry().resources().map(|(name, schema)| (name, schema.clone())).collect();
    let one = |(name, layout)| {
        let (_, schema) = schemas.iter().find(|(served, _)| *served == name).unwrap();
        Declared { name, layout, attributes: schema.attributes.clone() }
    };
    layouts().map(one).collect()
}

/// The members of an attribute.
fn members(attribute: &Attribute) -> &[Attribute] {
    match &attribute.kind {
        AttributeKind::Nested(_, members) => members,
        AttributeKind::Type(_) => &[],
    }
}

fn below(field: &Field) -> &'static [Field] {
    match field.kind {
        Kind::PresenceNode(fields) | Kind::Node(fields) | Kind::TagNode(_, fields) => fields,
        _ => &[],
    }
}

fn all_have_a_node(fields: &[Field], attributes: &[Attribute], others: &[&str]) {
    let own = attributes.iter().filter(|one| one.form_of.is_none());
    for attribute in own.filter(|one| !others.contains(&one.name.as_str())) {
        let field = fields.iter().find(|field| field.attribute == attribute.name);
        let field = field.unwrap_or_else(|| panic!("{} is nowhere: no node has its type", attribute.name));
        all_have_a_node(below(field), members(attribute), &[]);
    }
}

#[test]
fn every_attribute_is_somewhere_on_the_router() {
    let all = declared();
    for one in &all {
        let key = one.layout.tag.as_ref().map_or("router", |tag| tag.attribute);
        all_have_a_node(one.layout.fields, &one.attributes, &["router", key]);
    }
    let registry = super::Routing::registry();
    let served = registry.resources().map(|(name, _)| name).filter(|name| name.starts_with("vyos_"));
    assert_eq!(served.collect::<BTreeSet<_>>(), TYPES.iter().map(|(name, _)| *name).collect());
}

/// Names that lead to every attribute.
fn names(attributes: &[Attribute], within: &str, found: &mut Vec<String>) {
    for attribute in attributes {
        found.push(format!("{within}{}", attribute.name));
        names(members(attribute), &format!("{within}{}.", attribute.name), found);
    }
}

#[test]
fn what_is_declared_of_an_attribute_is_of_one_that_is_there_and_says_more_than_its_name() {
    for one in declared() {
        let mut all = Vec::new();
        names(&one.attributes, ".", &mut all);
        for (name, path) in one.layout.paths.iter().flat_map(|paths| paths.iter()) {
            let name = format!(".{name}");
            let meant = all.iter().any(|one| one.ends_with(&name));
            assert!(meant, "{}: there is no attribute {name}", one.name);
            let last = name.rsplit('.').next().unwrap().replace('_', "-");
            assert_ne!(*path, last, "{}: {name} needs no entry", one.name);
        }
    }
}

fn listed(fields: &[Field], within: &str, text: &mut String) {
    for field in fields {
        let format = |format: ValueFormat| format!("{format:?}").to_lowercase();
        let kind = match field.kind {
            Kind::Leaf(form) => format!("leaf, {}", format(form)),
            Kind::MultiLeaf(form) => format!("leaf of several, {}", format(form)),
            Kind::Valueless => "valueless".to_owned(),
            Kind::TriState => "valueless or disabled".to_owned(),
            Kind::PresenceNode(_) => "node, also empty".to_owned(),
            Kind::Node(_) => "node".to_owned(),
            Kind::TagNode(form, _) => format!("tag node, {}", format(form)),
            Kind::Subtree(_) => "all below".to_owned(),
        };
        let refers = field.refers.map(|refers| {
            let checked = if refers.checked { "" } else { ", unchecked" };
            format!(", name of `{}`{checked}", refers.node.join(" "))
        });
        let (indent, refers) = (within.len(), refers.unwrap_or_default());
        writeln!(text, "{:indent$}{}: `{}`, {kind}{refers}", "", field.attribute, field.path.join(" "))
            .unwrap();
        listed(below(field), &format!("{within}  "), text);
    }
}

#[test]
fn where_every_attribute_is() {
    let mut text = String::new();
    for one in declared() {
        let component = one.layout.component.join(" ");
        writeln!(text, "{} in `{component}`", one.name).unwrap();
        if let Some(tag) = &one.layout.tag {
            let ipv6 = tag.node_of_ipv6.map(|node| format!(" or `{}`", node.join(" "))).unwrap_or_default();
            let (node, form) = (tag.node.join(" "), format!("{:?}", tag.form).to_lowercase());
            writeln!(text, "  {}: key of `{node}`{ipv6}, {form}", tag.attribute).unwrap();
        }
        listed(one.layout.fields, "  ", &mut text);
    }
    insta::assert_snapshot!(text);
}
