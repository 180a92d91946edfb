//! `calico_host_endpoint`.

use super::object::{HINTS, cluster_wide};
use super::policy_rule::{port_name, port_number, transport};
use crate::connection::cluster::Kind;
use crate::engine::cluster_object::{ClusterObject, ClusterWideObject};
use crate::values::object_name;
use std::collections::BTreeMap;
use std::net::IpAddr;
use tfplugin::model::Set;
use tfplugin::{Diagnostics, Model};

/// A network interface of a node, or all of them, for policies to protect.
///
/// No policy protects a node's own ports without one. As soon as it is there, Calico drops all traffic of the
/// node itself at that interface that no policy allows, except for the ports of `failsafe_inbound_host_ports`
/// and `failsafe_outbound_host_ports` of `calico_felix_configuration` (SSH, DHCP, DNS, BGP, the ports of etcd
/// and of an API server at 6443, but not MicroK8s' at 16443). Have the policies refer to its labels and be
/// there first, or set `profiles = ["projectcalico-default-allow"]`, with which everything is allowed that no
/// policy decides.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "calico_host_endpoint")]
pub struct HostEndpoint {
    #[attribute(flatten)]
    object: ClusterWideObject,

    /// Labels that the selectors of policies match, such as `{ role = "node" }`. Others' labels stay as they
    /// are. Default: none.
    #[attribute(optional)]
    labels: Option<BTreeMap<String, String>>,

    /// The node, by its name in Kubernetes: `microk8s_node.this["a"].node_name`.
    #[attribute(required, validate = object_name)]
    node: String,

    /// The interface, such as `eth0`, at most 15 bytes; `*` is all of them. Default: the one that has an
    /// address of `expected_ips`.
    #[attribute(optional, validate = interface)]
    interface_name: Option<String>,

    /// Addresses of the interface, by which it is found where `interface_name` is left out. Selectors in the
    /// rules of policies stand for these addresses. Default: none.
    #[attribute(optional, validate = addresses)]
    expected_ips: Option<Set<String>>,

    /// Profiles that apply where no policy decides: `projectcalico-default-allow` allows everything. Default:
    /// none, which drops.
    #[attribute(optional)]
    profiles: Option<Vec<String>>,

    /// Names of ports of the node, for the `ports` of rules. Default: none.
    #[attribute(optional)]
    ports: Option<Vec<EndpointPort>>,
}

/// A port and its name.
#[derive(Clone, Debug, Model)]
pub struct EndpointPort {
    /// Name, of letters, digits, `_`, `.` and `-`, at most 128.
    #[attribute(required, validate = port_name)]
    name: String,

    /// `TCP`, `UDP` or `SCTP`.
    #[attribute(required, validate = transport)]
    protocol: String,

    /// Number, 1 to 65535.
    #[attribute(required, validate = port_number)]
    port: u32,
}

impl ClusterObject for HostEndpoint {
    const KIND: Kind = cluster_wide("HostEndpoint");
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = &[("expected_ips", "expectedIPs")];
    const HINTS: &'static [(&'static str, &'static str)] = HINTS;

    fn validate_config(config: &HostEndpointDraft, diagnostics: &mut Diagnostics) {
        let has_none = config.interface_name.known().is_some_and(Option::is_none);
        let addresses = config.expected_ips.known();
        if has_none && addresses.is_some_and(|all| all.as_ref().is_none_or(|all| all.0.is_empty())) {
            let detail = "Give `interface_name` (`*` is all interfaces), or an address of the interface in `expected_ips`.";
            diagnostics.error_at("interface_name", "An endpoint of no interface", detail);
        }
    }
}

fn interface(name: &Option<String>) -> Result<(), String> {
    let Some(name) = name else { return Ok(()) };
    let fits =
        (1..=15).contains(&name.len()) && !name.contains(|one: char| one == '/' || one.is_whitespace());
    match fits {
        true => Ok(()),
        false => {
            Err(format!("{name:?} is no name of an interface: it has 1 to 15 bytes without `/` and blanks"))
        }
    }
}

fn addresses(all: &Option<Set<String>>) -> Result<(), String> {
    let mut all = all.iter().flat_map(|all| &all.0);
    let wrong = all.find(|one| one.parse::<IpAddr>().is_err());
    wrong.map_or(Ok(()), |one| Err(format!("{one:?} is no address")))
}
