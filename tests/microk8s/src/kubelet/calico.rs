//! calico-node, stood in for: what it does to the API and to the node when its pod starts.

use super::{Kubelet, now_in_seconds};
use crate::failure::{Result, Tried};
use crate::host;
use crate::layout::write;
use ipnet::IpNet;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(crate) const IPV4_ANNOTATION: &str = "projectcalico.org/IPv4Address";
pub(crate) const IPV6_ANNOTATION: &str = "projectcalico.org/IPv6Address";
pub(crate) const POOLS: &str = "/apis/crd.projectcalico.org/v1/ippools";
/// The CNI configuration, among the args files.
pub(crate) const NETWORK: &str = "cni-network/10-calico.conflist";
const FELIX: &str = "/apis/crd.projectcalico.org/v1/felixconfigurations";

type Environment = BTreeMap<String, String>;

/// The variables with a literal value of the pod's calico-node container.
fn environment(pod: &Value) -> Environment {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let node = containers
        .into_iter()
        .flatten()
        .find(|container| container.get("name").and_then(Value::as_str) == Some("calico-node"));
    let variables = node.and_then(|container| container.get("env")?.as_array());
    let text = |variable: &Value, name: &str| variable.get(name).and_then(Value::as_str).map(str::to_owned);
    variables
        .into_iter()
        .flatten()
        .filter_map(|variable| Some((text(variable, "name")?, text(variable, "value")?)))
        .collect()
}

/// Starts calico-node; the inner error is the reason for which its container would end.
pub(crate) async fn start(kubelet: &Kubelet, pod: &Value) -> Result<std::result::Result<(), String>> {
    let environment = environment(pod);
    let node = format!("/api/v1/nodes/{}", kubelet.name);
    let known = kubelet.api.get(&node).await?.unwrap_or_default();
    let annotation = |name: &str| {
        known.pointer("/metadata/annotations").and_then(|all| all.get(name)?.as_str()).map(str::to_owned)
    };
    let own: Vec<IpAddr> = host::interface_addresses()?.into_iter().map(|(_, address)| address).collect();
    let mut annotations = serde_json::Map::new();
    for family in [&V4, &V6] {
        match family.detect(&environment, &own, annotation(family.annotation)) {
            Ok(Some(address)) => drop(annotations.insert(family.annotation.into(), address.into())),
            Ok(None) => {}
            Err(reason) => return Ok(Err(reason)),
        }
    }
    let v6 = annotations.contains_key(IPV6_ANNOTATION);
    kubelet.api.merge(&node, &json!({"metadata": {"annotations": annotations}})).await?;
    create_pools(kubelet, &environment, v6).await?;
    let felix = json!({
        "apiVersion": "crd.projectcalico.org/v1",
        "kind": "FelixConfiguration",
        "metadata": {"name": "default"},
        "spec": {
            "bpfConnectTimeLoadBalancing": "TCP",
            "bpfHostNetworkedNATWithoutCTLB": "Enabled",
            "floatingIPs": "Disabled",
            "logSeverityScreen": "Info",
            "reportingInterval": "0s",
        },
    });
    kubelet.api.create(FELIX, &felix).await?;
    write_network(kubelet).await?;
    Ok(Ok(()))
}

/// What differs between the families.
struct Family {
    variable: &'static str,
    method: &'static str,
    annotation: &'static str,
    name: &'static str,
    wanted: fn(&IpAddr) -> bool,
    prefix: u8,
}

const V4: Family = Family {
    variable: "IP",
    method: "IP_AUTODETECTION_METHOD",
    annotation: IPV4_ANNOTATION,
    name: "IPv4",
    wanted: IpAddr::is_ipv4,
    prefix: 24,
};

const V6: Family = Family {
    variable: "IP6",
    method: "IP6_AUTODETECTION_METHOD",
    annotation: IPV6_ANNOTATION,
    name: "IPv6",
    wanted: IpAddr::is_ipv6,
    prefix: 64,
};

impl Family {
    /// The node's address of this family; none where the environment does not ask for one.
    fn detect(
        &self,
        environment: &Environment,
        own: &[IpAddr],
        before: Option<String>,
    ) -> std::result::Result<Option<String>, String> {
        let wish = environment.get(self.variable).map_or("", String::as_str);
        if wish.is_empty() || wish == "none" {
            return Ok(None);
        }
        if wish != "autodetect" {
            return Ok(Some(wish.to_owned()));
        }
        let method = environment.get(self.method).map_or("first-found", String::as_str);
        let mut candidates = own.iter().filter(|address| (self.wanted)(address));
        let found = match method.split_once('=').map_or((method, ""), |(name, value)| (name, value)) {
            ("can-reach", destination) => match destination.parse::<IpAddr>() {
                // No route of one family leads to an address of the other.
                Ok(destination) if !(self.wanted)(&destination) => None,
                _ => candidates.next(),
            },
            ("cidr", ranges) => {
                let ranges: Vec<IpNet> = ranges.split(',').filter_map(|range| range.parse().ok()).collect();
                candidates.find(|address| ranges.iter().any(|range| range.contains(*address)))
            }
            ("first-found" | "interface" | "skip-interface" | "kubernetes-internal-ip", _) => {
                candidates.next()
            }
            _ => return Err(format!("Invalid IP autodetection method: {method}")),
        };
        match (found, before) {
            (Some(address), _) => Ok(Some(format!("{address}/{}", self.prefix))),
            (None, Some(before)) => Ok(Some(before)),
            (None, None) => Err(format!("Failed to autodetect an {} address", self.name)),
        }
    }
}

