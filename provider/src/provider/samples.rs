//! One small, sound configuration of every type, for the tests that hold all types to one rule. A new type
//! joins them by its entry here.

use super::Microk8s;
use serde_json::{Map, Value as Json, json};
use tfplugin::Provider;
use tfplugin::schema::Schema;

/// A type with a configuration of it.
pub(crate) struct Sample {
    pub(crate) type_name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) schema: Schema,
    pub(crate) config: Json,
    /// What `terraform import` calls it; empty for what is no resource.
    pub(crate) import: &'static str,
}

/// What is served under a type's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Resource,
    DataSource,
    Action,
}

/// Every type that is served. Nodes are at `10.0.0.11` and so on, clusters at one of their nodes, the router
/// is `edge`.
pub(crate) fn samples() -> Vec<Sample> {
    let table = Microk8s::registry();
    let resources = table.resources().map(|(name, schema)| (name, Kind::Resource, schema));
    let data_sources = table.data_sources().map(|(name, schema)| (name, Kind::DataSource, schema));
    let actions = table.actions().map(|(name, schema)| (name, Kind::Action, schema));
    let mut configs = configs();
    let sample = |(type_name, kind, schema): (&'static str, Kind, &Schema)| {
        let found = configs.iter().position(|(name, ..)| *name == type_name);
        let (_, import, config) =
            configs.swap_remove(found.unwrap_or_else(|| panic!("{type_name} has no sample")));
        Sample { type_name, kind, schema: schema.clone(), config, import }
    };
    let all: Vec<_> = resources.chain(data_sources).chain(actions).map(sample).collect();
    let left: Vec<_> = configs.into_iter().map(|(name, ..)| name).collect();
    assert!(left.is_empty(), "samples of no type: {left:?}");
    all
}

