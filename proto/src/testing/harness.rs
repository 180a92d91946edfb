//! Terraform's part, played in-process.

use super::client::end_deferred;
use super::consistency::{RuleViolation, plan_faults, result_faults};
use super::identity::{identity_faults, read_identity};
use super::outcome::{Action, Failure, Planned, State, check_diagnostics, violation};
use super::stored::{may_be_stored, survives_wire};
use super::{config, proposed};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::identity::Wanted;
use crate::model::{Draft, Model};
use crate::plan::check::check_config;
use crate::plan::erased::{ErasedResource, Stored};
use crate::provider::{ObservedPlan, Provider, Registry};
use crate::value::{Path, Value};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// A configured provider under test.
pub struct Harness<P: Provider> {
    pub(super) registry: Registry<P::Configured>,
    configured: Arc<P::Configured>,
    stop: CancellationToken,
    /// Whether this Terraform defers parts of a run.
    pub(super) may_defer: bool,
    /// What the module's `provider_meta` block says.
    pub(super) meta: Value,
    /// What was warned of by what was carried out.
    warned: Mutex<Diagnostics>,
    /// The objects that were made here, whose resources were planned here before.
    made: Mutex<Vec<Value>>,
}

impl<P: Provider> Harness<P> {
    /// Checks all schemas and configures the provider with the block `provider`.
    pub async fn new(provider: &Json) -> Result<Self, Failure> {
        let registry = P::registry();
        let block = P::Config::schema();
        if let Some((name, error)) = registry.violations(block).next() {
            return Err(violation(format!("schema of {name}: {error}")).into());
        }
        let config = config::read(&block.attributes, provider)?;
        check_diagnostics(
            check_config::<P::Config>(&config, &block.attributes, P::validate_string, P::validate_config),
            Vec::new(),
            None,
        )?;
        let draft = <P::Config as Model>::Draft::decode(&config)
            .map_err(|error| RuleViolation::new(error.path, error.message))?;
        let configured = Arc::new(P::configure(draft).await?);
        Ok(Self {
            registry,
            configured,
            stop: CancellationToken::new(),
            may_defer: false,
            meta: Value::Null,
            warned: Mutex::default(),
            made: Mutex::default(),
        })
    }

    /// A provider that is configured already.
    pub fn of(configured: P::Configured) -> Self {
        Self {
            registry: P::registry(),
            configured: Arc::new(configured),
            stop: CancellationToken::new(),
            may_defer: false,
            meta: Value::Null,
            warned: Mutex::default(),
            made: Mutex::default(),
        }
    }

    /// What configuring made.
    pub fn configured(&self) -> &Arc<P::Configured> {
        &self.configured
    }

