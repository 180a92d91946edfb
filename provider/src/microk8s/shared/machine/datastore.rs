//! The members of a cluster's datastore (dqlite), and what a removal would cost.
//!
//! dqlite keeps at most three voters, then standbys, then spares; with one or two members there is one voter.
//! Only voters decide: without a majority of them every API server of the cluster stops.

use serde::Deserialize;
use std::fmt;
use std::net::Ipv4Addr;

/// A member's part in decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Vote {
    /// Decides.
    Voter,
    /// Has the data and can become a voter.
    Standby,
    /// Knows the members and no more.
    Spare,
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Voter => "voter",
            Self::Standby => "standby",
            Self::Spare => "spare",
        })
    }
}

/// A member of the datastore.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct DatastoreMember {
    /// With its port: `10.0.0.11:19001`.
    pub(crate) address: String,
    #[serde(rename = "role")]
    pub(crate) vote: Vote,
}

impl DatastoreMember {
    /// The address of its node; nothing before the first join, when it is the loopback address, which is
    /// everybody's.
    pub(crate) fn ipv4(&self) -> Option<Ipv4Addr> {
        let address = self.address.rsplit_once(':').and_then(|(host, _)| host.parse::<Ipv4Addr>().ok());
        address.filter(|ipv4| !ipv4.is_loopback())
    }

    /// Whether the member is the node with that address.
    pub(crate) fn is(&self, node: Ipv4Addr) -> bool {
        self.ipv4() == Some(node)
    }
}

/// The section `high-availability` of what `microk8s status --format yaml` prints.
#[derive(Default, Deserialize)]
pub(crate) struct Datastore {
    /// Absent where the datastore is an external one, empty where it cannot be asked.
    #[serde(default, rename = "nodes")]
    pub(crate) members: Vec<DatastoreMember>,
}

/// Why a control plane should not be removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QuorumLoss {
    /// Nobody would be left who decides, nor anybody who could begin to.
    #[error(
        "it is the only voter of the datastore, and none of the others ({others}) can be reached to take its vote"
    )]
    OnlyVoter {
        /// The other members.
        others: String,
    },
    /// Too few of those who would be left are there.
    #[error(
        "of the {voters} voters that the datastore would be left with only {online} can be reached ({missing} cannot), and \
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

/// Reads the members in what `microk8s status --format yaml` prints.
pub(crate) fn parse(status: &str) -> Result<Vec<DatastoreMember>, serde_saphyr::Error> {
    let status: Status = serde_saphyr::from_str(status)?;
    Ok(status.datastore.members)
}

/// Whether the member on `leaving` is the only one that decides, while others are there.
pub(crate) fn must_hand_over(members: &[DatastoreMember], leaving: Ipv4Addr) -> bool {
    let mut voters = members.iter().filter(|member| member.vote == Vote::Voter);
    members.len() > 1 && voters.next().is_some_and(|voter| voter.is(leaving)) && voters.next().is_none()
}

/// Whether the datastore outlives the removal of the member on `leaving`. `online` tells which nodes are
/// there now.
pub(crate) fn check_removal(
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

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "high-availability")]
    datastore: Datastore,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "microk8s:\n  running: True\nhigh-availability:\n  enabled: True\n  nodes:\n    - address: 10.0.0.1:19001\n      \
                          role: voter\n    - address: 10.0.0.4:19001\n      role: standby\naddons:\n  - name: dns\n    version: 5.0\n    \
                          description: CoreDNS\n    status: enabled\n";

    #[test]
    fn members_are_read_from_the_status() {
        let members = parse(STATUS).unwrap();
        let seen: Vec<String> = members.iter().map(|one| format!("{} {}", one.address, one.vote)).collect();
        assert_eq!(seen, ["10.0.0.1:19001 voter", "10.0.0.4:19001 standby"]);
        assert!(members[0].is(Ipv4Addr::new(10, 0, 0, 1)) && !members[0].is(Ipv4Addr::new(10, 0, 0, 10)));
        assert!(parse("Please use the control plane node.\n").is_err());
    }

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
        check_removal(&members, Ipv4Addr::new(10, 0, 0, 1), online).map_err(|loss| loss.to_string())
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
            "of the 2 voters that the datastore would be left with only 1 can be reached (10.0.0.3:19001 cannot), and more than half are needed"
        );
    }
}
