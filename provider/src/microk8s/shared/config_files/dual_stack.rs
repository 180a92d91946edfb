//! What makes a node of MicroK8s dual-stack: one table of flags and settings of Calico, and the files that
//! hold them.

use super::args_file::ArgsFile;
use super::cni_manifest::{CniManifest, Unreadable};
use super::range_pair::RangePair;
use crate::microk8s::shared::machine::node_list::Role;
use crate::microk8s::shared::machine::service::Service;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a setting stands, below `args/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A flag in the file of that name.
    Flag(&'static str, &'static str),
    /// An environment variable of calico-node in cni.yaml.
    Environment(&'static str),
    /// A switch of Calico's address management in cni.yaml.
    AddressManagement(&'static str),
}

/// What a setting is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// The ranges of pods, IPv4 first.
    PodRanges,
    /// The ranges of services, IPv4 first.
    ServiceRanges,
    /// The node's own addresses, IPv4 first.
    NodeAddresses,
    /// The IPv6 range of pods alone.
    PodIpv6Range,
    /// Whether pods leave the cluster with their node's IPv6 address.
    NatOutgoing,
    /// How calico-node finds the node's IPv6 address.
    Autodetection,
    /// Always the same.
    Fixed(&'static str),
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) place: Place,
    /// Whether only control planes have it. Workers keep these files too, but nothing reads them there.
    control_plane_only: bool,
    pub(crate) value: Value,
    /// What MicroK8s ships without IPv6; ranges keep their IPv4 half instead.
    shipped: Option<&'static str>,
}

/// The file with Calico's manifest.
const CNI: &str = "cni-network/cni.yaml";

/// Where a kubelet is told its addresses.
const NODE_IP: Place = Place::Flag("kubelet", "--node-ip");

const fn control_plane(place: Place, value: Value, shipped: Option<&'static str>) -> Setting {
    Setting { place, control_plane_only: true, value, shipped }
}

const fn every_node(place: Place, value: Value) -> Setting {
    Setting { place, control_plane_only: false, value, shipped: None }
}

/// The settings, as MicroK8s' own generator would make them at installation, and those that it leaves out.
pub(crate) const SETTINGS: [Setting; 13] = [
    control_plane(Place::Flag("kube-apiserver", "--service-cluster-ip-range"), Value::ServiceRanges, None),
    control_plane(
        Place::Flag("kube-controller-manager", "--service-cluster-ip-range"),
        Value::ServiceRanges,
        None,
    ),
    control_plane(Place::Flag("kube-controller-manager", "--cluster-cidr"), Value::PodRanges, None),
    every_node(Place::Flag("kube-proxy", "--cluster-cidr"), Value::PodRanges),
    // Left out by the generator; without it a node reports one address and host-network pods have one.
    every_node(NODE_IP, Value::NodeAddresses),
    control_plane(Place::AddressManagement("assign_ipv4"), Value::Fixed("true"), Some("true")),
    control_plane(Place::AddressManagement("assign_ipv6"), Value::Fixed("true"), None),
    control_plane(Place::Environment("IP6"), Value::Fixed("autodetect"), None),
    control_plane(Place::Environment("IP6_AUTODETECTION_METHOD"), Value::Autodetection, None),
    control_plane(Place::Environment("CALICO_IPV6POOL_CIDR"), Value::PodIpv6Range, None),
    control_plane(Place::Environment("CALICO_IPV6POOL_VXLAN"), Value::Fixed("Always"), Some("Never")),
    // Left out by the generator; pods with unique local addresses reach nothing outside without it.
    control_plane(Place::Environment("CALICO_IPV6POOL_NAT_OUTGOING"), Value::NatOutgoing, None),
    // Last: Calico makes a random IPv6 pool if it sees this before the range.
    control_plane(Place::Environment("FELIX_IPV6SUPPORT"), Value::Fixed("true"), Some("false")),
];

impl Place {
    /// Whether it is in Calico's manifest.
    pub(crate) fn is_calicos(self) -> bool {
        self.file() == CNI
    }

    /// The file below `args/`.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Flag(file, _) => file,
            Self::Environment(_) | Self::AddressManagement(_) => CNI,
        }
    }
}

/// As in messages, and as the key in private state.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(file, flag) => write!(f, "{flag} in args/{file}"),
            Self::Environment(name) => write!(f, "{name} of calico-node in args/{CNI}"),
            Self::AddressManagement(key) => write!(f, "{key} of calico-ipam in args/{CNI}"),
        }
    }
}

/// What a cluster's dual-stack settings come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DualStack {
    pub(crate) pods: RangePair,
    pub(crate) services: RangePair,
    pub(crate) nat_outgoing: bool,
    pub(crate) autodetection: String,
}

/// A node's addresses in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeAddresses {
    pub(crate) ipv4: Ipv4Addr,
    pub(crate) ipv6: Ipv6Addr,
}

impl NodeAddresses {
    /// Nobody's, for settings that do not need any.
    pub(crate) const UNSPECIFIED: Self = Self { ipv4: Ipv4Addr::UNSPECIFIED, ipv6: Ipv6Addr::UNSPECIFIED };
}

impl fmt::Display for NodeAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.ipv4, self.ipv6)
    }
}

impl Setting {
    /// Whether it matters on a node of that role.
    pub(crate) fn concerns(&self, role: Role) -> bool {
        !self.control_plane_only || role == Role::ControlPlane
    }

    /// What it should be on the node with these addresses.
    pub(crate) fn wanted(&self, cluster: &DualStack, node: NodeAddresses) -> Option<String> {
        match self.value {
            Value::PodRanges => Some(cluster.pods.to_string()),
            Value::ServiceRanges => Some(cluster.services.to_string()),
            Value::NodeAddresses => Some(node.to_string()),
            Value::PodIpv6Range => cluster.pods.ipv6.map(|range| range.to_string()),
            Value::NatOutgoing => Some(cluster.nat_outgoing.to_string()),
            Value::Autodetection => Some(cluster.autodetection.clone()),
            Value::Fixed(value) => Some(value.to_owned()),
        }
    }

    /// What it is without IPv6, told from what it is now.
    pub(crate) fn without_ipv6(&self, present: Option<&str>) -> Option<String> {
        let ranges = || {
            present.and_then(|text| text.parse::<RangePair>().ok()).map(|pair| pair.with(None).to_string())
        };
        match self.value {
            Value::PodRanges | Value::ServiceRanges => ranges().or_else(|| present.map(str::to_owned)),
            _ => self.shipped.map(str::to_owned),
        }
    }
}

/// The files of `args/` that hold the settings, by their path below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Files(BTreeMap<String, String>);

/// The file of the kubelet's flags.
const KUBELET: &str = "kubelet";

impl Files {
    /// Takes the files' texts.
    pub(crate) fn new(files: BTreeMap<String, String>) -> Self {
        Self(files)
    }

    /// The present value of a setting.
    pub(crate) fn get(&self, place: Place) -> Result<Option<String>, Unreadable> {
        match place {
            Place::Flag(file, flag) => Ok(self.flag(file, flag)),
            Place::Environment(name) => CniManifest::parse(self.text(place)).environment(name),
            Place::AddressManagement(key) => CniManifest::parse(self.text(place)).address_management(key),
        }
    }

    /// Gives a setting a value, or removes it.
    pub(crate) fn set(&mut self, place: Place, value: Option<&str>) -> Result<(), Unreadable> {
        if self.get(place)?.as_deref() == value && !matches!(place, Place::Flag(..)) {
            return Ok(());
        }
        let edited = match place {
            Place::Flag(file, flag) => {
                self.set_flag(file, flag, value);
                return Ok(());
            }
            Place::Environment(name) => {
                let mut manifest = CniManifest::parse(self.text(place));
                manifest.set_environment(name, value)?;
                manifest.to_string()
            }
            Place::AddressManagement(key) => {
                let mut manifest = CniManifest::parse(self.text(place));
                manifest.set_address_management(key, value)?;
                manifest.to_string()
            }
        };
        self.0.insert(place.file().to_owned(), edited);
        Ok(())
    }

    /// The value of a flag, such as `--v`, in a file.
    pub(crate) fn flag(&self, file: &str, flag: &str) -> Option<String> {
        ArgsFile::parse(self.0.get(file).map_or("", String::as_str)).get(flag)
    }

    /// Gives a flag in a file a value, or removes it.
    pub(crate) fn set_flag(&mut self, file: &str, flag: &str, value: Option<&str>) {
        let mut edited = ArgsFile::parse(self.0.get(file).map_or("", String::as_str));
        edited.set(flag, value);
        self.0.insert(file.to_owned(), edited.to_string());
    }

    /// The kubelet's flags.
    pub(crate) fn kubelet(&self) -> ArgsFile {
        ArgsFile::parse(self.0.get(KUBELET).map_or("", String::as_str))
    }

    /// Gives the kubelet these flags.
    pub(crate) fn set_kubelet(&mut self, flags: &ArgsFile) {
        self.0.insert(KUBELET.to_owned(), flags.to_string());
    }

    /// The files whose text differs from that in `before`.
    pub(crate) fn changed_since<'a>(&'a self, before: &'a Files) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(|(name, text)| before.0.get(*name) != Some(text))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The services that have to read something anew to get from `before` to these.
    pub(crate) fn readers_since(&self, before: &Files) -> BTreeSet<Service> {
        self.changed_since(before).filter_map(|(name, _)| Service::of(name)).collect()
    }

    /// The addresses that the kubelet is told to report.
    pub(crate) fn node_addresses(&self) -> Vec<IpAddr> {
        let told = self.get(NODE_IP).ok().flatten().unwrap_or_default();
        told.split(',').filter_map(|address| address.trim().parse().ok()).collect()
    }

    /// Whether there is Calico's manifest. MicroK8s' add-ons that bring another network (cilium, kube-ovn)
    /// move it away.
    pub(crate) fn has_calico(&self) -> bool {
        self.0.get(CNI).is_some_and(|text| !text.trim().is_empty())
    }

    fn text(&self, place: Place) -> &str {
        self.0.get(place.file()).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::testing::dual_stack;

    fn files() -> Files {
        let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        Files::new(BTreeMap::from([
            text("kube-apiserver", "--service-cluster-ip-range=10.152.183.0/24\n--profiling=false\n"),
            text(
                "kube-controller-manager",
                "--cluster-cidr=10.1.0.0/16\n--service-cluster-ip-range=10.152.183.0/24\n",
            ),
            text("kube-proxy", "--cluster-cidr=10.1.0.0/16\n--profiling=false\n"),
            text("kubelet", "--read-only-port=0\n"),
            text(CNI, include_str!("testdata/cni.yaml")),
        ]))
    }

    const NODE: NodeAddresses = NodeAddresses {
        ipv4: Ipv4Addr::new(10, 0, 0, 11),
        ipv6: Ipv6Addr::new(0xfd00, 0x10, 0, 0, 0, 0, 0, 0x11),
    };

    #[test]
    fn every_setting_is_found_as_it_was_set() {
        let mut files = files();
        for setting in SETTINGS {
            files.set(setting.place, setting.wanted(&dual_stack(), NODE).as_deref()).unwrap();
        }
        let found: Vec<String> = SETTINGS
            .iter()
            .map(|one| format!("{}: {}", one.place, files.get(one.place).unwrap().unwrap_or_default()))
            .collect();
        insta::assert_snapshot!(found.join("\n"), @r"
        --service-cluster-ip-range in args/kube-apiserver: 10.152.183.0/24,fd98::/108
        --service-cluster-ip-range in args/kube-controller-manager: 10.152.183.0/24,fd98::/108
        --cluster-cidr in args/kube-controller-manager: 10.1.0.0/16,fd01::/64
        --cluster-cidr in args/kube-proxy: 10.1.0.0/16,fd01::/64
        --node-ip in args/kubelet: 10.0.0.11,fd00:10::11
        assign_ipv4 of calico-ipam in args/cni-network/cni.yaml: true
        assign_ipv6 of calico-ipam in args/cni-network/cni.yaml: true
        IP6 of calico-node in args/cni-network/cni.yaml: autodetect
        IP6_AUTODETECTION_METHOD of calico-node in args/cni-network/cni.yaml: first-found
        CALICO_IPV6POOL_CIDR of calico-node in args/cni-network/cni.yaml: fd01::/64
        CALICO_IPV6POOL_VXLAN of calico-node in args/cni-network/cni.yaml: Always
        CALICO_IPV6POOL_NAT_OUTGOING of calico-node in args/cni-network/cni.yaml: true
        FELIX_IPV6SUPPORT of calico-node in args/cni-network/cni.yaml: true
        ");
    }

    #[test]
    fn taking_ipv6_away_leaves_what_microk8s_ships() {
        let mut edited = files();
        for setting in SETTINGS {
            edited.set(setting.place, setting.wanted(&dual_stack(), NODE).as_deref()).unwrap();
        }
        assert_eq!(edited.changed_since(&files()).count(), 5);
        for setting in SETTINGS {
            let present = edited.get(setting.place).unwrap();
            edited.set(setting.place, setting.without_ipv6(present.as_deref()).as_deref()).unwrap();
        }
        let mut shipped = files();
        // What MicroK8s' generator adds at installation, which the manifest of the tests is from before.
        shipped.set(Place::AddressManagement("assign_ipv4"), Some("true")).unwrap();
        assert_eq!(edited, shipped);
    }
}
