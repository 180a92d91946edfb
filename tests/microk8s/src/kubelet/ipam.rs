//! Calico's address management, stood in for: one block of each pool for a node, and the objects that tell of
//! it.

use super::{Kubelet, calico};
use crate::failure::{Result, Tried};
use crate::layout::read_or_empty;
use ipnet::IpNet;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::time::Instant;

const BLOCKS: &str = "/apis/crd.projectcalico.org/v1/ipamblocks";
pub(crate) const AFFINITIES: &str = "/apis/crd.projectcalico.org/v1/blockaffinities";
/// How long a pool may stay unnoticed while no pod comes or goes.
const PERIOD: Duration = Duration::from_secs(10);

/// A pod that has addresses of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    namespace: String,
    name: String,
    uid: String,
    addresses: Vec<IpAddr>,
}

/// What has been told so far.
#[derive(Default)]
pub(crate) struct Told {
    when: Option<Instant>,
    holders: Vec<Holder>,
    blocks: BTreeMap<String, Value>,
}

/// A pool's block for one node.
struct Block {
    range: IpNet,
    open: bool,
    tunnel: bool,
}

impl Block {
    /// The block of a pool that belongs to the node with this number, so that no two nodes of a lab share
    /// one.
    fn of(pool: &Value, number: usize) -> Option<Self> {
        let field = |name: &str| pool.get("spec").and_then(|spec| spec.get(name));
        let range: IpNet = field("cidr")?.as_str()?.parse().ok()?;
        let size = field("blockSize").and_then(Value::as_u64).and_then(|size| u8::try_from(size).ok());
        let size = size.unwrap_or(if range.addr().is_ipv4() { 26 } else { 122 });
        // More blocks than nodes are as good as endless.
        let count = 1_usize << size.checked_sub(range.prefix_len())?.min(16);
        let mode = |name: &str| {
            field(name).and_then(Value::as_str).is_some_and(|mode| !["", "Never"].contains(&mode))
        };
        Some(Self {
            range: range.subnets(size).ok()?.nth(number % count)?,
            open: field("disabled").and_then(Value::as_bool) != Some(true),
            tunnel: mode("vxlanMode") || mode("ipipMode"),
        })
    }

    fn capacity(&self) -> u32 {
        1 << u32::from(self.range.max_prefix_len() - self.range.prefix_len()).min(12)
    }

    fn address(&self, ordinal: u32) -> IpAddr {
        match self.range.network() {
            IpAddr::V4(first) => Ipv4Addr::from(u32::from(first).wrapping_add(ordinal)).into(),
            IpAddr::V6(first) => Ipv6Addr::from(u128::from(first).wrapping_add(ordinal.into())).into(),
        }
    }

    /// Who has which address, and whether anybody has. The first address is the node's end of a tunnel.
    fn spec(&self, node: &str, holders: &[Holder]) -> (Value, bool) {
        let mut attributes = Vec::new();
        let mut allocations = Vec::new();
        for ordinal in 0..self.capacity() {
            let address = self.address(ordinal);
            let attribute = if ordinal == 0 && self.tunnel && self.open {
                let kind = if address.is_ipv4() { "vxlan-tunnel-addr" } else { "vxlan-v6-tunnel-addr" };
                Some(
                    json!({"handle_id": format!("{kind}-{node}"), "secondary": {"node": node, "type": "vxlanTunnelAddress"}}),
                )
            } else {
                holders.iter().find(|holder| holder.addresses.contains(&address)).map(|holder| {
                    let secondary = json!({"namespace": holder.namespace, "node": node, "pod": holder.name});
                    json!({"handle_id": format!("k8s-pod-network.{}", holder.uid), "secondary": secondary})
                })
            };
            allocations.push(attribute.as_ref().map(|_| attributes.len()));
            attributes.extend(attribute);
        }
        let free = (0..)
            .zip(&allocations)
            .filter(|(_, taken)| taken.is_none())
            .map(|(ordinal, _): (u32, _)| ordinal);
        let unallocated: Vec<u32> = free.collect();
        let held = !attributes.is_empty();
        let spec = json!({
            "affinity": format!("host:{node}"),
            "allocations": allocations,
            "attributes": attributes,
            "cidr": self.range.to_string(),
            "deleted": false,
            "strictAffinity": false,
            "unallocated": unallocated,
        });
        (spec, held)
    }
}

