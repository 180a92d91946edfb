//! Two resources about one object: the second create is refused, or each takes away for ever what the other
//! makes. Objects of routers are told apart by their node, in `owners` and in their engine.

use super::objects::ClusterRef;
use crate::calico::{
    FelixConfiguration, GlobalNetworkPolicy, GlobalNetworkSet, HostEndpoint, IpPool, IpReservation,
    NetworkPolicy,
};
use crate::connection::cluster::ObjectName;
use crate::engine::cluster_object::ClusterObject;
use crate::metallb::{BfdProfile, BgpAdvertisement, BgpPeer, Community, IpAddressPool, L2Advertisement};
use crate::microk8s::object::GenericObject;
use crate::values::Host;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tfplugin::{Diagnostic, Value};

/// What the rules know of a type whose objects are in a cluster or on a machine.
pub(super) struct Type {
    pub(super) name: &'static str,
    identity: Identity,
    /// The attribute that says which object it is, for messages.
    at: &'static str,
    /// The attribute with the address of a control plane, if there is one.
    pub(super) control_plane: Option<&'static str>,
}

/// How objects of a type are told apart.
enum Identity {
    /// On a machine or in its cluster: by these attributes, of which the first is the machine's address.
    Attributes(&'static [&'static str]),
    /// In a cluster: by kind, namespace and name, if they are known.
    Object(fn(&Value) -> Option<ObjectName>),
}

impl Type {
    /// A new type over SSH or in a cluster joins by its row.
    const ALL: [Self; 20] = [
        Self::in_cluster("calico_felix_configuration", typed::<FelixConfiguration>),
        Self::in_cluster("calico_global_network_policy", typed::<GlobalNetworkPolicy>),
        Self::in_cluster("calico_global_network_set", typed::<GlobalNetworkSet>),
        Self::in_cluster("calico_host_endpoint", typed::<HostEndpoint>),
        Self::in_cluster("calico_ip_reservation", typed::<IpReservation>),
        Self::in_cluster("calico_ippool", typed::<IpPool>),
        Self::in_cluster("calico_network_policy", typed::<NetworkPolicy>),
        Self::in_cluster("metallb_bfd_profile", typed::<BfdProfile>),
        Self::in_cluster("metallb_bgp_advertisement", typed::<BgpAdvertisement>),
        Self::in_cluster("metallb_bgp_peer", typed::<BgpPeer>),
        Self::in_cluster("metallb_community", typed::<Community>),
        Self::in_cluster("metallb_ip_address_pool", typed::<IpAddressPool>),
        Self::in_cluster("metallb_l2_advertisement", typed::<L2Advertisement>),
        Self { at: "manifest", ..Self::in_cluster("microk8s_object", GenericObject::known_name) },
        Self::over_ssh("microk8s_addon", &["host", "repository", "name"], Some("host")),
        Self::over_ssh("microk8s_addon_repository", &["host", "name"], None),
        Self::over_ssh("microk8s_cluster_ipv6", &["host"], Some("host")),
        Self::over_ssh("microk8s_cluster_member", &["host"], Some("cluster")),
        Self::over_ssh("microk8s_helm_release", &["host", "namespace", "name"], Some("host")),
        Self::over_ssh("microk8s_node", &["host"], None),
    ];

