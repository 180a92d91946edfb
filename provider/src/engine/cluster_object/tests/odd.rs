//! Whatever others put into an object can be read, planned and destroyed: rules are for what is written.

use super::super::fields::Fields;
use super::*;
use crate::calico::{
    FelixConfiguration, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, IpPool, IpReservation,
    NetworkPolicy,
};
use crate::engine::cluster_object::ClusterObject;
use crate::metallb::{BfdProfile, BgpAdvertisement, BgpPeer, Community, IpAddressPool, L2Advertisement};
use std::collections::BTreeSet;
use tfplugin::Provider;
use tfplugin::schema::{Attribute, AttributeKind, Nesting};
use tfplugin::value::Type;

/// What is odd about values: what they say, or what kind of value they are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Odd {
    Content,
    Kind,
}

fn plain(of: &Type, odd: Odd) -> Json {
    match (of, odd) {
        (Type::String, Odd::Kind) => json!(true),
        (_, Odd::Kind) => json!("a word"),
        (Type::Bool, Odd::Content) => json!(true),
        (Type::Number, Odd::Content) => json!(u64::MAX),
        (Type::List(of) | Type::Set(of), Odd::Content) => json!([plain(of, odd), ""]),
        (Type::Map(of), Odd::Content) => json!({"": plain(of, odd)}),
        (_, Odd::Content) => json!("no form / at all"),
    }
}

fn spec_of<'a>(fields: &Fields, attributes: impl IntoIterator<Item = &'a Attribute>, odd: Odd) -> Json {
    let one = |attribute: &Attribute| {
        let value = match &attribute.kind {
            AttributeKind::Type(Type::List(of) | Type::Set(of))
                if odd == Odd::Content && **of == Type::String =>
            {
                json!(["no form / at all", ""])
            }
            AttributeKind::Type(of) => plain(of, odd),
            AttributeKind::Nested(..) if odd == Odd::Kind => json!("a word"),
            AttributeKind::Nested(Nesting::Single, members) => spec_of(fields, members, odd),
            AttributeKind::Nested(Nesting::Map, members) => json!({"": spec_of(fields, members, odd)}),
            AttributeKind::Nested(_, members) => json!([spec_of(fields, members, odd)]),
        };
        (fields.field(attribute), value)
    };
    Json::Object(attributes.into_iter().map(one).collect())
}

/// Imports, plans and destroys an object of odd values. Answers the type's name.
async fn survives<T: ClusterObject>(collection: &str, config: Json) -> &'static str {
    let collection = match T::KIND.group() == "metallb.io" {
        true => format!("/apis/metallb.io/{collection}"),
        false => collection.to_owned(),
    };
    let config = with(json!({"name": "odd"}), config);
    let called = config["name"].as_str().unwrap().to_owned();
    let fields = Fields::of::<T>();
    for odd in [Odd::Content, Odd::Kind] {
        let server = ApiServer::start().await;
        let spec = spec_of(&fields, fields.attributes.iter().copied(), odd);
        let object = format!("{}{called}", T::NAME_PREFIX);
        server.world().put(&collection, &object, "kubectl", spec);
        let run = run(&server).await;
        let name = T::TYPE_NAME;
        let state = run.import(name, &called).await.unwrap_or_else(|error| panic!("{name} {odd:?}: {error}"));
        let (state, told) = run.read(&state).await.unwrap_or_else(|error| panic!("{name} {odd:?}: {error}"));
        let (state, _) = (state.unwrap(), told);
        run.plan(name, Some(&state), &config).await.unwrap_or_else(|error| panic!("{name} {odd:?}: {error}"));
        run.destroy(&state).await.unwrap_or_else(|error| panic!("{name} {odd:?}: {error}"));
        assert!(
            !server.world().objects.contains_key(&format!("{collection}/{object}")),
            "{name} {odd:?} is left"
        );
    }
    T::TYPE_NAME
}

#[tokio::test]
async fn every_field_of_every_type_with_values_that_it_has_no_form_for() {
    let system = |kind: &str| format!("v1beta1/namespaces/metallb-system/{kind}");
    let calico = |kind: &str| format!("/apis/crd.projectcalico.org/v1/{kind}");
    let checked = [
        survives::<IpPool>(&calico("ippools"), json!({"cidr": "10.9.0.0/16"})).await,
        survives::<FelixConfiguration>(&calico("felixconfigurations"), json!({"name": "node.odd"})).await,
        survives::<GlobalNetworkPolicy>(&calico("globalnetworkpolicies"), json!({})).await,
        survives::<GlobalNetworkSet>(&calico("globalnetworksets"), json!({})).await,
        survives::<HostEndpoint>(&calico("hostendpoints"), json!({"node": "a", "interface_name": "*"})).await,
        survives::<IpReservation>(&calico("ipreservations"), json!({"reserved_cidrs": ["10.1.0.1"]})).await,
        survives::<NetworkPolicy>(&calico("namespaces/default/networkpolicies"), json!({})).await,
        survives::<IpAddressPool>(&system("ipaddresspools"), json!({"addresses": [RANGE]})).await,
        survives::<BgpPeer>(
            "v1beta2/namespaces/metallb-system/bgppeers",
            json!({"my_asn": 1, "peer_asn": 1, "peer_address": "10.0.0.1"}),
        )
        .await,
        survives::<BgpAdvertisement>(&system("bgpadvertisements"), json!({})).await,
        survives::<L2Advertisement>(&system("l2advertisements"), json!({})).await,
        survives::<BfdProfile>(&system("bfdprofiles"), json!({})).await,
        survives::<Community>(
            &system("communities"),
            json!({"communities": [{"name": "a", "value": "1:1"}]}),
        )
        .await,
    ];
    let served = ClusterTypes::registry();
    let served = served.resources().map(|(name, _)| name);
    let served = served.filter(|name| name.starts_with("calico_") || name.starts_with("metallb_"));
    assert_eq!(served.collect::<BTreeSet<_>>(), BTreeSet::from(checked));
}
