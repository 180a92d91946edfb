//! The engine of every resource on machines that are reached over SSH.
//!
//! A type declares its attributes, where it is reached, what it belongs to (an [`Identity`], a machine or a
//! cluster), and how it is read, brought about and removed ([`NodeResource`]). All else is here, once for all
//! types ([`OverSsh`]): connecting, deadlines, Ctrl-C, the identity that is kept and compared before every
//! write, one warning for each machine that does not answer, and the summaries of errors.

pub mod cluster_lock;
mod error;
mod identity;
mod list;
mod over_ssh;
mod private;
pub mod step;
mod work;

pub use error::NodeError;
pub use identity::Identity;
pub use list::{ListedOverSsh, NodeObjects};
pub use over_ssh::OverSsh;
pub use private::{NoPrivate, Private};
pub use work::{Work, observe, warn_unchecked};

use crate::engine::timeouts::Timeouts;
use crate::session::Session;
use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;
use tfplugin::provider::TypeName;
use tfplugin::{Context, Diagnostics, Model, Plan};

/// What the author of a type over SSH declares.
#[async_trait]
pub trait NodeResource: Model + TypeName + Clone {
    /// What it is, as the summary of an error calls it: `add-on`.
    const NOUN: &'static str;
    /// What is done to it, as the summary of an error says.
    const VERBS: Verbs = Verbs { create: "create", update: "update", remove: "destroy" };
    /// How long operations may take, unless `timeouts` says otherwise.
    const TIMEOUTS: DefaultTimeouts;
    /// How long what it belongs to may take until it answers at all.
    const ANSWERS_WITHIN: Duration = Duration::MAX;
    /// The attribute that has the address.
    const ADDRESS: &'static str = "host";
    /// Creating it makes the machine what it is: another one may have been at this address before.
    const BEGINS_THE_MACHINE: bool = false;
    /// It does not exist where MicroK8s is not installed.
    const GONE_WITHOUT_MICROK8S: bool = true;

    /// What it belongs to.
    type Identity: Identity;
    /// What the type keeps beside the state. It must be readable from `{}`.
    type Private: Clone + Default + Serialize + DeserializeOwned + Send + Sync;

    /// Where what it belongs to is reached.
    fn address(&self) -> &str;

    /// What it is called, as the summary of an error says after [`Self::NOUN`].
    fn title(&self) -> String;

    /// How long operations may take.
    fn timeouts(&self) -> &Option<Timeouts>;

    /// What it belongs to, where an attribute has it.
    fn identity(&self) -> Option<&str> {
        None
    }

    /// Other addresses of what it belongs to, for reading and removing while [`Self::address`] does not
    /// answer.
    fn other_addresses(&self, private: &Self::Private) -> Vec<String> {
        let _ = private;
        Vec::new()
    }

    /// The only host key to accept at the address.
    fn host_key(&self) -> Option<String> {
        None
    }

    /// Whether it leaves the state where what it belongs to cannot be reached, or is another one by now.
    fn forget_unreachable(&self) -> bool {
        false
    }

    /// Whether an update from `prior` has to reach anything.
    fn must_reach(&self, prior: &Self) -> bool {
        let _ = prior;
        true
    }

    /// Validates cross-attribute rules of a configuration, offline.
    fn validate_config(config: &Self::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Modifies the plan. It must be complete without any connection and deterministic.
    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, Private<Self::Private>>,
    ) -> Result<(), Diagnostics> {
        let _ = (context, plan);
        Ok(())
    }

    /// Validates a planned destruction. What cannot be asked yet is asked at apply.
    async fn plan_destroy(&self, work: &Work<'_>, private: &Self::Private) -> Result<(), NodeError> {
        let _ = (work, private);
        Ok(())
    }

    /// Makes what it belongs to answer, where work that was interrupted left it silent.
    async fn revive(&self, work: &Work<'_>) -> Result<(), NodeError> {
        let _ = work;
        Ok(())
    }

    /// Reads it; `None` only where what it belongs to says that it is not there.
    async fn read(self, work: &Work<'_>, private: &mut Self::Private) -> Result<Option<Self>, NodeError>;

    /// Brings it about, or carries on what an interrupted apply left, and reads it back. `prior` is the state
    /// before an update.
    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        private: &mut Self::Private,
    ) -> Result<Self, NodeError>;

    /// Removes it; succeeds where it is gone already.
    async fn remove(self, work: &Work<'_>, private: Self::Private) -> Result<(), NodeError>;

    /// Reads what an import names.
    async fn import(
        identity: &tfplugin::Identity,
        work: &Work<'_>,
        private: &mut Self::Private,
    ) -> Result<Self, NodeError>;

    /// What to do about a create that failed, besides.
    fn create_hint() -> Option<&'static str> {
        None
    }

    /// What to do where it cannot be removed because nobody answers.
    fn remove_hint() -> String {
        format!(
            "If the {} is gone for good, nothing is left to {}: remove the resource from the state (`terraform state rm`).",
            Self::Identity::NOUN,
            Self::VERBS.remove
        )
    }
}

/// What is done to a resource, as in `Unable to enable add-on core/dns`.
#[derive(Clone, Copy, Debug)]
pub struct Verbs {
    /// Such as `enable`.
    pub create: &'static str,
    /// Such as `update`.
    pub update: &'static str,
    /// Such as `disable`.
    pub remove: &'static str,
}

/// How long operations may take, unless `timeouts` says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct DefaultTimeouts {
    /// Creating it.
    pub create: Duration,
    /// Changing it in place.
    pub update: Duration,
    /// Removing it.
    pub delete: Duration,
}

impl DefaultTimeouts {
    /// The same time for each operation.
    pub const fn each(minutes: u64) -> Self {
        let timeout = Duration::from_secs(minutes * 60);
        Self { create: timeout, update: timeout, delete: timeout }
    }
}