    /// What is known of a type.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        const ALL: &[Type] = &Type::ALL;
        ALL.iter().find(|one| one.name == name)
    }

    const fn in_cluster(name: &'static str, object: fn(&Value) -> Option<ObjectName>) -> Self {
        Self { name, identity: Identity::Object(object), at: "name", control_plane: Some("cluster") }
    }

    const fn over_ssh(
        name: &'static str,
        attributes: &'static [&'static str],
        control_plane: Option<&'static str>,
    ) -> Self {
        let at = if attributes.len() == 1 { "host" } else { "name" };
        Self { name, identity: Identity::Attributes(attributes), at, control_plane }
    }

    /// Which object this is, in words; parts that are not known are left out.
    pub(super) fn label(&self, object: &Value) -> String {
        let words: Vec<_> = match &self.identity {
            Identity::Attributes(attributes) => {
                let said =
                    attributes.iter().filter_map(|name| Some((name, object.attribute(name).as_str()?)));
                said.map(|(name, text)| format!("{name} = {text:?}")).collect()
            }
            Identity::Object(name) => {
                let cluster = object.attribute("cluster").as_str();
                let cluster = cluster.map(|cluster| format!("cluster = {cluster:?}"));
                name(object).map(|name| name.to_string()).into_iter().chain(cluster).collect()
            }
        };
        format!("`{}` ({})", self.name, words.join(", "))
    }

    /// What no two resources of a run may have in common; nothing where a part of it is not known.
    fn key(&self, object: &Value) -> Option<ObjectKey> {
        match &self.identity {
            Identity::Attributes(attributes) => {
                let (host, others) = attributes.split_first()?;
                let host = ClusterRef::Address(Host::of(object.attribute(host).as_str()?));
                let others = others.iter().map(|name| Some(object.attribute(name).as_str()?.to_owned()));
                let type_name = Some(self.name.to_owned());
                Some((host, std::iter::once(type_name).chain(others).collect::<Option<_>>()?))
            }
            Identity::Object(name) => {
                let cluster = ClusterRef::of(object.attribute("cluster"));
                let ObjectName { kind, namespace, name } = name(object)?;
                // An object is one in all versions of its kind, and in `default` without a namespace.
                let namespace = if namespace == "default" { String::new() } else { namespace };
                let words = [kind.group().to_owned(), kind.name().to_owned(), namespace, name];
                (cluster != ClusterRef::Unknown).then(|| (cluster, words.into()))
            }
        }
    }
}

fn typed<T: ClusterObject>(object: &Value) -> Option<ObjectName> {
    let text = |name: &str| object.attribute(name).as_str().map(str::to_owned);
    let namespace = if T::KIND.is_namespaced() { text("namespace")? } else { String::new() };
    Some(ObjectName { kind: T::KIND, namespace, name: format!("{}{}", T::NAME_PREFIX, text("name")?) })
}

/// A machine or cluster, and the words that name an object there.
type ObjectKey = (ClusterRef, Vec<String>);

/// The objects of a run, each with the resource that was planned first.
#[derive(Default)]
pub(super) struct Objects(HashMap<ObjectKey, String>);

impl Objects {
    /// Keeps what a resource is about; returns what is wrong where another is about the same.
    pub(super) fn planned(&mut self, of: &Type, object: &Value) -> Option<Diagnostic> {
        let label = of.label(object);
        match self.0.entry(of.key(object)?) {
            Entry::Vacant(place) => {
                place.insert(label);
                None
            }
            Entry::Occupied(other) => Some(twice(&label, other.get()).at(of.at)),
        }
    }
}

