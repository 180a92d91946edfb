//! The managed resource that every [`NodeResource`] is.

use super::identity::check;
use super::{Identity, NodeError, NodeResource, Private, Work};
use crate::connection::retry::{Attempt, Deadline, RetryError};
use crate::connection::ssh::SshErrorKind;
use crate::engine::timeouts::deadline;
use crate::session::Session;
use std::marker::PhantomData;
use std::time::Duration;
use tfplugin::{Context, Diagnostics, Plan, Resource};

/// How long a destroy tries to reach a machine before it asks what to do.
const REACH_TO_REMOVE: Duration = Duration::from_secs(30);

/// A type over SSH as a managed resource.
pub struct OverSsh<T>(PhantomData<fn() -> T>);

impl<T: NodeResource> Resource for OverSsh<T> {
    type Provider = Session;
    type Model = T;
    type Private = Private<T::Private>;

    fn validate_config(config: &T::Draft, diagnostics: &mut Diagnostics) {
        T::validate_config(config, diagnostics);
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<T, Self::Private>,
    ) -> Result<(), Diagnostics> {
        T::modify_plan(context, plan).await
    }

    async fn plan_destroy(
        context: &Context<Session>,
        prior: T,
        private: Self::Private,
    ) -> Result<(), Diagnostics> {
        let work = Work::scope(context, prior.address());
        prior.plan_destroy(&work, &private.own).await.map_err(|error| failed(T::VERBS.remove, &prior, error))
    }

    async fn create(
        context: &Context<Session>,
        planned: T,
        private: &mut Self::Private,
    ) -> Result<T, Diagnostics> {
        let deadline = deadline(planned.timeouts(), |timeouts| &timeouts.create, T::TIMEOUTS.create, context);
        let work = Work::changing(context, planned.address(), deadline);
        if T::BEGINS_THE_MACHINE {
            work.host.unpin().await;
        }
        let made = async {
            reach(&planned, &work, &work.deadline.within(T::ANSWERS_WITHIN)).await?;
            let identity = identify(&planned, &work).await?;
            check::<T>(planned.identity(), &identity, work.host.address())?;
            let made = planned.clone().ensure(None, &work, &mut private.own).await?;
            private.identity = Some(identity);
            Ok(made)
        };
        made.await.map_err(|error: NodeError| {
            let error = match T::create_hint() {
                Some(hint) => error.and_hint(hint),
                None => error,
            };
            failed(T::VERBS.create, &planned, error)
        })
    }

    async fn read(
        context: &Context<Session>,
        prior: T,
        private: &mut Self::Private,
    ) -> Result<Option<T>, Diagnostics> {
        let work = Work::scope(context, prior.address());
        pin(&prior, &work);
        let scope = async {
            let (work, identity) = find(&prior, private, &work).await?;
            check::<T>(known(&prior, private), &identity, work.host.address())?;
            let read = prior.clone().read(&work, &mut private.own).await?;
            private.identity = Some(identity);
            Ok(read)
        };
        match work.observe(scope).await {
            Ok(read) => {
                private.stale = false;
                Ok(read)
            }
            Err(error) if T::GONE_WITHOUT_MICROK8S && error.is_not_installed() => Ok(None),
            Err(error) => {
                private.stale = true;
                if work.host.warn_once() {
                    let address = prior.address();
                    let summary =
                        format!("Unable to read {address}: its resources keep their last known state");
                    context.warn(error.into_warning(summary));
                }
                Ok(Some(prior))
            }
        }
    }

    async fn update(
        context: &Context<Session>,
        prior: T,
        planned: T,
        private: &mut Self::Private,
    ) -> Result<T, Diagnostics> {
        if !planned.must_reach(&prior) {
            return Ok(planned);
        }
        let deadline = deadline(planned.timeouts(), |timeouts| &timeouts.update, T::TIMEOUTS.update, context);
        let work = Work::changing(context, planned.address(), deadline);
        let updated = async {
            reach(&planned, &work, &work.deadline.within(T::ANSWERS_WITHIN)).await?;
            let known = learn(&prior, private, &planned, &work).await?;
            let identity = identify(&planned, &work).await?;
            check::<T>(known.as_deref(), &identity, work.host.address())?;
            let updated = planned.clone().ensure(Some(&prior), &work, &mut private.own).await?;
            private.identity = Some(identity);
            private.stale = false;
            Ok(updated)
        };
        updated.await.map_err(|error| failed(T::VERBS.update, &planned, error))
    }

    async fn delete(context: &Context<Session>, prior: T, private: Self::Private) -> Result<(), Diagnostics> {
        let deadline = deadline(prior.timeouts(), |timeouts| &timeouts.delete, T::TIMEOUTS.delete, context);
        let work = Work::changing(context, prior.address(), deadline);
        let work = match find_to_remove(&prior, &private, &work).await {
            Ok(work) => work,
            Err(error) if T::GONE_WITHOUT_MICROK8S && error.is_not_installed() => return Ok(()),
            Err(error) if prior.forget_unreachable() && !context.cancelled().is_cancelled() => {
                let summary = format!("{} {} was removed from the state only", T::NOUN, prior.title());
                context.warn(error.into_warning(summary));
                return Ok(());
            }
            Err(error) => {
                return Err(failed(T::VERBS.remove, &prior, error.and_hint(&T::remove_hint())));
            }
        };
        let removed = prior.clone().remove(&work, private.own).await;
        removed.map_err(|error| failed(T::VERBS.remove, &prior, error))
    }

