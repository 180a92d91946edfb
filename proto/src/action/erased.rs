//! The seam between the wire and a provider's actions.

use super::{Action, Progress};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::model::{Draft, Model, StringRule};
use crate::plan::check::{check_config, invalid};
use crate::plan::effective_config;
use crate::schema::Schema;
use crate::value::Value;
use async_trait::async_trait;
use std::marker::PhantomData;

/// An action without its Rust types.
#[async_trait]
pub(crate) trait ErasedAction<P>: Send + Sync {
    fn schema(&self) -> &'static Schema;
    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics;
    async fn plan(&self, context: &Context<P>, config: &Value) -> Diagnostics;
    async fn invoke(&self, context: &Context<P>, config: &Value, progress: Progress) -> Diagnostics;
}

/// [`ErasedAction`] of an [`Action`].
pub(crate) struct TypedAction<A>(PhantomData<A>);

impl<A: Action> TypedAction<A> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }

    fn effective(config: &Value) -> Value {
        effective_config(&A::Config::schema().attributes, config)
    }
}

/// What was found besides, and the errors of the work.
fn found<P>(context: &Context<P>, result: Result<(), Diagnostics>) -> Diagnostics {
    let mut found = context.take_diagnostics();
    found.append(result.err().unwrap_or_default());
    found
}

#[async_trait]
impl<A: Action> ErasedAction<A::Provider> for TypedAction<A> {
    fn schema(&self) -> &'static Schema {
        A::Config::schema()
    }

    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics {
        check_config::<A::Config>(config, &A::Config::schema().attributes, rule, A::validate_config)
    }

    async fn plan(&self, context: &Context<A::Provider>, config: &Value) -> Diagnostics {
        let result = match <A::Config as Model>::Draft::decode(&Self::effective(config)) {
            Ok(draft) => context.unless_stopped(A::plan(context, &draft)).await,
            Err(error) => Err(invalid(error).into()),
        };
        found(context, result)
    }

    async fn invoke(
        &self,
        context: &Context<A::Provider>,
        config: &Value,
        progress: Progress,
    ) -> Diagnostics {
        let result = match A::Config::decode(&Self::effective(config)) {
            Ok(config) => A::invoke(context, config, &progress).await,
            Err(error) => Err(invalid(error).into()),
        };
        found(context, result)
    }
}
