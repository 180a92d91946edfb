//! What a machine's disk and kernel say about MicroK8s on it, read in one go.

use super::host_addresses;
use super::node_list::Role;
use super::scripts::{LEAVE, RESET};
use super::sections::{digest, node_name, sections};
use super::service::Service;
use crate::connection::ssh::Script;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::config_files::dual_stack::{Files, NodeAddresses};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// The digest of an empty file.
const OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The machine as it sees itself.
#[derive(Clone, Debug)]
pub(crate) struct NodeSnapshot {
    node_name: String,
    locks: Vec<String>,
    ca: Option<String>,
    remote_ca: Option<String>,
    addresses: String,
    /// The files that hold the settings of both families.
    pub(crate) files: Files,
    /// The text of `args/kubelet` before a join that is not complete yet.
    pub(crate) own_kubelet: Option<String>,
    /// The same as MicroK8s ships it; empty where that is not known.
    pub(crate) default_kubelet: String,
    /// Whether MicroK8s is installed.
    pub(crate) installed: bool,
    /// Services for which a file was written that they did not read yet.
    pub(crate) pending: BTreeSet<Service>,
    /// `/etc/machine-id`.
    pub(crate) machine_id: String,
    /// `/etc/hosts`.
    pub(crate) hosts: String,
    /// What `snap list` printed about MicroK8s.
    pub(crate) snap_list: String,
    /// Whether we began to make it a node.
    pub(crate) claimed: bool,
    /// Our note of what we brought for storage.
    pub(crate) storage: Option<String>,
    /// Our note of the node's labels and taints that are ours.
    pub(crate) marks: Option<String>,
    /// Our note of what flags of ours were before.
    pub(crate) arguments: Option<String>,
    /// Names of the commands of ours that were broken off there, by a reboot or a kill.
    broken_off: Vec<String>,
    /// Addresses of the members of its datastore by its own files, without ports; of a node alone, the
    /// loopback's.
    pub(crate) members: Vec<String>,
}

impl NodeSnapshot {
    /// Reads what [`super::scripts::SNAPSHOT`] prints.
    pub(crate) fn parse(printed: &str) -> Option<Self> {
        let mut sections = sections(printed);
        let mut take = |name: &str| sections.remove(name).unwrap_or_default();
        let hostname = take("hostname").trim();
        let (ca, remote_ca) = (digest(take("ca.crt")), digest(take("ca.remote.crt")));
        let locks = take("locks").lines().map(str::to_owned).collect();
        let pending = Service::listed(take("pending"));
        let addresses = take("addresses").to_owned();
        let machine_id = take("machine-id").trim().to_owned();
        let (hosts, snap_list) = (take("hosts").to_owned(), take("snap").to_owned());
        let claimed = !take("mark").trim().is_empty();
        let mut note = |name| Some(take(name).trim().to_owned()).filter(|note| !note.is_empty());
        let (storage, marks, arguments) = (note("storage"), note("marks"), note("arguments"));
        let broken_off = take("broken-off").lines().map(str::to_owned).collect();
        let members = take("members").lines().filter_map(member).collect();
        let own_kubelet = Some(take("own-kubelet").to_owned()).filter(|text| !text.is_empty());
        let default_kubelet = take("default-kubelet").to_owned();
        let kubelet = sections.get("kubelet").copied();
        (!hostname.is_empty()).then(|| Self {
            node_name: node_name(hostname, kubelet.unwrap_or_default()),
            locks,
            ca,
            remote_ca,
            addresses,
            own_kubelet,
            default_kubelet,
            installed: kubelet.is_some(),
            files: Files::new(
                sections.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            ),
            pending,
            machine_id,
            hosts,
            snap_list,
            claimed,
            storage,
            marks,
            arguments,
            broken_off,
            members,
        })
    }

    /// The name that it has, or would have, in a cluster.
    pub(crate) fn node_name(&self) -> String {
        self.node_name.clone()
    }

    /// Refuses a machine that cannot speak for a cluster; it is at `address`.
    pub(crate) fn check_control_plane(&self, address: &str) -> Result<(), NodeError> {
        let refused = |answer: &str, hint: &str| {
            Err(NodeError::new(format!("asking the control plane on {address}"), answer).with_hint(hint))
        };
        if !self.installed {
            let hint = "Give the address of a `microk8s_node`, by reference, so that it is installed first.";
            return refused("MicroK8s is not installed there.", hint).map_err(NodeError::not_installed);
        }
        if self.role() == Role::Worker {
            return refused("It is a worker of its cluster.", "Give the address of a control plane.");
        }
        if self.is_stopped() {
            return refused(
                "MicroK8s was stopped there with `microk8s stop`.",
                "Start it: `sudo microk8s start`.",
            );
        }
        Ok(())
    }

