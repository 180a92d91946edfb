//! Taking an object away: the one that we made and no other of its name, and waiting until it is gone.

use super::address::{Operation, Target};
use super::existing::held;
use super::failure::{Failure, gave_up, summary, verdict};
use super::private::Private;
use super::{Applied, release};
use crate::connection::cluster::{Claim, ClusterError, ClusterErrorKind, Freshness};
use crate::connection::retry::{Deadline, GaveUp};
use crate::session::Session;
use std::time::Duration;
use tfplugin::{Context, Diagnostic, Diagnostics, Held, Model};

/// How long a cluster that does not answer is tried: a dead one must not hold up a destroy for long.
const REACH_WITHIN: Duration = Duration::from_secs(60);

/// How a deletion went.
enum Ended {
    /// The API server accepted it; finalizers may still hold the object.
    Asked,
    /// There is nothing to do: it is gone, or this run's create stands for it now.
    Nothing,
    /// It was left alone; the text says why.
    LeftAlone(String),
    /// It is there as it was before it was ours; the text says why.
    Released(String),
}

pub(super) async fn delete<T: Applied>(
    context: &Context<Session>,
    prior: &Held<T>,
    private: &Private,
) -> Result<(), Diagnostics> {
    let target = Target::of::<T>(&context.provider().clusters, &prior.encode());
    let patience = target.patience(Operation::Delete);
    let deadline = target.deadline(Operation::Delete, context);
    let reach = Deadline::after(patience.min(REACH_WITHIN), context.cancelled());
    let target_ref = &target;
    let asked = reach
        .call(|| async move {
            let result = try_delete(prior, target_ref, private).await;
            verdict(result, ClusterErrorKind::may_pass)
        })
        .await;
    match asked.map_err(|why| unreached::<T>(&target, patience.min(REACH_WITHIN), why))? {
        Ended::Nothing => return Ok(()),
        Ended::LeftAlone(why) => {
            context.warn(Diagnostic::warning(format!("{} was left alone", target.name), why));
            return Ok(());
        }
        Ended::Released(why) => {
            context.warn(release::warning(&target, &why));
            return Ok(());
        }
        Ended::Asked => {}
    }
    let gone = deadline
        .until(|| async move { verdict(is_gone(target_ref, private).await, ClusterErrorKind::may_pass) });
    gone.await.map_err(|why| gave_up::<T>("delete", &target, patience, why))
}

async fn try_delete<T: Applied>(
    prior: &Held<T>,
    target: &Target,
    private: &Private,
) -> Result<Ended, Failure> {
    let Target { cluster, name, .. } = target;
    let mut turn = cluster.turn(&name.kind).await?;
    let reached = cluster.id().await?;
    if let Some(known) = &private.cluster
        && *known != reached
    {
        return Ok(Ended::LeftAlone(format!(
            "It belonged to the cluster {known} (UID of its namespace kube-system), and the {cluster} is the cluster \
             {reached} now. Terraform forgets the object; if the old cluster still runs somewhere, it is still there."
        )));
    }
    // A renamed `for_each` key creates and deletes the same object in one run, in any order.
    if turn.claimed(name) == Some(Claim::CarriedOn) {
        return Ok(Ended::Nothing);
    }
    let existing = match cluster.find(name, Freshness::Now).await {
        Ok(Some(existing)) => existing,
        Ok(None) => return Ok(Ended::Nothing),
        Err(error) => return without_kind(target, error).await,
    };
    if private.uid.is_some() && existing.metadata.uid != private.uid {
        return Ok(Ended::LeftAlone(
            "Somebody deleted it and made another object of the same name, which is not Terraform's."
                .to_owned(),
        ));
    }
    if let Some(why) = release::applies::<T>(name, Some(&existing), private) {
        release::release(target, &existing, private).await?;
        turn.release(name);
        return Ok(Ended::Released(why));
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
            turn.release(name);
            Ok(Ended::Asked)
        }
        Err(error)
            if matches!(error.kind(), ClusterErrorKind::NotFound | ClusterErrorKind::AnotherObject) =>
        {
            Ok(Ended::Nothing)
        }
        Err(error) => without_kind(target, error).await,
    }
}

/// Where the kind's definition is gone, its objects are gone too.
async fn without_kind(target: &Target, error: ClusterError) -> Result<Ended, Failure> {
    match error.kind() {
        ClusterErrorKind::KindNotServed if target.cluster.lacks_definition(&target.name.kind).await? => {
            Ok(Ended::Nothing)
        }
        ClusterErrorKind::NamespaceMissing => Ok(Ended::Nothing),
        _ => Err(Failure::Call(error)),
    }
}

async fn is_gone(target: &Target, private: &Private) -> Result<(), Failure> {
    match target.cluster.find(&target.name, Freshness::Now).await {
        Ok(Some(other)) if private.uid.is_some() && other.metadata.uid != private.uid => Ok(()),
        Ok(Some(existing)) => Err(Failure::Ending(held(&existing, target))),
        Ok(None) => Ok(()),
        Err(error) => without_kind(target, error).await.map(drop),
    }
}

fn unreached<T: Applied>(target: &Target, patience: Duration, why: GaveUp<Failure>) -> Diagnostics {
    let call = match &why {
        GaveUp::Failed(Failure::Call(error)) | GaveUp::TimedOut(Failure::Call(error)) => error,
        _ => return gave_up::<T>("delete", target, patience, why),
    };
    if !call.kind().is_of_the_way() {
        return gave_up::<T>("delete", target, patience, why);
    }
    let detail = format!(
        "{}\n\nThe object may still be there. Choose one:\n- bring the cluster back, or apply with another of its \
         control-plane nodes as `cluster`, and destroy again;\n- if the cluster is gone for good, forget the object: \
         `terraform state rm` with this resource's address, or a `removed` block.",
        call.detail()
    );
    Diagnostic::error(summary("delete", target), detail).at("cluster").into()
}