    async fn import_state(
        context: &Context<Session>,
        identity: &tfplugin::Identity,
        private: &mut Self::Private,
    ) -> Result<T, Diagnostics> {
        let work = Work::scope(context, &identity.part(T::ADDRESS));
        let scope = async {
            let belongs_to = T::Identity::of(&work.shell()).await?;
            let imported = T::import(identity, &work, &mut private.own).await?;
            private.identity = Some(belongs_to);
            Ok(imported)
        };
        work.observe(scope).await.map_err(|error: NodeError| {
            error.into_diagnostic(format!("Unable to import {} {}", T::NOUN, identity.id(T::schema()))).into()
        })
    }
}

/// An operation that failed, for the person at the terminal.
fn failed<T: NodeResource>(verb: &str, resource: &T, error: NodeError) -> Diagnostics {
    error.into_diagnostics(format!("Unable to {verb} {} {}", T::NOUN, resource.title()))
}

/// What the state says that a resource belongs to.
fn known<'a, T: NodeResource>(resource: &'a T, private: &'a Private<T::Private>) -> Option<&'a str> {
    resource.identity().or(private.identity())
}

fn pin<T: NodeResource>(resource: &T, work: &Work<'_>) {
    if let Some(key) = resource.host_key() {
        work.host.pin(&key);
    }
}

/// Waits until the machine lets us in.
async fn reach<T: NodeResource>(resource: &T, work: &Work<'_>, deadline: &Deadline) -> Result<(), NodeError> {
    pin(resource, work);
    work.host.reach(deadline).await.map_err(|gave_up| match &gave_up {
        RetryError::Failed(error)
            if error.kind() == SshErrorKind::HostKeyRefused && resource.host_key().is_some() =>
        {
            NodeError::from(gave_up).at("host_key")
        }
        _ => NodeError::from(gave_up).at(T::ADDRESS),
    })
}

/// What answers at the address, as soon as it does.
async fn identify<T: NodeResource>(resource: &T, work: &Work<'_>) -> Result<String, NodeError> {
    let shell = work.shell();
    match work.observe(T::Identity::of(&shell)).await {
        Err(error) if error.is_transient() => resource.revive(work).await?,
        answered => return answered.map_err(|error| error.at(T::ADDRESS)),
    }
    let deadline = work.deadline.within(T::ANSWERS_WITHIN);
    let answered = deadline.reach(|| async {
        match T::Identity::of(&shell).await {
            Err(error) if error.is_transient() => Attempt::Retry(error),
            answered => Attempt::Done(answered),
        }
    });
    answered.await.map_err(|gave_up| NodeError::from(gave_up).at(T::ADDRESS))
}

/// What the resource belongs to, from the address that it had where the state does not say.
async fn learn<T: NodeResource>(
    prior: &T,
    private: &Private<T::Private>,
    planned: &T,
    work: &Work<'_>,
) -> Result<Option<String>, NodeError> {
    if let Some(known) = known(prior, private) {
        return Ok(Some(known.to_owned()));
    }
    if prior.address() == planned.address() {
        return Ok(None);
    }
    let before = work.at(prior.address());
    let answered = before.observe(T::Identity::of(&before.shell())).await;
    answered.map(Some).map_err(|error| {
        let noun = T::Identity::NOUN;
        error.at(T::ADDRESS).with_hint(format!(
            "The state does not say which {noun} this {} belongs to, so {} cannot be compared with it. Refresh the state while \
             {} answers; or, if that is gone for good, remove the resource from the state (`terraform state rm`) and import it \
             at the new address.",
            T::NOUN,
            planned.address(),
            prior.address()
        ))
    })
}

/// The first of the addresses at which what the resource belongs to answers.
async fn find<'a, T: NodeResource>(
    resource: &T,
    private: &Private<T::Private>,
    work: &Work<'a>,
) -> Result<(Work<'a>, String), NodeError> {
    let address = resource.address();
    let error = match T::Identity::of(&work.shell()).await {
        Ok(identity) => return Ok((work.at(address), identity)),
        Err(error) => error.at(T::ADDRESS),
    };
    for other in resource.other_addresses(&private.own).iter().filter(|other| *other != address) {
        let other = work.at(other);
        if let Ok(identity) = T::Identity::of(&other.shell()).await
            && known(resource, private).is_none_or(|known| known == identity)
        {
            return Ok((other, identity));
        }
    }
    Err(error)
}

/// Where to remove it: at its own address, as soon as that answers, else at another one.
async fn find_to_remove<'a, T: NodeResource>(
    resource: &T,
    private: &Private<T::Private>,
    work: &Work<'a>,
) -> Result<Work<'a>, NodeError> {
    let reached = reach(resource, work, &work.deadline.within(REACH_TO_REMOVE)).await;
    let (work, identity) = match (work.observe(find(resource, private, work)).await, reached) {
        (Ok(found), _) => found,
        (Err(_), Err(unreachable)) => return Err(unreachable),
        (Err(_), Ok(())) => (work.at(resource.address()), identify(resource, work).await?),
    };
    check::<T>(known(resource, private), &identity, work.host.address())?;
    Ok(work)
}
