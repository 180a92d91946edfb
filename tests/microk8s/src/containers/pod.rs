//! The life of a pod that really runs: volumes, sandbox, init containers one after the other, then all
//! containers, each started again as the pod's policy says.

use super::container::Run;
use super::probes::{self, Finding};
use super::sandbox::Sandbox;
use super::state::{ContainerState, Ended, Phase};
use super::{PodContext, images, volumes};
use crate::failure::Result;
use crate::kubelet::now_in_seconds;
use k8s_openapi::api::core::v1::Container;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Between looks at volumes: what they are made from changes, and a kubelet follows, though more slowly.
const VOLUMES: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_secs(1);
/// A kubelet's pauses before a container is started again: none, then ten seconds, doubling. A run of ten
/// minutes counts as a new beginning.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const LONG_RUN: Duration = Duration::from_secs(600);
/// How many restarts go without a pause.
const FREE: u32 = 1;
/// The exit code of a container of which nothing is known.
const UNKNOWN: i32 = 137;

/// How a container is to be treated when it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Always,
    OnFailure,
    Never,
}

impl Policy {
    fn of(pod: &PodContext) -> Self {
        let policy = pod.pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref());
        match policy {
            Some("Never") => Self::Never,
            Some("OnFailure") => Self::OnFailure,
            _ => Self::Always,
        }
    }

    fn restarts(self, code: i32) -> bool {
        match self {
            Self::Always => true,
            Self::OnFailure => code != 0,
            Self::Never => false,
        }
    }
}

/// Runs until told to stop, and then ends what runs.
pub(crate) async fn live(pod: Arc<PodContext>, stop: CancellationToken) {
    let Some(sandbox) = create(&pod, &stop).await else { return };
    let sandbox = Arc::new(sandbox);
    let follow = async {
        loop {
            sleep(VOLUMES).await;
            // What is gone from the API stays on the node, as a kubelet leaves it.
            let _ = prepare_volumes(&pod).await;
        }
    };
    tokio::select! {
        () = run(&pod, &sandbox, &stop) => {}
        () = follow => {}
    }
    // It ends with its process at the latest.
    let _ = sandbox.end().await;
}

async fn prepare_volumes(pod: &PodContext) -> Result<()> {
    for volume in pod.pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten()) {
        volumes::prepare(pod, volume).await?;
    }
    Ok(())
}

/// Volumes and sandbox; nothing where the pod is over before they are there.
async fn create(pod: &PodContext, stop: &CancellationToken) -> Option<Sandbox> {
    loop {
        let made = async {
            prepare_volumes(pod).await?;
            Sandbox::start(&pod.hostname(), &pod.uid(), &pod.addresses).await
        };
        match made.await {
            Ok(sandbox) => return Some(sandbox),
            Err(failure) => pod.wait_all(&failure.to_string()),
        }
        if pause(AGAIN, stop).await {
            return None;
        }
    }
}

/// Waits; says whether it was told to stop meanwhile.
async fn pause(time: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = sleep(time) => false,
        () = stop.cancelled() => true,
    }
}

async fn run(pod: &Arc<PodContext>, sandbox: &Arc<Sandbox>, stop: &CancellationToken) {
    let Some(spec) = pod.pod.spec.as_ref() else { return };
    let policy = Policy::of(pod);
    let keeper = |container: &Container, init, policy| Keeper {
        pod: Arc::clone(pod),
        sandbox: Arc::clone(sandbox),
        container: container.clone(),
        init,
        policy,
        stop: stop.clone(),
    };
    let mut keepers = JoinSet::new();
    for container in spec.init_containers.iter().flatten() {
        if container.restart_policy.as_deref() == Some("Always") {
            let keeper = keeper(container, true, Policy::Always);
            keepers.spawn(async move { keeper.keep().await });
        } else {
            let policy = if policy == Policy::Never { Policy::Never } else { Policy::OnFailure };
            if keeper(container, true, policy).keep().await != Some(0) {
                stop.cancelled().await;
                break;
            }
        }
    }
    if !stop.is_cancelled() {
        pod.change(|state| state.initialized = true);
        for container in &spec.containers {
            let keeper = keeper(container, false, policy);
            keepers.spawn(async move { keeper.keep().await });
        }
    }
    // A pod whose containers are done stays until it is deleted.
    stop.cancelled().await;
    while keepers.join_next().await.is_some() {}
}

