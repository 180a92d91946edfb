//! Where a machine stands with a cluster that it is to be a member of, told from both sides: its own disk,
//! and what the cluster says of it.

use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::datastore::DatastoreMember;
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use std::fmt;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// It joined. Whether its services work is another matter.
    Member,
    /// Neither side knows the other.
    NotMember,
    /// A join was begun there and has not ended.
    Joining,
    /// The cluster remembers the machine from an earlier life, and the machine is not a member of anything.
    StaleInCluster,
    /// A leave was stopped there.
    HalfLeft,
    /// The machine thinks that it is a member, and the cluster's datastore does not know it (any more).
    StaleOnNode,
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Member => "a member",
            Self::NotMember => "not a member, neither by its own files nor by the cluster's lists",
            Self::Joining => "still joining",
            Self::StaleInCluster => "not a member, though the cluster lists it",
            Self::HalfLeft => "between a member and a node alone, where a leave was stopped",
            Self::StaleOnNode => "a member by its own files, though not in the cluster's datastore",
        })
    }
}

/// What the cluster knows, as far as it concerns one machine.
pub(crate) struct Known<'a> {
    /// Its certificate authority.
    pub(crate) authority: Option<&'a str>,
    /// The node of the machine's name.
    pub(crate) node: Option<&'a ClusterNode>,
    /// The members of its datastore.
    pub(crate) datastore: &'a [DatastoreMember],
}

/// Judges; a failure is what only a person can settle. `host` is where the machine is reached.
pub(crate) fn membership(
    host: &str,
    snapshot: &NodeSnapshot,
    known: &Known<'_>,
    role: Role,
) -> Result<Membership, NodeError> {
    let refused = |answer: String, advice: &str| {
        let attempt = format!("joining {host} to the cluster");
        Err(NodeError::new(attempt, answer).at("host").with_hint(advice))
    };
    let in_datastore =
        known.datastore.iter().any(|member| member.ipv4().is_some_and(|ipv4| snapshot.has(ipv4)));
    if snapshot.join_broke_off() {
        return Ok(Membership::Joining);
    }
    if snapshot.left_half_way() {
        return Ok(Membership::HalfLeft);
    }
    if snapshot.is_clustered() {
        if known.authority.is_none() || snapshot.authority() != known.authority {
            let answer = "It is a member of another cluster already.".to_owned();
            return refused(
                answer,
                "Run `sudo microk8s leave` there if it should change clusters. Its workloads end.",
            );
        }
        if snapshot.role() != role {
            let answer =
                format!("It is a member of this cluster already, as a {}, not as a {role}.", snapshot.role());
            return refused(answer, "Import it with its present role, or run `sudo microk8s leave` there.");
        }
        let complete = role == Role::Worker || in_datastore;
        return Ok(if complete { Membership::Member } else { Membership::StaleOnNode });
    }
    match known.node {
        Some(node) if !node.ipv4().is_some_and(|ipv4| snapshot.has(ipv4)) => {
            let at = node.ipv4().map_or_else(|| "an unknown address".to_owned(), |ipv4| ipv4.to_string());
            let answer =
                format!("The cluster has a node {} already, at {at}, which is another machine.", node.name);
            refused(answer, "A node is called like its machine. Give this machine a host name of its own.")
        }
        None if !in_datastore => Ok(Membership::NotMember),
        _ => Ok(Membership::StaleInCluster),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::machine::datastore::Vote;

    /// A machine called cp2 at 10.0.0.12 with these locks and this authority.
    fn snapshot(locks: &str, authority: &str) -> NodeSnapshot {
        let addresses =
            "[{\"ifname\": \"eth0\", \"addr_info\": [{\"local\": \"10.0.0.12\", \"scope\": \"global\"}]}]";
        let printed = format!(
            "\u{1e}hostname\ncp2\n\u{1e}kubelet\n--v=2\n\u{1e}locks\n{locks}\n\u{1e}ca.crt\n{authority} -\n\u{1e}ca.remote.crt\n\
             {authority} -\n\u{1e}addresses\n{addresses}\n"
        );
        NodeSnapshot::parse(&printed).unwrap()
    }

    fn node_at(address: &str) -> ClusterNode {
        let addresses = vec![address.parse().unwrap()];
        ClusterNode {
            name: "cp2".into(),
            addresses,
            role: Role::ControlPlane,
            ready: true,
            minor_release: None,
            machine_id: String::new(),
        }
    }

    fn judged(
        snapshot: &NodeSnapshot,
        node: Option<&str>,
        datastore: &[&str],
        role: Role,
    ) -> Result<Membership, String> {
        let node = node.map(node_at);
        let datastore: Vec<_> = datastore
            .iter()
            .map(|address| DatastoreMember { address: format!("{address}:19001"), vote: Vote::Spare })
            .collect();
        let known = Known { authority: Some("ours"), node: node.as_ref(), datastore: &datastore };
        membership("10.0.0.12", snapshot, &known, role).map_err(|failure| failure.answer().to_owned())
    }

    #[test]
    fn both_sides_are_asked() {
        use Role::{ControlPlane, Worker};
        let (fresh, member) = (snapshot("installed.lock", "own"), snapshot("no-cert-reissue", "ours"));
        let worker = snapshot("clustered.lock\nno-k8s-dqlite\nno-cert-reissue", "ours");
        let own = "10.0.0.12";
        let cases = [
            (&fresh, None, vec!["10.0.0.11"], ControlPlane, Membership::NotMember),
            // What every datastore has before the first join, and every machine too.
            (&fresh, None, vec!["127.0.0.1"], ControlPlane, Membership::NotMember),
            (&fresh, Some(own), vec![own], ControlPlane, Membership::StaleInCluster),
            (&fresh, None, vec![own], ControlPlane, Membership::StaleInCluster),
            (&fresh, Some(own), vec![], Worker, Membership::StaleInCluster),
            (&member, Some(own), vec!["10.0.0.11", own], ControlPlane, Membership::Member),
            (&member, None, vec![own], ControlPlane, Membership::Member),
            (&member, Some(own), vec!["10.0.0.11"], ControlPlane, Membership::StaleOnNode),
            (&worker, Some(own), vec![], Worker, Membership::Member),
            (&worker, None, vec![], Worker, Membership::Member),
            (&snapshot("join-in-progress", "own"), None, vec![], Worker, Membership::Joining),
            (
                &snapshot("join-in-progress\nno-cert-reissue", "ours"),
                Some(own),
                vec![own],
                ControlPlane,
                Membership::Joining,
            ),
        ];
        for (snapshot, node, datastore, role, membership) in cases {
            assert_eq!(
                judged(snapshot, node, &datastore, role),
                Ok(membership),
                "{snapshot:?} {node:?} {datastore:?} {role}"
            );
        }
    }

    #[test]
    fn what_a_person_has_to_settle_is_refused() {
        let refused = |snapshot: &NodeSnapshot, node: Option<&str>, role: Role| {
            judged(snapshot, node, &[], role).unwrap_err()
        };
        let other = snapshot("no-cert-reissue", "other");
        assert_eq!(refused(&other, None, Role::ControlPlane), "It is a member of another cluster already.");
        let member = snapshot("no-cert-reissue", "ours");
        assert_eq!(
            refused(&member, Some("10.0.0.12"), Role::Worker),
            "It is a member of this cluster already, as a control-plane, not as a worker."
        );
        let fresh = snapshot("installed.lock", "own");
        assert_eq!(
            refused(&fresh, Some("10.0.0.99"), Role::Worker),
            "The cluster has a node cp2 already, at 10.0.0.99, which is another machine."
        );
    }
}
