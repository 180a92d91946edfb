//! The seam between the wire and typed code of ephemeral resources.

use super::check::{check_config, invalid};
use super::effective_config;
use super::erased::{bug, finish, outcome};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::EphemeralResource;
use crate::model::{Model, StringRule};
use crate::schema::Schema;
use crate::value::Value;
use async_trait::async_trait;
use std::marker::PhantomData;
use std::time::SystemTime;

/// For how long something is open, and what is kept for it in between.
#[derive(Default)]
pub(crate) struct Lease {
    pub(crate) private: Vec<u8>,
    pub(crate) renew_at: Option<SystemTime>,
}

/// An ephemeral resource without its Rust types.
#[async_trait]
pub(crate) trait ErasedEphemeralResource<P>: Send + Sync {
    fn schema(&self) -> &'static Schema;
    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics;
    /// Null: it is not open.
    async fn open(&self, context: &Context<P>, config: &Value) -> (Value, Lease, Diagnostics);
    async fn renew(&self, context: &Context<P>, private: &[u8]) -> (Lease, Diagnostics);
    async fn close(&self, context: &Context<P>, private: &[u8]) -> Diagnostics;
}

/// [`ErasedEphemeralResource`] of an [`EphemeralResource`].
pub(crate) struct TypedEphemeralResource<E>(PhantomData<E>);

impl<E: EphemeralResource> TypedEphemeralResource<E> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }

    fn private(bytes: &[u8]) -> Result<E::Private, Diagnostics> {
        match bytes {
            [] => Ok(E::Private::default()),
            bytes => serde_json::from_slice(bytes)
                .map_err(|error| bug("What was kept is not readable", &error).into()),
        }
    }

    fn lease(private: &E::Private, renew_at: Option<SystemTime>) -> Result<Lease, Diagnostics> {
        let private =
            serde_json::to_vec(private).map_err(|error| bug("What is to be kept cannot be", &error))?;
        Ok(Lease { private, renew_at })
    }

    async fn opened(
        &self,
        context: &Context<E::Provider>,
        config: &Value,
    ) -> Result<(Value, Lease), Diagnostics> {
        let asked = effective_config(&E::Model::schema().attributes, config);
        let model = E::Model::decode(&asked).map_err(invalid)?;
        let mut private = E::Private::default();
        let opened = E::open(context, model, &mut private).await?;
        let answer = finish(E::Model::schema(), config, &opened.result)
            .and_then(|object| Ok((object, Self::lease(&private, opened.renew_at)?)));
        match answer {
            Ok(answer) => Ok(answer),
            // Terraform does not close what it was not given.
            Err(mut found) => {
                outcome(&mut found, E::close(context, private).await);
                Err(found)
            }
        }
    }

    async fn renewed(&self, context: &Context<E::Provider>, private: &[u8]) -> Result<Lease, Diagnostics> {
        let mut private = Self::private(private)?;
        let renew_at = E::renew(context, &mut private).await?;
        Self::lease(&private, renew_at)
    }
}

#[async_trait]
impl<E: EphemeralResource> ErasedEphemeralResource<E::Provider> for TypedEphemeralResource<E> {
    fn schema(&self) -> &'static Schema {
        E::Model::schema()
    }

    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics {
        check_config::<E::Model>(config, &E::Model::schema().attributes, rule, E::validate_config)
    }

    async fn open(&self, context: &Context<E::Provider>, config: &Value) -> (Value, Lease, Diagnostics) {
        let result = self.opened(context, config).await;
        let mut found = context.take_diagnostics();
        let (object, lease) = outcome(&mut found, result).unwrap_or((Value::Null, Lease::default()));
        (object, lease, found)
    }

    async fn renew(&self, context: &Context<E::Provider>, private: &[u8]) -> (Lease, Diagnostics) {
        let result = self.renewed(context, private).await;
        let mut found = context.take_diagnostics();
        let unchanged = || Lease { private: private.to_vec(), renew_at: None };
        (outcome(&mut found, result).unwrap_or_else(unchanged), found)
    }

    async fn close(&self, context: &Context<E::Provider>, private: &[u8]) -> Diagnostics {
        let result = match Self::private(private) {
            Ok(private) => E::close(context, private).await,
            Err(found) => Err(found),
        };
        let mut found = context.take_diagnostics();
        outcome(&mut found, result);
        found
    }
}
