//! kubelite: the control plane's programs and the kubelet, which live and die together.

use super::Service;
use super::program::Program;
use crate::api::Api;
use crate::args::{edit, flags, parse};
use crate::config::Traffic;
use crate::daemon::Node;
use crate::failure::{Failure, Result, Tried};
use crate::faults::Fault;
use crate::journal::Journal;
use crate::kubelet;
use crate::layout::{Layout, read, read_or_empty, write};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How long the datastore's socket may take to answer: the API server itself would wait for two seconds only.
const DATASTORE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);

/// Runs until told to stop, or until one of the parts ends: then all do.
pub(crate) async fn run(node: Arc<Node>, stop: CancellationToken) -> Result<()> {
    if let Some(text) = Fault::KubeliteRefuses.is_on(&node.config) {
        return Err(Failure::new(format!("kubelite refuses to start: {text}")));
    }
    let layout = &node.layout;
    prepare(layout)?;
    let arguments = |component: &str| -> Result<Vec<String>> {
        Ok(parse::kubelite(&read(&layout.args(component))?, &layout.environment()))
    };
    let kubelet = arguments("kubelet")?;
    flags::check("kubelet", &kubelet)?;
    let proxy = arguments("kube-proxy")?;
    flags::check("kube-proxy", &proxy)?;

    let parts = stop.child_token();
    let mut running: JoinSet<Result<()>> = JoinSet::new();
    let ended = if layout.is_worker() {
        None
    } else {
        start_control_plane(&node, &arguments, &parts, &mut running).await.err()
    };
    let ended = match (ended, &node.config.traffic) {
        (None, Some(traffic)) => start_proxy(traffic, proxy, &parts, &mut running).await.err(),
        (ended, _) => ended,
    };
    if ended.is_none() {
        running.spawn(kubelet::run(Arc::clone(&node), kubelet, parts.clone()));
    }
    let first = match ended {
        Some(failure) => Err(failure),
        None => {
            running.join_next().await.unwrap_or(Ok(Ok(()))).tried(|| "A part of kubelite broke".into())?
        }
    };
    parts.cancel();
    while running.join_next().await.is_some() {}
    first
}

/// What the service's wrapper does before kubelite itself starts.
fn prepare(layout: &Layout) -> Result<()> {
    layout.drop_lock("stopped.lock")?;
    let start = if layout.is_worker() { "false" } else { "true" };
    edit::set(&layout.args("kubelite"), "--start-control-plane", Some(start))?;
    let path = layout.args("kubelet");
    if edit::get(&path, "--resolv-conf").is_none()
        && let Some(file) = resolver_file(layout)
    {
        write(&path, &format!("--resolv-conf={file}\n{}", read_or_empty(&path)))?;
    }
    let journal = Journal::of(&Service::Kubelite.unit());
    for removed in ["port", "address", "container-runtime"] {
        journal.write(
            &Service::Kubelite.identifier(),
            std::process::id(),
            &format!("Removing argument: {removed}"),
        );
    }
    flags::sanitise(layout)
}

/// The first resolver file whose name servers are all beyond this host.
fn resolver_file(layout: &Layout) -> Option<&'static str> {
    ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"].into_iter().find(|file| {
        let text = read_or_empty(&layout.under(file.trim_start_matches('/')));
        let servers: Vec<&str> =
            text.lines().filter_map(|line| line.trim().strip_prefix("nameserver ")).collect();
        let beyond =
            |server: &&str| server.trim().parse::<IpAddr>().is_ok_and(|address| !address.is_loopback());
        !servers.is_empty() && servers.iter().all(beyond)
    })
}

