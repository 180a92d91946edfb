//! The tables of fields against the schemas.

use crate::engine::router_config::{Field, Kind, RouterConfig};
use crate::vyos::{Bgp, BgpNeighbor};
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

#[test]
fn every_attribute_is_somewhere_on_the_router() {
    use tfplugin::Model;
    fits(Bgp::DECLARATION.fields, &Bgp::attributes(), &["router"]);
    fits(BgpNeighbor::DECLARATION.fields, &BgpNeighbor::attributes(), &["router", "address"]);
}
