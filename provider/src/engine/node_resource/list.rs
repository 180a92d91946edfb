//! What a cluster has of a type that is reached over SSH, for `terraform query`.

use super::{NodeError, NodeResource, OverSsh, Private, Work};
use crate::connection::ssh::check_address;
use crate::session::Session;
use async_trait::async_trait;
use std::marker::PhantomData;
use tfplugin::{Context, Diagnostics, Identity, ListResource, Listing, Model};

/// Every object of the type that a cluster has, whoever made it. One that is there and could not be imported
/// is a warning.
#[derive(Clone, Debug, Model)]
pub struct NodeList {
    /// The cluster: address of one of its control planes, which is asked over SSH.
    #[attribute(required, validate = check_address)]
    cluster: String,
}

/// A type over SSH whose objects are listed.
#[async_trait]
pub trait ListedOverSsh: NodeResource {
    /// What each of them is known by, as an import takes it. `work` is at the control plane that is asked.
    async fn identities(work: &Work<'_>) -> Result<Vec<Identity>, NodeError>;
}

/// The objects of type `T` as a list.
pub struct NodeObjects<T>(PhantomData<fn() -> T>);

impl<T: ListedOverSsh> ListResource for NodeObjects<T> {
    type Provider = Session;
    type Resource = OverSsh<T>;
    type Config = NodeList;

    async fn list(
        context: &Context<Session>,
        config: NodeList,
        listing: &mut Listing<T>,
    ) -> Result<(), Diagnostics> {
        let work = Work::scope(context, &config.cluster);
        let identities = work.observe(T::identities(&work)).await;
        let identities = identities.map_err(|error| {
            error.into_diagnostic(format!("Unable to list each {} of {}", T::NOUN, config.cluster))
        })?;
        for identity in identities {
            let work = Work::scope(context, &identity.part(T::ADDRESS));
            let mut private = Private::<T::Private>::default();
            let ended = match work.observe(T::import(&identity, &work, &mut private.own)).await {
                Ok(object) => {
                    let name = format!("{} {}", T::NOUN, identity.id(T::schema()));
                    listing.object(name, &object).await.is_break()
                }
                Err(error) => {
                    let summary = format!("{} {} is not listed", T::NOUN, identity.id(T::schema()));
                    context.warn(error.into_warning(summary));
                    false
                }
            };
            if ended {
                break;
            }
        }
        Ok(())
    }
}
