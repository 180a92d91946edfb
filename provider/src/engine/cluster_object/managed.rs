//! The managed resource that every [`ClusterObject`] is.

use super::address::Target;
use super::{Applied, apply, delete, read, release, trial};
use crate::session::Session;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::model::ValueError;
use tfplugin::provider::TypeName;
use tfplugin::schema::Attribute;
use tfplugin::{Context, Diagnostic, Diagnostics, Draft, Held, Model, Plan, Resource, Value};

/// A type of objects as a managed resource. Others may put into an object what its type has no form for.
#[derive(Clone)]
pub struct Managed<T: Model>(pub(super) Held<T>);

/// [`Managed`] before everything is known. The engine looks at values by name, so they are kept beside the typed draft.
#[derive(Clone)]
pub struct ManagedDraft<T: Applied> {
    pub(crate) value: Value,
    pub(super) typed: T::Draft,
}

/// What is kept beside the state: which object it is, wherever its cluster is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// UID of the cluster's namespace `kube-system`.
    pub(super) cluster: Option<String>,
    /// UID of the object.
    pub(super) uid: Option<String>,
    /// Whether this resource made the object. Not known of an object that another run may have begun, and in states of
    /// releases that did not ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) made: Option<bool>,
    /// What an object that is released in the end held in the places of our fields before they were ours.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub(super) before: Json,
    /// Secrets that the configuration has ever given, see [`Resource::given`]. None in a state of a version that did not
    /// say so: there, those that our field manager owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) given: Option<BTreeSet<String>>,
    /// What the type keeps from one reading to the next.
    #[serde(skip_serializing_if = "Json::is_null")]
    pub(super) kept: Json,
}

impl<T: Applied> Draft for ManagedDraft<T> {
    fn decode(object: &Value) -> Result<Self, ValueError> {
        Ok(Self { value: object.clone(), typed: T::Draft::decode(object)? })
    }
}

impl<T: Applied> Model for Managed<T> {
    type Draft = ManagedDraft<T>;

    fn description() -> &'static str {
        T::description()
    }

    fn attributes() -> Vec<Attribute> {
        T::attributes()
    }

    fn decode(object: &Value) -> Result<Self, ValueError> {
        Held::decode(object).map(Self)
    }

    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl<T: Applied> TypeName for Managed<T> {
    const TYPE_NAME: &'static str = T::TYPE_NAME;
    const VERSION: i64 = T::VERSION;

    fn upgrade(version: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
        T::upgrade(version, state)
    }
}

#[async_trait]
impl<T: Applied> Resource for Managed<T> {
    type Provider = Session;
    type Model = Self;
    type Private = Private;

    fn given(private: &mut Private) -> Option<&mut BTreeSet<String>> {
        Some(private.given.get_or_insert_default())
    }

    fn validate_config(config: &ManagedDraft<T>, diagnostics: &mut Diagnostics) {
        T::validate_config(&config.typed, diagnostics);
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, Private>,
    ) -> Result<(), Diagnostics> {
        T::modify_plan(plan);
        let planned = with_write_only::<T>(&plan.planned.value, &plan.config.value);
        let prior = plan.prior.as_ref().map(|prior| &prior.0);
        if trial::run(context, prior, &planned, &plan.private).await? {
            T::keep(plan);
        }
        if let Some(prior) = plan.prior.as_ref().filter(|_| !plan.kept.is_empty()) {
            let target = Target::of::<T>(&context.provider().clusters, &prior.encode());
            let place = format!("{} in the {}", target.name, target.cluster);
            context.provider().kept_secrets.tell(context, &plan.kept, &place, plan.replaces()).await;
        }
        Ok(())
    }

    async fn plan_destroy(
        context: &Context<Session>,
        prior: Self,
        private: Private,
    ) -> Result<(), Diagnostics> {
        release::announce(context, &prior.0, &private).await;
        Ok(())
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        apply::create(context, model_of(&planned.0)?, private).await.map(Self)
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        private: &mut Private,
    ) -> Result<Option<Self>, Diagnostics> {
        Ok(read::read(context, prior.0, private).await?.map(Self))
    }

    async fn update(
        context: &Context<Session>,
        prior: Self,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        apply::update(context, &prior.0, model_of(&planned.0)?, private).await.map(Self)
    }

    async fn delete(context: &Context<Session>, prior: Self, private: Private) -> Result<(), Diagnostics> {
        delete::delete(context, &prior.0, &private).await
    }

    async fn import_state(
        context: &Context<Session>,
        id: &str,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        read::import(context, id, private).await.map(Self)
    }
}

/// What is planned, as the type's own rules want it. Only what was unknown until now can be at fault.
fn model_of<T: Applied>(planned: &Held<T>) -> Result<T, Diagnostics> {
    planned.model().map_err(|error| {
        let summary = format!("Unable to apply {}", T::TYPE_NAME);
        Diagnostic::error(summary, format!("{}: {error}.", error.path)).at(error.path.clone()).into()
    })
}

/// What is planned, with the values that only the configuration has.
fn with_write_only<T: Applied>(planned: &Value, config: &Value) -> Value {
    let Value::Object(attributes) = planned else { return planned.clone() };
    let mut attributes = attributes.clone();
    for attribute in T::attributes().into_iter().filter(|attribute| attribute.write_only) {
        let value = config.attribute(&attribute.name).clone();
        attributes.insert(attribute.name, value);
    }
    Value::Object(attributes)
}
