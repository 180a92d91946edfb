//! Terraform's part where objects are listed and actions invoked.

use super::harness::Harness;
use super::identity::identity_faults;
use super::outcome::{Failure, check_diagnostics, violation};
use super::stored::may_be_stored;
use super::{RuleViolation, State, config};
use crate::action::Progress;
use crate::diagnostics::Diagnostics;
use crate::list_resource::Listed;
use crate::list_resource::erased::Extent;
use crate::provider::Provider;
use crate::value::Value;
use serde_json::Value as Json;
use tokio::sync::mpsc;

/// An object that a list resource found.
#[derive(Clone, Debug)]
pub struct ListedObject {
    /// What Terraform shows.
    pub display_name: String,
    /// What it is imported by.
    pub identity: Value,
    /// Its attributes, where they were asked for and given.
    pub object: Option<Value>,
}

/// What an action reports whose work a test does without a provider.
pub struct Reports(mpsc::Receiver<String>);

/// More messages than any test's action has.
const REPORTS: usize = 1000;

impl Reports {
    /// Where it reports, and what it will have reported.
    pub fn channel() -> (Progress, Self) {
        let (sender, receiver) = mpsc::channel(REPORTS);
        (Progress::new(sender), Self(receiver))
    }

    /// All messages so far.
    pub fn taken(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

impl<P: Provider> Harness<P> {
    /// Validates the configuration of a list and lists at most `limit` objects, whole ones where
    /// `include_resource` says so.
    pub async fn list(
        &self,
        type_name: &str,
        config: &Json,
        limit: u64,
        include_resource: bool,
    ) -> Result<(Vec<ListedObject>, Diagnostics), Failure> {
        let lister = self.registry.list_resources.get(type_name);
        let lister =
            lister.ok_or_else(|| violation(format!("there is no list resource type {type_name:?}")))?;
        let config = config::read(&lister.schema().attributes, config)?;
        check_diagnostics(lister.validate_config(&config, P::validate_string), Vec::new(), None)?;
        let (sender, mut receiver) = mpsc::channel::<Listed>(1);
        let context = self.context();
        let extent = Extent { limit, wants_objects: include_resource };
        let gathering = async {
            let mut all = Vec::new();
            while let Some(one) = receiver.recv().await {
                all.push(ListedObject {
                    display_name: one.display_name,
                    identity: one.identity,
                    object: one.object,
                });
            }
            all
        };
        let (found, all) = tokio::join!(lister.list(&context, &config, extent, sender), gathering);
        let faults = all.iter().flat_map(|one| {
            let mut faults: Vec<RuleViolation> = identity_faults(lister.listed(), &one.identity);
            faults.extend(one.identity.is_null().then(|| violation("missing identity data")));
            faults.extend(one.object.iter().flat_map(|object| may_be_stored(lister.listed(), object)));
            faults
        });
        let mut faults: Vec<_> = faults.collect();
        if u64::try_from(all.len()).is_ok_and(|count| count > limit) {
            faults.push(violation("more objects than were asked for"));
        }
        Ok((all, check_diagnostics(found, faults, None)?))
    }

    /// Whether objects of a type can be listed.
    pub fn lists(&self, type_name: &str) -> bool {
        self.registry.list_resources.contains_key(type_name)
    }

    /// A listed object as it would be stored, to generate its configuration.
    pub fn state_of(&self, type_name: &str, listed: &ListedObject) -> Option<State> {
        let object = listed.object.clone()?;
        let (type_name, identity) = (type_name.to_owned(), listed.identity.clone());
        Some(State { type_name, object, identity, private: Vec::new() })
    }

    /// Validates and plans the invocation of an action.
    pub async fn plan_action(&self, type_name: &str, config: &Json) -> Result<Diagnostics, Failure> {
        let action = self.action(type_name)?;
        let config = config::read(&action.schema().attributes, config)?;
        check_diagnostics(action.validate_config(&config, P::validate_string), Vec::new(), None)?;
        check_diagnostics(action.plan(&self.context(), &config).await, Vec::new(), None)
    }

    /// Plans and invokes an action: what it reported, and its warnings.
    pub async fn invoke(
        &self,
        type_name: &str,
        config: &Json,
    ) -> Result<(Vec<String>, Diagnostics), Failure> {
        self.plan_action(type_name, config).await?;
        let action = self.action(type_name)?;
        let config = config::read(&action.schema().attributes, config)?;
        let (sender, mut receiver) = mpsc::channel(1);
        let context = self.context();
        let gathering = async {
            let mut messages = Vec::new();
            while let Some(message) = receiver.recv().await {
                messages.push(message);
            }
            messages
        };
        let invoking = action.invoke(&context, &config, Progress::new(sender));
        let (found, messages) = tokio::join!(invoking, gathering);
        Ok((messages, check_diagnostics(found, Vec::new(), None)?))
    }

    fn action(
        &self,
        type_name: &str,
    ) -> Result<&dyn crate::action::erased::ErasedAction<P::Configured>, Failure> {
        let served = self.registry.actions.get(type_name).map(|one| &**one);
        served.ok_or_else(|| violation(format!("there is no action type {type_name:?}")).into())
    }
}
