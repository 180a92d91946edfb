//! Starting, stopping and restarting services; a service that keeps failing is given up, as systemd does.

use super::{Service, apiserver_proxy, cluster_agent, containerd, datastore, kicker, kubelite};
use crate::command::system::note_service;
use crate::daemon::Node;
use crate::failure::Result;
use crate::journal::Journal;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// systemd's start limit: so many starts within so long, then it gives up.
const STARTS: usize = 5;
const INTERVAL: Duration = Duration::from_secs(10);
/// snapd's default pause before a restart.
const PAUSE: Duration = Duration::from_millis(100);

/// All services of a node.
pub(crate) struct Services {
    units: [Unit; 8],
}

struct Unit {
    service: Service,
    running: Mutex<Option<Running>>,
    active: Arc<AtomicBool>,
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Services {
    pub(crate) fn new() -> Self {
        let unit = |service| Unit { service, running: Mutex::new(None), active: Arc::default() };
        Self { units: Service::ALL.map(unit) }
    }

    fn unit(&self, service: Service) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.service == service)
    }

    /// Whether the service's process runs.
    pub(crate) fn is_active(&self, service: Service) -> bool {
        self.unit(service).is_some_and(|unit| unit.active.load(Ordering::Relaxed))
    }

    /// Starts a service that does not run.
    pub(crate) async fn start(&self, node: &Arc<Node>, service: Service) {
        let Some(unit) = self.unit(service) else { return };
        let mut running = unit.running.lock().await;
        if running.as_ref().is_some_and(|running| !running.task.is_finished()) {
            return;
        }
        let stop = CancellationToken::new();
        unit.active.store(true, Ordering::Relaxed);
        let task = tokio::spawn(supervise(Arc::clone(node), service, stop.clone(), Arc::clone(&unit.active)));
        *running = Some(Running { stop, task });
    }

    /// Stops a service and waits for its end.
    pub(crate) async fn stop(&self, service: Service) {
        let Some(unit) = self.unit(service) else { return };
        if let Some(Running { stop, task }) = unit.running.lock().await.take() {
            stop.cancel();
            // The task ends by itself; had it panicked, there would be nothing left to stop.
            let _ = task.await;
        }
        unit.active.store(false, Ordering::Relaxed);
    }

    pub(crate) async fn restart(&self, node: &Arc<Node>, service: Service) {
        self.stop(service).await;
        self.start(node, service).await;
    }
}

async fn supervise(node: Arc<Node>, service: Service, stop: CancellationToken, active: Arc<AtomicBool>) {
    let journal = Journal::of(&service.unit());
    let described = format!("Service for snap application {}", service.identifier());
    let unit = format!("{}.service", service.unit());
    let mut starts: VecDeque<Instant> = VecDeque::new();
    let mut state = "inactive";
    for counter in 1_u32.. {
        starts.retain(|start| start.elapsed() < INTERVAL);
        if starts.len() >= STARTS {
            journal.systemd(&format!("{unit}: Start request repeated too quickly."));
            journal.systemd(&format!("{unit}: Failed with result 'exit-code'."));
            journal.systemd(&format!("Failed to start {described}."));
            state = "failed";
            break;
        }
        starts.push_back(Instant::now());
        journal.systemd(&format!("Started {described}."));
        active.store(true, Ordering::Relaxed);
        note_service(&node.layout, &service.unit(), "active", counter - 1);
        let ended = run(service, Arc::clone(&node), stop.clone()).await;
        if stop.is_cancelled() {
            journal.systemd(&format!("{unit}: Deactivated successfully."));
            journal.systemd(&format!("Stopped {described}."));
            break;
        }
        match ended {
            Ok(()) => {
                journal.systemd(&format!("{unit}: Deactivated successfully."));
                break;
            }
            Err(failure) => journal.write(&service.identifier(), std::process::id(), &failure.to_string()),
        }
        journal.systemd(&format!("{unit}: Main process exited, code=exited, status=1/FAILURE"));
        journal.systemd(&format!("{unit}: Failed with result 'exit-code'."));
        note_service(&node.layout, &service.unit(), "activating", counter - 1);
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => break,
        }
        journal.systemd(&format!("{unit}: Scheduled restart job, restart counter is at {counter}."));
    }
    active.store(false, Ordering::Relaxed);
    note_service(&node.layout, &service.unit(), state, 0);
}

/// Runs a service until it is told to stop or ends by itself; what it does not need ends at once,
/// successfully.
fn run(
    service: Service,
    node: Arc<Node>,
    stop: CancellationToken,
) -> Pin<Box<dyn Future<Output = Result<()>> + Send>> {
    Box::pin(async move {
        match service {
            Service::ApiserverKicker => kicker::run(node, stop).await,
            Service::ApiserverProxy => apiserver_proxy::run(node, stop).await,
            Service::ClusterAgent => cluster_agent::run(node, stop).await,
            Service::K8sDqlite => datastore::run(node, stop).await,
            Service::Kubelite => kubelite::run(node, stop).await,
            Service::Containerd => containerd::run(node, stop).await,
            // Services of a mode that these nodes are not in.
            Service::Etcd | Service::Flanneld => Ok(()),
        }
    })
}
