//! Whether a cluster can lose one of its nodes: for a while ([`can_lose_node`]), or for good
//! ([`check_removal`]).

use super::snapshot::ClusterSnapshot;
use crate::connection::Freshness;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::datastore::{DatastoreMember, Vote};
use crate::microk8s::shared::machine::node_list::{ClusterNode, Role};
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use std::net::Ipv4Addr;

/// Why a control plane should not be removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QuorumLoss {
    /// Nobody would be left who decides, nor anybody who could begin to.
    #[error(
        "it is the only voter of the datastore, and none of the others ({others}) is Ready to take its vote"
    )]
    OnlyVoter {
        /// The other members.
        others: String,
    },
    /// Too few of those who would be left are there.
    #[error(
        "of the {voters} voters that the datastore would be left with only {online} can vote ({missing} cannot), and \
         more than half are needed"
    )]
    Majority {
        /// Voters that would be left.
        voters: usize,
        /// Of them, those that are there.
        online: usize,
        /// Addresses of those that are not.
        missing: String,
    },
}

/// All other control planes have to be Ready before this one is taken away. A worker, and a node alone, has
/// no vote.
pub(crate) async fn can_lose_node(machine: &Machine, leaving: &NodeSnapshot) -> Result<(), NodeError> {
    if leaving.role() == Role::Worker || !leaving.has_peers() {
        return Ok(());
    }
    let nodes = machine.nodes(Freshness::Fresh).await?;
    let control_planes = nodes.iter().filter(|node| node.role == Role::ControlPlane);
    let others = control_planes.filter(|node| node.name != leaving.node_name());
    // One that left keeps its Node object until somebody removes it; only who is in the datastore counts.
    let others = others.filter(|node| node.is_among(&leaving.members));
    let missing: Vec<&str> = others.filter(|node| !node.ready).map(|node| node.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let answer = format!("These control-plane nodes are not Ready: {}.", missing.join(", "));
    let attempt =
        format!("checking on {} whether the cluster can lose {}", machine.address(), leaving.node_name());
    Err(NodeError::new(attempt, answer).transient().with_hint(
        "With this node away as well the datastore could lose its quorum, and with it the API. Bring the others back, or \
         remove those that are gone for good, and apply again.",
    ))
}

/// Whether the cluster outlives the removal of the node with that address.
pub(crate) fn check_removal(
    cluster_snapshot: &ClusterSnapshot,
    members: &[DatastoreMember],
    leaving: Ipv4Addr,
) -> Result<(), QuorumLoss> {
    let is = |node: &ClusterNode, member: &DatastoreMember| node.ipv4().is_some_and(|ipv4| member.is(ipv4));
    let online = |member: &DatastoreMember| {
        // One without an address of its own is alone, and it is the one that answers. Whether we reach the
        // machine of a node makes no difference to the datastore.
        member.ipv4().is_none() || cluster_snapshot.nodes().any(|node| node.ready && is(node, member))
    };
    check_datastore(members, leaving, online)
}

/// Voters of the datastore that are not there, by the names of their nodes, or by their addresses where they
/// have none any more. Who joins now is not counted: it may have been a member before.
pub(crate) fn dead_voters(
    nodes: &[ClusterNode],
    members: &[DatastoreMember],
    joins: impl Fn(Ipv4Addr) -> bool,
) -> Vec<String> {
    let voters = members.iter().filter(|member| member.vote == Vote::Voter);
    let addresses = voters.filter_map(DatastoreMember::ipv4).filter(|ipv4| !joins(*ipv4));
    let dead = addresses.filter_map(|ipv4| match nodes.iter().find(|node| node.ipv4() == Some(ipv4)) {
        Some(node) if node.ready => None,
        Some(node) => Some(node.name.clone()),
        None => Some(ipv4.to_string()),
    });
    dead.collect()
}

/// What a new member beside dead voters means.
pub(crate) fn beside_dead_voters(dead: &[String]) -> (String, String) {
    let (names, first) = (dead.join(", "), dead.first().map_or("", String::as_str));
    let answer = format!(
        "The datastore has voters that are not there: {names}. A new member changes who votes, and with a voter missing the cluster may \
         lose its majority on the way."
    );
    let advice = format!(
        "If a machine is gone for good, remove its member first: destroy its `microk8s_cluster_member`, which the same apply may do, or \
         run `sudo microk8s remove-node {first} --force` on a control plane. If it is only off, bring it back."
    );
    (answer, advice)
}

/// Whether the member on `leaving` is the only one that decides, while others are there.
pub(crate) fn must_hand_over(members: &[DatastoreMember], leaving: Ipv4Addr) -> bool {
    let mut voters = members.iter().filter(|member| member.vote == Vote::Voter);
    members.len() > 1 && voters.next().is_some_and(|voter| voter.is(leaving)) && voters.next().is_none()
}

/// Whether the datastore outlives the removal of the member on `leaving`. `online` tells which nodes are
/// there now.
fn check_datastore(
    members: &[DatastoreMember],
    leaving: Ipv4Addr,
    online: impl Fn(&DatastoreMember) -> bool,
) -> Result<(), QuorumLoss> {
    let (leaver, rest): (Vec<&DatastoreMember>, Vec<_>) =
        members.iter().partition(|member| member.is(leaving));
    if rest.is_empty() || !leaver.iter().any(|member| member.vote == Vote::Voter) {
        return Ok(());
    }
    let voters: Vec<&DatastoreMember> =
        rest.iter().copied().filter(|member| member.vote == Vote::Voter).collect();
    if voters.is_empty() {
        // It hands its vote over to a member that is there.
        let taken = rest.iter().any(|member| online(member));
        return if taken { Ok(()) } else { Err(QuorumLoss::OnlyVoter { others: addresses(&rest) }) };
    }
    let missing: Vec<&DatastoreMember> = voters.iter().copied().filter(|member| !online(member)).collect();
    let present = voters.len() - missing.len();
    if present * 2 > voters.len() {
        return Ok(());
    }
    Err(QuorumLoss::Majority { voters: voters.len(), online: present, missing: addresses(&missing) })
}

fn addresses(members: &[&DatastoreMember]) -> String {
    members.iter().map(|member| member.address.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_voter_hands_over_before_it_leaves() {
        let member = |last: u8, vote| DatastoreMember { address: format!("10.0.0.{last}:19001"), vote };
        let first = Ipv4Addr::new(10, 0, 0, 1);
        assert!(must_hand_over(&[member(1, Vote::Voter), member(2, Vote::Spare)], first));
        assert!(!must_hand_over(&[member(1, Vote::Spare), member(2, Vote::Voter)], first));
        assert!(!must_hand_over(&[member(1, Vote::Voter), member(2, Vote::Voter)], first));
        assert!(!must_hand_over(&[member(1, Vote::Voter)], first));
    }

    /// Members as `v` voter, `s` standby, `x` spare; upper case where the node is there. The first leaves.
    fn removal(cluster: &str) -> Result<(), String> {
        let member = |(at, letter): (usize, char)| DatastoreMember {
            address: format!("10.0.0.{}:19001", at + 1),
            vote: match letter.to_ascii_lowercase() {
                'v' => Vote::Voter,
                's' => Vote::Standby,
                _ => Vote::Spare,
            },
        };
        let members: Vec<_> = cluster.chars().enumerate().map(member).collect();
        let online = |member: &DatastoreMember| {
            let at = members.iter().position(|one| one == member).unwrap();
            cluster.chars().nth(at).unwrap().is_ascii_uppercase()
        };
        check_datastore(&members, Ipv4Addr::new(10, 0, 0, 1), online).map_err(|loss| loss.to_string())
    }

    #[test]
    fn a_removal_is_refused_where_no_majority_of_the_voters_would_be_left() {
        for fine in
            ["VVV", "vVV", "V", "XV", "xV", "Xv", "SVVV", "VVVS", "VVvVV", "VV", "vV", "vVVsx", "VX", "VxS"]
        {
            assert_eq!(removal(fine), Ok(()), "{fine}");
        }
        for lost in ["VVv", "vVv", "VvvV", "Vv", "Vvv"] {
            assert!(removal(lost).unwrap_err().contains("more than half are needed"), "{lost}");
        }
        for only in ["Vx", "vs", "Vxs"] {
            assert!(removal(only).unwrap_err().contains("only voter"), "{only}");
        }
        assert_eq!(
            removal("VVv").unwrap_err(),
            "of the 2 voters that the datastore would be left with only 1 can vote (10.0.0.3:19001 cannot), and more than half are needed"
        );
    }
}