/// Creates the default pool of each family that has no pool at all.
async fn create_pools(kubelet: &Kubelet, environment: &Environment, v6: bool) -> Result<()> {
    let variable = |name: &str| environment.get(name).map(String::as_str);
    if variable("NO_DEFAULT_POOLS") == Some("true") {
        return Ok(());
    }
    let pools = kubelet.api.items(POOLS).await?;
    let has = |colon: bool| {
        pools
            .iter()
            .filter_map(|pool| pool.pointer("/spec/cidr")?.as_str())
            .any(|cidr| cidr.contains(':') == colon)
    };
    let felix_v6 = variable("FELIX_IPV6SUPPORT") != Some("false");
    for (number, wanted, block) in [("4", !has(false), 26), ("6", v6 && felix_v6 && !has(true), 122)] {
        let setting = |name: &str| variable(&format!("CALICO_IPV{number}POOL_{name}"));
        if !wanted || setting("CIDR") == Some("none") {
            continue;
        }
        let cidr = setting("CIDR").map_or_else(
            || if number == "4" { "192.168.0.0/16".into() } else { random_range() },
            str::to_owned,
        );
        let nat = setting("NAT_OUTGOING").map_or(number == "4", |value| value == "true");
        let pool = json!({
            "apiVersion": "crd.projectcalico.org/v1",
            "kind": "IPPool",
            "metadata": {"name": format!("default-ipv{number}-ippool")},
            "spec": {
                "allowedUses": ["Workload", "Tunnel"],
                "blockSize": setting("BLOCK_SIZE").and_then(|size| size.parse().ok()).unwrap_or(block),
                "cidr": cidr,
                "ipipMode": setting("IPIP").unwrap_or("Never"),
                "natOutgoing": nat,
                "nodeSelector": setting("NODE_SELECTOR").unwrap_or("all()"),
                "vxlanMode": setting("VXLAN").unwrap_or("Never"),
            },
        });
        kubelet.api.create(POOLS, &pool).await?;
    }
    Ok(())
}

/// A random range of unique local addresses, which Calico takes where it is told none.
fn random_range() -> String {
    let bytes: [u8; 5] = rand::random();
    let [one, two, three, four, five] = bytes;
    format!("fd{one:02x}:{two:02x}{three:02x}:{four:02x}{five:02x}::/48")
}

/// Writes the CNI configuration, after which the kubelet calls its node ready.
async fn write_network(kubelet: &Kubelet) -> Result<()> {
    let path = "/api/v1/namespaces/kube-system/configmaps/calico-config";
    let config = kubelet.api.get(path).await?.unwrap_or_default();
    let network = config.pointer("/data/cni_network_config").and_then(Value::as_str);
    let network = network.tried(|| "The ConfigMap calico-config has no cni_network_config".into())?;
    write(&kubelet.layout.data().join("var/lib/calico/nodename"), &kubelet.name)?;
    let kubeconfig = format!("# Kubeconfig file for Calico CNI plugin, written {}\n", now_in_seconds());
    write(&kubelet.layout.args("cni-network/calico-kubeconfig"), &kubeconfig)?;
    write(&kubelet.layout.args(NETWORK), network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn own() -> Vec<IpAddr> {
        vec!["10.0.0.11".parse().unwrap(), "fd00::11".parse().unwrap()]
    }

    #[test]
    fn each_family_is_detected_where_it_is_asked_for() {
        let environment = variables(&[("IP", "autodetect"), ("IP6", "autodetect")]);
        assert_eq!(V4.detect(&environment, &own(), None).unwrap().as_deref(), Some("10.0.0.11/24"));
        assert_eq!(V6.detect(&environment, &own(), None).unwrap().as_deref(), Some("fd00::11/64"));
        assert_eq!(V6.detect(&variables(&[("IP", "autodetect")]), &own(), None).unwrap(), None);
    }

    #[test]
    fn an_ipv4_destination_never_finds_an_ipv6_address() {
        let environment =
            variables(&[("IP6", "autodetect"), ("IP6_AUTODETECTION_METHOD", "can-reach=10.0.0.1")]);
        let reason = V6.detect(&environment, &own(), None).unwrap_err();
        assert_eq!(reason, "Failed to autodetect an IPv6 address");
        let kept = V6.detect(&environment, &own(), Some("fd00::11/64".into())).unwrap();
        assert_eq!(kept.as_deref(), Some("fd00::11/64"), "an address that the node had is kept");
    }

    #[test]
    fn a_range_chooses_among_the_addresses() {
        let own: Vec<IpAddr> = ["192.168.1.1", "10.0.0.11"].map(|address| address.parse().unwrap()).to_vec();
        let environment = variables(&[("IP", "autodetect"), ("IP_AUTODETECTION_METHOD", "cidr=10.0.0.0/24")]);
        assert_eq!(V4.detect(&environment, &own, None).unwrap().as_deref(), Some("10.0.0.11/24"));
        let wrong = variables(&[("IP", "autodetect"), ("IP_AUTODETECTION_METHOD", "guess")]);
        assert_eq!(V4.detect(&wrong, &own, None).unwrap_err(), "Invalid IP autodetection method: guess");
    }
}
