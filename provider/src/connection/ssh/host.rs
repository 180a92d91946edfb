//! One host: commands, cached probes and forwarded ports over one connection, which is made again when it
//! broke.

use super::command::{Command, Output, Script};
use super::detached::{JobFolders, Jobs};
use super::error::{SshError, SshErrorKind};
use super::master::Master;
use super::{SshContext, host_key};
use crate::connection::ConnectionError;
use crate::connection::outage::{RecentFailure, WarnOnce};
use crate::connection::retry::{Attempt, Deadline, RetryError, poll};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

/// sshd allows 10 sessions on a connection by default (`MaxSessions`); one is the lifeline, one is left to
/// others.
const SESSIONS: usize = 8;

/// How long a machine that refuses our key may still be at giving it to its user (cloud-init).
const KEY_MAY_COME: Duration = Duration::from_secs(30);

/// A machine behind an address.
pub struct Host {
    pub(super) address: String,
    context: Arc<SshContext>,
    pin: Mutex<Option<String>>,
    /// The live connection, if there is one.
    link: tokio::sync::Mutex<Option<Arc<Master>>>,
    /// The last failure to connect: all resources of a dead machine wait for it once.
    unreachable: RecentFailure<SshError>,
    pub(super) sessions: Semaphore,
    probes: Mutex<BTreeMap<&'static str, Probe>>,
    /// Probes that came to no end.
    unanswered: Mutex<BTreeMap<&'static str, RecentFailure<SshError>>>,
    warning: WarnOnce,
}

type Probe = Arc<OnceCell<Arc<Output>>>;

impl Host {
    pub(super) fn new(address: String, context: Arc<SshContext>) -> Arc<Self> {
        Arc::new(Self {
            address,
            context,
            pin: Mutex::default(),
            link: tokio::sync::Mutex::default(),
            unreachable: RecentFailure::default(),
            sessions: Semaphore::new(SESSIONS),
            probes: Mutex::default(),
            unanswered: Mutex::default(),
            warning: WarnOnce::default(),
        })
    }

    /// Its address, as configurations give it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on only a machine with this host key is accepted. A connection to another one is given up.
    pub fn pin(&self, key: &str) {
        let key = host_key::normalised(key).unwrap_or_else(|| key.trim().to_owned());
        *self.pin.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }

    /// Forgets a pinned key and the connection it belongs to: another machine may be there now.
    pub async fn unpin(&self) {
        let pinned = self.pin.lock().unwrap_or_else(PoisonError::into_inner).take();
        if pinned.is_some() {
            *self.link.lock().await = None;
        }
        self.invalidate_probes();
    }

    /// The host key of the machine reached, `ssh-ed25519 AAAA...`. `None` where SSH verified it by other
    /// means than a key in a file, such as a certificate.
    pub async fn host_key(&self) -> Result<Option<String>, SshError> {
        Ok(self.connected().await?.host_key.clone())
    }

    /// Waits until the host lets us in.
    pub async fn reach(&self, deadline: &Deadline) -> Result<(), RetryError<SshError>> {
        let started = Instant::now();
        deadline
            .reach(|| async {
                // What was remembered answers others, not the one who waits for the host to come.
                self.unreachable.clear();
                match self.connected().await {
                    Ok(_) => Attempt::Done(Ok(())),
                    Err(error)
                        if error.is_unresolved()
                            && started.elapsed() >= self.context.settings.resolve_limit =>
                    {
                        Attempt::Done(Err(error))
                    }
                    Err(error) if error.is_transient() => Attempt::Retry(error),
                    Err(error)
                        if error.kind() == SshErrorKind::KeyRefused && started.elapsed() < KEY_MAY_COME =>
                    {
                        Attempt::Retry(error)
                    }
                    Err(error) => Attempt::Done(Err(error)),
                }
            })
            .await
    }

    /// Runs a program as the user who logs in.
    pub async fn run(&self, words: &[&str], stdin: Option<&[u8]>) -> Result<Output, SshError> {
        self.execute(Command::Program(words), false, stdin).await
    }

    /// Runs a script as the user who logs in.
    pub async fn script(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        self.execute(Command::Script(script, arguments), false, stdin).await
    }

    /// What this run of the provider begins on machines.
    pub(super) fn jobs(&self) -> &Jobs {
        &self.context.jobs
    }

    /// Where the machine keeps its jobs.
    pub(super) fn job_folders(&self) -> &JobFolders {
        &self.context.settings.job_folders
    }

    /// How long a command may take that only reads.
    pub fn read_limit(&self) -> Duration {
        self.context.settings.read_limit
    }

    /// What `script` prints as root. Asked once and remembered until [`Host::invalidate_probes`]: all
    /// resources on a host share it.
    pub async fn probe(&self, script: &'static Script) -> Result<Arc<Output>, SshError> {
        let probe = {
            let mut probes = self.probes.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(probes.entry(script.name).or_default())
        };
        let asked = probe.get_or_try_init(|| async {
            if let Some(error) = self.unanswered(script.name) {
                return Err(error);
            }
            let asked = self.ask(script, &[]).await;
            if let Err(error) = &asked
                && matches!(error.kind(), SshErrorKind::Unanswered | SshErrorKind::TooLong)
            {
                let mut unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
                unanswered.entry(script.name).or_default().record(error);
            }
            asked.map(Arc::new)
        });
        asked.await.cloned()
    }

