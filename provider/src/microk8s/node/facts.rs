//! What a machine is, and what of MicroK8s is on it, as one look tells.

use super::channel::Channel;
use super::hosts_block;
use super::scripts::FACTS;
use crate::connection::ssh::Output;
use crate::connection::ssh::Shell;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::account_of;
use crate::microk8s::shared::machine::sections::{digest, node_name, sections};
use tfplugin::types::{Semantic, SemanticValue};

/// One look at a machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NodeFacts {
    /// `/etc/machine-id`.
    pub(crate) machine_id: String,
    /// Name that its kubelet has, or will have, in a cluster.
    pub(crate) node_name: String,
    /// Our block in `/etc/hosts`.
    pub(crate) hosts_block: Option<String>,
    /// The installed snap.
    pub(crate) snap: Option<Snap>,
    /// Whether we began to make it a node.
    pub(crate) claimed: bool,
    /// Whether it is a worker of a cluster.
    pub(crate) worker: bool,
    /// Addresses of the members of its datastore, without ports; of a node alone, the loopback's.
    pub(crate) members: Vec<String>,
    /// Digest of its cluster's certificate authority.
    pub(crate) authority: Option<String>,
    /// Our note of what we brought for storage.
    pub(crate) storage: Option<String>,
}

/// The snap as snapd lists it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snap {
    /// Such as `v1.35.1`.
    pub(crate) version: String,
    pub(crate) revision: i64,
    /// Such as `1.35/stable`; a branch is not shown whole and left out.
    pub(crate) tracking: String,
    /// Whether snapd is kept from refreshing it.
    pub(crate) held: bool,
}

impl Snap {
    /// Whether it follows that channel.
    pub(crate) fn tracks(&self, channel: &Semantic<Channel>) -> bool {
        let canonical = channel.canonical();
        canonical == self.tracking || canonical.starts_with(&format!("{}/", self.tracking))
    }
}

impl NodeFacts {
    /// Looks, or remembers the look of this refresh.
    pub(crate) async fn read(machine: &dyn Shell) -> Result<Self, NodeError> {
        let output = machine.probe(&FACTS).await?;
        Self::parse(machine.address(), &output).inspect_err(|_| machine.invalidate_probes())
    }

    fn parse(address: &str, output: &Output) -> Result<Self, NodeError> {
        let sections = sections(&output.stdout);
        let section = |name: &str| sections.get(name).copied().unwrap_or_default();
        let unclear = |answer: String| NodeError::new(format!("`{}` on {address}", FACTS.name), answer);
        let hostname = section("hostname").trim();
        if hostname.is_empty() {
            return Err(unclear(account_of(output)));
        }
        let locks: Vec<&str> = section("locks").lines().collect();
        Ok(Self {
            machine_id: section("machine-id").trim().to_owned(),
            node_name: node_name(hostname, section("kubelet")),
            hosts_block: hosts_block::find(section("hosts")),
            snap: snap(section("snap")).map_err(|said| unclear(said).transient())?,
            claimed: !section("mark").trim().is_empty(),
            worker: locks.contains(&"clustered.lock"),
            members: section("members").lines().filter_map(member).collect(),
            authority: digest(section("authority")),
            storage: Some(section("storage").trim().to_owned()).filter(|note| !note.is_empty()),
        })
    }

    /// Whether other machines are in its cluster, as far as it knows.
    pub(crate) fn has_company(&self) -> bool {
        self.worker || self.members.len() > 1
    }
}

/// The address in a line of the datastore's list of members.
fn member(line: &str) -> Option<String> {
    let address =
        line.trim_start_matches(['-', ' ']).strip_prefix("Address:")?.trim().trim_matches(['"', '\'']);
    address.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']']).to_owned())
}

