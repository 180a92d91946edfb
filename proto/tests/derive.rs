//! The derive macros: what a struct becomes. What misuse says is tested in the macros themselves.

use std::collections::BTreeMap;
use tfplugin::schema::{AttributeKind, Mode, Nesting};
use tfplugin::types::{Secret, Semantic};
use tfplugin::{Computed, Draft, Knowable, Model, Number, Value};

/// The address family of a session.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Family {
    /// Route-map for what comes in.
    #[attribute(optional)]
    route_map_import: Option<String>,
}

/// Fields that several types share.
#[derive(Clone, Debug, PartialEq, Model)]
pub struct Target {
    /// The router.
    #[attribute(required, requires_replace)]
    router: String,
}

/// A BGP session.
///
/// More about it.
#[derive(Clone, Debug, PartialEq, Model)]
#[resource(type_name = "vyos_bgp_neighbor")]
pub struct Neighbor {
    #[attribute(flatten)]
    target: Target,
    /// The peer's address.
    #[attribute(required)]
    address: Semantic<std::net::IpAddr>,
    /// Its AS number.
    #[attribute(required)]
    remote_as: u32,
    /// Seconds.
    #[attribute(default = 180u16)]
    hold_time: u16,
    /// TCP-MD5 password.
    #[attribute(optional)]
    password: Option<Secret>,
    /// IPv6 unicast.
    #[attribute(optional)]
    ipv6_unicast: Option<Family>,
    /// By name.
    #[attribute(optional)]
    families: Option<BTreeMap<String, Family>>,
    /// What it is now.
    #[attribute(computed, use_state_for_unknown)]
    state: Computed<String>,
}

fn object(pairs: &[(&str, Value)]) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[test]
fn doc_comments_and_words_become_the_schema() {
    assert_eq!(Neighbor::schema().description, "A BGP session.\n\nMore about it.");
    let attributes = &Neighbor::schema().attributes;
    let names: Vec<_> = attributes.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        ["router", "address", "remote_as", "hold_time", "password", "ipv6_unicast", "families", "state"]
    );
    let modes: Vec<_> = attributes.iter().map(|one| one.mode).collect();
    assert_eq!(modes[2..4], [Mode::Required, Mode::OptionalComputed]);
    assert_eq!((modes[4], modes[7]), (Mode::Optional, Mode::Computed));
    assert!(attributes[0].requires_replace && !attributes[1].requires_replace);
    assert_eq!(attributes[3].default, Some(Value::Number(Number::from(180i64))));
    assert!(attributes[4].sensitive && attributes[7].use_state_for_unknown);
    assert!(
        matches!(&attributes[5].kind, AttributeKind::Nested(Nesting::Single, members) if members.len() == 1)
    );
    assert!(matches!(&attributes[6].kind, AttributeKind::Nested(Nesting::Map, _)));
}

#[test]
fn a_model_is_read_and_written() {
    let value = object(&[
        ("router", text("edge")),
        ("address", text("2001:DB8::1")),
        ("remote_as", Value::Number(Number::from(4_294_967_295u64))),
        ("hold_time", Value::Number(Number::from(9i64))),
        ("ipv6_unicast", object(&[("route_map_import", Value::Null)])),
        ("state", Value::unknown()),
    ]);
    let neighbor = Neighbor::decode(&value).unwrap();
    assert_eq!(neighbor.remote_as, u32::MAX);
    assert_eq!(neighbor.address.canonical(), "2001:db8::1");
    assert_eq!(neighbor.state, Computed::Pending);
    let written = neighbor.encode();
    assert_eq!(written.attribute("address"), &text("2001:DB8::1"));
    assert!(written.attribute("password").is_null() && written.attribute("state").is_unknown());
}

#[test]
fn faults_point_at_the_attribute() {
    let value = object(&[("router", text("edge")), ("address", text("10.0.0.300"))]);
    let error = Neighbor::decode(&value).unwrap_err();
    assert_eq!(error.path.to_string(), "address");
    assert_eq!(error.message, "\"10.0.0.300\" is not an IP address such as 10.0.0.1 or 2001:db8::1");
}

#[test]
fn a_draft_knows_what_is_unknown() {
    let value = object(&[
        ("router", Value::unknown()),
        ("address", text("10.0.0.1")),
        ("remote_as", Value::unknown()),
        ("hold_time", Value::Number(Number::from(9i64))),
        ("ipv6_unicast", object(&[("route_map_import", Value::unknown())])),
    ]);
    let draft = NeighborDraft::decode(&value).unwrap();
    assert!(
        draft.target.router.is_unknown() && draft.remote_as.is_unknown() && draft.ipv6_unicast.is_unknown()
    );
    assert_eq!(*draft.hold_time, Knowable::Known(9));
    assert_eq!(*draft.families, Knowable::Known(None));
}

#[test]
fn a_secret_is_masked() {
    let secret = Secret::new("hunter2");
    assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "(secret) (secret) Some((secret))");
}
