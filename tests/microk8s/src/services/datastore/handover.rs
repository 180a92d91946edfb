//! What dqlite does when a member is stopped in good order: a voter hands its vote to a member that has none.
//!
//! etcd knows no way back from a vote, so the member is taken out and comes back as a new one without a vote.

use super::control::{Listed, Members};
use super::roles::{self, Role};
use crate::failure::Result;
use crate::layout::{Layout, remove, write};
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

/// Says that the member has been taken out and has to begin without its data.
const MARK: &str = "handed-over";
const POLL: Duration = Duration::from_millis(300);

/// Hands this member's vote over where it is a voter by dqlite's names and another one is none.
pub(super) async fn hand_over(layout: &Layout, address: &str) -> Result<()> {
    let members = roles::cluster_members(layout);
    if !members.iter().any(|member| member.address == address && member.role == Role::Voter) {
        return Ok(());
    }
    let others = || members.iter().filter(|member| member.address != address);
    let heirs: Vec<&str> =
        others().filter(|member| member.role != Role::Voter).map(|member| member.address.as_str()).collect();
    let all: Vec<String> = members.iter().map(|member| member.address.clone()).collect();
    let voting = Members::at_any(&all).await?;
    let listed = voting.list().await?;
    let is_heir = |member: &&Listed| heirs.contains(&member.address().as_str()) && !member.name.is_empty();
    let Some(heir) = listed.iter().find(is_heir) else { return Ok(()) };
    if heir.learner {
        // Refused until it has caught up; whoever waits for this has a limit.
        while voting.promote(heir).await.is_err() {
            sleep(POLL).await;
        }
    }
    let staying: Vec<String> = others().map(|member| member.address.clone()).collect();
    write(&layout.backend(MARK), "")?;
    write(&layout.backend("init.yaml"), &roles::init_file(&staying, address))?;
    // This member ends with its removal, so another one is asked.
    let staying = loop {
        match Members::at_any(&staying).await {
            Ok(members) => break members,
            Err(_) => sleep(POLL).await,
        }
    };
    staying.remove(address).await?;
    // Listed without a vote until it is back, or until somebody removes the node for good.
    staying.add_learner(&format!("http://{address}"), "").await.map(drop)
}

/// Forgets the data of a member that has been taken out.
pub(super) fn start_over_where_due(layout: &Layout, data: &Path) -> Result<()> {
    if layout.backend(MARK).exists() {
        remove(data)?;
        remove(&layout.backend(MARK))?;
    }
    Ok(())
}
