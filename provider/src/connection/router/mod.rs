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
pub use command::{Command, Operation};
pub use error::RouterError;
pub use plans::Plans;
pub use routers::{RouterLookupError, Routers};
pub use settings::RouterSettings;
pub use tree::{ConfigPath, ConfigTree};
pub use write::{Changes, PostCheck, Purpose, Write};

use actor::{Actor, Request};
use api::Api;
use std::sync::atomic::{AtomicBool, Ordering};
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
    warned: AtomicBool,
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
            warned: AtomicBool::new(false),
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
        stop.run_until_cancelled(self.ask(|reply| Request::Read(root, reply)))
            .await
            .unwrap_or(Err(RouterError::Cancelled))
    }

    /// What an operational command prints. Ends when nobody waits for it any more.
    pub async fn show(&self, words: &[&str]) -> Result<String, RouterError> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.ask(|reply| Request::Show(words, reply)).await
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

    /// Whether this is the first time that somebody warns of this router; one warning is enough for all its
    /// objects.
    pub fn first_warning(&self) -> bool {
        !self.warned.swap(true, Ordering::Relaxed)
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, RouterError>>) -> Request,
    ) -> Result<T, RouterError> {
        let actor = self.actor.get_or_init(|| Actor::start(Api::new(&self.settings), self.timing.clone()));
        let (reply, answer) = oneshot::channel();
        let asked = actor.send(request(reply));
        match asked {
            Ok(()) => answer.await.unwrap_or(Err(RouterError::Cancelled)),
            Err(_) => Err(RouterError::Cancelled),
        }
    }
}

#[cfg(test)]
mod tests;