/// The number of this node, by its first address.
fn number(kubelet: &Kubelet) -> usize {
    let last = match kubelet.addresses.first() {
        Some(IpAddr::V4(v4)) => v4.octets().last().copied(),
        Some(IpAddr::V6(v6)) => v6.octets().last().copied(),
        None => None,
    };
    last.map_or(0, usize::from)
}

async fn blocks(kubelet: &Kubelet) -> Result<Vec<Block>> {
    let pools = kubelet.api.items(calico::POOLS).await?;
    Ok(pools.iter().filter_map(|pool| Block::of(pool, number(kubelet))).collect())
}

/// The families that a CNI configuration asks calico-ipam for, IPv4 first: IPv4 unless `assign_ipv4` is
/// "false", IPv6 where `assign_ipv6` is "true" (Calico v3.28, cni-plugin/pkg/ipamplugin).
fn wanted(network: &str) -> Result<Vec<bool>> {
    let network: Value = serde_json::from_str(network).tried(|| "The CNI configuration is no JSON".into())?;
    let plugins = network.get("plugins").and_then(Value::as_array).into_iter().flatten();
    let says = |key: &str, text: &str| {
        plugins
            .clone()
            .any(|plugin| plugin.pointer(&format!("/ipam/{key}")).and_then(Value::as_str) == Some(text))
    };
    let (v4, v6) = (!says("assign_ipv4", "false"), says("assign_ipv6", "true"));
    Ok([(true, v4), (false, v6)].into_iter().filter_map(|(family, asked)| asked.then_some(family)).collect())
}

/// One free address of each family that the node's CNI configuration asks for. None at all where one has no
/// open pool: the plugin fails with "no configured Calico pools", and the kubelet tries again.
pub(crate) async fn assign(kubelet: &Kubelet, taken: &mut BTreeSet<IpAddr>) -> Result<Vec<IpAddr>> {
    let blocks = blocks(kubelet).await?;
    let network = read_or_empty(&kubelet.layout.args(calico::NETWORK));
    let assigned = wanted(&network)?.into_iter().map(|v4| {
        let open = blocks.iter().find(|block| block.open && block.range.addr().is_ipv4() == v4)?;
        (1..open.capacity()).map(|ordinal| open.address(ordinal)).find(|address| !taken.contains(address))
    });
    let assigned = assigned.collect::<Option<Vec<_>>>().unwrap_or_default();
    taken.extend(&assigned);
    Ok(assigned)
}

fn holders(pods: &[Value]) -> Vec<Holder> {
    let on_network = |pod: &&Value| pod.pointer("/spec/hostNetwork").and_then(Value::as_bool) != Some(true);
    let holder = |pod: &Value| {
        let text =
            |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let addresses = pod.pointer("/status/podIPs")?.as_array()?;
        let addresses =
            addresses.iter().filter_map(|address| address.get("ip")?.as_str()?.parse().ok()).collect();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        Some(Holder { namespace, name, uid: text("/metadata/uid"), addresses })
    };
    pods.iter().filter(on_network).filter_map(holder).collect()
}

