//! What of a machine makes it a node of ours: the snap, and our block in `/etc/hosts`.

use super::channel::Channel;
use super::hosts_block;
use crate::connection::Freshness;
use crate::connection::ssh::Shell;
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::scripts::SNAPSHOT;
use crate::microk8s::shared::machine::snapshot::NodeSnapshot;
use std::sync::Arc;
use tfplugin::types::{Semantic, SemanticValue};

/// A machine, with what makes it a node of ours.
#[derive(Clone, Debug)]
pub(crate) struct NodeState {
    /// The machine.
    pub(crate) machine: NodeSnapshot,
    /// Our block in `/etc/hosts`.
    pub(crate) hosts_block: Option<String>,
    /// The installed snap.
    pub(crate) snap: Option<Snap>,
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
    /// Where it comes from, as messages say it.
    pub(crate) fn origin(&self) -> &str {
        if self.is_from_a_file() { "from a file" } else { &self.tracking }
    }

    /// Whether it was installed from a file: it follows no channel then.
    pub(crate) fn is_from_a_file(&self) -> bool {
        self.tracking == "-"
    }

    /// Whether it follows that channel.
    pub(crate) fn tracks(&self, channel: &Semantic<Channel>) -> bool {
        let canonical = channel.canonical();
        canonical == self.tracking || canonical.starts_with(&format!("{}/", self.tracking))
    }
}

impl NodeState {
    /// The machine as of this refresh.
    pub(crate) async fn read(shell: &Arc<dyn Shell>) -> Result<Self, NodeError> {
        let snapshot = Machine::new(Arc::clone(shell)).snapshot(Freshness::Cached).await;
        snapshot
            .and_then(|machine| Self::of(shell.address(), machine))
            .inspect_err(|_| shell.invalidate_probes())
    }

    fn of(address: &str, machine: NodeSnapshot) -> Result<Self, NodeError> {
        let snap = snap(&machine.snap_list).map_err(|answer| {
            NodeError::new(format!("`{}` on {address}", SNAPSHOT.name), answer).transient()
        })?;
        Ok(Self { hosts_block: hosts_block::find(&machine.hosts), snap, machine })
    }
}

/// Reads what `snap list` said. Only snapd's own word counts as "not installed": a snapd that does not answer
/// says nothing about the snap.
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

    /// What the snapshot prints on a machine.
    pub(crate) fn printed(snap: &str, more: &str) -> String {
        format!(
            "\u{1e}machine-id\n0123abc\n\u{1e}hostname\nCP1\n\u{1e}hosts\n127.0.0.1 localhost\n\u{1e}snap\n{snap}{more}"
        )
    }

    fn state(printed: String) -> Result<NodeState, NodeError> {
        NodeState::of("10.0.0.11", NodeSnapshot::parse(&printed).unwrap())
    }

    #[test]
    fn a_node_is_read() {
        let more = "\u{1e}mark\nmicrok8s_node\n\u{1e}locks\ninstalled.lock\n\u{1e}kubelet\n--v=2\n\u{1e}members\n\
                    - Address: 10.0.0.11:19001\n  ID: 1\n  Role: 0\n\u{1e}ca.crt\nabc  -\n";
        let seen = state(printed(INSTALLED, more)).unwrap();
        let snap = seen.snap.clone().unwrap();
        assert_eq!((snap.version.as_str(), snap.revision, snap.held), ("v1.35.1", 8739, true));
        assert!(
            snap.tracks(&Semantic::parse("1.35").unwrap()) && !snap.tracks(&Semantic::parse("1.36").unwrap())
        );
        assert_eq!(
            (seen.machine.machine_id.as_str(), seen.machine.node_name()),
            ("0123abc", "cp1".to_owned())
        );
        assert_eq!(seen.machine.authority(), Some("abc"));
        assert!(seen.machine.claimed && !seen.machine.has_peers());
    }

    #[test]
    fn only_snapds_own_word_means_not_installed() {
        for absent in ["error: no matching snaps installed\ncode 1\n", "sh: 7: snap: not found\ncode 127\n"] {
            assert_eq!(state(printed(absent, "")).unwrap().snap, None);
        }
        let silent =
            state(printed("error: cannot communicate with server: connection refused\ncode 1\n", ""))
                .unwrap_err();
        assert!(silent.is_transient());
    }

    #[test]
    fn a_snap_from_a_file_follows_no_channel() {
        let shown = INSTALLED.replace("1.35/stable", "-          ").replace("8739", "x1  ");
        let snap = state(printed(&shown, "")).unwrap().snap.unwrap();
        assert!(snap.is_from_a_file() && snap.origin() == "from a file", "{snap:?}");
        assert!(Semantic::<Channel>::parse(&snap.tracking).is_err());
    }

    #[test]
    fn a_branch_is_not_shown_whole() {
        let shown = INSTALLED.replace("1.35/stable", "1.35/stable/…");
        let snap = state(printed(&shown, "")).unwrap().snap.unwrap();
        assert!(snap.tracks(&Semantic::parse("1.35/stable/fix-1").unwrap()));
        assert!(snap.tracks(&Semantic::parse("1.35/stable").unwrap()));
    }
}
