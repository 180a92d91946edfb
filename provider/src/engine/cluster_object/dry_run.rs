//! The dry run at plan. A plan is complete without it; where the cluster answers, it learns what apply would
//! meet.

use super::ServerApplied;
use super::address::Target;
use super::adoption::{check_adoption, is_ours};
use super::apply::{Wanted, completed, manifest, send};
use super::cluster_resource::ClusterResource;
use super::failure::{explain, summary};
use super::private::Private;
use crate::connection::Freshness;
use crate::connection::cluster::{ApplyMode, ClusterError, ClusterErrorKind, FieldFault, MANAGER};
use crate::session::Session;
use kube::core::DynamicObject;
use serde_json::Value as Json;
use tfplugin::{Context, Diagnostic, Diagnostics, Draft, Held, Plan, Severity};

/// Whether the plan is nothing but a removal that an apply would not make.
pub(super) type OnlyStays = bool;

/// Tries what is planned, if all of it is known. Errors are faults of the configuration alone.
pub(super) async fn run<T: ServerApplied>(
    context: &Context<Session>,
    plan: &Plan<ClusterResource<T>, Private>,
) -> Result<OnlyStays, Diagnostics> {
    let Some(object) = plan.planned.known() else { return Ok(false) };
    let object = completed(object)?;
    let target = Target::wanted(&context.provider().clusters, &object.model, &object.values);
    let prior = plan.prior.as_ref().map(|prior| &prior.0);
    if prior.is_some_and(|prior| {
        // A new object does not meet the old one.
        plan.replaces() || T::held_name(prior) != target.name || is_sent_already(prior, &object, &target)
    }) {
        return Ok(false);
    }
    // A cluster that does not answer, or not with this kind, leaves the plan as it is.
    let existing = match target.cluster.find(&target.name, Freshness::Cached).await {
        Ok(existing) => existing,
        Err(error) if error.kind() == ClusterErrorKind::KubeconfigRefused => {
            return Err(explain::<T>(&summary("plan", &target), &target, &error, ""));
        }
        Err(error) => {
            // The provider's block may be one that only the apply knows.
            let is_nowhere = error.kind() == ClusterErrorKind::NotConfigured;
            if (is_nowhere || target.cluster.is_out_of_reach(&error)) && target.cluster.warn_once() {
                context.warn(unchecked(&target, &error));
            }
            return Ok(false);
        }
    };
    if let (None, Some(existing)) = (prior, &existing) {
        // It may be gone before this is created, as in a replacement or behind a renamed key.
        match check_adoption(&object.model, existing, &target) {
            Ok(told) => told.into_iter().for_each(|one| context.warn(one)),
            Err(refused) => warn_all(context, refused),
        }
        return Ok(false);
    }
    let mut beside = Diagnostics::new();
    if object.model.validate_against_cluster(&target.cluster, &mut beside).await.is_ok() {
        warn_all(context, beside);
    }
    let uid = plan.private.uid.as_deref().filter(|_| prior.is_some());
    match send(&object, &target, uid, ApplyMode::DryRun).await {
        Ok(after) => Ok(match (prior, &existing) {
            (Some(prior), Some(existing)) => stays(context, prior, &object, &target, existing, &after),
            _ => false,
        }),
        Err(error) => {
            let manifest = manifest(&object, &target, uid);
            judge_answer::<T>(context, &target, existing.as_ref(), &manifest, &error).map(|()| false)
        }
    }
}

/// Nobody answers there.
fn unchecked(target: &Target, error: &ClusterError) -> Diagnostic {
    let detail = format!(
        "{}\n\nThis plan is complete, and none of its objects in this cluster was checked there: what the cluster rejects \
         shows at apply. If the same apply brings the cluster up, nothing needs to be done.",
        error.detail()
    );
    Diagnostic::warning(format!("Unable to reach the {}: nothing was checked there", target.cluster), detail)
        .at("cluster")
}

/// Tells what leaves the configuration and stays in the object, if the plan holds other changes too.
fn stays<T: ServerApplied>(
    context: &Context<Session>,
    prior: &Held<T>,
    planned: &Wanted<T>,
    target: &Target,
    existing: &DynamicObject,
    after: &DynamicObject,
) -> OnlyStays {
    let Ok(model) = prior.model() else { return false };
    let before = model.manifest(prior.object(), &target.name);
    let planned = planned.manifest(target);
    let staying = T::stays(&before, &planned, existing, after);
    if staying.paths.is_empty() || staying.is_all {
        return staying.is_all;
    }
    const SHOWN: usize = 20;
    let mut lines: Vec<String> = staying.paths.iter().take(SHOWN).map(|path| format!("- {path}")).collect();
    if let Some(more @ 1..) = staying.paths.len().checked_sub(SHOWN) {
        lines.push(format!("- and {more} more"));
    }
    let detail = format!(
        "They leave `{}`, and the object keeps them as they are: others set them too, or the API server sets a default.\n{}\n\nThis plan shows that they go; they only stop being Terraform's.",
        T::IDENTITY_ATTRIBUTE,
        lines.join("\n")
    );
    context.warn(Diagnostic::warning(
        format!("{} keeps fields that leave the configuration", target.name),
        detail,
    ));
    false
}

