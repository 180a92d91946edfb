//! The seam between the wire, which knows values and type names, and a provider's typed code.

use crate::context::Context;
use crate::data_source::DataSource;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::held;
use crate::identity::{self, Changing, Wanted};
use crate::model::{Model, StringRule};
use crate::plan::check::{check_config, invalid};
use crate::plan::{self, adopted, effective_config, keep_spelling, moved, stored, write_only};
use crate::provider::TypeName;
use crate::resource::{MovedState, Plan, PlannedChange, Resource};
use crate::schema::Schema;
use crate::value::{Path, Value};
use async_trait::async_trait;
use std::marker::PhantomData;
use std::sync::Arc;

/// An object and what is kept beside it. Null: there is none.
pub(crate) struct Stored {
    pub(crate) object: Value,
    /// Null where it is not stored yet, or where the type has none.
    pub(crate) identity: Value,
    pub(crate) private: Vec<u8>,
}

/// A managed type without its Rust types. Every method answers what is to be stored along with what was
/// found.
#[async_trait]
pub(crate) trait ErasedResource<P>: Send + Sync {
    fn schema(&self) -> &'static Schema;
    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics;
    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Value, Diagnostics>;
    fn move_state(&self, source: &MovedState<'_>, json: &[u8]) -> Result<Stored, Diagnostics>;
    async fn read(&self, context: &Context<P>, prior: Stored) -> (Stored, Diagnostics);
    async fn plan(
        &self,
        context: &Context<P>,
        prior: Stored,
        proposed: &Value,
        config: &Value,
    ) -> (PlannedChange, Diagnostics);
    async fn apply(
        &self,
        context: &Context<P>,
        prior: &Value,
        planned: Stored,
        config: &Value,
    ) -> (Stored, Diagnostics);
    fn upgrade_identity(&self, version: i64, json: &[u8]) -> Result<Value, Diagnostics>;
    fn identity_version(&self) -> i64;
    #[cfg(any(test, feature = "testing"))]
    fn identity_of(
        &self,
        context: &Context<P>,
        wanted: &Wanted,
        rule: StringRule,
    ) -> Result<Value, Diagnostics>;
    async fn import(&self, context: &Context<P>, wanted: Wanted, rule: StringRule) -> (Stored, Diagnostics);
}

/// A data source without its Rust types.
#[async_trait]
pub(crate) trait ErasedDataSource<P>: Send + Sync {
    fn schema(&self) -> &'static Schema;
    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics;
    async fn read(&self, context: &Context<P>, config: &Value) -> (Value, Diagnostics);
}

/// [`ErasedResource`] of a [`Resource`].
pub(crate) struct TypedResource<R>(PhantomData<R>);

/// [`ErasedDataSource`] of a [`DataSource`].
pub(crate) struct TypedDataSource<D>(PhantomData<D>);

pub(super) fn bug(what: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(
        "Provider Bug",
        format!(
            "{what}: {error}. This is always a bug of the provider; please report it with the configuration."
        ),
    )
}

impl<R: Resource> TypedResource<R>
where
    R::Model: TypeName,
{
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }

    /// A stored object as typed code takes it. What it lacks is not known; see [`stored::completed`].
    fn prior(&self, object: &Value) -> Result<R::Model, Diagnostics> {
        R::Model::decode(&stored::completed(&R::Model::schema().attributes, object))
            .map_err(|error| stored::unreadable(R::Model::TYPE_NAME, error).into())
    }

    fn unchanged(before: &Value, after: &Value, changing: Changing, when: &str) -> Result<(), Diagnostic> {
        identity::check_unchanged(R::Model::TYPE_NAME, R::Model::schema(), before, after, changing, when)
    }

    fn private(bytes: &[u8]) -> Result<R::Private, Diagnostics> {
        stored::private(R::Model::TYPE_NAME, bytes).map_err(Into::into)
    }

    pub(super) fn stored(object: Value, private: &R::Private) -> Stored {
        let identity = identity::of(R::Model::schema(), &object);
        Stored { object, identity, private: serde_json::to_vec(private).unwrap_or_default() }
    }
}

/// A planned change with its identity, once the type's own hook has spoken.
fn settled(
    type_name: &str,
    schema: &Schema,
    prior: &Value,
    planned: Stored,
    requires_replace: Vec<Path>,
    found: &mut Diagnostics,
) -> PlannedChange {
    let Stored { object, mut identity, private } = planned;
    // A new object may be another one, and what it will be need not be known.
    if !prior.is_null() && requires_replace.is_empty() {
        let before = identity::of(schema, prior);
        identity = identity::or_before(identity, &before);
        let changing = Changing::Mutable;
        if let Err(fault) =
            identity::check_unchanged(type_name, schema, &before, &identity, changing, "in its plan")
        {
            found.push(fault);
        }
    }
    PlannedChange { object, identity, requires_replace, private }
}