    /// Whether it joined a cluster, or another machine joined it.
    pub(crate) fn is_clustered(&self) -> bool {
        self.is_locked("no-cert-reissue")
    }

    /// Whether other machines are in its cluster, as far as it knows.
    pub(crate) fn has_peers(&self) -> bool {
        self.role() == Role::Worker || self.members.len() > 1
    }

    /// What it is in its cluster.
    pub(crate) fn role(&self) -> Role {
        if self.is_locked("clustered.lock") { Role::Worker } else { Role::ControlPlane }
    }

    /// Whether MicroK8s refuses to run a control plane there, as the machine has too little memory.
    pub(crate) fn has_low_memory(&self) -> bool {
        self.is_locked("low-memory-guard.lock")
    }

    /// Whether it has an IPv4 address, as far as that is known.
    pub(crate) fn lacks_ipv4(&self) -> bool {
        host_addresses::has_ipv4(&self.addresses) == Some(false)
    }

    /// Whether `microk8s stop` was run.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_locked("stopped.lock")
    }

    /// Whether a join was begun and did not end well.
    pub(crate) fn join_broke_off(&self) -> bool {
        self.is_locked("join-in-progress")
    }

    /// Whether that command of ours was broken off there, and nothing has mended that since.
    pub(crate) fn broke_off(&self, script: &Script) -> bool {
        self.broken_off.iter().any(|name| name == script.name)
    }

    /// Whether a leave that was stopped left it between a member and a node alone: its locks contradict each
    /// other, as no ended command leaves them, or we know of it.
    pub(crate) fn left_half_way(&self) -> bool {
        let trusts_some = self.remote_ca.as_deref().is_some_and(|digest| digest != OF_NOTHING);
        let contradicts = match self.role() {
            Role::Worker => {
                !self.is_clustered()
                    || !self.is_locked("no-k8s-dqlite")
                    || self.is_locked("no-apiserver-proxy")
                    || !trusts_some
            }
            // An external datastore has the first lock too, on members.
            Role::ControlPlane => self.is_locked("no-k8s-dqlite") && !self.is_clustered(),
        };
        self.installed && (contradicts || [&LEAVE, &RESET].into_iter().any(|script| self.broke_off(script)))
    }

    /// Whether it has the certificate authority of that digest, in either role.
    pub(crate) fn has_authority(&self, authority: Option<&str>) -> bool {
        authority.is_some() && [self.ca.as_deref(), self.remote_ca.as_deref()].contains(&authority)
    }

    /// Whether Calico's manifest was brought into the cluster by MicroK8s itself.
    pub(crate) fn calico_is_loaded(&self) -> bool {
        self.is_locked("cni-loaded")
    }

    /// The certificate authority that it trusts, as a digest: the same on all nodes of a cluster.
    pub(crate) fn authority(&self) -> Option<&str> {
        match self.role() {
            Role::Worker => self.remote_ca.as_deref(),
            Role::ControlPlane => self.ca.as_deref(),
        }
    }

    /// Whether it and that control plane trust the same authority, so that its files tell what it does there.
    pub(crate) fn is_in_cluster_of(&self, control_plane: &Self) -> bool {
        self.authority().is_some() && self.authority() == control_plane.authority()
    }

    /// The IPv4 address that its kubelet was told to use.
    pub(crate) fn told_ipv4(&self) -> Option<Ipv4Addr> {
        self.files.node_addresses().into_iter().find_map(|address| match address {
            IpAddr::V4(ipv4) => Some(ipv4),
            IpAddr::V6(_) => None,
        })
    }

    /// Both addresses that its kubelet should report, if it has a stable one of IPv6.
    pub(crate) fn dual_stack_addresses(&self, ipv4: Ipv4Addr) -> Option<NodeAddresses> {
        // One that the person chose stays, as long as it is there.
        let chosen = self.files.node_addresses().into_iter().find_map(|address| match address {
            IpAddr::V6(ipv6) if host_addresses::has(&self.addresses, ipv6) => Some(ipv6),
            _ => None,
        });
        let found = || host_addresses::ipv6_beside(&self.addresses, ipv4).ok().flatten();
        chosen.or_else(found).map(|ipv6| NodeAddresses { ipv4, ipv6 })
    }

    /// Whether an address is one of its own.
    pub(crate) fn has(&self, address: impl Into<IpAddr>) -> bool {
        host_addresses::has(&self.addresses, address)
    }

    fn is_locked(&self, name: &str) -> bool {
        self.locks.iter().any(|lock| lock == name)
    }
}