/// Whether the object holds what would be sent.
fn is_sent_already<T: ServerApplied>(prior: &Held<T>, planned: &Wanted<T>, target: &Target) -> bool {
    prior.model().is_ok_and(|model| model.manifest(prior.object(), &target.name) == planned.manifest(target))
}

fn warn_all(context: &Context<Session>, found: Diagnostics) {
    for mut diagnostic in found {
        diagnostic.severity = Severity::Warning;
        context.warn(diagnostic);
    }
}

fn judge_answer<T: ServerApplied>(
    context: &Context<Session>,
    target: &Target,
    existing: Option<&DynamicObject>,
    manifest: &Json,
    error: &ClusterError,
) -> Result<(), Diagnostics> {
    match error.kind() {
        ClusterErrorKind::Invalid if !is_of_today(error) => {
            Err(explain::<T>(&summary("plan", target), target, error, ""))
        }
        // A webhook judges today's cluster, and so does Kubernetes where it says that. The apply may change
        // it.
        ClusterErrorKind::Denied | ClusterErrorKind::Invalid => {
            let detail = format!(
                "{error}.\n\nThe cluster currently rejects this object. If the same apply removes the conflict, nothing needs to \
                 be done; otherwise the apply will fail."
            );
            context.warn(Diagnostic::warning(format!("{} would currently be rejected", target.name), detail));
            Ok(())
        }
        ClusterErrorKind::FieldConflict => {
            if let Some(taken) = taken::<T>(target, existing, manifest, error) {
                context.warn(taken);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether the object is refused for the cluster's sake alone: a Service with IPv6, before the cluster has
/// it.
fn is_of_today(error: &ClusterError) -> bool {
    const NOT_YET: &str = "not configured on this cluster";
    match error.faults() {
        [] => error.answer().contains(NOT_YET),
        faults => faults.iter().all(|fault| fault.message.contains(NOT_YET)),
    }
}

/// One warning an object about fields that others set and that apply takes. What we set by another kind of
/// request, as when a pool was closed for a moment, is recorded as another's but is ours.
fn taken<T: ServerApplied>(
    target: &Target,
    existing: Option<&DynamicObject>,
    manifest: &Json,
    error: &ClusterError,
) -> Option<Diagnostic> {
    let existing_json = existing.and_then(|existing| serde_json::to_value(existing).ok());
    let line = |fault: &FieldFault| {
        // Elements are named by their keys (`ports[port=80]`) or numbers; what is at such a path is not
        // looked for.
        if fault.field.contains('[') {
            return format!("- {}: {}", fault.field, fault.message);
        }
        let sensitive = T::attribute_at(&fault.field).is_some_and(|(_, sensitive)| sensitive);
        let show = |value: Option<&Json>| match value {
            Some(_) if sensitive => "(sensitive)".to_owned(),
            Some(value) => value.to_string(),
            None => "not set".to_owned(),
        };
        let (old, new) = (at(existing_json.as_ref(), &fault.field), at(Some(manifest), &fault.field));
        format!("- {}: {}; {} becomes {}", fault.field, fault.message, show(old), show(new))
    };
    let others = error.faults().iter().filter(|fault| !fault.message.contains(&format!("{MANAGER:?}")));
    let lines: Vec<String> = others.map(line).collect();
    if lines.is_empty() {
        return None;
    }
    let whose = match existing.is_some_and(is_ours) {
        true => "Others changed fields that Terraform manages",
        false => "Others set fields that this configuration sets too",
    };
    let detail = format!(
        "{whose}:\n{}\n\nApply takes these fields. If the other one is a controller that sets them again, leave them out of \
         the configuration.",
        lines.join("\n")
    );
    Some(Diagnostic::warning(format!("{} has fields owned by other field managers", target.name), detail))
}

/// The value at a path of names: `spec.serviceAllocation.priority`.
fn at<'a>(json: Option<&'a Json>, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(json?, |json, name| json.get(name))
}