/// Reads what `snap list` said. Only snapd's own word counts as "not installed": a snapd that does not answer says nothing
/// about the snap.
fn snap(said: &str) -> Result<Option<Snap>, String> {
    let row = said.lines().find_map(|line| line.strip_prefix("microk8s "));
    let Some(row) = row else {
        let absent = ["no matching snaps installed", "No snaps are installed", "code 127"];
        return match absent.iter().any(|words| said.contains(words)) {
            true => Ok(None),
            false => Err(format!("snap list said:\n{}", said.trim())),
        };
    };
    let cells: Vec<&str> = row.split_whitespace().collect();
    let [version, revision, tracking, _publisher, notes, ..] = *cells.as_slice() else {
        return Err(format!("snap list said:\n{}", said.trim()));
    };
    let tracking = tracking.trim_end_matches("/…").trim_end_matches("/...");
    Ok(Some(Snap {
        version: version.to_owned(),
        // A snap from a file has revisions such as x1.
        revision: revision.trim_start_matches('x').parse().unwrap_or_default(),
        tracking: Channel::parse(tracking).map_or_else(|| tracking.to_owned(), |channel| channel.canonical()),
        held: notes.split(',').any(|note| note == "held"),
    }))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const INSTALLED: &str = "Name      Version  Rev   Tracking     Publisher    Notes\n\
                             microk8s  v1.35.1  8739  1.35/stable  canonical**  classic,held\ncode 0\n";

    /// What the look prints on a machine.
    pub(crate) fn printed(snap: &str, more: &str) -> String {
        format!(
            "\u{1e}machine-id\n0123abc\n\u{1e}hostname\nCP1\n\u{1e}hosts\n127.0.0.1 localhost\n\u{1e}snap\n{snap}{more}"
        )
    }

    fn facts(printed: String) -> Result<NodeFacts, NodeError> {
        NodeFacts::parse("10.0.0.11", &Output { code: 0, stdout: printed, stderr: String::new() })
    }

    #[test]
    fn a_node_is_read() {
        let more = "\u{1e}mark\nmicrok8s_node\n\u{1e}locks\ninstalled.lock\n\u{1e}kubelet\n--v=2\n\u{1e}members\n\
                    - Address: 10.0.0.11:19001\n  ID: 1\n  Role: 0\n\u{1e}authority\nabc  -\n";
        let seen = facts(printed(INSTALLED, more)).unwrap();
        let snap = seen.snap.clone().unwrap();
        assert_eq!((snap.version.as_str(), snap.revision, snap.held), ("v1.35.1", 8739, true));
        assert!(
            snap.tracks(&Semantic::parse("1.35").unwrap()) && !snap.tracks(&Semantic::parse("1.36").unwrap())
        );
        assert_eq!((seen.machine_id.as_str(), seen.node_name.as_str()), ("0123abc", "cp1"));
        assert_eq!(seen.authority.as_deref(), Some("abc"));
        assert!(seen.claimed && !seen.has_company());
    }

    #[test]
    fn a_worker_and_a_member_among_others_have_company() {
        let worker = facts(printed(INSTALLED, "\u{1e}locks\nclustered.lock\n")).unwrap();
        assert!(worker.worker && worker.has_company());
        let two = "\u{1e}members\n- Address: 10.0.0.11:19001\n- Address: 10.0.0.12:19001\n";
        let seen = facts(printed(INSTALLED, two)).unwrap();
        assert!(seen.has_company());
        assert_eq!(seen.members, ["10.0.0.11", "10.0.0.12"]);
    }

    #[test]
    fn a_name_given_to_the_kubelet_counts() {
        let seen = facts(printed(INSTALLED, "\u{1e}kubelet\n--hostname-override=\"Node-1\"\n")).unwrap();
        assert_eq!(seen.node_name, "node-1");
    }

    #[test]
    fn only_snapds_own_word_means_not_installed() {
        for absent in ["error: no matching snaps installed\ncode 1\n", "sh: 7: snap: not found\ncode 127\n"] {
            assert_eq!(facts(printed(absent, "")).unwrap().snap, None);
        }
        let silent =
            facts(printed("error: cannot communicate with server: connection refused\ncode 1\n", ""))
                .unwrap_err();
        assert!(silent.is_transient());
        assert!(facts("sh: 1: oops\n".to_owned()).is_err());
    }

    #[test]
    fn a_branch_is_not_shown_whole() {
        let shown = INSTALLED.replace("1.35/stable", "1.35/stable/…");
        let snap = facts(printed(&shown, "")).unwrap().snap.unwrap();
        assert!(snap.tracks(&Semantic::parse("1.35/stable/fix-1").unwrap()));
        assert!(snap.tracks(&Semantic::parse("1.35/stable").unwrap()));
    }
}