fn twice(one: &str, other: &str) -> Diagnostic {
    let both = match one == other {
        true => format!("Two resources of this configuration are {one}"),
        false => format!("{one} and {other} are the same object"),
    };
    let detail = format!(
        "{both}: each takes away what the other makes. Keep one of them. If both are in the state, take the other one out of it \
         with a `removed` block that has `destroy = false`: its destroy would remove the object of both."
    );
    Diagnostic::error("Two resources for one object", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::router::Routers;
    use crate::cross_checks::CrossChecks;
    use crate::cross_checks::tests::{self, AllTypes, Object, place};
    use crate::engine::cluster_object::testing::with;
    use crate::session::CrossCheck;
    use crate::session::testing::Served;
    use crate::vyos::layout_of;
    use serde_json::{Value as Json, json};
    use std::collections::BTreeMap;
    use tfplugin::testing::UNKNOWN;
    use tfplugin::{ObservedPlan, Severity};
    use tokio::task::JoinSet;

    /// Where it is said that objects which are planned one after the other are the same, with the text.
    async fn found(objects: &[&Object]) -> Vec<(String, String)> {
        let found = tests::found(objects, "Two resources for one object").await;
        assert!(found.iter().all(|one| one.severity == Severity::Error), "{found:?}");
        found.into_iter().map(|one| (place(&one), one.detail)).collect()
    }

    /// An object of each type with its attribute for messages, in two spellings of its address, and the
    /// change that makes another object of it.
    fn samples() -> Vec<(Object, &'static str, Json)> {
        let (cluster, host) = ("FD00:0::b", "Cp1.example.");
        let name = json!({"name": "b"});
        let named = |more: Json| with(json!({"cluster": cluster, "name": "a"}), more);
        let pool = json!({"cluster": cluster, "name": "a", "addresses": ["192.0.2.0/24"]});
        let peer =
            json!({"cluster": cluster, "name": "a", "my_asn": 1, "peer_asn": 2, "peer_address": "192.0.2.1"});
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let release = json!({"host": host, "name": "a", "chart": "oci://example/chart"});
        let member = json!({"host": host, "cluster": "cp2", "role": "control-plane"});
        let ranges = json!({"host": host, "cluster_cidr": "fd01::/64", "service_cidr": "fd98::/108"});
        let other_host = json!({"host": "cp3"});
        vec![
            (
                ("calico_felix_configuration", named(json!({"name": "default"}))),
                "name",
                json!({"name": "node.b"}),
            ),
            (("calico_global_network_policy", named(json!({}))), "name", name.clone()),
            (("calico_global_network_set", named(json!({}))), "name", name.clone()),
            (
                ("calico_host_endpoint", named(json!({"node": "a", "interface_name": "*"}))),
                "name",
                name.clone(),
            ),
            (("calico_ip_reservation", named(json!({"reserved_cidrs": ["10.1.0.1"]}))), "name", name.clone()),
            (("calico_ippool", named(json!({"cidr": "10.1.0.0/16"}))), "name", name.clone()),
            (("calico_network_policy", named(json!({}))), "name", json!({"namespace": "other"})),
            (("metallb_bfd_profile", json!({"cluster": cluster, "name": "a"})), "name", name.clone()),
            (("metallb_bgp_advertisement", json!({"cluster": cluster, "name": "a"})), "name", name.clone()),
            (("metallb_bgp_peer", peer), "name", json!({"namespace": "other"})),
            (
                ("metallb_community", json!({"cluster": cluster, "name": "a", "communities": []})),
                "name",
                name.clone(),
            ),
            (("metallb_ip_address_pool", pool), "name", name.clone()),
            (("metallb_l2_advertisement", json!({"cluster": cluster, "name": "a"})), "name", name.clone()),
            (
                ("microk8s_object", json!({"cluster": cluster, "manifest": manifest})),
                "manifest",
                json!({"manifest": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}}),
            ),
            (
                ("microk8s_addon", json!({"host": host, "name": "dns"})),
                "name",
                json!({"repository": "community"}),
            ),
            (
                ("microk8s_addon_repository", json!({"host": host, "name": "a", "url": "/b"})),
                "name",
                name.clone(),
            ),
            (("microk8s_cluster_ipv6", ranges), "host", other_host.clone()),
            (("microk8s_cluster_member", member), "host", other_host.clone()),
            (("microk8s_helm_release", release), "name", json!({"namespace": "other"})),
            (("microk8s_node", json!({"host": host, "channel": "1.35/stable"})), "host", other_host),
        ]
    }

    /// The same with its addresses in their usual spelling.
    fn respelled((type_name, config): &Object) -> Object {
        let mut config = config.clone();
        for (attribute, usual) in [("cluster", "fd00::b"), ("host", "cp1.example")] {
            if ["FD00:0::b", "Cp1.example."].contains(&config[attribute].as_str().unwrap_or_default()) {
                config[attribute] = usual.into();
            }
        }
        (type_name, config)
    }

    #[test]
    fn every_type_has_a_row_or_is_of_a_router() {
        let table = AllTypes::registry();
        let missing: Vec<_> = table
            .resources()
            .map(|(name, _)| name)
            .filter(|name| Type::named(name).is_none() && layout_of(name).is_none())
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
        let sampled: Vec<_> = samples().iter().map(|((name, _), ..)| *name).collect();
        assert_eq!(sampled, Type::ALL.map(|one| one.name));
    }

    /// All at once: each looks for a machine that is not there.
    #[tokio::test]
    async fn two_resources_about_one_object_are_an_error_in_any_spelling() {
        let mut all = JoinSet::new();
        for (object, at, other) in samples() {
            let mut another = object.clone();
            another.1.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
            for second in [object.clone(), respelled(&object)] {
                let (object, another) = (object.clone(), another.clone());
                all.spawn(async move {
                    let told = found(&[&object, &second, &another]).await;
                    let [(place, text)] = told.as_slice() else { panic!("{object:?}: {told:?}") };
                    assert_eq!(place, at);
                    assert!(text.contains(&format!("`{}`", object.0)), "{text}");
                    assert_eq!(text.contains("are the same object"), object != second, "{text}");
                });
            }
        }
        assert_eq!(all.join_all().await.len(), 2 * Type::ALL.len());
    }

    #[tokio::test]
    async fn an_object_is_one_whichever_type_and_version_it_is_written_in() {
        let pool = (
            "metallb_ip_address_pool",
            json!({"cluster": "cp1", "name": "a", "addresses": ["192.0.2.0/24"]}),
        );
        let object = |api_version: &str, namespace: &str| {
            let metadata = json!({"name": "a", "namespace": namespace});
            let manifest = json!({"apiVersion": api_version, "kind": "IPAddressPool", "metadata": metadata});
            ("microk8s_object", json!({"cluster": "cp1", "manifest": manifest}))
        };
        let [(at, text)] =
            found(&[&pool, &object("metallb.io/v1beta1", "metallb-system")]).await.try_into().unwrap();
        assert_eq!(at, "manifest");
        assert!(
            text.contains("`metallb_ip_address_pool` (IPAddressPool metallb-system/a, cluster = \"cp1\")"),
            "{text}"
        );
        assert_eq!(found(&[&object("metallb.io/v1", "metallb-system"), &pool]).await.len(), 1);
        assert_eq!(found(&[&pool, &object("metallb.io/v1beta1", "other")]).await, []);
        let default = |namespace: Json| {
            let metadata = json!({"name": "a", "namespace": namespace});
            let manifest = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata});
            ("microk8s_object", json!({"cluster": "cp1", "manifest": manifest}))
        };
        assert_eq!(found(&[&default(json!(null)), &default(json!("default"))]).await.len(), 1);
        assert_eq!(found(&[&default(json!(UNKNOWN)), &default(json!("default"))]).await, []);
    }

    #[tokio::test]
    async fn what_is_not_known_is_another_object() {
        let pool = |cluster: Json, name: Json| {
            (
                "metallb_ip_address_pool",
                json!({"cluster": cluster, "name": name, "addresses": ["192.0.2.0/24"]}),
            )
        };
        let node = |host: Json| ("microk8s_node", json!({"host": host, "channel": "1.35/stable"}));
        let unknown = || json!(UNKNOWN);
        for (one, other) in [
            (pool(json!("cp1"), unknown()), pool(json!("cp1"), unknown())),
            (pool(unknown(), json!("a")), pool(unknown(), json!("a"))),
            (pool(json!(null), json!("a")), pool(json!("cp1"), json!("a"))),
            (node(unknown()), node(unknown())),
        ] {
            assert_eq!(found(&[&one, &other]).await, [], "{one:?} {other:?}");
        }
    }

    /// Core plans a resource that it replaces twice in a run.
    #[tokio::test]
    async fn one_that_is_replaced_is_one() {
        let checks = CrossChecks::default();
        let text = |text: &str| Value::String(text.to_owned());
        let object = Value::Object([("host".to_owned(), text("cp1"))].into());
        let routers = Routers::new(BTreeMap::new());
        let planned = |is_again: bool| {
            let plan =
                ObservedPlan { type_name: "microk8s_node", config: &object, object: &object, is_again };
            checks.planned(&routers, &plan).iter().count()
        };
        assert_eq!([planned(false), planned(true), planned(false)], [0, 0, 1]);
    }
}
