//! Taking an object away: the one that we made and no other of its name, and waiting until it is gone.

use super::address::{Operation, Target};
use super::adoption::blocked_by;
use super::failure::{Failure, attempt, gave_up, summary};
use super::private::Private;
use super::{ServerApplied, release};
use crate::connection::cluster::{Claim, ClusterError, ClusterErrorKind};
use crate::connection::retry::{Deadline, RetryError};
use crate::connection::{ConnectionError, Freshness};
use crate::session::Session;
use std::time::Duration;
use tfplugin::{Context, Diagnostic, Diagnostics, Held};

/// How long a cluster that does not answer is tried: a dead one must not hold up a destroy for long.
const REACH_WITHIN: Duration = Duration::from_secs(60);

/// How a deletion went.
enum DeleteOutcome {
    /// The API server accepted it; finalizers may still hold the object.
    Accepted,
    /// There is nothing to do: it is gone, or this run's create stands for it now.
    AlreadyGone,
    /// It was left alone; the text says why.
    Abandoned(String),
    /// It is there as it was before it was ours; the text says why.
    Released(String),
}

pub(super) async fn delete<T: ServerApplied>(
    context: &Context<Session>,
    prior: &Held<T>,
    private: &Private,
) -> Result<(), Diagnostics> {
    let target = Target::held(&context.provider().clusters, prior);
    let timeout = target.timeout(Operation::Delete);
    let deadline = target.deadline(Operation::Delete, context);
    let reach = Deadline::after(timeout.min(REACH_WITHIN), context.cancelled());
    let target_ref = &target;
    let asked = reach
        .call(|| async move {
            let result = try_delete(prior, target_ref, private).await;
            attempt(result, ClusterError::is_transient)
        })
        .await;
    match asked.map_err(|why| unreached::<T>(&target, timeout.min(REACH_WITHIN), why))? {
        DeleteOutcome::AlreadyGone => return Ok(()),
        DeleteOutcome::Abandoned(why) => {
            context.warn(Diagnostic::warning(format!("{} was left alone", target.name), why));
            return Ok(());
        }
        DeleteOutcome::Released(why) => {
            context.warn(release::warning(&target, &why));
            return Ok(());
        }
        DeleteOutcome::Accepted => {}
    }
    let gone = deadline
        .until(|| async move { attempt(is_gone(target_ref, private).await, ClusterError::is_transient) });
    gone.await.map_err(|why| gave_up::<T>("delete", &target, timeout, why))
}

async fn try_delete<T: ServerApplied>(
    prior: &Held<T>,
    target: &Target,
    private: &Private,
) -> Result<DeleteOutcome, Failure> {
    let Target { cluster, name, .. } = target;
    let mut guard = cluster.write_lock(&name.kind).await?;
    let reached = cluster.id().await?;
    if let Some(known) = &private.cluster
        && *known != reached
    {
        return Ok(DeleteOutcome::Abandoned(format!(
            "It belonged to the cluster {known} (UID of its namespace kube-system), and the {cluster} is the cluster \
             {reached} now. Terraform forgets the object; if the old cluster still runs somewhere, it is still there."
        )));
    }
    // A renamed `for_each` key creates and deletes the same object in one run, in any order.
    if guard.claimed(name) == Some(Claim::CarriedOn) {
        return Ok(DeleteOutcome::AlreadyGone);
    }
    let existing = match cluster.find(name, Freshness::Fresh).await {
        Ok(Some(existing)) => existing,
        Ok(None) => return Ok(DeleteOutcome::AlreadyGone),
        Err(error) => return without_kind(target, error).await,
    };
    if private.uid.is_some() && existing.metadata.uid != private.uid {
        return Ok(DeleteOutcome::Abandoned(
            "It was deleted, and another object of the same name was made, which is not Terraform's."
                .to_owned(),
        ));
    }
    if let Some(why) = release::applies::<T>(name, Some(&existing), private) {
        release::release(target, &existing, private).await?;
        guard.release(name);
        return Ok(DeleteOutcome::Released(why));
    }
    let mut found = Diagnostics::new();
    // An object that says nothing its type could read has nothing to be made ready.
    if let Some(prior) = prior.nearest() {
        prior.before_delete(cluster, &mut found).await?;
    }
    if found.has_errors() {
        return Err(Failure::Refused(found));
    }
    match cluster.delete(name, existing.metadata.uid.as_deref()).await {
        Ok(()) => {
            guard.release(name);
            Ok(DeleteOutcome::Accepted)
        }
        Err(error) if matches!(error.kind(), ClusterErrorKind::NotFound | ClusterErrorKind::UidMismatch) => {
            Ok(DeleteOutcome::AlreadyGone)
        }
        Err(error) => without_kind(target, error).await,
    }
}

/// Where the kind's definition is gone, its objects are gone too.
async fn without_kind(target: &Target, error: ClusterError) -> Result<DeleteOutcome, Failure> {
    match error.kind() {
        ClusterErrorKind::KindNotServed if target.cluster.crd_absent(&target.name.kind).await? => {
            Ok(DeleteOutcome::AlreadyGone)
        }
        ClusterErrorKind::NamespaceMissing => Ok(DeleteOutcome::AlreadyGone),
        _ => Err(Failure::Call(error)),
    }
}

async fn is_gone(target: &Target, private: &Private) -> Result<(), Failure> {
    match target.cluster.find(&target.name, Freshness::Fresh).await {
        Ok(Some(other)) if private.uid.is_some() && other.metadata.uid != private.uid => Ok(()),
        Ok(Some(existing)) => Err(Failure::Ending(blocked_by(&existing, target))),
        Ok(None) => Ok(()),
        Err(error) => without_kind(target, error).await.map(drop),
    }
}

fn unreached<T: ServerApplied>(target: &Target, timeout: Duration, why: RetryError<Failure>) -> Diagnostics {
    let call = match &why {
        RetryError::Failed(Failure::Call(error)) | RetryError::TimedOut(Failure::Call(error)) => error,
        _ => return gave_up::<T>("delete", target, timeout, why),
    };
    if !call.kind().is_of_the_way() {
        return gave_up::<T>("delete", target, timeout, why);
    }
    let detail = format!(
        "{}\n\nThe object may still be there. Choose one:\n- bring the cluster back, or apply with another of its \
         control-plane nodes as `cluster`, and destroy again;\n- if the cluster is gone for good, forget the object: \
         `terraform state rm` with this resource's address, or a `removed` block.",
        call.detail()
    );
    Diagnostic::error(summary("delete", target), detail).at("cluster").into()
}