/// The API server first, then those that need it.
async fn start_control_plane(
    node: &Arc<Node>,
    arguments: &impl Fn(&str) -> Result<Vec<String>>,
    stop: &CancellationToken,
    running: &mut JoinSet<Result<()>>,
) -> Result<()> {
    let programs = &node.config.programs;
    let apiserver = arguments("kube-apiserver")?;
    wait_for_datastore(&apiserver, stop).await?;
    let mut program = Program::start(Service::Kubelite, &programs.kube_apiserver, &apiserver)?;
    let api = Api::new(&node.layout, "client.config")?;
    while !api.is_ready().await {
        if stop.is_cancelled() {
            return program.stop().await;
        }
        if program.has_ended() {
            return program.until(stop).await;
        }
        sleep(POLL).await;
    }
    running.spawn(hold(Arc::clone(node), program, stop.clone()));
    forget_leases(&api).await;
    for (component, path) in [
        ("kube-controller-manager", &programs.kube_controller_manager),
        ("kube-scheduler", &programs.kube_scheduler),
    ] {
        let program = Program::start(Service::Kubelite, path, &arguments(component)?)?;
        let stop = stop.clone();
        running.spawn(async move { program.until(&stop).await });
    }
    Ok(())
}

/// The args file is the node's owner's. What only a lab has to say comes behind it.
async fn start_proxy(
    traffic: &Traffic,
    mut arguments: Vec<String>,
    stop: &CancellationToken,
    running: &mut JoinSet<Result<()>>,
) -> Result<()> {
    // The table that this would size is one for all network namespaces of the host, and not theirs to change.
    arguments.push("--conntrack-max-per-core=0".into());
    if parse::value_of(&arguments, "--proxy-mode").is_none() && kernel_has_nftables().await {
        arguments.push("--proxy-mode=nftables".into());
    }
    let program = Program::start(Service::Kubelite, &traffic.programs.join("kube-proxy"), &arguments)?;
    let stop = stop.clone();
    running.spawn(async move { program.until(&stop).await });
    Ok(())
}

async fn kernel_has_nftables() -> bool {
    let mut nft = tokio::process::Command::new("nft");
    nft.args(["--check", "add", "table", "ip", "lab"]).kill_on_drop(true);
    nft.output().await.is_ok_and(|output| output.status.success())
}

/// Keeps the API server, frozen as long as the fault says so.
async fn hold(node: Arc<Node>, program: Program, stop: CancellationToken) -> Result<()> {
    let mut frozen = false;
    let mut program = program;
    while !stop.is_cancelled() && !program.has_ended() {
        let wanted = Fault::ApiHangs.is_on(&node.config).is_some();
        if wanted != frozen {
            program.freeze(wanted);
            frozen = wanted;
        }
        tokio::select! {
            () = sleep(POLL) => {}
            () = stop.cancelled() => {}
        }
    }
    program.until(&stop).await
}

/// Waits for the socket that `--etcd-servers` names, where it names one.
async fn wait_for_datastore(apiserver: &[String], stop: &CancellationToken) -> Result<()> {
    let servers = parse::value_of(apiserver, "--etcd-servers").unwrap_or_default();
    let Some(socket) = servers.strip_prefix("unix://") else { return Ok(()) };
    let deadline = Instant::now() + DATASTORE;
    while UnixStream::connect(socket).await.is_err() {
        if stop.is_cancelled() || Instant::now() > deadline {
            return Err(Failure::new(format!("the datastore does not answer on {socket}")));
        }
        sleep(POLL).await;
    }
    Ok(())
}

/// Gives up the leases that this node's former processes held. A lab does without the minute that the next
/// leader would otherwise wait for them.
async fn forget_leases(api: &Api) {
    let Ok(name) = crate::host::hostname() else { return };
    for component in ["kube-controller-manager", "kube-scheduler"] {
        let path = format!("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/{component}");
        let Ok(Some(lease)) = api.get(&path).await else { continue };
        let holder =
            lease.pointer("/spec/holderIdentity").and_then(|holder| holder.as_str()).unwrap_or_default();
        if holder.starts_with(&format!("{name}_")) {
            // Without it the leader is found a minute later: slower, not wrong.
            let _ = api.delete(&path).await;
        }
    }
}
