//! VyOS routers over their HTTP API. Each has one actor ([`Router`]) that owns all reads and writes and merges what
//! waits into one commit. Knows configuration trees and commits; knows no Terraform type.

mod actor;
mod answer;
mod apart;
mod api;
mod batch;
mod blame;
mod command;
mod commit;
mod error;
mod pace;
mod plans;
mod read;
mod search;
mod tree;
mod trust;
mod url;
mod write;

pub use command::{Command, Operation};
pub use error::RouterError;
pub use plans::Plans;
pub use tree::{ConfigPath, ConfigTree};
pub use url::without_userinfo;
pub use write::{Changes, Objection, Purpose, Write};

use actor::{Actor, Request};
use api::Api;
use pace::Pace;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tfplugin::types::Secret;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use write::Pending;

/// How one router is reached.
#[derive(Clone)]
pub struct RouterSettings {
    /// Address of its HTTPS API. Its userinfo is for a proxy in front of it.
    pub url: String,
    /// A key of its HTTP API.
    pub api_key: Secret,
    /// The only authority, or the very certificate, that it may show, as PEM; the system's authorities otherwise.
    pub ca_certificate: Option<String>,
    /// Trusts whoever answers.
    pub insecure_skip_certificate_verification: bool,
}

/// The routers that the provider block names.
pub struct Routers {
    routers: Option<BTreeMap<String, Arc<Router>>>,
}

/// Why a name leads to no router.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRouter {
    /// The provider block is not known yet, as it may be while planning.
    #[error("the provider's `routers` are not known yet")]
    NotKnownYet,
    /// None has that name.
    #[error("the provider block has no router {name:?}; {}", known(.routers))]
    Unnamed {
        /// The name asked for.
        name: String,
        /// The names there are.
        routers: Vec<String>,
    },
    /// No name was given and there is not exactly one router.
    #[error("no router is named here, and {}", known(.routers))]
    Ambiguous {
        /// The names there are.
        routers: Vec<String>,
    },
}

fn known(routers: &[String]) -> String {
    match routers {
        [] => "its `routers` are empty".to_owned(),
        names => format!("its routers are {}", names.join(", ")),
    }
}

impl Routers {
    /// Connects to none of them.
    pub fn new(settings: BTreeMap<String, RouterSettings>) -> Self {
        let router = |(name, settings): (String, _)| {
            (name.clone(), Arc::new(Router::new(name, settings, Pace::default())))
        };
        Self { routers: Some(settings.into_iter().map(router).collect()) }
    }

    /// Routers that are to be known at apply.
    pub fn unknown() -> Self {
        Self { routers: None }
    }

    /// The router of that name; the only one where no name is given.
    pub fn get(&self, name: Option<&str>) -> Result<Arc<Router>, NoRouter> {
        let all = self.routers.as_ref().ok_or(NoRouter::NotKnownYet)?;
        let names = || all.keys().cloned().collect();
        match name {
            Some(name) => all
                .get(name)
                .cloned()
                .ok_or_else(|| NoRouter::Unnamed { name: name.to_owned(), routers: names() }),
            None if all.len() == 1 => all.values().next().cloned().ok_or(NoRouter::NotKnownYet),
            None => Err(NoRouter::Ambiguous { routers: names() }),
        }
    }
}

/// The userinfo of the address may be a password.
impl fmt::Debug for RouterSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterSettings").field("url", &without_userinfo(&self.url)).finish_non_exhaustive()
    }
}

/// One router. Its actor starts with the first call.
pub struct Router {
    name: String,
    settings: RouterSettings,
    /// Its address without userinfo.
    shown: String,
    pace: Pace,
    actor: OnceLock<mpsc::UnboundedSender<Request>>,
    warned: AtomicBool,
    plans: Plans,
}

impl Router {
    fn new(name: String, settings: RouterSettings, pace: Pace) -> Self {
        let shown = without_userinfo(&settings.url);
        Self {
            name,
            settings,
            shown,
            pace,
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

    /// The running configuration below `root`, a container of the schema; empty where there is nothing. All reads of
    /// one refresh share one answer. Ends with `stop`.
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

    /// Commits and saves a change together with those that wait beside it, and answers the configuration below its
    /// root afterwards.
    pub async fn write(&self, write: Write) -> Result<Arc<ConfigTree>, RouterError> {
        self.ask(|reply| Request::Write(Pending { write, reply })).await
    }

    /// What this run plans for its objects.
    pub fn plans(&self) -> &Plans {
        &self.plans
    }

    /// Whether this is the first time that somebody warns of this router; one warning is enough for all its objects.
    pub fn first_warning(&self) -> bool {
        !self.warned.swap(true, Ordering::Relaxed)
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, RouterError>>) -> Request,
    ) -> Result<T, RouterError> {
        let actor = self.actor.get_or_init(|| Actor::start(Api::new(&self.settings), self.pace.clone()));
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
