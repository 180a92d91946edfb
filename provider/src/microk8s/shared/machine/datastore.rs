//! The members of a cluster's datastore (dqlite).
//!
//! dqlite keeps at most three voters, then standbys, then spares; with one or two members there is one voter.
//! Only voters decide: without a majority of them every API server of the cluster stops.

use std::fmt;
use std::net::Ipv4Addr;

/// A member's part in decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vote {
    /// Decides.
    Voter,
    /// Has the data and can become a voter.
    Standby,
    /// Knows the members and no more.
    Spare,
}

impl Vote {
    /// MicroK8s' words.
    const WORDS: [(&'static str, Self); 3] =
        [("voter", Self::Voter), ("standby", Self::Standby), ("spare", Self::Spare)];

    /// Reads the word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, vote)| *vote)
    }
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, vote)| vote == self);
        f.write_str(word.map_or("", |(word, _)| word))
    }
}

/// A member of the datastore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatastoreMember {
    /// With its port: `10.0.0.11:19001`.
    pub(crate) address: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_known_by_its_address() {
        let member = |host: &str| DatastoreMember { address: format!("{host}:19001"), vote: Vote::Voter };
        let node = Ipv4Addr::new(10, 0, 0, 1);
        assert!(member("10.0.0.1").is(node) && !member("10.0.0.10").is(node));
        assert_eq!(member("127.0.0.1").ipv4(), None);
    }

    #[test]
    fn votes_are_words() {
        for word in ["voter", "standby", "spare"] {
            assert_eq!(Vote::parse(word).unwrap().to_string(), word);
        }
        assert_eq!(Vote::parse("leader"), None);
    }
}
