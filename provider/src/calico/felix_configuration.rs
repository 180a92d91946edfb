//! `calico_felix_configuration`.

use super::cidrs::network;
use super::object::{HINTS, cluster_wide};
use super::pod_range::calico_node_env;
use super::policy_rule::{one_of, port_number, transport};
use crate::connection::cluster::{Cluster, ClusterError, Kind, ObjectName};
use crate::engine::cluster_object::{Adoption, ClusterObject, ClusterWideObject};
use crate::values::within;
use async_trait::async_trait;
use kube::core::DynamicObject;
use std::net::IpAddr;
use tfplugin::{Diagnostic, Diagnostics, Model, Value};

/// The one that calico-node makes at its first start.
const FOR_ALL: &str = "default";

/// How Calico's agent on the nodes, Felix, works.
///
/// `default` is for all nodes: calico-node makes it, so that it is taken over, and a destroy gives back the
/// fields that were set here and leaves the object. `node.<name>` is for one node and comes before `default`;
/// both come after the environment of calico-node, which MicroK8s sets for some: a plan warns of such a
/// field, as it does nothing.
///
/// Some changes restart Felix on all nodes, for seconds without new connections: `vxlan_port`, `vxlan_vni`,
/// `wireguard_enabled`. Fields that are not here can be set by `microk8s_object`.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calico_felix_configuration")]
pub struct FelixConfiguration {
    #[attribute(flatten)]
    object: ClusterWideObject,

    /// What happens to traffic from pods to their own node that no policy decides: `Drop`, `Accept` or
    /// `Return` (the node's own firewall decides). MicroK8s sets `Accept` in calico-node's environment, which
    /// comes first. Default: `Drop`.
    #[attribute(optional, validate = endpoint_action)]
    default_endpoint_to_host_action: Option<String>,

    /// Ports to the node that no policy can close, in place of Calico's own: SSH, DHCP, BGP, and those of
    /// etcd and of an API server at 6443. They lack MicroK8s' own: 16443, 19001, 25000, 10250. An empty list
    /// leaves none open.
    #[attribute(optional)]
    failsafe_inbound_host_ports: Option<Vec<FailsafePort>>,

    /// Ports from the node that no policy can close, in place of Calico's own: DNS, DHCP, BGP, and those of
    /// etcd and of an API server at 6443.
    #[attribute(optional)]
    failsafe_outbound_host_ports: Option<Vec<FailsafePort>>,

    /// The ports of NodePort Services: numbers and ranges, at most 7, as the API server has them. Default:
    /// `["30000:32767"]`.
    #[attribute(optional, validate = node_port_ranges)]
    kube_node_port_ranges: Option<Vec<String>>,

    /// Where Calico's rules stand among others of iptables: `Insert` (first) or `Append` (last). Default:
    /// `Insert`.
    #[attribute(optional, validate = chain_insert_mode)]
    chain_insert_mode: Option<String>,

    /// The kind of iptables: `Auto`, `Legacy` or `NFT`. Default: `Auto`, what is found on the node.
    #[attribute(optional, validate = iptables_backend)]
    iptables_backend: Option<String>,

    /// Whether rules are of nftables in place of iptables: `Disabled`, `Enabled` or `Auto` (Calico 3.30).
    /// Needs Calico 3.29, and kube-proxy in the same mode. Default: `Disabled`.
    #[attribute(optional, validate = nftables_mode)]
    nftables_mode: Option<String>,

    /// UDP port of VXLAN between the nodes, 1 to 65535; firewalls between them have to let it pass. Default:
    /// 4789.
    #[attribute(optional, validate = within::<1, 65535, _>)]
    vxlan_port: Option<u32>,

    /// Network identifier of VXLAN, 1 to 16777215. Default: 4096.
    #[attribute(optional, validate = within::<1, 16777215, _>)]
    vxlan_vni: Option<u32>,

    /// Interfaces whose MTU counts for that of pods and tunnels, as a regular expression. Default: Ethernet,
    /// wireless and InfiniBand.
    #[attribute(optional)]
    mtu_iface_pattern: Option<String>,

    /// Whether traffic between nodes is encrypted by WireGuard, IPv4: UDP port 51820. The kernel has to know
    /// it. Default: `false`.
    #[attribute(optional)]
    wireguard_enabled: Option<bool>,

    /// Whether traffic between nodes is encrypted by WireGuard, IPv6: UDP port 51821. Default: `false`.
    #[attribute(optional)]
    wireguard_enabled_v6: Option<bool>,

    /// Address that pods take on their way out, IPv4, where `nat_outgoing` of their pool says so. Default:
    /// that of the interface.
    #[attribute(optional, validate = ipv4)]
    nat_outgoing_address: Option<String>,