/// Tells which addresses this node's pods hold, where that has changed. A closed pool's block is told of only
/// while pods hold addresses of it, so that whoever empties the pool sees it empty.
pub(crate) async fn tell(kubelet: &Kubelet, pods: &[Value], told: &mut Told) -> Result<()> {
    let holders = holders(pods);
    if holders == told.holders && told.when.is_some_and(|when| when.elapsed() < PERIOD) {
        return Ok(());
    }
    let blocks = blocks(kubelet).await?;
    let cidrs: Vec<String> = blocks.iter().map(|block| block.range.to_string()).collect();
    told.blocks.retain(|cidr, _| cidrs.contains(cidr));
    for (block, cidr) in blocks.iter().zip(cidrs) {
        let (spec, held) = block.spec(&kubelet.name, &holders);
        let before = told.blocks.get(&cidr);
        if before == Some(&spec) || (!held && before.is_none()) {
            continue;
        }
        let name = cidr.replace(['.', ':', '/'], "-");
        let affinity = json!({"cidr": cidr, "deleted": "false", "node": kubelet.name, "state": "confirmed"});
        put(kubelet, AFFINITIES, "BlockAffinity", &format!("{}-{name}", kubelet.name), &affinity).await?;
        put(kubelet, BLOCKS, "IPAMBlock", &name, &spec).await?;
        if held {
            told.blocks.insert(cidr, spec);
        } else {
            told.blocks.remove(&cidr);
        }
    }
    told.when = Some(Instant::now());
    told.holders = holders;
    Ok(())
}

async fn put(kubelet: &Kubelet, path: &str, kind: &str, name: &str, spec: &Value) -> Result<()> {
    if kubelet.api.merge(&format!("{path}/{name}"), &json!({"spec": spec})).await? {
        return Ok(());
    }
    let metadata = json!({"name": name});
    let object =
        json!({"apiVersion": "crd.projectcalico.org/v1", "kind": kind, "metadata": metadata, "spec": spec});
    kubelet.api.create(path, &object).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(cidr: &str, disabled: bool) -> Value {
        json!({"spec": {"cidr": cidr, "disabled": disabled, "vxlanMode": "Always"}})
    }

    fn holder(address: &str) -> Holder {
        let addresses = vec![address.parse().unwrap()];
        Holder { namespace: "default".into(), name: "web".into(), uid: "u".into(), addresses }
    }

    #[test]
    fn each_node_has_a_block_of_its_own_in_either_family() {
        let range = |cidr: &str, number| Block::of(&pool(cidr, false), number).unwrap().range.to_string();
        assert_eq!(range("10.1.0.0/16", 11), "10.1.2.192/26");
        assert_eq!(range("fd01::/64", 11), "fd01::2c0/122");
        assert_eq!(range("10.1.0.0/25", 11), "10.1.0.64/26", "few blocks are shared by many numbers");
        assert!(Block::of(&pool("10.1.0.0/28", false), 1).is_none(), "a pool smaller than a block");
    }

    #[test]
    fn the_families_are_those_of_the_cni_configuration() {
        let network =
            |ipam: Value| json!({"plugins": [{"type": "calico", "ipam": ipam}, {"type": "portmap"}]});
        for (ipam, families) in [
            (json!({"type": "calico-ipam"}), vec![true]),
            (json!({"assign_ipv4": "true", "assign_ipv6": "true"}), vec![true, false]),
            (json!({"assign_ipv4": "false", "assign_ipv6": "true"}), vec![false]),
        ] {
            assert_eq!(wanted(&network(ipam.clone()).to_string()).unwrap(), families, "{ipam}");
        }
    }

    #[test]
    fn the_block_names_the_tunnel_and_the_pods() {
        let block = Block::of(&pool("10.1.0.0/16", false), 0).unwrap();
        let spec = block.spec("cp1", &[holder("10.1.0.5")]).0;
        assert_eq!(spec["attributes"][0]["handle_id"], "vxlan-tunnel-addr-cp1");
        assert_eq!(spec["attributes"][1]["secondary"]["pod"], "web");
        assert_eq!((&spec["allocations"][0], &spec["allocations"][5]), (&json!(0), &json!(1)));
        assert!(spec["allocations"][1].is_null());
        assert_eq!(spec["unallocated"].as_array().unwrap().len(), 62);
    }

    #[test]
    fn a_closed_pool_without_pods_has_nothing_to_tell() {
        let block = Block::of(&pool("10.1.0.0/16", true), 0).unwrap();
        assert!(!block.spec("cp1", &[]).1);
        let (spec, held) = block.spec("cp1", &[holder("10.1.0.5")]);
        assert!(held);
        assert_eq!(spec["attributes"].as_array().unwrap().len(), 1);
    }
}