/// A finished object: known, and in the spelling of `before`.
pub(crate) fn finish<M: Model>(schema: &Schema, before: &Value, model: &M) -> Result<Value, Diagnostics> {
    let object = write_only::withhold(&schema.attributes, before, &model.encode());
    let object = keep_spelling(&schema.attributes, before, object);
    let pending = schema.attributes.iter().find(|one| !object.attribute(&one.name).is_wholly_known());
    match pending {
        Some(one) => Err(bug("An attribute was left without a value", &one.name).into()),
        None => Ok(object),
    }
}

/// What came of the work, if anything; its errors join what was `found`.
pub(super) fn outcome<T>(diagnostics: &mut Diagnostics, result: Result<T, Diagnostics>) -> Option<T> {
    match result {
        Ok(done) => Some(done),
        Err(errors) => {
            diagnostics.append(errors);
            None
        }
    }
}

#[async_trait]
impl<R: Resource> ErasedResource<R::Provider> for TypedResource<R>
where
    R::Model: TypeName,
{
    fn schema(&self) -> &'static Schema {
        R::Model::schema()
    }

    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics {
        check_config::<R::Model>(config, &R::Model::schema().attributes, rule, R::validate_config)
    }

    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Value, Diagnostics> {
        stored::upgrade::<R::Model>(R::Model::schema(), version, json)
    }

    fn move_state(&self, source: &MovedState<'_>, json: &[u8]) -> Result<Stored, Diagnostics> {
        moved::take_over::<R>(source, json)
    }

    async fn read(&self, context: &Context<R::Provider>, prior: Stored) -> (Stored, Diagnostics) {
        let result = self.read_stored(context, &prior).await;
        let mut found = context.take_diagnostics();
        (outcome(&mut found, result).unwrap_or(prior), found)
    }

    async fn plan(
        &self,
        context: &Context<R::Provider>,
        prior: Stored,
        proposed: &Value,
        config: &Value,
    ) -> (PlannedChange, Diagnostics) {
        if proposed.is_null() {
            return self.plan_destroy(context, prior).await;
        }
        let mut found = Diagnostics::new();
        let Some(mut private) = outcome(&mut found, Self::private(&prior.private)) else {
            return (PlannedChange::without_identity(proposed.clone(), prior.private), found);
        };
        let before = R::given(&mut private).cloned().unwrap_or_default();
        let attributes = &R::Model::schema().attributes;
        let adopted = adopted::adopt(attributes, &prior.object, proposed, config, &before);
        if let Some(given) = R::given(&mut private) {
            *given = adopted.given;
        }
        let planned = plan::plan(attributes, &prior.object, &adopted.object, config);
        let drafts = || -> Result<_, Diagnostics> {
            let fault = |error| Diagnostics::from(invalid(error));
            let before = if prior.object.is_null() { None } else { Some(self.prior(&prior.object)?) };
            let effective = effective_config(attributes, config);
            let config_draft = held::draft(&effective, &effective, None).map_err(fault)?;
            // With write-only values it is almost the same as what is written, and they belong to what apply
            // gets.
            let whole = write_only::fill(attributes, &planned.object, config);
            let draft = held::draft(&whole, config, Some(&config_draft)).map_err(fault)?;
            Ok((before, config_draft.draft, draft.draft))
        };
        let Some((prior_model, config, draft)) = outcome(&mut found, drafts()) else {
            return (PlannedChange::without_identity(planned.object, prior.private), found);
        };
        let mut plan = Plan {
            prior: prior_model,
            config: Arc::new(config),
            planned: draft,
            private,
            kept: adopted.kept,
            object: planned.object,
            requires_replace: planned.replace,
        };
        let result = context.unless_stopped(R::modify_plan(context, &mut plan)).await;
        found.append(context.take_diagnostics());
        outcome(&mut found, result);
        let (object, requires_replace, private) = plan.answer();
        let planned = Self::stored(object, &private);
        let schema = R::Model::schema();
        (settled(R::Model::TYPE_NAME, schema, &prior.object, planned, requires_replace, &mut found), found)
    }

    async fn apply(
        &self,
        context: &Context<R::Provider>,
        prior: &Value,
        planned: Stored,
        config: &Value,
    ) -> (Stored, Diagnostics) {
        let mut found = Diagnostics::new();
        let Some(mut private) = outcome(&mut found, Self::private(&planned.private)) else {
            return (
                Stored { object: prior.clone(), identity: Value::Null, private: planned.private },
                found,
            );
        };
        let result = self.change(context, prior, &planned.object, config, &mut private).await;
        let result = result.and_then(|object| {
            let made = identity::of(R::Model::schema(), &object);
            Self::unchanged(&planned.identity, &made, Changing::Mutable, "between plan and apply")?;
            Ok(object)
        });
        found.append(context.take_diagnostics());
        let object = match outcome(&mut found, result) {
            Some(object) => object,
            // Nothing on create (no taint), the object as it was on update and delete.
            None => prior.clone(),
        };
        (Self::stored(object, &private), found)
    }

    fn upgrade_identity(&self, version: i64, json: &[u8]) -> Result<Value, Diagnostics> {
        identity::upgrade::<R::Model>(R::Model::schema(), version, json)
    }

    fn identity_version(&self) -> i64 {
        R::Model::IDENTITY_VERSION
    }

    #[cfg(any(test, feature = "testing"))]
    fn identity_of(
        &self,
        context: &Context<R::Provider>,
        wanted: &Wanted,
        rule: StringRule,
    ) -> Result<Value, Diagnostics> {
        Self::wanted(context, wanted, rule).map(|one| Value::Object(one.attributes().clone()))
    }

    async fn import(
        &self,
        context: &Context<R::Provider>,
        wanted: Wanted,
        rule: StringRule,
    ) -> (Stored, Diagnostics) {
        let mut private = R::Private::default();
        let result = self.imported(context, &wanted, rule, &mut private).await;
        let mut found = context.take_diagnostics();
        let object = outcome(&mut found, result).unwrap_or(Value::Null);
        (Self::stored(object, &private), found)
    }
}