/// The address in a line of the datastore's list of members.
fn member(line: &str) -> Option<String> {
    let address =
        line.trim_start_matches(['-', ' ']).strip_prefix("Address:")?.trim().trim_matches(['"', '\'']);
    address.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\u{1e}hostname\nCP1\n\u{1e}kubelet\n--node-ip=10.0.0.11\n--v=2\n\u{1e}locks\ninstalled.lock\nno-cert-reissue\n\
                           \u{1e}ca.crt\nabc  -\n\u{1e}ca.remote.crt\n\u{1e}pending\n\u{1e}addresses\n\
                           [{\"ifname\": \"eth0\", \"addr_info\": [{\"local\": \"10.0.0.11\", \"scope\": \"global\"}, \
                           {\"local\": \"fd00:10::11\", \"scope\": \"global\"}, {\"local\": \"fd00:10::12\", \"scope\": \"global\"}]}]\n";

    #[test]
    fn a_machine_is_read_section_by_section() {
        let snapshot = NodeSnapshot::parse(PRINTED).unwrap();
        assert_eq!(snapshot.node_name(), "cp1");
        assert!(
            snapshot.installed
                && snapshot.is_clustered()
                && !snapshot.is_stopped()
                && snapshot.pending.is_empty()
        );
        assert_eq!((snapshot.role(), snapshot.authority()), (Role::ControlPlane, Some("abc")));
        assert_eq!(snapshot.told_ipv4(), Some(Ipv4Addr::new(10, 0, 0, 11)));
        let addresses = |snapshot: &NodeSnapshot| {
            snapshot.dual_stack_addresses(Ipv4Addr::new(10, 0, 0, 11)).unwrap().to_string()
        };
        assert_eq!(addresses(&snapshot), "10.0.0.11,fd00:10::11");
        let chosen =
            NodeSnapshot::parse(&PRINTED.replace("=10.0.0.11\n", "=10.0.0.11,fd00:10::12\n")).unwrap();
        assert_eq!(addresses(&chosen), "10.0.0.11,fd00:10::12");
        let gone = NodeSnapshot::parse(&PRINTED.replace("=10.0.0.11\n", "=10.0.0.11,fd00:10::13\n")).unwrap();
        assert_eq!(addresses(&gone), "10.0.0.11,fd00:10::11");
    }

    #[test]
    fn a_name_given_to_the_kubelet_is_the_nodes() {
        let snapshot =
            NodeSnapshot::parse(&PRINTED.replace("--v=2\n", "--v=2\n--hostname-override=node-1\n")).unwrap();
        assert_eq!(snapshot.node_name(), "node-1");
    }

    #[test]
    fn a_worker_trusts_the_authority_of_the_cluster_that_it_joined() {
        let printed = PRINTED
            .replace("installed.lock", "clustered.lock")
            .replace("ca.remote.crt\n", "ca.remote.crt\ndef  -\n");
        let snapshot = NodeSnapshot::parse(&printed).unwrap();
        assert_eq!((snapshot.role(), snapshot.authority()), (Role::Worker, Some("def")));
    }

    #[test]
    fn a_worker_and_a_member_among_others_have_peers() {
        let worker = NodeSnapshot::parse(&PRINTED.replace("installed.lock", "clustered.lock")).unwrap();
        assert!(worker.has_peers() && !NodeSnapshot::parse(PRINTED).unwrap().has_peers());
        let two =
            "\u{1e}members\n- Address: 10.0.0.11:19001\n  ID: 1\n  Role: 0\n- Address: 10.0.0.12:19001\n";
        let seen = NodeSnapshot::parse(&format!("{PRINTED}{two}")).unwrap();
        assert!(seen.has_peers());
        assert_eq!(seen.members, ["10.0.0.11", "10.0.0.12"]);
    }

    #[test]
    fn a_machine_without_microk8s_has_a_name_and_no_more() {
        let snapshot = NodeSnapshot::parse("\u{1e}hostname\ncp2\n").unwrap();
        assert!(!snapshot.installed && !snapshot.is_clustered());
        assert!(NodeSnapshot::parse("sh: 1: oops\n").is_none());
    }
}
