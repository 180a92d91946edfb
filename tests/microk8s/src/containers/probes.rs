//! Probes: whether a container has started, is ready, and is alive.

use super::PodContext;
use super::sandbox::Sandbox;
use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// What probes have found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    Started,
    Ready(bool),
    /// To be started again.
    Dead,
}

/// Probes one run of a container, and tells what changes. Never ends by itself but after it is found dead.
pub(crate) async fn watch(
    context: &PodContext,
    sandbox: &Sandbox,
    container: &Container,
    tell: impl Fn(Finding),
) {
    if let Some(startup) = &container.startup_probe
        && !until_started(context, sandbox, container, startup).await
    {
        tell(Finding::Dead);
        return;
    }
    tell(Finding::Started);
    let readiness = async {
        let Some(probe) = &container.readiness_probe else {
            tell(Finding::Ready(true));
            return std::future::pending().await;
        };
        repeat(context, sandbox, container, probe, |holds| tell(Finding::Ready(holds)), |_| false).await;
    };
    let liveness = async {
        let Some(probe) = &container.liveness_probe else { return std::future::pending().await };
        repeat(context, sandbox, container, probe, |_| (), |holds| !holds).await;
        tell(Finding::Dead);
    };
    tokio::select! {
        () = readiness => {}
        () = liveness => {}
    }
}

fn seconds(number: Option<i32>, default: u64) -> Duration {
    let number = number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
    Duration::from_secs(number.unwrap_or(default))
}

async fn until_started(
    context: &PodContext,
    sandbox: &Sandbox,
    container: &Container,
    probe: &Probe,
) -> bool {
    sleep(seconds(probe.initial_delay_seconds, 0)).await;
    for _ in 0..probe.failure_threshold.unwrap_or(3) {
        if succeeds(context, sandbox, container, probe).await {
            return true;
        }
        sleep(seconds(probe.period_seconds, 10)).await;
    }
    false
}

/// Asks again and again; `tell` hears of each change that its threshold confirms, until one is `last`.
async fn repeat(
    context: &PodContext,
    sandbox: &Sandbox,
    container: &Container,
    probe: &Probe,
    tell: impl Fn(bool),
    last: impl Fn(bool) -> bool,
) {
    sleep(seconds(probe.initial_delay_seconds, 0)).await;
    let (mut confirmed, mut count) = (None, (false, 0));
    loop {
        let holds = succeeds(context, sandbox, container, probe).await;
        count = if count.0 == holds { (holds, count.1 + 1) } else { (holds, 1) };
        let threshold =
            if holds { probe.success_threshold.unwrap_or(1) } else { probe.failure_threshold.unwrap_or(3) };
        if count.1 >= threshold && confirmed != Some(holds) {
            confirmed = Some(holds);
            tell(holds);
            if last(holds) {
                return;
            }
        }
        sleep(seconds(probe.period_seconds, 10)).await;
    }
}

async fn succeeds(context: &PodContext, sandbox: &Sandbox, container: &Container, probe: &Probe) -> bool {
    let patience = seconds(probe.timeout_seconds, 1);
    timeout(patience, once(context, sandbox, container, probe)).await.unwrap_or(false)
}

async fn once(context: &PodContext, sandbox: &Sandbox, container: &Container, probe: &Probe) -> bool {
    let pod = context.reported_addresses().first().copied().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    if let Some(get) = &probe.http_get {
        let Some(port) = port(container, &get.port) else { return false };
        let host = get.host.clone().unwrap_or_else(|| SocketAddr::new(pod, port).ip().to_string());
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let scheme = get.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let path = get.path.as_deref().unwrap_or("/").trim_start_matches('/');
        return is_fine(&format!("{scheme}://{host}:{port}/{path}")).await;
    }
    if let Some(socket) = &probe.tcp_socket {
        let Some(port) = port(container, &socket.port) else { return false };
        return TcpStream::connect((pod, port)).await.is_ok();
    }
    if let Some(command) = probe.exec.as_ref().and_then(|exec| exec.command.as_ref()) {
        // The node's own files are what a container sees too, but for its volumes.
        let mut inside = sandbox.inside();
        inside.args(command).stdin(std::process::Stdio::null()).kill_on_drop(true);
        return inside.output().await.is_ok_and(|output| output.status.success());
    }
    true
}

/// As a kubelet judges: certificates do not matter, and redirections are fine.
async fn is_fine(url: &str) -> bool {
    let client = reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    let Ok(client) = client else { return false };
    client.get(url).send().await.is_ok_and(|answer| (200..400).contains(&answer.status().as_u16()))
}

/// The number of a port that may be known by its name.
fn port(container: &Container, port: &IntOrString) -> Option<u16> {
    let number = match port {
        IntOrString::Int(number) => *number,
        IntOrString::String(name) => {
            let named = container.ports.iter().flatten().find(|port| port.name.as_ref() == Some(name));
            named.map(|port| port.container_port).or_else(|| name.parse().ok())?
        }
    };
    u16::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ContainerPort;

    #[test]
    fn ports_are_known_by_number_and_name() {
        let ports =
            vec![ContainerPort { name: Some("web".into()), container_port: 8080, ..Default::default() }];
        let container = Container { ports: Some(ports), ..Default::default() };
        assert_eq!(port(&container, &IntOrString::Int(80)), Some(80));
        assert_eq!(port(&container, &IntOrString::String("web".into())), Some(8080));
        assert_eq!(port(&container, &IntOrString::String("other".into())), None);
    }
}
