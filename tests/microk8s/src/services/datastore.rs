//! k8s-dqlite, with etcd in its place: one member for each control plane, dqlite's own files and names around it.

mod control;
mod roles;

use super::Service;
use super::program::Program;
use crate::args::parse;
use crate::daemon::Node;
use crate::failure::{Failure, Result, Tried};
use crate::layout::{Layout, read, read_or_empty, remove, write};
pub(crate) use control::Members;
pub(crate) use roles::{Member, Role, cluster_file, cluster_members};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Where a control plane's datastore is until the first join.
pub(crate) const ALONE: &str = "127.0.0.1:19001";
/// The port of the members' traffic, and the one on which etcd answers its tools (dqlite has one port for both).
const TOOLS_PORT: u16 = 19002;
const POLL: Duration = Duration::from_millis(500);
const ROLES: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(60);

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
    let directory = directory.trim_end_matches('/');
    if let Some(socket) = listen.strip_prefix("unix://") {
        // What a power cut left behind would keep etcd from listening.
        remove(std::path::Path::new(socket))?;
    }
    let address = address(layout);
    let host = address.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host);
    let peer = format!("http://{address}");
    let data = format!("{directory}/etcd");
    let mut arguments: Vec<String> = vec![
        format!("--data-dir={data}"),
        format!("--listen-peer-urls={peer}"),
        format!("--listen-client-urls={listen},http://{host}:{TOOLS_PORT}"),
        format!("--advertise-client-urls=http://{host}:{TOOLS_PORT}"),
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ];
    let first_start = !std::path::Path::new(&data).exists();
    let joins = first_start && layout.backend("init.yaml").exists();
    if joins {
        let voters = roles::listed(&read_or_empty(&layout.backend("init.yaml")));
        let name = roles::name_of(&address);
        let cluster = Members::at_any(&voters).await?.add_learner(&peer, &name).await?;
        arguments.extend([
            format!("--name={name}"),
            format!("--initial-cluster={cluster}"),
            "--initial-cluster-state=existing".into(),
        ]);
    } else {
        let name =
            if first_start { roles::name_of(&address) } else { read_or_empty(&layout.backend("name")) };
        arguments.extend([format!("--name={name}"), format!("--initial-cluster={name}={peer}")]);
        arguments.push(format!("--initial-advertise-peer-urls={peer}"));
    }
    if first_start {
        let name = parse::value_of(&arguments, "--name").unwrap_or_default();
        write(&layout.backend("name"), &name)?;
    }
    let program = Program::start(Service::K8sDqlite, &node.config.programs.etcd, &arguments)?;
    let parts = stop.child_token();
    let keep = keep_files(layout, host, &peer, parts.clone());
    let ended = tokio::select! {
        ended = program.until(&stop) => ended,
        Err(failure) = keep => Err(failure),
    };
    parts.cancel();
    ended
}

/// Completes a join or a move to another address, then keeps dqlite's files as the members are.
async fn keep_files(layout: &Layout, host: &str, peer: &str, stop: CancellationToken) -> Result<()> {
    let members = Members::at(host)?;
    let deadline = Instant::now() + PATIENCE;
    if layout.backend("update.yaml").exists() {
        while members.move_to(peer).await.is_err() {
            if Instant::now() > deadline {
                return Err(Failure::new(format!("the datastore could not be moved to {peer}")));
            }
            sleep(POLL).await;
        }
        remove(&layout.backend("update.yaml"))?;
    }
    if layout.backend("init.yaml").exists() {
        let voters = roles::listed(&read_or_empty(&layout.backend("init.yaml")));
        while promote(&voters, peer).await.is_err() {
            if Instant::now() > deadline {
                return Err(Failure::new("this member could not be made a voter".to_owned()));
            }
            sleep(POLL).await;
        }
        remove(&layout.backend("init.yaml"))?;
    }
    while !stop.is_cancelled() {
        if let Ok(list) = members.list().await {
            roles::write_files(layout, &list, peer)?;
        }
        tokio::select! {
            () = sleep(ROLES) => {}
            () = stop.cancelled() => {}
        }
    }
    Ok(())
}

async fn promote(voters: &[String], peer: &str) -> Result<()> {
    Members::at_any(voters).await?.promote(peer).await
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
