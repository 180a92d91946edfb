//! What a run learns of the machines of its configuration, beyond what any one resource knows.

use crate::values::Host;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Addresses at which a configuration reaches the machines of nodes, by the names of the nodes. What a
/// cluster itself calls a node's address may lead nowhere from here: behind a jump host, NAT or an alias.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeHosts(BTreeMap<String, BTreeSet<String>>);

impl NodeHosts {
    /// Of the nodes of those names alone.
    #[must_use]
    pub fn of<'a>(&self, names: impl Iterator<Item = &'a str>) -> Self {
        Self(
            names
                .filter_map(|name| self.0.get_key_value(name))
                .map(|(n, a)| (n.clone(), a.clone()))
                .collect(),
        )
    }
}

/// The machines of a run.
#[derive(Default)]
pub struct MachineRegister(Mutex<Machines>);

#[derive(Default)]
struct Machines {
    hosts: NodeHosts,
    /// Control planes that members join, and members that leave, by their addresses, as this run plans it.
    joined: BTreeSet<Host>,
    leaving: BTreeSet<Host>,
}

impl MachineRegister {
    /// The configuration reaches the machine of the node of that name at `host`.
    pub fn reaches(&self, node: &str, host: &str) {
        self.machines().hosts.0.entry(node.to_owned()).or_default().insert(host.to_owned());
    }

    /// What an earlier part of the run, or an earlier run, has learnt.
    pub fn recall(&self, hosts: &NodeHosts) {
        for (node, hosts) in &hosts.0 {
            self.machines().hosts.0.entry(node.clone()).or_default().extend(hosts.iter().cloned());
        }
    }

    /// All addresses that are known.
    pub fn node_hosts(&self) -> NodeHosts {
        self.machines().hosts.clone()
    }

    /// Where the machine of a node of that name may be reached.
    pub fn hosts_of(&self, node: &str) -> Vec<String> {
        self.machines().hosts.0.get(node).into_iter().flatten().cloned().collect()
    }

    /// A member joins at this control plane; whether that one is planned to leave.
    pub fn plans_to_join(&self, cluster: &str) -> bool {
        let (mut machines, cluster) = (self.machines(), Host::of(cluster));
        let leaves = machines.leaving.contains(&cluster);
        machines.joined.insert(cluster);
        leaves
    }

    /// A member leaves; whether others are planned to join there.
    pub fn plans_to_leave(&self, host: &str) -> bool {
        let (mut machines, host) = (self.machines(), Host::of(host));
        let is_joined = machines.joined.contains(&host);
        machines.leaving.insert(host);
        is_joined
    }

    fn machines(&self) -> MutexGuard<'_, Machines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_recalled() {
        let run = MachineRegister::default();
        run.reaches("cp2", "cp2.example");
        run.reaches("cp2", "192.0.2.2");
        run.reaches("other", "192.0.2.9");
        let kept = serde_json::to_string(&run.node_hosts().of(["cp2", "cp3"].into_iter())).unwrap();
        let next = MachineRegister::default();
        next.recall(&serde_json::from_str(&kept).unwrap());
        assert_eq!(next.hosts_of("cp2"), ["192.0.2.2", "cp2.example"]);
        assert_eq!((next.hosts_of("cp3"), next.hosts_of("other")), (Vec::new(), Vec::new()));
    }

    #[test]
    fn who_leaves_and_who_is_joined_is_one_machine_in_whatever_spelling_and_order() {
        for (joined, leaving, is_one) in [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "::ffff:10.0.0.1", true),
            ("fd00::1", "FD00:0::0:1", true),
            ("CP1.example.", "cp1.example", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("fd00::1", "fd00::2", false),
            ("cp1", "cp1.example", false),
        ] {
            let run = MachineRegister::default();
            assert!(!run.plans_to_join(joined));
            assert_eq!(run.plans_to_leave(leaving), is_one, "{joined} {leaving}");
            let run = MachineRegister::default();
            assert!(!run.plans_to_leave(leaving));
            assert_eq!(run.plans_to_join(joined), is_one, "{leaving} {joined}");
        }
    }
}
