//! `microk8s leave`: `scripts/wrappers/leave.py` of tag v1.35, line by line, as what it leaves where it is
//! stopped matters. It prints with `flush=True`, so it dies at its next line once nobody reads it.

use super::Context;
use super::microk8s::{STOPPED, traceback};
use crate::args::defaults;
use crate::failure::Result;
use crate::host;
use crate::layout::{Layout, create, read, remove, write};
use crate::outcome::{Outcome, say};
use crate::pki::certificates;
use crate::services::datastore::{self, ALONE, Member, Role};
use crate::services::kicker;
use crate::socket;
use std::time::Duration;
use tokio::time::sleep;

/// Looks whether the API answers, and the pause between them.
const LOOKS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) async fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    if let Some(unknown) = arguments.first() {
        let usage = "Usage: microk8s leave [OPTIONS]\nTry 'microk8s leave -h' for help.\n\nError: ";
        return Ok(Outcome::complained(2, format!("{usage}No such option: {unknown}")));
    }
    let layout = &context.layout;
    if layout.is_locked("stopped.lock") {
        return Ok(Outcome::complained(1, STOPPED));
    }
    if !layout.is_locked("no-cert-reissue") {
        return Ok(Outcome::said_with(1, "This MicroK8s deployment is not acting as a node in a cluster."));
    }
    // A worker whose proxy is switched off is none to this script.
    match layout.is_worker() && !layout.is_locked("no-apiserver-proxy") {
        true => worker(context).await,
        false => control_plane(context).await,
    }
}

async fn worker(context: &Context) -> Result<Outcome> {
    let layout = &context.layout;
    say("Configuring services.\n")?;
    layout.set_lock("no-apiserver-proxy")?;
    socket::demand(&["stop", "microk8s.daemon-apiserver-proxy"]).await?;
    let authority = layout.certificate("ca.remote.crt");
    if !authority.exists() {
        let reason =
            format!("FileNotFoundError: [Errno 2] No such file or directory: '{}'", authority.display());
        return Ok(Outcome::complained(1, traceback(&reason)));
    }
    remove(&authority)?;
    for service in ["microk8s.daemon-kubelite", "microk8s.daemon-k8s-dqlite"] {
        socket::demand(&["stop", service]).await?;
    }
    certificates::issue_clients(layout)?;
    say("Generating new cluster certificates.\n")?;
    start_over(layout)?;
    for file in ["kubelet", "kube-proxy"] {
        write(&layout.args(file), defaults::text_of(file))?;
    }
    layout.drop_lock("no-cert-reissue")?;
    for lock in ["clustered.lock", "no-k8s-dqlite"] {
        if !layout.is_locked(lock) {
            return Ok(Outcome::said_with(2, "Not in clustering mode."));
        }
        layout.drop_lock(lock)?;
    }
    restart_all(layout).await?;
    apply_network(context).await?;
    Ok(Outcome::said(" "))
}

async fn control_plane(context: &Context) -> Result<Outcome> {
    let layout = &context.layout;
    // Asked of all that cluster.yaml names: one that was taken out already gets its answer from the others.
    let members = datastore::cluster_members(layout);
    let asked = match datastore::members(layout).await {
        Ok(asked) => asked.list().await,
        Err(failure) => Err(failure),
    };
    let Ok(listed) = asked else {
        let reason = "subprocess.CalledProcessError: Command '['dqlite', '-s', 'cluster.yaml', 'k8s', '.cluster']' returned \
                      non-zero exit status 1.";
        return Ok(Outcome::complained(1, traceback(reason)));
    };
    let own = host::addresses()?;
    let is_own = |member: &&Member| {
        let still_listed = listed.iter().any(|one| one.address() == member.address);
        still_listed && datastore::ip_of(&member.address).is_some_and(|address| own.contains(&address))
    };
    let this = members.iter().find(is_own);
    let voters = members.iter().filter(|member| member.role == Role::Voter).count();
    if this.is_some_and(|this| this.role == Role::Voter) && voters == 1 && listed.len() > 1 {
        return Ok(Outcome::said_with(
            3,
            "This node currently holds the only copy of the Kubernetes database so it cannot leave the cluster.\n\
             To remove this node you can either first remove all other nodes with 'microk8s remove-node' or\n\
             form a highly available cluster by adding at least three nodes.",
        ));
    }
    socket::demand(&["stop", "microk8s.daemon-kubelite"]).await?;
    // etcd asks a majority that this member belongs to, so it is taken out while it still runs.
    if let Some(this) = this.filter(|_| listed.len() > 1)
        && let Err(failure) = datastore::members(layout).await?.remove(&this.address).await
    {
        let said = format!("Contacting node {} failed. Error:\n{failure}", this.address);
        return Ok(Outcome::said_with(2, said));
    }
    socket::demand(&["stop", "microk8s.daemon-k8s-dqlite"]).await?;
    say("Generating new cluster certificates.\n")?;
    start_over(layout)?;
    certificates::issue_clients(layout)?;
    for service in ["microk8s.daemon-k8s-dqlite", "microk8s.daemon-kubelite"] {
        socket::demand(&["start", service]).await?;
    }
    apply_network(context).await?;
    layout.drop_lock("no-cert-reissue")?;
    restart_all(layout).await?;
    Ok(Outcome::said(" "))
}

/// A datastore of its own, with the certificates that it had before it joined.
fn start_over(layout: &Layout) -> Result<()> {
    let backup = layout.data().join("var/kubernetes/backend.backup");
    remove(&layout.backend(""))?;
    create(&layout.backend(""))?;
    if backup.join("cluster.crt").exists() {
        for file in ["cluster.crt", "cluster.key"] {
            let text = read(&backup.join(file))?;
            write(&layout.backend(file), &text)?;
        }
    } else {
        certificates::create_cluster(layout)?;
    }
    write(&layout.backend("init.yaml"), &format!("Address: {ALONE}\n"))
}

/// As `microk8s stop` and `microk8s start` do.
async fn restart_all(layout: &Layout) -> Result<()> {
    socket::demand(&["stop", "microk8s", "--disable"]).await?;
    layout.set_lock("stopped.lock")?;
    socket::demand(&["start", "microk8s", "--enable"]).await?;
    layout.drop_lock("stopped.lock")
}

/// Applies Calico's manifest to the new cluster as soon as its API answers.
async fn apply_network(context: &Context) -> Result<()> {
    say("Waiting for node to start. ")?;
    for _ in 0..LOOKS {
        let answers = context.kubectl().run(&["get", "service/kubernetes"], "").await;
        if answers.is_ok() && kicker::apply_manifest(&context.config, &context.layout).await.is_ok() {
            break;
        }
        say(". ")?;
        sleep(PAUSE).await;
    }
    Ok(())
}
