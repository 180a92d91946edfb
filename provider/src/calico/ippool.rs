//! `calico_ippool`.

use super::cidrs::without_host_bits;
use super::policy_rule::one_of;
use super::{blocks, pod_range, selector};
use crate::connection::Freshness;
use crate::connection::cluster::{Cluster, ClusterError, Kind};
use crate::engine::cluster_object::{Adoption, ClusterObject, ClusterWideObject};
use async_trait::async_trait;
use ipnet::IpNet;
use kube::core::DynamicObject;
use serde_json::{Map, Value as Json};
use tfplugin::model::Set;
use tfplugin::types::{Semantic, SemanticValue};
use tfplugin::{Computed, Diagnostic, Diagnostics, Model};

/// The pools that calico-node makes by itself when it starts and finds none of the family.
const MADE_BY_CALICO: [&str; 2] = ["default-ipv4-ippool", "default-ipv6-ippool"];

/// A range that Calico gives pods their addresses from.
///
/// MicroK8s has no Calico API server, so the checks that `calicoctl` makes are made here. The range should
/// lie inside the cluster's pod range (`cluster_cidr`), otherwise kube-proxy treats traffic from its pods as
/// external; a plan warns of that.
///
/// calico-node makes `default-ipv4-ippool` and `default-ipv6-ippool` when it starts and finds no pool of the
/// family. Such a pool of the same range is taken over; one of another range is an error that says what to
/// do. Destroying the last pool of a family brings the default one back at the next start of calico-node.
///
/// Destroying closes the pool first and is refused while pods have addresses of it, unless `force_destroy` is
/// set. Pods that are being deleted are waited for, for up to 45 s.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calico_ippool")]
pub struct IpPool {
    #[attribute(flatten)]
    object: ClusterWideObject,

    /// The range, such as `fd01::/64`: a network without host bits, not of link-local addresses, that
    /// overlaps no other pool. Another range is another pool.
    #[attribute(required, requires_replace, validate = cidr)]
    pub(super) cidr: Semantic<IpNet>,

    /// Prefix length of the blocks that nodes take from the pool: 20 to 32 for IPv4, 116 to 128 for IPv6.
    /// Another length is another pool. Default: 26 for IPv4, 122 for IPv6.
    #[attribute(optional, computed, use_state_for_unknown, requires_replace)]
    block_size: Computed<u8>,

    /// When packets between pods of this pool travel in VXLAN: `Always`, `CrossSubnet` (only between nodes in
    /// different subnets) or `Never`. Default `Always`, for the Calico of MicroK8s knows no other way between
    /// nodes.
    #[attribute(default = "Always".to_owned(), validate = encapsulation)]
    vxlan_mode: String,

    /// When packets between pods of this pool travel in IP-in-IP: `Always`, `CrossSubnet` or `Never`, as in
    /// `vxlan_mode`. IPv4 only, and not beside VXLAN. Default `Never`.
    #[attribute(default = "Never".to_owned(), validate = encapsulation)]
    ipip_mode: String,

    /// Whether packets of pods to addresses outside of all pools take the node's address. Without it, pods
    /// with private addresses (such as `fd01::/64`) do not reach the Internet. Default `false`.
    #[attribute(default = false)]
    nat_outgoing: bool,

    /// Whether the pool is closed: pods keep their addresses, no new ones are given out. Default `false`.
    #[attribute(default = false)]
    disabled: bool,

    /// Whether the range is kept from BGP peers of Calico. Default `false`.
    #[attribute(default = false)]
    disable_bgp_export: bool,

    /// Nodes that take addresses of the pool, in Calico's selector language: `zone == "a"`, `has(rack)`,
    /// `zone in {"a", "b"}`, joined by `&&`, `||`, `!` and parentheses; values stand in quotes. Default
    /// `all()`.
    #[attribute(default = "all()".to_owned(), validate = selector::check)]
    node_selector: String,

    /// What addresses are given to: `Workload` (pods) and `Tunnel` (ends of tunnels), or `LoadBalancer` alone
    /// (Calico 3.30). Default: `Workload` and `Tunnel`.
    #[attribute(default = Set(vec!["Workload".to_owned(), "Tunnel".to_owned()]), validate = allowed_uses)]
    allowed_uses: Set<String>,

    /// Whether a destroy proceeds while pods have addresses of the pool. Those pods keep their addresses but
    /// lose connectivity to other nodes and the outside. Default `false`.
    #[attribute(default = false)]
    force_destroy: bool,
}

