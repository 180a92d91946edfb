//! `metallb_bgp_peer`.

use super::bgp_mode::{Mode, mode};
use super::label_selector::{LabelSelector, selectors};
use super::object::{GROUP, HINTS};
use super::{BfdProfile, MetallbObject};
use crate::connection::cluster::{Cluster, ClusterError, Kind};
use crate::engine::cluster_object::{ClusterObject, Reference, ReferenceTarget};
use crate::values::{Asn, GoDuration};
use async_trait::async_trait;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tfplugin::types::{Secret, Semantic};
use tfplugin::{Computed, Diagnostics, Model};

/// A router that MetalLB's speakers hold a BGP session with.
///
/// What the session can do depends on how MetalLB runs. MicroK8s's add-on runs the `native` mode, which
/// announces no IPv6 and knows none of the attributes that say "FRR modes". In the FRR modes, two peers of
/// one node must agree on `my_asn` and `router_id`, and must not have the same address.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "metallb_bgp_peer")]
pub struct BgpPeer {
    #[attribute(flatten)]
    object: MetallbObject,

    /// AS number of the speakers, 1 to 4294967295.
    #[attribute(required)]
    my_asn: Asn,

    /// AS number of the router, 1 to 4294967295. Exactly one of `peer_asn` and `dynamic_asn` is given.
    #[attribute(optional)]
    peer_asn: Option<Asn>,

    /// Takes the AS number that the router shows: `internal` if it must be `my_asn`, `external` if it must be
    /// another. FRR modes, MetalLB 0.14.9.
    #[attribute(optional, validate = dynamic_asn)]
    dynamic_asn: Option<String>,

    /// Address of the router. Prefixes of one family go over a session of the same family, unless
    /// `dual_stack_address_family` is set. Not a link-local address (`fe80::/10`): it would need an
    /// interface, which this type cannot name.
    #[attribute(required, validate = peer_address)]
    peer_address: Semantic<IpAddr>,

    /// TCP port of the router, 1 to 16384. Default 179.
    #[attribute(default = 179, validate = peer_port)]
    peer_port: u16,

    /// How long the session lives without a message, such as `90s`: at least `3s`, or `0s` for ever. Default:
    /// 90 s in native mode, FRR's own 180 s in the FRR modes (90 s before MetalLB 0.14.9).
    #[attribute(optional, validate = hold_time)]
    hold_time: Option<Semantic<GoDuration>>,

    /// How often to send a sign of life, at most `hold_time`. Default: a third of `hold_time`. FRR modes.
    #[attribute(optional)]
    keepalive_time: Option<Semantic<GoDuration>>,

    /// How long to wait between attempts to connect, `1s` to `65535s` in whole seconds. Default: FRR's own.
    /// FRR modes, MetalLB 0.14.4.
    #[attribute(optional, validate = connect_time)]
    connect_time: Option<Semantic<GoDuration>>,

    /// Router ID of the speakers. Default: an address of the node. The same for all of a node's peers in the
    /// FRR modes.
    #[attribute(optional)]
    router_id: Option<Semantic<Ipv4Addr>>,

    /// Address of the node that the session comes from. Default: the node's own routing chooses. Without
    /// effect in `frr-k8s` mode.
    #[attribute(optional)]
    source_address: Option<Semantic<IpAddr>>,

    /// Nodes that hold the session: any of these. Default: all nodes.
    #[attribute(optional, validate = selectors)]
    node_selectors: Option<Vec<LabelSelector>>,

    /// Password of the session (TCP-MD5). It is stored in plain text in the object and in Terraform's state;
    /// `password_wo` keeps it out of the state, `password_secret` out of both. Not together with either. Left
    /// out: one that this resource never set, such as after an import, stays, and the plan warns; one that it
    /// set is removed. `""`: none.
    #[attribute(optional, adopt, write_only_form)]
    password: Option<Secret>,

    /// The Secret with the password of the session: of type `kubernetes.io/basic-auth`, in the same
    /// namespace, the password under the key `password`. It may be made later. Not together with `password`.
    #[attribute(optional)]
    password_secret: Option<PasswordSecret>,

    /// Name of the `metallb_bfd_profile` for the session, in the same namespace. FRR modes.
    #[attribute(optional)]
    bfd_profile: Option<String>,

    /// Whether the router may be more than one hop away. Only between different AS numbers. Default `false`.
    #[attribute(default = false)]
    ebgp_multi_hop: bool,

    /// Name of the VRF that the session is in. FRR modes, MetalLB 0.13.8.
    #[attribute(optional)]
    vrf: Option<String>,

    /// Whether the one session carries IPv4 and IPv6 prefixes. FRR modes, MetalLB 0.15. Default: what the
    /// object has, which is `false` at first: only those of the family of `peer_address`.
    #[attribute(optional, computed, use_state_for_unknown)]
    dual_stack_address_family: Computed<Option<bool>>,

