//! `microk8s leave`.

use super::Context;
use super::microk8s::{STOPPED, WORKER, traceback};
use crate::args::defaults;
use crate::failure::Result;
use crate::host;
use crate::layout::{Layout, create, remove, write};
use crate::outcome::{Outcome, say};
use crate::pki::certificates;
use crate::services::datastore::{self, Member, Role};
use crate::socket;
use std::time::Duration;
use tokio::time::sleep;

const LOOKS: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    if let Some(unknown) = arguments.first() {
        let usage = "Usage: microk8s leave [OPTIONS]\nTry 'microk8s leave -h' for help.\n\nError: ";
        return Ok(Outcome::complained(2, format!("{usage}No such option: {unknown}")));
    }
    let layout = &context.layout;
    if !layout.is_locked("no-cert-reissue") {
        return Ok(Outcome::said_with(1, "This MicroK8s deployment is not acting as a node in a cluster."));
    }
    if layout.is_locked("stopped.lock") {
        return Ok(Outcome::complained(1, STOPPED));
    }
    if layout.is_worker() {
        say(&format!("{WORKER}\nConfiguring services.\n"));
        leave_as_worker(layout).await?;
    } else if let Some(outcome) = leave_datastore(layout).await? {
        return Ok(outcome);
    }
    say("Generating new cluster certificates.\n");
    certificates::issue_clients(layout)?;
    remove(&layout.credential("callback-token.txt"))?;
    layout.drop_lock("no-cert-reissue")?;
    // The kicker applies Calico's manifest to the new cluster as soon as its API answers.
    layout.drop_lock("cni-loaded")?;
    socket::demand(&["start", "microk8s"]).await?;
    say("Waiting for node to start. ");
    for _ in 0..LOOKS {
        if layout.is_locked("cni-loaded") && context.kubectl().run(&["get", "nodes"], "").await.is_ok() {
            break;
        }
        say(".");
        sleep(PAUSE).await;
    }
    Ok(Outcome::said("\n"))
}

/// Takes this member out of the datastore and starts a private one; answers how the command ends where it
/// cannot.
async fn leave_datastore(layout: &Layout) -> Result<Option<Outcome>> {
    let members = datastore::cluster_members(layout);
    let own = host::addresses()?;
    let is_own =
        |member: &&Member| datastore::ip_of(&member.address).is_some_and(|address| own.contains(&address));
    let Some(this) = members.iter().find(is_own) else {
        return Ok(Some(Outcome::complained(1, traceback("KeyError: 'Address'"))));
    };
    let voters = members.iter().filter(|member| member.role == Role::Voter).count();
    if this.role == Role::Voter && voters == 1 && members.len() > 1 {
        return Ok(Some(Outcome::said_with(
            3,
            "This node is the only datastore voter of the cluster.\nThe other nodes would be left without their data.\n\
             Please remove the other nodes first.",
        )));
    }
    // etcd asks a majority that this member belongs to, so it leaves while it still runs.
    if members.len() > 1
        && let Err(failure) = datastore::members(layout).await?.remove(&this.address).await
    {
        return Ok(Some(Outcome::said_with(
            2,
            format!("Contacting node {} failed. Error:\n{failure}", this.address),
        )));
    }
    socket::demand(&["stop", "microk8s"]).await?;
    start_over(layout)?;
    Ok(None)
}

fn start_over(layout: &Layout) -> Result<()> {
    remove(&layout.backend(""))?;
    create(&layout.backend(""))?;
    certificates::create_cluster(layout)
}

async fn leave_as_worker(layout: &Layout) -> Result<()> {
    socket::demand(&["stop", "microk8s"]).await?;
    for file in ["kubelet", "kube-proxy"] {
        write(&layout.args(file), defaults::text_of(file))?;
    }
    remove(&layout.certificate("ca.remote.crt"))?;
    for lock in ["clustered.lock", "no-k8s-dqlite"] {
        layout.drop_lock(lock)?;
    }
    layout.set_lock("no-apiserver-proxy")?;
    start_over(layout)
}