/// Type, import id, configuration.
fn configs() -> Vec<(&'static str, &'static str, Json)> {
    let rule = |prefix: &str| json!({"10": {"action": "permit", "prefix": prefix}});
    let object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}});
    let mut all = vec![
        (
            "calico_ippool",
            "10.0.0.11/default-ipv6-ippool",
            json!({"name": "default-ipv6-ippool", "cidr": "fd01::/64"}),
        ),
        ("calico_felix_configuration", "10.0.0.11/default", json!({"name": "default"})),
        ("calico_global_network_policy", "10.0.0.11/nodes", json!({"name": "nodes"})),
        ("calico_global_network_set", "10.0.0.11/office", json!({"name": "office"})),
        (
            "calico_host_endpoint",
            "10.0.0.11/cp1",
            json!({"name": "cp1", "node": "cp1", "interface_name": "*"}),
        ),
        ("calico_ip_reservation", "10.0.0.11/lab", json!({"name": "lab", "reserved_cidrs": ["10.1.0.0/28"]})),
        ("calico_network_policy", "10.0.0.11/default/web", json!({"name": "web"})),
        ("metallb_bfd_profile", "10.0.0.11/fast", json!({"name": "fast"})),
        ("metallb_bgp_advertisement", "10.0.0.11/default", json!({"name": "default"})),
        (
            "metallb_bgp_peer",
            "10.0.0.11/edge",
            json!({"name": "edge", "my_asn": 64512, "peer_asn": 64512, "peer_address": "10.0.0.1"}),
        ),
        (
            "metallb_community",
            "10.0.0.11/well-known",
            json!({"name": "well-known", "communities": [{"name": "a", "value": "64512:1"}]}),
        ),
        (
            "metallb_ip_address_pool",
            "10.0.0.11/default-pool",
            json!({"name": "default-pool", "addresses": ["192.0.2.0/26"]}),
        ),
        ("metallb_l2_advertisement", "10.0.0.11/local", json!({"name": "local"})),
        ("microk8s_object", "10.0.0.11/ConfigMap.v1/default/a", json!({ "manifest": object })),
    ];
    for (_, _, config) in &mut all {
        config["cluster"] = "10.0.0.11".into();
    }
    all.extend([
        ("microk8s_addon", "10.0.0.11/dns", json!({"host": "10.0.0.11", "name": "dns"})),
        (
            "microk8s_addon_repository",
            "10.0.0.11/own",
            json!({"host": "10.0.0.11", "name": "own", "url": "https://example.org/own"}),
        ),
        (
            "microk8s_cluster_ipv6",
            "10.0.0.11",
            json!({"host": "10.0.0.11", "cluster_cidr": "fd01::/64", "service_cidr": "fd98::/108"}),
        ),
        (
            "microk8s_cluster_member",
            "10.0.0.11/10.0.0.12",
            json!({"host": "10.0.0.12", "cluster": "10.0.0.11", "role": "worker"}),
        ),
        (
            "microk8s_helm_release",
            "10.0.0.11/default/app",
            json!({"host": "10.0.0.11", "name": "app", "chart": "app", "repository": "https://example.org/charts"}),
        ),
        ("microk8s_node", "10.0.0.11", json!({"host": "10.0.0.11", "channel": "1.35/stable"})),
        ("vyos_bgp", "edge", json!({"system_as": 64512})),
        ("vyos_bgp_neighbor", "edge/10.0.0.11", json!({"address": "10.0.0.11", "remote_as": "internal"})),
        ("vyos_bgp_peer_group", "edge/NODES", json!({"name": "NODES"})),
        ("vyos_config", "edge/service ntp", json!({"path": "service ntp", "config": {"server": {"a": {}}}})),
        ("vyos_ospf", "edge", json!({"interfaces": {"eth1": {"area": "0"}}})),
        ("vyos_ospfv3", "edge", json!({"interfaces": {"eth1": {"area": "0"}}})),
        ("vyos_prefix_list", "edge/LB4", json!({"name": "LB4", "rules": rule("192.0.2.0/24")})),
        ("vyos_prefix_list6", "edge/LB", json!({"name": "LB", "rules": rule("2001:db8::/64")})),
        ("vyos_route_map", "edge/OUT", json!({"name": "OUT", "rules": {"10": {"action": "permit"}}})),
        (
            "vyos_static_route",
            "edge/2001:db8::/64",
            json!({"destination": "2001:db8::/64", "next_hops": {"2001:db8:1::1": {}}}),
        ),
        ("metallb_bgp_sessions", "", json!({"cluster": "10.0.0.11"})),
        ("metallb_service_addresses", "", json!({"cluster": "10.0.0.11"})),
        ("microk8s_status", "", json!({"host": "10.0.0.11"})),
        ("microk8s_backup_datastore", "", json!({"host": "10.0.0.11"})),
        ("microk8s_refresh_certificates", "", json!({"host": "10.0.0.11"})),
        ("microk8s_restart", "", json!({"host": "10.0.0.11", "services": ["kubelite"]})),
        ("vyos_bgp_reset", "", json!({"neighbors": ["10.0.0.11"], "direction": "in"})),
        ("vyos_save", "", json!({"file": "/config/before.boot"})),
        ("vyos_bgp_summary", "", json!({})),
        ("vyos_routes", "", json!({})),
    ]);
    for (name, _, config) in &mut all {
        if name.starts_with("vyos_") {
            config["router"] = "edge".into();
        }
    }
    all
}

impl Sample {
    pub(crate) fn is_resource(&self) -> bool {
        self.kind == Kind::Resource
    }

    /// The configuration with `value` at a path of attributes and keys, and what is missing on the way there.
    pub(crate) fn with(&self, path: &[&str], value: Json) -> Json {
        let mut config = self.config.clone();
        let mut place = &mut config;
        for name in path {
            if !place.is_object() {
                *place = Json::Object(Map::new());
            }
            place = place.as_object_mut().unwrap().entry((*name).to_owned()).or_insert(Json::Null);
        }
        *place = value;
        config
    }
}