/// Keeps one container of a pod.
struct Keeper {
    pod: Arc<PodContext>,
    sandbox: Arc<Sandbox>,
    container: Container,
    init: bool,
    policy: Policy,
    stop: CancellationToken,
}

impl Keeper {
    fn change(&self, change: impl FnOnce(&mut ContainerState)) {
        self.pod.change(|state| {
            let states = if self.init { &mut state.init } else { &mut state.containers };
            if let Some(state) = states.get_mut(&self.container.name) {
                change(state);
            }
        });
    }

    /// Until the container is over for good, with its exit code, or it is time to stop.
    async fn keep(&self) -> Option<i32> {
        let image = self.container.image.as_deref().unwrap_or_default();
        if images::find(image, &self.pod.traffic).is_none() {
            return self.pretend().await;
        }
        let mut restarts = 0;
        let mut wait = FIRST_PAUSE;
        loop {
            let begin = Instant::now();
            let code = self.once().await?;
            if !self.policy.restarts(code) {
                self.change(|state| state.phase = Phase::Over);
                return Some(code);
            }
            if begin.elapsed() > LONG_RUN {
                (restarts, wait) = (0, FIRST_PAUSE);
            }
            if restarts >= FREE {
                let message = format!(
                    "back-off {}s restarting failed container={}",
                    wait.as_secs(),
                    self.container.name
                );
                self.change(|state| state.phase = Phase::Waiting { reason: "CrashLoopBackOff", message });
                if pause(wait, &self.stop).await {
                    return None;
                }
                wait = (wait * 2).min(LONGEST_PAUSE);
            }
            restarts += 1;
            self.change(|state| state.restarts += 1);
        }
    }

    async fn pretend(&self) -> Option<i32> {
        if self.init {
            let now = now_in_seconds();
            let last = Some(Ended { code: 0, started: now.clone(), finished: now });
            self.change(|state| *state = ContainerState { phase: Phase::Over, last, ..state.clone() });
            return Some(0);
        }
        self.change(|state| *state = ContainerState::pretended(state.restarts));
        self.stop.cancelled().await;
        None
    }

    /// One run, with its exit code; nothing where it was told to stop.
    async fn once(&self) -> Option<i32> {
        let mut run = loop {
            match Run::start(&self.pod, &self.sandbox, &self.container).await {
                Ok(run) => break run,
                Err(failure) => {
                    let message = failure.to_string();
                    self.change(|state| {
                        state.phase = Phase::Waiting { reason: "CreateContainerConfigError", message }
                    });
                }
            }
            if pause(AGAIN, &self.stop).await {
                return None;
            }
        };
        let started = now_in_seconds();
        self.change(|state| state.phase = Phase::Running { since: started.clone() });
        let (tell, mut findings) = unbounded_channel();
        let probing = probes::watch(&self.pod, &self.sandbox, &self.container, |finding| {
            // Whoever does not listen any more does not want to know.
            let _ = tell.send(finding);
        });
        tokio::pin!(probing);
        let mut probed = false;
        let ended = loop {
            tokio::select! {
                ended = run.ended() => break ended,
                () = &mut probing, if !probed => probed = true,
                Some(finding) = findings.recv() => match finding {
                    Finding::Started => self.change(|state| state.started = true),
                    Finding::Ready(ready) => self.change(|state| state.ready = ready),
                    Finding::Dead => break run.stop(self.pod.grace()).await,
                },
                () = self.stop.cancelled() => {
                    // The sandbox's end ends what does not listen.
                    let _ = run.stop(self.pod.grace()).await;
                    return None;
                }
            }
        };
        let code = ended.unwrap_or(UNKNOWN);
        let last = Ended { code, started, finished: now_in_seconds() };
        self.change(|state| {
            state.last = Some(last);
            (state.started, state.ready) = (false, false);
        });
        Some(code)
    }
}