    /// Whether routes stay for a while when the session breaks (RFC 4724). Default: they do not. A change
    /// makes a new object. FRR modes, MetalLB 0.14.6.
    #[attribute(optional, requires_replace)]
    enable_graceful_restart: Option<bool>,
}

/// A Secret of type `kubernetes.io/basic-auth` in the same namespace, with the password under the key
/// `password`.
#[derive(Clone, Debug, Model)]
pub struct PasswordSecret {
    /// Name of the Secret.
    #[attribute(required)]
    name: String,
}

#[async_trait]
impl ClusterObject for BgpPeer {
    const KIND: Kind = Kind::namespaced(GROUP, "v1beta2", "BGPPeer");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = &[
        ("my_asn", "myASN"),
        ("peer_asn", "peerASN"),
        ("dynamic_asn", "dynamicASN"),
        ("router_id", "routerID"),
    ];
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;
    const REFERENCES: &'static [Reference] = &[Reference {
        attribute: "bfd_profile",
        target: ReferenceTarget::Object(BfdProfile::KIND),
        type_name: "metallb_bfd_profile",
        consequence: "MetalLB keeps its last configuration until it exists, whatever else changes.",
    }];

    fn validate_config(config: &BgpPeerDraft, diagnostics: &mut Diagnostics) {
        let (asn, dynamic) = (&config.peer_asn, &config.dynamic_asn);
        if asn.given().is_some() && dynamic.given().is_some() {
            let detail = "The AS number of the router is either known (`peer_asn`) or taken as it comes (`dynamic_asn`).";
            diagnostics.error_at("dynamic_asn", "Conflicting AS numbers", detail);
        }
        if matches!((asn.known(), dynamic.known()), (Some(None), Some(None))) {
            diagnostics.error_at(
                "peer_asn",
                "Missing AS number",
                "Give `peer_asn`, or `dynamic_asn` in the FRR modes.",
            );
        }
        if let (Some(ours), Some(theirs), Some(true)) =
            (config.my_asn.known(), asn.given(), config.ebgp_multi_hop.known())
            && ours == theirs
        {
            let detail = format!(
                "Both sides are AS {ours}, so this is no EBGP session. MetalLB refuses the combination."
            );
            diagnostics.error_at("ebgp_multi_hop", "Multi-hop within one AS", detail);
        }
        if config.password.given().is_some_and(|password| !password.expose().is_empty())
            && config.password_secret.given().is_some()
        {
            let detail = "MetalLB's webhook takes both, and then its speakers refuse their whole configuration. Keep one.";
            diagnostics.error_at("password", "Conflicting passwords", detail);
        }
        if let (Some(keepalive), Some(hold)) = (config.keepalive_time.given(), config.hold_time.given())
            && keepalive.value() > hold.value()
        {
            let detail = format!("keepalive_time is {keepalive}, which is longer than hold_time {hold}.");
            diagnostics.error_at("keepalive_time", "Keepalive longer than hold time", detail);
        }
    }

    async fn validate_against_cluster(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        if self.source_address.is_some() && mode(cluster, &self.object.namespace).await == Some(Mode::FrrK8s)
        {
            let detail =
                "MetalLB runs in frr-k8s mode here, which takes this attribute and does nothing with it.";
            diagnostics.warning_at("source_address", "Source address without effect", detail);
        }
        Ok(())
    }
}

fn dynamic_asn(word: &Option<String>) -> Result<(), String> {
    match word.as_deref() {
        None | Some("internal" | "external") => Ok(()),
        Some(other) => Err(format!("{other:?} is neither internal nor external")),
    }
}

fn peer_address(address: &Semantic<IpAddr>) -> Result<(), String> {
    let value = address.value();
    if value.is_unspecified() || value.is_multicast() {
        return Err(format!("{address} is not the address of a router"));
    }
    match value {
        IpAddr::V6(value) if value.is_unicast_link_local() => Err(format!(
            "{address} is a link-local address, which leads nowhere without an interface; give another address of the \
             router"
        )),
        _ => Ok(()),
    }
}

fn peer_port(port: &u16) -> Result<(), String> {
    match port {
        1..=16384 => Ok(()),
        _ => Err(format!("MetalLB takes ports from 1 to 16384, not {port}")),
    }
}

fn hold_time(time: &Option<Semantic<GoDuration>>) -> Result<(), String> {
    match time.as_ref().map(|time| time.value().0) {
        Some(time) if !time.is_zero() && time < Duration::from_secs(3) => {
            Err("it must be 0s or at least 3s".to_owned())
        }
        _ => Ok(()),
    }
}

fn connect_time(time: &Option<Semantic<GoDuration>>) -> Result<(), String> {
    match time.as_ref().map(|time| time.value().0) {
        Some(time) if time.subsec_nanos() != 0 || !(1..=65535).contains(&time.as_secs()) => {
            Err("it must be 1s to 65535s, in whole seconds".to_owned())
        }
        _ => Ok(()),
    }
}