    /// What became of a probe that came to no end a moment ago: all who wait for it wait once.
    fn unanswered(&self, probe: &str) -> Option<SshError> {
        let unanswered = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        unanswered.get(probe).and_then(RecentFailure::get)
    }

    /// Forgets what probes said: something was written.
    pub fn invalidate_probes(&self) {
        self.probes.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether an attempt to connect has failed a moment ago.
    pub fn is_out_of_reach(&self) -> bool {
        self.unreachable.get().is_some()
    }

    /// Whether this is the first time that somebody wants to tell the person that this host cannot be
    /// reached: one warning per host is enough.
    pub fn warn_once(&self) -> bool {
        self.warning.is_due()
    }

    /// A local Unix socket that leads to `remote_port` of the host's loopback, in a directory that only this
    /// user can enter. Ask again before each connection: the path changes when the connection had to be made
    /// anew.
    pub async fn forward(&self, remote_port: u16) -> Result<PathBuf, SshError> {
        let stage = format!("forwarding port {remote_port}");
        let mut tried = false;
        loop {
            let master = self.connected().await?;
            if let Some(forbidden) = self.forbidden_forward(&master) {
                return Err(forbidden);
            }
            match master.forward(remote_port).await {
                Ok(path) => return Ok(path),
                Err(openssh::Error::Disconnected) if !tried => self.give_up(&master).await,
                Err(error) => return Err(self.failure(&stage, error)),
            }
            tried = true;
        }
    }

    /// Why nothing passes the ports that were forwarded, where sshd there forbids it. `ssh` closes a port and
    /// says so at one time: the word may come a moment later.
    pub async fn why_no_forward(&self) -> Option<SshError> {
        let master = self.link.lock().await.clone()?;
        let said = || async {
            let found = self.forbidden_forward(&master);
            Ok::<_, Infallible>(if found.is_some() {
                ControlFlow::Break(found)
            } else {
                ControlFlow::Continue(found)
            })
        };
        let Ok(found) = poll(Duration::from_millis(20), Duration::from_millis(500), said).await;
        found
    }

    fn forbidden_forward(&self, master: &Master) -> Option<SshError> {
        const CURE: &str = "sshd there forbids to forward ports, by which the cluster's API is reached. Allow it in its sshd_config \
                            (`AllowTcpForwarding local`) and restart sshd, or reach the cluster with the provider's `kubernetes` block.";
        let error = || {
            let said = "open failed: administratively prohibited";
            SshError::new(SshErrorKind::CommandNotRun, &self.address, "forwarding a port", said)
        };
        master.forbids_forwarding().then(|| error().with_cure(CURE))
    }

    /// The live connection, made now if there is none. Whoever asks at the same time waits for the same
    /// attempt.
    pub(super) async fn connected(&self) -> Result<Arc<Master>, SshError> {
        // Also what no configuration gave: an import id, a state, what another machine told.
        if let Err(problem) = super::check_address(&self.address) {
            return Err(SshError::new(SshErrorKind::Client, &self.address, "reading the address", &problem));
        }
        let mut link = self.link.lock().await;
        let pin = self.pin.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(master) = &*link {
            let right_machine = pin.is_none() || pin == master.host_key;
            if right_machine && master.is_alive() {
                return Ok(Arc::clone(master));
            }
            *link = None;
        }
        if let Some(error) = self.unreachable.get() {
            return Err(error);
        }
        let connected = match self.context.connection_directory() {
            Ok(directory) => {
                Master::connect(&self.address, &self.context.settings, pin.as_deref(), directory).await
            }
            Err(problem) => {
                let stage = "making a private directory";
                Err(SshError::new(SshErrorKind::Client, &self.address, stage, &problem.to_string()))
            }
        };
        match &connected {
            Ok(_) => self.unreachable.clear(),
            Err(error) => self.unreachable.record(error),
        }
        let master = Arc::new(connected?);
        *link = Some(Arc::clone(&master));
        Ok(master)
    }

    /// Forgets a connection that turned out to be dead.
    pub(super) async fn give_up(&self, dead: &Arc<Master>) {
        let mut link = self.link.lock().await;
        if link.as_ref().is_some_and(|master| Arc::ptr_eq(master, dead)) {
            *link = None;
        }
    }

    pub(super) fn client_error(&self, stage: &str, problem: &dyn std::fmt::Display) -> SshError {
        SshError::new(SshErrorKind::Client, &self.address, stage, &problem.to_string())
    }

    pub(super) fn failure(&self, stage: &str, error: openssh::Error) -> SshError {
        let kind = match &error {
            openssh::Error::Disconnected | openssh::Error::Master(_) | openssh::Error::Connect(_) => {
                SshErrorKind::NotReachable
            }
            _ => SshErrorKind::CommandNotRun,
        };
        let said = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        SshError::new(kind, &self.address, stage, &said)
    }
}