#[async_trait]
impl ClusterObject for IpPool {
    const KIND: Kind = Kind::cluster_wide("crd.projectcalico.org", "v1", "IPPool");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] =
        &[("disable_bgp_export", "disableBGPExport")];
    const PROVIDER_ONLY: &'static [&'static str] = &["force_destroy"];

    fn validate_config(config: &IpPoolDraft, diagnostics: &mut Diagnostics) {
        let (vxlan, ipip) = (config.vxlan_mode.known(), config.ipip_mode.known());
        let range = config.cidr.known().map(Semantic::value);
        if let (Some(vxlan), Some(ipip)) = (vxlan, ipip)
            && vxlan != "Never"
            && ipip != "Never"
        {
            let detail = format!(
                "vxlan_mode is {vxlan} and ipip_mode is {ipip}, but packets travel in one of the two. Set the other to \
                 \"Never\" (the default of vxlan_mode is \"Always\")."
            );
            diagnostics.error_at("ipip_mode", "VXLAN and IP-in-IP at once", detail);
        }
        if let (Some(IpNet::V6(range)), Some(ipip)) = (range, ipip)
            && ipip != "Never"
        {
            let detail =
                format!("{range} is a range of IPv6, which does not travel in IP-in-IP. Use vxlan_mode.");
            diagnostics.error_at("ipip_mode", "IP-in-IP for IPv6", detail);
        }
        if config.allowed_uses.known().is_some_and(is_for_load_balancers) {
            check_load_balancer(config, diagnostics);
        }
    }

    fn fill_computed(&mut self, diagnostics: &mut Diagnostics) {
        let range = *self.cidr.value();
        let size = self.block_size.known().copied().unwrap_or_else(|| default_block_size(&range));
        self.block_size = Computed::Known(size);
        check_block_size(&range, size, self.disabled, diagnostics);
    }

    /// Calico compares ranges as text.
    fn normalize_spec(&self, spec: &mut Map<String, Json>) {
        spec.insert("cidr".to_owned(), self.cidr.canonical().into());
    }

    fn adoption(&self, existing: &DynamicObject) -> Adoption {
        if !MADE_BY_CALICO.contains(&self.object.name.as_str()) {
            return Adoption::Refuse;
        }
        let range = spec_text(existing, "cidr").and_then(IpNet::parse);
        if range != Some(*self.cidr.value()) {
            return Adoption::Conflict(format!(
                "calico-node creates this pool when it starts without one. Its range is {}, not {}. Give the range \
                 that it has, or remove it while no pod uses it (`kubectl delete ippools.crd.projectcalico.org {}`) and \
                 apply at once: calico-node makes it again at its next start.",
                spec_text(existing, "cidr").unwrap_or("not given"),
                self.cidr,
                self.object.name,
            ));
        }
        let size = existing.data.pointer("/spec/blockSize").and_then(Json::as_u64);
        match (size, &self.block_size) {
            (Some(theirs), Computed::Known(ours)) if theirs != u64::from(*ours) => {
                Adoption::Conflict(format!(
                    "calico-node creates this pool when it starts without one. Its blocks have the prefix length \
                 {theirs}, which cannot change to {ours}. Set `block_size = {theirs}`."
                ))
            }
            _ => Adoption::Adopt("calico-node creates this pool when it starts without one."),
        }
    }

    async fn validate_against_cluster(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        let range = self.cidr.value();
        let pools = cluster.list(&Self::KIND, "", Freshness::Cached).await?;
        for pool in pools.iter() {
            let name = pool.metadata.name.as_deref().unwrap_or_default();
            let other = spec_text(&pool, "cidr").and_then(IpNet::parse);
            if let Some(other) = other.filter(|other| name != self.object.name && overlap(range, other)) {
                let detail = format!(
                    "{range} overlaps {other} of the IPPool {name} in the {cluster}. Calico would silently give addresses to whichever pool comes first."
                );
                diagnostics.error_at("cidr", "Overlapping IP pools", detail);
            }
        }
        if self.is_for_pods()
            && let Some(pods) = pod_range::beside(cluster, range).await
            && !pods.contains(range)
        {
            let detail = format!(
                "{range} is not within {pods}, the range of pods that DaemonSet calico-node has in the {cluster}. kube-proxy \
                 treats traffic from pods of such a pool as external, unless the nodes were given another range by hand."
            );
            let outside = Diagnostic::warning("A pool outside of the range of pods", detail);
            diagnostics.push(outside.at("cidr"));
        }
        let Computed::Known(size) = self.block_size else { return Ok(()) };
        if let Some(other) = blocks::of_another_size(cluster, range, size).await? {
            let detail = format!(
                "The block {other} was given out of {range} in the {cluster}, so `block_size` cannot be {size} there. Pods \
                 of an earlier pool may still use it."
            );
            diagnostics.error_at("block_size", "Blocks of another size", detail);
        }
        Ok(())
    }

    async fn before_delete(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        blocks::close_and_clear(self, cluster, diagnostics).await
    }
}

