//! k8s-dqlite, with etcd in its place: one member for each control plane, dqlite's own files and names around
//! it.

mod control;
mod door;
mod handover;
mod roles;

use super::Service;
use super::program::Program;
use crate::args::parse;
use crate::daemon::Node;
use crate::failure::{Failure, Result, Tried};
use crate::journal::Journal;
use crate::layout::{Layout, read, read_or_empty, remove, write};
pub(crate) use control::Members;
pub(crate) use roles::{Member, Role, cluster_file, cluster_members, init_file};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Where a control plane's datastore is until the first join.
pub(crate) const ALONE: &str = "127.0.0.1:19001";
/// The port of the members' traffic, and the one on which etcd answers its tools (dqlite has one port for
/// both).
const TOOLS_PORT: u16 = 19002;
const POLL: Duration = Duration::from_millis(500);
const ROLES: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a member may take to hand over its vote when it is stopped.
const HANDING_OVER: Duration = Duration::from_secs(30);
/// More members without a vote than any lab has.
const LEARNERS: usize = 20;

/// Flags of k8s-dqlite that mean nothing to etcd, and why they may be passed over.
const PASSED_OVER: [(&str, &str); 6] = [
    ("--debug", "only the amount of log lines"),
    ("--enable-tls", "members of a lab talk without TLS"),
    ("--profiling", "only a listener for profiles"),
    ("--metrics", "only a listener for metrics"),
    ("--diskmode", "etcd has no such mode"),
    ("--watch-storage-available-size-interval", "a lab's disk is not watched"),
];

/// The directory and socket that the args file names.
fn places(layout: &Layout) -> Result<(String, String)> {
    let arguments = parse::shell(&read(&layout.args("k8s-dqlite"))?, &layout.environment())?;
    let known = |word: &String| {
        let flag = word.split('=').next().unwrap_or_default();
        !flag.starts_with('-')
            || ["--storage-dir", "--listen"].contains(&flag)
            || PASSED_OVER.iter().any(|(known, _)| *known == flag)
    };
    if let Some(unknown) = arguments.iter().find(|word| !known(word)) {
        return Err(Failure::new(format!("Error: unknown flag: {unknown}")));
    }
    let value =
        |flag: &str| parse::value_of(&arguments, flag).tried(|| format!("{flag} is missing in k8s-dqlite"));
    Ok((value("--storage-dir")?, value("--listen")?))
}

/// Where this member is, by its own files: told anew, told at joining, or known from before.
fn address(layout: &Layout) -> String {
    ["update.yaml", "init.yaml", "info.yaml"]
        .iter()
        .find_map(|file| roles::field(&read_or_empty(&layout.backend(file)), "Address"))
        .unwrap_or_else(|| ALONE.to_owned())
}

/// Runs this node's member until told to stop.
pub(crate) async fn run(node: Arc<Node>, stop: CancellationToken) -> Result<()> {
    let layout = &node.layout;
    if layout.is_locked("no-k8s-dqlite") {
        return Ok(());
    }
    let (directory, listen) = places(layout)?;
    let socket = listen.strip_prefix("unix://").tried(|| format!("--listen={listen} is no socket"))?;
    handover::start_over_where_due(layout, &data(&directory))?;
    let address = address(layout);
    let own = ip_of(&address).tried(|| format!("{address} is no address of a member"))?;
    let peer = format!("http://{address}");
    let arguments = arguments(layout, &directory, own, &peer).await?;
    let mut program = Program::start(Service::K8sDqlite, &node.config.programs.etcd, &arguments)?;
    let (says, votes) = watch::channel(None);
    tokio::select! {
        failure = program.ended() => return Err(failure),
        ended = follow(layout, own, &peer, says) => return ended,
        ended = door::keep(layout, socket, own, votes) => return ended,
        () = stop.cancelled() => {}
    }
    // One that cannot hand over its vote in time keeps it, as a member that loses its power does.
    if let Ok(Err(failure)) = tokio::time::timeout(HANDING_OVER, handover::hand_over(layout, &address)).await
    {
        let journal = Journal::of(&Service::K8sDqlite.unit());
        journal.write(&Service::K8sDqlite.identifier(), std::process::id(), &failure.to_string());
    }
    program.stop().await
}