impl<R: Resource> TypedResource<R>
where
    R::Model: TypeName,
{
    async fn read_stored(
        &self,
        context: &Context<R::Provider>,
        prior: &Stored,
    ) -> Result<Stored, Diagnostics> {
        let mut private = Self::private(&prior.private)?;
        let model = self.prior(&prior.object)?;
        let lacks = stored::completed(&R::Model::schema().attributes, &prior.object) != prior.object;
        let completed = lacks.then(|| model.encode());
        let reading = R::read(context, model, &mut private);
        let object = match context.unless_stopped(reading).await? {
            // Nothing was learned of what the state lacks: it is not stored as if it had been read.
            Some(same) if completed.is_some_and(|completed| same.encode() == completed) => {
                prior.object.clone()
            }
            Some(read) => finish(R::Model::schema(), &prior.object, &read)?,
            None => Value::Null,
        };
        let read = Self::stored(object, &private);
        Self::unchanged(&prior.identity, &read.identity, Changing::Nothing, "when it was read")?;
        Ok(read)
    }

    async fn plan_destroy(
        &self,
        context: &Context<R::Provider>,
        prior: Stored,
    ) -> (PlannedChange, Diagnostics) {
        let result = match (self.prior(&prior.object), Self::private(&prior.private)) {
            (Ok(model), Ok(private)) => {
                context.unless_stopped(R::plan_destroy(context, model, private)).await
            }
            (Err(errors), _) | (_, Err(errors)) => Err(errors),
        };
        let mut found = context.take_diagnostics();
        outcome(&mut found, result);
        (PlannedChange::without_identity(Value::Null, prior.private), found)
    }

    async fn change(
        &self,
        context: &Context<R::Provider>,
        prior: &Value,
        planned: &Value,
        config: &Value,
        private: &mut R::Private,
    ) -> Result<Value, Diagnostics> {
        if planned.is_null() {
            R::delete(context, self.prior(prior)?, private.clone()).await?;
            return Ok(Value::Null);
        }
        let model = R::Model::decode(&write_only::fill(&R::Model::schema().attributes, planned, config))
            .map_err(|error| bug("The planned state does not fit the schema", &error))?;
        let done = if prior.is_null() {
            R::create(context, model, private).await?
        } else {
            R::update(context, self.prior(prior)?, model, private).await?
        };
        finish(R::Model::schema(), planned, &done)
    }
}

impl<D: DataSource> TypedDataSource<D> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

#[async_trait]
impl<D: DataSource> ErasedDataSource<D::Provider> for TypedDataSource<D> {
    fn schema(&self) -> &'static Schema {
        D::Model::schema()
    }

    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics {
        check_config::<D::Model>(config, &D::Model::schema().attributes, rule, D::validate_config)
    }

    async fn read(&self, context: &Context<D::Provider>, config: &Value) -> (Value, Diagnostics) {
        let asked = effective_config(&D::Model::schema().attributes, config);
        let result = match D::Model::decode(&asked) {
            Ok(model) => context.unless_stopped(D::read(context, model)).await,
            Err(error) => Err(invalid(error).into()),
        };
        let result = result.and_then(|model| finish(D::Model::schema(), config, &model));
        let mut found = context.take_diagnostics();
        let object = outcome(&mut found, result);
        (object.unwrap_or(Value::Null), found)
    }
}
