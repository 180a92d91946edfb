//! The one configuration session that all requests share: what runs, what is being edited, and how the
//! second becomes the first.

mod cloud_init;
mod commit;
mod components;
mod confirm;
mod edit;
mod read;
mod rewrite;
mod storage;
mod wrap;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, RwLock};

pub(crate) use commit::CommitError;
pub(crate) use edit::{Command, insert};
pub(crate) use read::ReadError;
pub(crate) use storage::StorageError;

use crate::config::{RouterConfig, Version};
use crate::faults::Switches;
use crate::frr::Frr;
use crate::schema::Schema;
use crate::tree::Node;
use confirm::Pending;

/// Both trees. They differ while a request is at work.
#[derive(Default)]
struct Trees {
    running: Node,
    candidate: Node,
}

/// The router behind its API.
pub(crate) struct Session {
    /// What the caller asked for.
    pub(crate) config: RouterConfig,
    /// What may be set.
    pub(crate) schema: Schema,
    /// Faults that tests switched on, and counters.
    pub(crate) switches: Switches,
    trees: Mutex<Trees>,
    /// One writer at a time; the others wait.
    writer: AsyncMutex<()>,
    /// Commands and reloads run side by side; starting and stopping the daemons waits for them.
    frr: RwLock<Option<Frr>>,
    pending: Mutex<Option<Pending>>,
}

impl Session {
    /// A router that is not booted yet.
    pub(crate) fn new(config: RouterConfig, schema: Schema) -> Self {
        Self {
            config,
            schema,
            switches: Switches::default(),
            trees: Mutex::default(),
            writer: AsyncMutex::default(),
            frr: RwLock::default(),
            pending: Mutex::default(),
        }
    }

    /// The release that is played.
    pub(crate) fn version(&self) -> Version {
        self.config.version
    }

    /// Puts leaves into what runs without a check.
    pub(crate) fn hold(&self, paths: &[Vec<String>]) {
        let mut trees = self.trees();
        for path in paths {
            insert(&mut trees.running, &self.schema, path);
        }
        trees.candidate = trees.running.clone();
    }

    /// What runs now.
    pub(crate) fn running(&self) -> Node {
        self.trees().running.clone()
    }

    /// Runs the commands of one request and commits them. Gives what the commit printed.
    pub(crate) async fn configure(&self, commands: &[Command]) -> Result<String, CommitError> {
        let _writer = self.writer.lock().await;
        let mut candidate = self.running();
        let edited = self.edit(&mut candidate, commands);
        self.trees().candidate = candidate;
        if let Err(said) = edited {
            self.discard();
            return Err(CommitError::Set(said));
        }
        self.commit().await
    }

    /// Judges commands without running them.
    pub(crate) fn check(&self, commands: &[Command]) -> Result<(), CommitError> {
        let mut tree = self.running();
        self.edit(&mut tree, commands).map_err(CommitError::Set)
    }

    fn edit(&self, tree: &mut Node, commands: &[Command]) -> Result<(), String> {
        if self.switches.is_settling() && commands.iter().any(|command| matches!(command, Command::Set(_))) {
            return Err("Set failed\n".to_owned());
        }
        let strict = self.is_strict();
        commands.iter().try_for_each(|command| edit::run(tree, &self.schema, command, strict))
    }

    /// Puts a whole tree in the place of the candidate and commits it.
    async fn replace(&self, tree: Node) -> Result<String, CommitError> {
        self.trees().candidate = tree;
        self.commit().await
    }

    /// Drops what was edited.
    fn discard(&self) {
        let mut trees = self.trees();
        trees.candidate = trees.running.clone();
        self.switches.discarded();
    }

    fn is_strict(&self) -> bool {
        let running = self.running();
        match self.version() {
            Version::V1_4 => running.has("service https api strict"),
            Version::V1_5 => running.has("service https api rest strict"),
        }
    }

    /// How long this commit takes besides its work.
    fn commit_delay(&self) -> Duration {
        self.switches.commit_delay().unwrap_or(self.config.commit_delay)
    }

    fn trees(&self) -> MutexGuard<'_, Trees> {
        self.trees.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the routing daemons, if this router has any.
    pub(crate) async fn start_frr(&self) -> Result<(), crate::frr::FrrError> {
        if self.config.frr {
            *self.frr.write().await = Some(Frr::start(&self.config.instance, &self.config.directory).await?);
        }
        Ok(())
    }

    /// Stops the routing daemons.
    pub(crate) async fn stop_frr(&self) {
        if let Some(frr) = self.frr.write().await.take() {
            frr.stop().await;
        }
    }

    /// Asks the routing daemons; `None` if this router has none.
    pub(crate) async fn vtysh(&self, command: &str) -> Option<String> {
        let guard = self.frr.read().await;
        let frr = guard.as_ref()?;
        Some(frr.vtysh(command).await.unwrap_or_else(|error| error.to_string()))
    }
}
