//! The seam between the wire and a provider's list resources.

use super::{ListResource, Listed, Listing};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::model::{Model, StringRule};
use crate::plan::check::{check_config, invalid};
use crate::plan::effective_config;
use crate::resource::Resource;
use crate::schema::Schema;
use crate::value::Value;
use async_trait::async_trait;
use std::marker::PhantomData;
use tokio::sync::mpsc::Sender;

/// How much is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// At most so many objects.
    pub(crate) limit: u64,
    /// Whole objects, not identities alone.
    pub(crate) wants_objects: bool,
}

/// A list resource without its Rust types.
#[async_trait]
pub(crate) trait ErasedListResource<P>: Send + Sync {
    /// Of the block `config`.
    fn schema(&self) -> &'static Schema;
    /// Of what is listed.
    fn listed(&self) -> &'static Schema;
    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics;
    async fn list(
        &self,
        context: &Context<P>,
        config: &Value,
        extent: Extent,
        sender: Sender<Listed>,
    ) -> Diagnostics;
}

/// [`ErasedListResource`] of a [`ListResource`].
pub(crate) struct TypedListResource<L>(PhantomData<L>);

impl<L: ListResource> TypedListResource<L> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

#[async_trait]
impl<L: ListResource> ErasedListResource<L::Provider> for TypedListResource<L> {
    fn schema(&self) -> &'static Schema {
        L::Config::schema()
    }

    fn listed(&self) -> &'static Schema {
        <L::Resource as Resource>::Model::schema()
    }

    fn validate_config(&self, config: &Value, rule: StringRule) -> Diagnostics {
        check_config::<L::Config>(config, &L::Config::schema().attributes, rule, L::validate_config)
    }

    async fn list(
        &self,
        context: &Context<L::Provider>,
        config: &Value,
        extent: Extent,
        sender: Sender<Listed>,
    ) -> Diagnostics {
        let mut listing = Listing::new(sender, extent.limit, extent.wants_objects);
        let result = match L::Config::decode(&effective_config(&L::Config::schema().attributes, config)) {
            Ok(config) => context.unless_stopped(L::list(context, config, &mut listing)).await,
            Err(error) => Err(invalid(error).into()),
        };
        let mut found = context.take_diagnostics();
        found.append(result.err().unwrap_or_default());
        found.append(listing.faults());
        found
    }
}