    /// Ports that pods get on their way out: a range such as `32768:65535`. Default: the kernel's.
    #[attribute(optional, validate = port_range)]
    nat_port_range: Option<String>,

    /// Address that a node uses towards its pods, IPv4. Default: the kernel's choice.
    #[attribute(optional, validate = ipv4)]
    device_route_source_address: Option<String>,

    /// Address that a node uses towards its pods, IPv6. Default: the kernel's choice.
    #[attribute(optional, validate = ipv6)]
    device_route_source_address_ipv6: Option<String>,

    /// What happens to traffic to a Service's range that is no Service's, and would go in circles: `Drop`,
    /// `Reject` or `Disabled`. Default: `Drop`.
    #[attribute(optional, validate = loop_prevention)]
    service_loop_prevention: Option<String>,

    /// Whether pods may send from addresses that are not theirs, where their annotations name them:
    /// `Disabled` or `Any`. Default: `Disabled`.
    #[attribute(optional, validate = source_spoofing)]
    workload_source_spoofing: Option<String>,

    /// Whether pods may have floating addresses by annotation: `Enabled` or `Disabled`. Default: `Disabled`.
    #[attribute(optional, validate = enabled)]
    floating_ips: Option<String>,

    /// Whether Felix switches the node's forwarding on: `Enabled` or `Disabled`. Needs Calico 3.29. Default:
    /// `Enabled`.
    #[attribute(optional, validate = enabled)]
    ip_forwarding: Option<String>,

    /// What Felix logs: `Trace` (Calico 3.30), `Debug`, `Info`, `Warning`, `Error` or `Fatal`. Default:
    /// `Info`.
    #[attribute(optional, validate = severity)]
    log_severity_screen: Option<String>,

    /// Whether Felix serves metrics for Prometheus on each node. Default: `false`.
    #[attribute(optional)]
    prometheus_metrics_enabled: Option<bool>,

    /// TCP port of the metrics, 1 to 65535. Default: 9091.
    #[attribute(optional, validate = within::<1, 65535, _>)]
    prometheus_metrics_port: Option<u32>,

    /// TCP port on `localhost` where Felix says whether it is healthy, 1 to 65535. The probes of
    /// calico-node's pods know the default alone. Default: 9099.
    #[attribute(optional, validate = within::<1, 65535, _>)]
    health_port: Option<u32>,

    /// How often Felix reports its state: whole numbers with units, such as `30s` or `1500ms` (`h`, `m`, `s`,
    /// `ms`); `0s` is never. Default: 30s; calico-node writes `0s`.
    #[attribute(optional, validate = interval)]
    reporting_interval: Option<String>,

    /// How often Felix puts back rules that others changed, as in `reporting_interval`. Default: 180s.
    #[attribute(optional, validate = interval)]
    iptables_refresh_interval: Option<String>,

    /// How often Felix puts back routes that others changed, as in `reporting_interval`. Default: 90s.
    #[attribute(optional, validate = interval)]
    route_refresh_interval: Option<String>,
}

/// A port that no policy can close.
#[derive(Clone, Debug, Model)]
pub struct FailsafePort {
    /// `TCP`, `UDP` or `SCTP`.
    #[attribute(required, validate = transport)]
    protocol: String,

    /// Number, 1 to 65535.
    #[attribute(required, validate = port_number)]
    port: u32,

    /// The network that it is open to, without host bits. Default: all.
    #[attribute(optional, validate = some_network)]
    net: Option<String>,
}

#[async_trait]
impl ClusterObject for FelixConfiguration {
    const KIND: Kind = cluster_wide("FelixConfiguration");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = &[
        ("vxlan_vni", "vxlanVNI"),
        ("floating_ips", "floatingIPs"),
        ("device_route_source_address_ipv6", "deviceRouteSourceAddressIPv6"),
    ];
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;

    fn validate_config(config: &FelixConfigurationDraft, diagnostics: &mut Diagnostics) {
        let of_node = |name: &str| name.strip_prefix("node.").is_some_and(|node| !node.is_empty());
        if let Some(name) = config.object.name.known().filter(|name| *name != FOR_ALL && !of_node(name)) {
            let detail = format!(
                "Felix reads `{FOR_ALL}`, which is for all nodes, and `node.` with the name of its own node. It would ignore \
                 {name:?}."
            );
            diagnostics.error_at("name", "A configuration that no node reads", detail);
        }
    }

    fn adoption(&self, _: &DynamicObject) -> Adoption {
        match self.object.name.as_str() {
            FOR_ALL => Adoption::Adopt("calico-node creates it at its first start."),
            _ => Adoption::Refuse,
        }
    }

    fn released(name: &ObjectName) -> Option<String> {
        (name.name == FOR_ALL).then(|| "calico-node keeps it for all nodes.".to_owned())
    }