/// etcd's own directory below the one that the args file names.
fn data(directory: &str) -> PathBuf {
    Path::new(directory).join("etcd")
}

/// etcd's command line: the first start of a cluster, joining one, or going on.
async fn arguments(layout: &Layout, directory: &str, own: IpAddr, peer: &str) -> Result<Vec<String>> {
    let data = data(directory);
    let clients = format!("http://{own}:{TOOLS_PORT}");
    let mut arguments = vec![
        format!("--data-dir={}", data.display()),
        format!("--listen-peer-urls={peer}"),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--max-learners={LEARNERS}"),
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ];
    let first_start = !data.exists();
    let name = if first_start {
        roles::name_of(peer.trim_start_matches("http://"))
    } else {
        read_or_empty(&layout.backend("name"))
    };
    arguments.push(format!("--name={name}"));
    let voters = roles::listed(&read_or_empty(&layout.backend("init.yaml")));
    // One that names no others begins a cluster.
    if first_start && !voters.is_empty() {
        let deadline = Instant::now() + PATIENCE;
        let cluster = loop {
            match join(&voters, peer, &name).await {
                Ok(cluster) => break cluster,
                Err(failure) if Instant::now() > deadline => return Err(failure),
                Err(_) => sleep(POLL).await,
            }
        };
        arguments.extend([format!("--initial-cluster={cluster}"), "--initial-cluster-state=existing".into()]);
    } else {
        arguments.push(format!("--initial-cluster={name}={peer}"));
        arguments.push(format!("--initial-advertise-peer-urls={peer}"));
    }
    write(&layout.backend("name"), &name)?;
    Ok(arguments)
}

async fn join(voters: &[String], peer: &str, name: &str) -> Result<String> {
    Members::at_any(voters).await?.add_learner(peer, name).await
}

/// Completes a move to another address, then follows the members: keeps dqlite's files as they are, says
/// whether this one votes, and gives others their vote where this one leads.
async fn follow(layout: &Layout, own: IpAddr, peer: &str, says: watch::Sender<Option<bool>>) -> Result<()> {
    let here = Members::at(own)?;
    let deadline = Instant::now() + PATIENCE;
    while layout.backend("update.yaml").exists() {
        match here.move_to(peer).await {
            Ok(()) => remove(&layout.backend("update.yaml"))?,
            Err(failure) if Instant::now() > deadline => return Err(failure),
            Err(_) => sleep(POLL).await,
        }
    }
    loop {
        // Without a majority there is nothing to follow; the files stay as they were.
        let round = follow_once(layout, &here, peer).await;
        if let Ok(Some(votes)) = round {
            says.send_if_modified(|known| {
                let changed = *known != Some(votes);
                *known = Some(votes);
                changed
            });
        }
        let known = says.borrow().is_some();
        sleep(if known { ROLES } else { POLL }).await;
    }
}

/// Whether this member votes; nothing while it is not among the members.
async fn follow_once(layout: &Layout, here: &Members, peer: &str) -> Result<Option<bool>> {
    let list = match here.list().await {
        Ok(list) => list,
        // A member without a vote answers nobody.
        Err(_) => members(layout).await?.list().await?,
    };
    let address = peer.trim_start_matches("http://");
    let Some(own) = list.iter().find(|member| member.address() == address && !member.name.is_empty()) else {
        return Ok(None);
    };
    roles::write_files(layout, &list, address)?;
    remove(&layout.backend("init.yaml"))?;
    if let Some(next) = roles::next_voter(&list).filter(|_| !own.learner)
        && here.leads(&own.id).await?
    {
        // A learner that has not caught up is refused; the next round asks again.
        let _ = here.promote(next).await;
    }
    Ok(Some(!own.learner))
}

/// The client of the members that the cluster's own files name, for `leave` and `remove-node`.
pub(crate) async fn members(layout: &Layout) -> Result<Members> {
    let addresses: Vec<String> = cluster_members(layout).into_iter().map(|member| member.address).collect();
    Members::at_any(&addresses).await
}

/// The address part of `ip:19001`.
pub(crate) fn ip_of(address: &str) -> Option<IpAddr> {
    address.rsplit_once(':')?.0.parse().ok()
}
