//! The tables of fields against the schemas.

use crate::engine::router_config::{Field, Kind, RouterConfig};
use crate::provider::Microk8s;
use crate::vyos::{
    Bgp, BgpNeighbor, BgpPeerGroup, Config, Ospf, Ospfv3, PrefixList, PrefixList6, RouteMap, StaticRoute,
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
            (Kind::Value(_), AttributeKind::Type(Type::String | Type::Number))
            | (Kind::Flag, AttributeKind::Type(Type::Bool)) => {}
            (Kind::Section, AttributeKind::Type(Type::Dynamic)) => {}
            (Kind::Words(_), AttributeKind::Type(Type::Set(element))) if **element == Type::String => {}
            (Kind::Presence(inner) | Kind::Group(inner), AttributeKind::Nested(Nesting::Single, members))
            | (Kind::Tags(_, inner), AttributeKind::Nested(Nesting::Map, members)) => {
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

/// Checks a type; answers its name.
fn of<T: RouterConfig>() -> &'static str {
    let key = T::DECLARATION.tag.as_ref().map_or("router", |tag| tag.attribute);
    fits(T::DECLARATION.fields, &T::attributes(), &["router", key]);
    T::TYPE_NAME
}

#[test]
fn every_attribute_is_somewhere_on_the_router() {
    let checked = [
        of::<Bgp>(),
        of::<BgpNeighbor>(),
        of::<BgpPeerGroup>(),
        of::<Config>(),
        of::<Ospf>(),
        of::<Ospfv3>(),
        of::<PrefixList>(),
        of::<PrefixList6>(),
        of::<RouteMap>(),
        of::<StaticRoute>(),
    ];
    let served = Microk8s::table();
    let served = served.resources().map(|(name, _)| name).filter(|name| name.starts_with("vyos_"));
    assert_eq!(served.collect::<BTreeSet<_>>(), BTreeSet::from(checked));
}
