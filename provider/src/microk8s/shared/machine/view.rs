//! What a machine's disk and kernel say about MicroK8s on it, read in one go.

use super::host_addresses;
use super::node_list::Role;
use super::sections::{digest, node_name, sections};
use crate::microk8s::shared::config_files::dual_stack::{Files, NodeAddresses};
use std::net::{IpAddr, Ipv4Addr};

/// The machine as it sees itself.
#[derive(Clone, Debug)]
pub(crate) struct View {
    node_name: String,
    locks: Vec<String>,
    ca: Option<String>,
    remote_ca: Option<String>,
    addresses: String,
    /// The files that hold the settings of both families.
    pub(crate) files: Files,
    /// Whether MicroK8s is installed.
    pub(crate) installed: bool,
    /// Whether a file was written that kubelite did not read yet.
    pub(crate) restart_pending: bool,
}

impl View {
    /// Reads what [`super::scripts::LOOK`] prints.
    pub(crate) fn parse(printed: &str) -> Option<Self> {
        let mut sections = sections(printed);
        let mut take = |name: &str| sections.remove(name).unwrap_or_default();
        let hostname = take("hostname").trim();
        let (ca, remote_ca) = (digest(take("ca.crt")), digest(take("ca.remote.crt")));
        let locks = take("locks").lines().map(str::to_owned).collect();
        let restart_pending = !take("pending").trim().is_empty();
        let addresses = take("addresses").to_owned();
        let kubelet = sections.get("kubelet").copied();
        (!hostname.is_empty()).then(|| Self {
            node_name: node_name(hostname, kubelet.unwrap_or_default()),
            locks,
            ca,
            remote_ca,
            addresses,
            installed: kubelet.is_some(),
            files: Files::new(
                sections.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
            ),
            restart_pending,
        })
    }

    /// The name that it has, or would have, in a cluster.
    pub(crate) fn node_name(&self) -> String {
        self.node_name.clone()
    }

    /// Whether it joined a cluster, or another machine joined it.
    pub(crate) fn is_clustered(&self) -> bool {
        self.is_locked("no-cert-reissue")
    }

    /// What it is in its cluster.
    pub(crate) fn role(&self) -> Role {
        if self.is_locked("clustered.lock") { Role::Worker } else { Role::ControlPlane }
    }

    /// Whether `microk8s stop` was run.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_locked("stopped.lock")
    }

    /// Whether a join was begun and did not end well.
    pub(crate) fn join_broke_off(&self) -> bool {
        self.is_locked("join-in-progress")
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

    /// Whether an IPv4 address is one of its own.
    pub(crate) fn has(&self, ipv4: Ipv4Addr) -> bool {
        host_addresses::has(&self.addresses, ipv4)
    }

    fn is_locked(&self, name: &str) -> bool {
        self.locks.iter().any(|lock| lock == name)
    }
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
        let view = View::parse(PRINTED).unwrap();
        assert_eq!(view.node_name(), "cp1");
        assert!(view.installed && view.is_clustered() && !view.is_stopped() && !view.restart_pending);
        assert_eq!((view.role(), view.authority()), (Role::ControlPlane, Some("abc")));
        assert_eq!(view.told_ipv4(), Some(Ipv4Addr::new(10, 0, 0, 11)));
        let addresses =
            |view: &View| view.dual_stack_addresses(Ipv4Addr::new(10, 0, 0, 11)).unwrap().to_string();
        assert_eq!(addresses(&view), "10.0.0.11,fd00:10::11");
        let chosen = View::parse(&PRINTED.replace("=10.0.0.11\n", "=10.0.0.11,fd00:10::12\n")).unwrap();
        assert_eq!(addresses(&chosen), "10.0.0.11,fd00:10::12");
        let gone = View::parse(&PRINTED.replace("=10.0.0.11\n", "=10.0.0.11,fd00:10::13\n")).unwrap();
        assert_eq!(addresses(&gone), "10.0.0.11,fd00:10::11");
    }

    #[test]
    fn a_name_given_to_the_kubelet_is_the_nodes() {
        let view = View::parse(&PRINTED.replace("--v=2\n", "--v=2\n--hostname-override=node-1\n")).unwrap();
        assert_eq!(view.node_name(), "node-1");
    }

    #[test]
    fn a_worker_trusts_the_authority_of_the_cluster_that_it_joined() {
        let printed = PRINTED
            .replace("installed.lock", "clustered.lock")
            .replace("ca.remote.crt\n", "ca.remote.crt\ndef  -\n");
        let view = View::parse(&printed).unwrap();
        assert_eq!((view.role(), view.authority()), (Role::Worker, Some("def")));
    }

    #[test]
    fn a_machine_without_microk8s_has_a_name_and_no_more() {
        let view = View::parse("\u{1e}hostname\ncp2\n").unwrap();
        assert!(!view.installed && !view.is_clustered());
        assert!(View::parse("sh: 1: oops\n").is_none());
    }
}