    /// Interrupts what runs and what will, as Ctrl-C does.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    pub(super) fn context(&self) -> Context<P::Configured> {
        Context::new(Arc::clone(&self.configured), self.stop.clone()).of_module(self.meta.clone())
    }

    pub(super) fn resource(&self, type_name: &str) -> Result<&dyn ErasedResource<P::Configured>, Failure> {
        let served = self.registry.resources.get(type_name).map(|one| &**one);
        served.ok_or_else(|| violation(format!("there is no resource type {type_name:?}")).into())
    }

    /// What `validate` reports about a configuration, errors and warnings: of the resource, or of the data
    /// source or action where there is no resource of that name.
    pub fn validate(&self, type_name: &str, config: &Json) -> Result<Diagnostics, Failure> {
        if let Some(data_source) = self.registry.data_sources.get(type_name)
            && !self.registry.resources.contains_key(type_name)
        {
            let config = config::read(&data_source.schema().attributes, config)?;
            return Ok(data_source.validate_config(&config, P::validate_string));
        }
        if let Some(action) = self.registry.actions.get(type_name) {
            let config = config::read(&action.schema().attributes, config)?;
            return Ok(action.validate_config(&config, P::validate_string));
        }
        let resource = self.resource(type_name)?;
        let config = config::read(&resource.schema().attributes, config)?;
        Ok(resource.validate_config(&config, P::validate_string))
    }

    /// Plans a create, or a change of `prior`.
    pub async fn plan(
        &self,
        type_name: &str,
        prior: Option<&State>,
        config: &Json,
    ) -> Result<Planned, Failure> {
        let resource = self.resource(type_name)?;
        let attributes = &resource.schema().attributes;
        let config = config::read(attributes, config)?;
        check_diagnostics(resource.validate_config(&config, P::validate_string), Vec::new(), prior.cloned())?;
        let stored = Self::stored_of(prior);
        let before = stored.object.clone();
        let proposal = proposed::proposed(attributes, &before, &config);
        let context = self.deferrable();
        let (change, mut diagnostics) = resource.plan(&context, stored, &proposal, &config).await;
        end_deferred(&context, &diagnostics, prior)?;
        // A plan of what was made here is the next run's, which core gives a provider of its own.
        let is_again = self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(&before);
        let observed = ObservedPlan { type_name, config: &config, object: &change.object, is_again };
        diagnostics.append(P::observe_plan(&self.configured, &observed));
        let mut faults = plan_faults(attributes, &before, &config, &change.object);
        faults.extend(survives_wire(resource.schema(), &change.object).err());
        let diagnostics = check_diagnostics(diagnostics, faults, prior.cloned())?;
        let differs = |path: &&Path| before.at(path) != change.object.at(path);
        let action = match prior {
            None => Action::Create,
            Some(_) if change.requires_replace.iter().any(|path| differs(&path)) => Action::Replace,
            Some(_) if before == change.object => Action::NoOp,
            Some(_) => Action::Update,
        };
        if matches!(action, Action::NoOp | Action::Update) {
            check_diagnostics(
                Diagnostics::new(),
                identity_faults(resource.schema(), &change.identity),
                prior.cloned(),
            )?;
        }
        Ok(Planned {
            action,
            identity: change.identity,
            object: change.object,
            replace: change.requires_replace,
            diagnostics,
            type_name: type_name.to_owned(),
            prior: prior.cloned(),
            config,
            private: change.private,
        })
    }

    /// Plans the destruction of `prior`.
    pub async fn plan_destroy(&self, prior: &State) -> Result<Planned, Failure> {
        let resource = self.resource(&prior.type_name)?;
        let stored = Self::stored_of(Some(prior));
        let context = self.deferrable();
        let (change, diagnostics) = resource.plan(&context, stored, &Value::Null, &Value::Null).await;
        end_deferred(&context, &diagnostics, Some(prior))?;
        let faults = if change.object.is_null() {
            Vec::new()
        } else {
            vec![violation("planned a non-null destroy value")]
        };
        let diagnostics = check_diagnostics(diagnostics, faults, Some(prior.clone()))?;
        Ok(Planned {
            action: Action::Delete,
            object: Value::Null,
            replace: Vec::new(),
            diagnostics,
            type_name: prior.type_name.clone(),
            prior: Some(prior.clone()),
            config: Value::Null,
            identity: change.identity,
            private: change.private,
        })
    }

    /// Carries out a plan: what is stored afterwards, nothing after a destruction.
    pub async fn apply(&self, planned: &Planned) -> Result<Option<State>, Failure> {
        let resource = self.resource(&planned.type_name)?;
        match planned.action {
            Action::NoOp => Ok(planned.prior.clone()),
            Action::Replace => {
                let prior = planned.prior.as_ref().ok_or_else(|| violation("nothing to replace"))?;
                self.carry_out(resource, &self.plan_destroy(prior).await?).await?;
                // Core plans the new object on its own, from the same configuration.
                let proposal =
                    proposed::proposed(&resource.schema().attributes, &Value::Null, &planned.config);
                let (identity, private) = (planned.identity.clone(), planned.private.clone());
                let none = Stored { object: Value::Null, identity, private };
                let (change, diagnostics) =
                    resource.plan(&self.context(), none, &proposal, &planned.config).await;
                check_diagnostics(diagnostics, Vec::new(), None)?;
                let create = Planned {
                    action: Action::Create,
                    object: change.object,
                    identity: change.identity,
                    private: change.private,
                    prior: None,
                    ..planned.clone()
                };
                self.carry_out(resource, &create).await
            }
            Action::Create | Action::Update | Action::Delete => self.carry_out(resource, planned).await,
        }
    }

    async fn carry_out(
        &self,
        resource: &dyn ErasedResource<P::Configured>,
        planned: &Planned,
    ) -> Result<Option<State>, Failure> {
        let attributes = &resource.schema().attributes;
        let before = planned.prior.as_ref().map_or(Value::Null, |state| state.object.clone());
        let mut private = planned.private.clone();
        if planned.action != Action::Delete {
            let stored = Self::stored_of(planned.prior.as_ref());
            let proposal = proposed::proposed(attributes, &before, &planned.config);
            let (again, diagnostics) =
                resource.plan(&self.context(), stored, &proposal, &planned.config).await;
            let faults = result_faults(&planned.object, &again.object);
            check_diagnostics(diagnostics, faults, planned.prior.clone())?;
            private = again.private;
        }
        let wanted = Stored { object: planned.object.clone(), identity: planned.identity.clone(), private };
        let (stored, diagnostics) = resource.apply(&self.context(), &before, wanted, &planned.config).await;
        let state = self.state(&planned.type_name, stored);
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(state.iter().map(|state| state.object.clone()));
        let mut faults = Vec::new();
        match &state {
            None if planned.action != Action::Delete => faults.push(violation("returned a null object")),
            Some(_) if planned.action == Action::Delete => {
                faults.push(violation("destroying left an object"))
            }
            Some(state) => {
                faults.extend(result_faults(&planned.object, &state.object));
                faults.extend(may_be_stored(resource.schema(), &state.object));
                faults.extend(identity_faults(resource.schema(), &state.identity));
            }
            None => {}
        }
        let warned = check_diagnostics(diagnostics, faults, state.clone())?;
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).append(warned);
        Ok(state)
    }

    /// What was warned of while plans were carried out, since this was asked last.
    pub fn warned(&self) -> Diagnostics {
        std::mem::take(&mut self.warned.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A state that was stored with schema version `version`, perhaps by an earlier version of the provider:
    /// its attributes as JSON, and what was kept beside it.
    pub fn stored(
        &self,
        type_name: &str,
        version: i64,
        attributes: &Json,
        private: &[u8],
    ) -> Result<State, Failure> {
        let resource = self.resource(type_name)?;
        let object = resource.upgrade(version, attributes.to_string().as_bytes())?;
        let stored = Stored { object, identity: Value::Null, private: private.to_vec() };
        let state = self.state(type_name, stored);
        state.ok_or_else(|| violation("the stored state is null").into())
    }

    pub(super) fn state(&self, type_name: &str, stored: Stored) -> Option<State> {
        let Stored { object, identity, private } = stored;
        (!object.is_null()).then(|| State { type_name: type_name.to_owned(), object, identity, private })
    }

    fn stored_of(state: Option<&State>) -> Stored {
        let of = |state: &State| {
            let (object, identity) = (state.object.clone(), state.identity.clone());
            Stored { object, identity, private: state.private.clone() }
        };
        state.map_or(Stored { object: Value::Null, identity: Value::Null, private: Vec::new() }, of)
    }

    /// Plans and applies, and expects the next plan to be empty.
    pub async fn create(&self, type_name: &str, config: &Json) -> Result<State, Failure> {
        self.change(type_name, None, config).await
    }

    /// Plans and applies a change of `prior`, and expects the next plan to be empty.
    pub async fn update(&self, prior: &State, config: &Json) -> Result<State, Failure> {
        self.change(&prior.type_name, Some(prior), config).await
    }

    async fn change(&self, type_name: &str, prior: Option<&State>, config: &Json) -> Result<State, Failure> {
        let planned = self.plan(type_name, prior, config).await?;
        let state = self.apply(&planned).await?.ok_or_else(|| violation("nothing was stored"))?;
        let (read, _) = self.read(&state).await?;
        let read = read.ok_or_else(|| violation("what was just made is not there"))?;
        let next = self.plan(type_name, Some(&read), config).await?;
        match next.action {
            Action::NoOp => Ok(read),
            action => {
                let faults = result_faults(&next.object, &read.object);
                let mut violations = vec![violation(format!("the next plan is not empty but {action:?}"))];
                violations.extend(faults);
                let stored = Some(Box::new(read));
                Err(Failure { violations, stored, ..Failure::from(Diagnostics::new()) })
            }
        }
    }

    /// Refreshes; nothing if it is gone.
    pub async fn read(&self, prior: &State) -> Result<(Option<State>, Diagnostics), Failure> {
        let resource = self.resource(&prior.type_name)?;
        let context = self.deferrable();
        let (stored, diagnostics) = resource.read(&context, Self::stored_of(Some(prior))).await;
        end_deferred(&context, &diagnostics, Some(prior))?;
        let mut faults = may_be_stored(resource.schema(), &stored.object);
        faults.extend(identity_faults(resource.schema(), &stored.identity));
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !stored.object.is_null() && made.contains(&prior.object) {
            made.push(stored.object.clone());
        }
        drop(made);
        let state = self.state(&prior.type_name, stored);
        let diagnostics = check_diagnostics(diagnostics, faults, Some(prior.clone()))?;
        Ok((state, diagnostics))
    }

    /// Imports by id and refreshes.
    pub async fn import(&self, type_name: &str, id: &str) -> Result<State, Failure> {
        self.import_warned(type_name, id).await.map(|(state, _)| state)
    }

    /// The same, and what the user is warned of.
    pub async fn import_warned(&self, type_name: &str, id: &str) -> Result<(State, Diagnostics), Failure> {
        self.import_wanted(type_name, Wanted::Id(id.to_owned())).await
    }

    /// Imports by identity, as an `import` block of Terraform 1.12 or later gives it, and refreshes.
    pub async fn import_by_identity(&self, type_name: &str, identity: &Json) -> Result<State, Failure> {
        let identity = read_identity(self.resource(type_name)?.schema(), identity)?;
        self.import_wanted(type_name, Wanted::Identity(identity)).await.map(|(state, _)| state)
    }

    async fn import_wanted(&self, type_name: &str, wanted: Wanted) -> Result<(State, Diagnostics), Failure> {
        let resource = self.resource(type_name)?;
        let context = self.deferrable();
        let (stored, diagnostics) = resource.import(&context, wanted, P::validate_string).await;
        end_deferred(&context, &diagnostics, None)?;
        let mut faults = may_be_stored(resource.schema(), &stored.object);
        faults.extend(identity_faults(resource.schema(), &stored.identity));
        let state = self.state(type_name, stored);
        let mut found = check_diagnostics(diagnostics, faults, None)?;
        let state = state.ok_or_else(|| violation("import returned no resources"))?;
        let (read, at_read) = self.read(&state).await?;
        found.append(at_read);
        Ok((read.ok_or_else(|| violation("cannot import non-existent remote object"))?, found))
    }

    /// Plans and carries out the destruction of `prior`.
    pub async fn destroy(&self, prior: &State) -> Result<(), Failure> {
        let planned = self.plan_destroy(prior).await?;
        self.apply(&planned).await.map(drop)
    }

    /// Reads a data source.
    pub async fn read_data_source(
        &self,
        type_name: &str,
        config: &Json,
    ) -> Result<(Value, Diagnostics), Failure> {
        let data_source = self.registry.data_sources.get(type_name);
        let data_source =
            data_source.ok_or_else(|| violation(format!("there is no data source type {type_name:?}")))?;
        let schema = data_source.schema();
        let config = config::read(&schema.attributes, config)?;
        check_diagnostics(data_source.validate_config(&config, P::validate_string), Vec::new(), None)?;
        let context = self.deferrable();
        let (object, diagnostics) = data_source.read(&context, &config).await;
        end_deferred(&context, &diagnostics, None)?;
        let mut faults = may_be_stored(schema, &object);
        if object.is_null() {
            faults.push(violation("returned a null object"));
        }
        Ok((object, check_diagnostics(diagnostics, faults, None)?))
    }
}
