//! What a lab is asked to consist of.

use crate::LabError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the lab should have.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LabOptions {
    /// The nodes, in the order of their addresses.
    pub nodes: Vec<NodeOptions>,
    /// The router; none where this is nothing.
    pub router: Option<RouterOptions>,
    /// The world beyond the router, on its `eth1`; the router is the end of it where this is nothing.
    pub upstream: Option<UpstreamOptions>,
    /// Whether packets flow to pods: every node has a real kube-proxy, and containers of MetalLB, FRR and
    /// nginx really run. MetalLB's kinds come with MetalLB then; without traffic every cluster has them from
    /// its start.
    pub traffic: bool,
    /// Whether everything is connected by lines whose length can be set, see
    /// [`Lab::set_distance`](crate::Lab::set_distance). All frames pass the lab's own process then, which
    /// takes more of the CPU.
    pub lines: bool,
}

/// A router called `isp` that speaks OSPF and OSPFv3 in area 0, and a client behind it. Both ends of a link
/// have to have the same timers; these are by default those of everyone who sets none. An end that is new
/// waits for others during the dead interval.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpstreamOptions {
    /// How often `isp` says that it is there, in seconds.
    pub hello_interval: u16,
    /// After how many seconds without a word it takes the other end for dead.
    pub dead_interval: u16,
}

impl Default for UpstreamOptions {
    fn default() -> Self {
        UpstreamOptions { hello_interval: 10, dead_interval: 40 }
    }
}

/// The router.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RouterOptions {
    /// The release of VyOS that it plays.
    pub version: vyos_stand_in::Version,
    /// How long a commit takes besides the work that it really does.
    pub commit_delay: Duration,
}

/// One node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeOptions {
    /// Its hostname.
    pub name: String,
    /// Whether MicroK8s is already installed and running on it; a bare Ubuntu machine otherwise.
    pub running: bool,
}

impl LabOptions {
    /// `count` nodes called cp1, cp2 and so on.
    pub fn with_nodes(count: usize, running: bool) -> LabOptions {
        let nodes = (1..=count).map(|number| NodeOptions { name: format!("cp{number}"), running }).collect();
        LabOptions { nodes, ..LabOptions::default() }
    }

    /// Names become hostnames, file names and network namespaces, so only plain ones are taken.
    pub(crate) fn check(&self) -> Result<(), LabError> {
        const MOST_NODES: usize = 200;
        let refuse = |reason: String| Err(LabError::failed("start the lab", reason));
        if self.nodes.len() > MOST_NODES {
            return refuse(format!("{} nodes asked for, {MOST_NODES} is the most", self.nodes.len()));
        }
        if self.upstream.is_some() && self.router.is_none() {
            return refuse("what is upstream is reached through a router, and none is asked for".to_owned());
        }
        for (index, node) in self.nodes.iter().enumerate() {
            if !is_host_label(&node.name) || RESERVED.contains(&node.name.as_str()) {
                return refuse(format!(
                    "`{}` cannot be a node's name: it takes 1 to 63 of a-z, 0-9 and `-`, no `-` at either end, and \
                     none of {}",
                    node.name,
                    RESERVED.join(", ")
                ));
            }
            if self.nodes.iter().take(index).any(|other| other.name == node.name) {
                return refuse(format!("two nodes are called `{}`", node.name));
            }
        }
        Ok(())
    }
}

/// Names that other things in the lab have.
const RESERVED: [&str; 5] = ["client", "isp", "localhost", "operator", "router"];

pub(crate) fn is_host_label(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len())
        && name.chars().all(plain)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> LabOptions {
        let node = |name: &&str| NodeOptions { name: (*name).to_owned(), running: false };
        LabOptions { nodes: names.iter().map(node).collect(), ..LabOptions::default() }
    }

    #[test]
    fn nodes_are_counted_from_one() {
        let names: Vec<_> =
            LabOptions::with_nodes(2, false).nodes.into_iter().map(|node| node.name).collect();
        assert_eq!(names, ["cp1", "cp2"]);
    }

    #[test]
    fn plain_names_pass_and_others_are_named_in_the_error() {
        assert!(named(&["cp1", "w-1"]).check().is_ok());
        for bad in ["", "-a", "a-", "Cp1", "../x", "a.b", "router", &"a".repeat(64)] {
            let error = named(&["cp1", bad]).check().unwrap_err().to_string();
            assert!(error.contains(&format!("`{bad}`")), "{error}");
        }
        let error = named(&["cp1", "cp1"]).check().unwrap_err().to_string();
        assert!(error.contains("two nodes are called `cp1`"), "{error}");
    }
}