    async fn validate_against_cluster(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        let values = Model::encode(self);
        for name in calico_node_env(cluster).await {
            let Some(attribute) = shadowed(&values, &name) else { continue };
            let detail = format!(
                "DaemonSet calico-node has {name} in its environment in the {cluster}, which Felix follows in place of this \
                 field: the field does nothing."
            );
            let warning = Diagnostic::warning("A field that the environment overrules", detail);
            diagnostics.push(warning.at(attribute.as_str()));
        }
        Ok(())
    }
}

/// The attribute that a variable such as `FELIX_LOGSEVERITYSCREEN` overrules.
fn shadowed(values: &Value, variable: &str) -> Option<String> {
    let parameter = variable.strip_prefix("FELIX_")?.to_ascii_lowercase();
    let schema = FelixConfiguration::schema();
    let found = schema.attributes.iter().find(|one| one.name.replace('_', "") == parameter)?;
    (!values.attribute(&found.name).is_null()).then(|| found.name.clone())
}

fn word(text: &Option<String>, words: &[&str]) -> Result<(), String> {
    text.as_deref().map_or(Ok(()), |text| one_of(text, words))
}

fn endpoint_action(text: &Option<String>) -> Result<(), String> {
    word(text, &["Drop", "Accept", "Return"])
}

fn chain_insert_mode(text: &Option<String>) -> Result<(), String> {
    word(text, &["Insert", "Append"])
}

fn iptables_backend(text: &Option<String>) -> Result<(), String> {
    word(text, &["Auto", "Legacy", "NFT"])
}

fn nftables_mode(text: &Option<String>) -> Result<(), String> {
    word(text, &["Disabled", "Enabled", "Auto"])
}

fn loop_prevention(text: &Option<String>) -> Result<(), String> {
    word(text, &["Drop", "Reject", "Disabled"])
}

fn source_spoofing(text: &Option<String>) -> Result<(), String> {
    word(text, &["Disabled", "Any"])
}

fn enabled(text: &Option<String>) -> Result<(), String> {
    word(text, &["Enabled", "Disabled"])
}

fn severity(text: &Option<String>) -> Result<(), String> {
    word(text, &["Trace", "Debug", "Info", "Warning", "Error", "Fatal"])
}

/// As the definition of the kind has it since Calico 3.27: no fractions.
fn interval(text: &Option<String>) -> Result<(), String> {
    let Some(text) = text else { return Ok(()) };
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|one: char| one.is_ascii_digit());
        let unit = ["ms", "s", "m", "h"].into_iter().find_map(|unit| after.strip_prefix(unit));
        match unit {
            Some(next) if after.len() < rest.len() => rest = next,
            _ => {
                return Err(format!(
                    "{text:?} is no length of time such as 30s, 1m30s or 1500ms, without fractions"
                ));
            }
        }
    }
    match text.is_empty() {
        true => Err("a length of time such as 30s is needed here".to_owned()),
        false => Ok(()),
    }
}

fn ipv4(text: &Option<String>) -> Result<(), String> {
    address(text, 4)
}

fn ipv6(text: &Option<String>) -> Result<(), String> {
    address(text, 6)
}

fn address(text: &Option<String>, version: u8) -> Result<(), String> {
    let Some(text) = text else { return Ok(()) };
    match text.parse() {
        Ok(IpAddr::V4(_)) if version == 4 => Ok(()),
        Ok(IpAddr::V6(_)) if version == 6 => Ok(()),
        _ => Err(format!("{text:?} is no address of IPv{version}")),
    }
}

fn some_network(text: &Option<String>) -> Result<(), String> {
    text.as_deref().map_or(Ok(()), |text| network(text).map(drop))
}

fn port_range(text: &Option<String>) -> Result<(), String> {
    text.as_deref().map_or(Ok(()), ports)
}

fn node_port_ranges(ranges: &Option<Vec<String>>) -> Result<(), String> {
    let ranges = ranges.as_deref().unwrap_or_default();
    if ranges.len() > 7 {
        return Err(format!("{} ranges are more than the 7 that Felix takes", ranges.len()));
    }
    ranges.iter().try_for_each(|range| ports(range))
}

fn ports(text: &str) -> Result<(), String> {
    let (low, high) = text.split_once(':').unwrap_or((text, text));
    match (low.parse::<u16>(), high.parse::<u16>()) {
        (Ok(low), Ok(high)) if low <= high => Ok(()),
        _ => Err(format!("{text:?} is no range of ports such as 30000:32767")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_definition() {
        for good in ["0s", "30s", "1m30s", "1500ms", "2h"] {
            assert_eq!(interval(&Some(good.to_owned())), Ok(()), "{good}");
        }
        for bad in ["", "1.5s", "30", "s", "1d", "-1s"] {
            assert!(interval(&Some(bad.to_owned())).is_err(), "{bad}");
        }
    }
}