impl IpPool {
    pub(super) fn name(&self) -> &str {
        &self.object.name
    }

    fn is_for_pods(&self) -> bool {
        !self.disabled && self.allowed_uses.0.iter().any(|one| one == "Workload")
    }

    pub(super) fn is_closed(&self) -> bool {
        self.disabled
    }

    pub(super) fn is_forced(&self) -> bool {
        self.force_destroy
    }
}

fn spec_text<'a>(object: &'a DynamicObject, field: &str) -> Option<&'a str> {
    object.data.get("spec")?.get(field)?.as_str()
}

fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(b) || b.contains(a)
}

fn default_block_size(range: &IpNet) -> u8 {
    match range {
        IpNet::V4(_) => 26,
        IpNet::V6(_) => 122,
    }
}

fn check_block_size(range: &IpNet, size: u8, disabled: bool, diagnostics: &mut Diagnostics) {
    let (least, most) = match range {
        IpNet::V4(_) => (20, 32),
        IpNet::V6(_) => (116, 128),
    };
    if !(least..=most).contains(&size) {
        let detail = format!("Blocks of {range} have a prefix length from {least} to {most}, not {size}.");
        diagnostics.error_at("block_size", "Block size out of range", detail);
    } else if range.prefix_len() > size && !disabled {
        let detail = format!("{range} is smaller than one block, whose prefix length is {size}.");
        diagnostics.error_at("cidr", "Range smaller than a block", detail);
    }
}

fn is_for_load_balancers(uses: &Set<String>) -> bool {
    uses.0.iter().any(|one| one == "LoadBalancer")
}

/// What Calico demands of a pool for LoadBalancer addresses.
fn check_load_balancer(config: &IpPoolDraft, diagnostics: &mut Diagnostics) {
    let demands = [
        ("vxlan_mode", config.vxlan_mode.known().is_some_and(|mode| mode != "Never"), "\"Never\""),
        ("ipip_mode", config.ipip_mode.known().is_some_and(|mode| mode != "Never"), "\"Never\""),
        ("disable_bgp_export", config.disable_bgp_export.known() == Some(&false), "true"),
        (
            "node_selector",
            config.node_selector.known().is_some_and(|selector| selector != "all()"),
            "\"all()\"",
        ),
    ];
    for (attribute, _, wanted) in demands.into_iter().filter(|(_, broken, _)| *broken) {
        let detail = format!("A pool for LoadBalancer addresses needs {attribute} = {wanted}.");
        diagnostics.error_at(attribute, "Not for LoadBalancer addresses", detail);
    }
}

fn cidr(range: &Semantic<IpNet>) -> Result<(), String> {
    let network = range.value();
    let link_local = match network {
        IpNet::V4(range) => range.addr().is_link_local(),
        IpNet::V6(range) => range.addr().is_unicast_link_local(),
    };
    without_host_bits(range, network)?;
    match link_local {
        true => Err(format!("{range} is a range of link-local addresses, which no pod can have")),
        false => Ok(()),
    }
}

fn encapsulation(mode: &str) -> Result<(), String> {
    one_of(mode, &["Always", "CrossSubnet", "Never"])
}

fn allowed_uses(uses: &Set<String>) -> Result<(), String> {
    uses.0.iter().try_for_each(|one| one_of(one, &["Workload", "Tunnel", "LoadBalancer"]))?;
    match uses.0.len() {
        0 => Err("a pool without uses gives out no addresses; use `disabled` for that".to_owned()),
        1 => Ok(()),
        _ if is_for_load_balancers(uses) => {
            Err("LoadBalancer cannot be combined with another use".to_owned())
        }
        _ => Ok(()),
    }
}
