//! VyOS routers over their HTTP API. Each has one actor ([`Router`]) that owns all reads and writes and
//! merges what waits into one commit. Knows configuration trees and commits; knows no Terraform type.

mod actor;
mod api;
mod batch;
mod bisect;
mod blame;
mod command;
mod commit;
mod error;
mod plans;
mod read;
mod routers;
mod settings;
mod split;
mod timing;
mod tree;
mod write;

pub use api::without_userinfo;
pub use command::{Command, Operation, is_secret_leaf};
pub use error::{RouterError, RouterErrorKind};
pub use plans::Plans;
pub use routers::{RouterLookupError, Routers};
pub use settings::RouterSettings;
pub use tree::{ConfigPath, ConfigTree};
pub use write::{Changes, PostCheck, Purpose, Veto, Write};

use crate::connection::outage::WarnOnce;
use actor::{Actor, Request, Task};
use api::Api;
use std::sync::{Arc, OnceLock};
use timing::Timing;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use write::Pending;

/// One router. Its actor starts with the first call.
pub struct Router {
    name: String,
    settings: RouterSettings,
    /// Its address without userinfo.
    shown: String,
    timing: Timing,
    actor: OnceLock<mpsc::UnboundedSender<Request>>,
    warning: WarnOnce,
    plans: Plans,
}

impl Router {
    fn new(name: String, settings: RouterSettings, timing: Timing) -> Self {
        let shown = without_userinfo(&settings.url);
        Self {
            name,
            settings,
            shown,
            timing,
            actor: OnceLock::new(),
            warning: WarnOnce::default(),
            plans: Plans::default(),
        }
    }

    /// Its name in the provider block.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Address of its API, to be shown: without userinfo.
    pub fn url(&self) -> &str {
        &self.shown
    }

    /// What it is known by: the address of its API in one spelling, see [`routers::identity`].
    pub fn identity(&self) -> String {
        routers::identity(&self.settings.url)
    }

    /// The running configuration below `root`, a container of the schema; empty where there is nothing. All
    /// reads of one refresh share one answer. Ends with `stop`.
    pub async fn config(
        &self,
        root: ConfigPath,
        stop: &CancellationToken,
    ) -> Result<Arc<ConfigTree>, RouterError> {
        let read = stop.run_until_cancelled(self.ask(|reply| Request::Read(root, reply))).await;
        read.unwrap_or_else(|| Err(RouterError::new(&self.shown, RouterErrorKind::Cancelled)))
    }

    /// What an operational command prints. Ends when nobody waits for it any more.
    pub async fn show(&self, words: &[&str]) -> Result<String, RouterError> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.ask(|reply| Request::Show(words, reply)).await
    }

    /// Saves the running configuration, after the changes that wait: as the one of the router's next start,
    /// or in a file of the router.
    pub async fn save(&self, file: Option<&str>) -> Result<(), RouterError> {
        let task = Task::Save(file.map(str::to_owned));
        self.ask(|reply| Request::Task(task, reply)).await.map(drop)
    }

    /// Resets something of the operational mode, such as `bgp 10.0.0.11 soft`; what that prints.
    pub async fn reset(&self, words: &[&str]) -> Result<String, RouterError> {
        let task = Task::Reset(words.iter().map(|word| (*word).to_owned()).collect());
        self.ask(|reply| Request::Task(task, reply)).await
    }

    /// Commits and saves a change together with those that wait beside it, and answers the configuration
    /// below its root afterwards.
    pub async fn write(&self, write: Write) -> Result<Arc<ConfigTree>, RouterError> {
        self.ask(|reply| Request::Write(Pending { write, reply })).await
    }

    /// What this run plans for its objects.
    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// Whether the warning that this router cannot be read is still due; true once a run.
    pub fn warn_once(&self) -> bool {
        self.warning.is_due()
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, RouterErrorKind>>) -> Request,
    ) -> Result<T, RouterError> {
        let actor = self.actor.get_or_init(|| Actor::start(Api::new(&self.settings), self.timing.clone()));
        let (reply, answer) = oneshot::channel();
        let asked = actor.send(request(reply));
        let answered = match asked {
            Ok(()) => answer.await.unwrap_or(Err(RouterErrorKind::Cancelled)),
            Err(_) => Err(RouterErrorKind::Cancelled),
        };
        answered.map_err(|kind| RouterError::new(&self.shown, kind))
    }
}

#[cfg(test)]
mod tests;
