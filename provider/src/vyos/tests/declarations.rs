//! The types, and their tables of fields against their schemas.

use crate::engine::router_config::{Declaration, Field, Kind, RouterConfig, ValueFormat};
use crate::vyos::{
    Bgp, BgpNeighbor, BgpPeerGroup, Config, DECLARATIONS, Ospf, Ospfv3, PrefixList, PrefixList6, RouteMap,
    StaticRoute,
};
use std::collections::BTreeSet;
use tfplugin::Provider;
use tfplugin::schema::{Attribute, AttributeKind, Nesting};
use tfplugin::value::Type;

/// Every field has an attribute of its kind, and every attribute but the key and the router has a field.
fn fits(fields: &[Field], attributes: &[Attribute], others: &[&str]) {
    for field in fields {
        let attribute = attributes.iter().find(|one| one.name == field.attribute).unwrap_or_else(|| {
            panic!("no attribute {}", field.attribute);
        });
        match (&field.kind, &attribute.kind) {
            (Kind::Leaf(ValueFormat::Number), AttributeKind::Type(Type::Number))
            | (Kind::Valueless | Kind::TriState, AttributeKind::Type(Type::Bool)) => {}
            (Kind::Leaf(form), AttributeKind::Type(Type::String)) if *form != ValueFormat::Number => {}
            (Kind::Subtree(_), AttributeKind::Type(Type::Dynamic)) => {}
            (Kind::MultiLeaf(form), AttributeKind::Type(Type::Set(element)))
                if *form != ValueFormat::Number && **element == Type::String => {}
            (
                Kind::PresenceNode(inner) | Kind::Node(inner),
                AttributeKind::Nested(Nesting::Single, members),
            )
            | (Kind::TagNode(_, inner), AttributeKind::Nested(Nesting::Map, members)) => {
                fits(inner, members, &[])
            }
            (_, kind) => panic!("{}: {kind:?} is another kind", field.attribute),
        }
    }
    for attribute in attributes.iter().filter(|one| !others.contains(&one.name.as_str())) {
        assert!(
            fields.iter().any(|field| field.attribute == attribute.name),
            "{} is nowhere",
            attribute.name
        );
    }
}

/// A type as it is declared.
pub(super) struct Declared {
    pub(super) name: &'static str,
    pub(super) declaration: &'static Declaration,
    pub(super) attributes: Vec<Attribute>,
}

impl Declared {
    fn of<T: RouterConfig>() -> Self {
        Self { name: T::TYPE_NAME, declaration: T::DECLARATION, attributes: T::attributes() }
    }
}

/// All types.
pub(super) fn declared() -> Vec<Declared> {
    vec![
        Declared::of::<Bgp>(),
        Declared::of::<BgpNeighbor>(),
        Declared::of::<BgpPeerGroup>(),
        Declared::of::<Config>(),
        Declared::of::<Ospf>(),
        Declared::of::<Ospfv3>(),
        Declared::of::<PrefixList>(),
        Declared::of::<PrefixList6>(),
        Declared::of::<RouteMap>(),
        Declared::of::<StaticRoute>(),
    ]
}

#[test]
fn every_attribute_is_somewhere_on_the_router() {
    let all = declared();
    for one in &all {
        let key = one.declaration.tag.as_ref().map_or("router", |tag| tag.attribute);
        fits(one.declaration.fields, &one.attributes, &["router", key]);
    }
    let served = super::Routing::registry();
    let served = served.resources().map(|(name, _)| name).filter(|name| name.starts_with("vyos_"));
    assert_eq!(served.collect::<BTreeSet<_>>(), all.iter().map(|one| one.name).collect());
    assert_eq!(
        DECLARATIONS.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(),
        all.iter().map(|one| one.name).collect()
    );
}
