//! What a create does about an object that is there already: one that we made is carried on, one that a
//! controller makes by itself is taken over, any other is left alone.

use super::address::Target;
use super::failure::summary;
use super::{Adoption, ServerApplied};
use crate::connection::cluster::{GIVEN_BACK, MANAGER};
use kube::core::DynamicObject;
use serde_json::Value as Json;
use tfplugin::{Diagnostic, Diagnostics};

/// Whether the object has fields that we set.
pub(super) fn is_ours(existing: &DynamicObject) -> bool {
    let owners = existing.metadata.managed_fields.iter().flatten();
    owners.into_iter().any(|owner| owner.manager.as_deref() == Some(MANAGER))
}

/// Whether anybody but us set a field of it. What controllers tell of an object is in its status, which is
/// not asked about.
pub(super) fn has_other_owners(existing: &DynamicObject) -> bool {
    // Where nothing is recorded, not even ours is.
    let mut owners = existing.metadata.managed_fields.iter().flatten().peekable();
    owners.peek().is_none()
        || owners.any(|owner| {
            let manager = owner.manager.as_deref();
            owner.subresource.is_none() && manager != Some(MANAGER) && manager != Some(GIVEN_BACK)
        })
}

/// The fields that we applied, as the API server records them.
pub fn ours(existing: &DynamicObject) -> Option<&Json> {
    let mut owners = existing.metadata.managed_fields.iter().flatten();
    let applied = owners.find(|owner| {
        owner.manager.as_deref() == Some(MANAGER) && owner.operation.as_deref() == Some("Apply")
    });
    applied?.fields_v1.as_ref().map(|fields| &fields.0)
}

/// What keeps an object that was deleted from going.
pub(super) fn blocked_by(existing: &DynamicObject, target: &Target) -> String {
    let finalizers = existing.metadata.finalizers.clone().unwrap_or_default().join(", ");
    let why = match finalizers.as_str() {
        "" => "Nothing is known to hold it.".to_owned(),
        held => format!(
            "It is held by {held}: the controller behind that finalizer has work to do first, or does not run any more."
        ),
    };
    format!("{} was deleted and is not gone yet. {why}", target.name)
}

/// Finds fault with creating `object` where `existing` is. Answers what a person should know of it.
pub(super) fn check_adoption<T: ServerApplied>(
    object: &T,
    existing: &DynamicObject,
    target: &Target,
) -> Result<Option<Diagnostic>, Diagnostics> {
    if is_ours(existing) {
        return Ok(None);
    }
    let owners: Vec<_> = existing
        .metadata
        .managed_fields
        .iter()
        .flatten()
        .filter_map(|owner| owner.manager.as_deref())
        .collect();
    let owners = match owners.as_slice() {
        [] => "an unknown field manager".to_owned(),
        known => known.join(", "),
    };
    let import = format!(
        "To manage it with Terraform as it is, import it first:\n\n  import {{\n    to = {}.YOUR_NAME_FOR_IT\n    id = {:?}\n  }}",
        T::TYPE_NAME,
        target.import_id(),
    );
    let refuse = |why: String| {
        Diagnostics::from(
            Diagnostic::error(summary("create", target), format!("{why}\n\n{import}"))
                .at(T::IDENTITY_ATTRIBUTE),
        )
    };
    match object.adoption(existing) {
        Adoption::Refuse => Err(refuse(format!(
            "{} exists already in the {} and was made by {owners}, so it is not changed.",
            target.name, target.cluster
        ))),
        Adoption::Conflict(how) => Err(refuse(format!(
            "{} exists already in the {}, made by {owners}. {how}",
            target.name, target.cluster
        ))),
        Adoption::Adopt(by) => Ok(Some(Diagnostic::warning(
            format!("{} is there already and is taken over", target.name),
            match T::released(&target.name, Some(existing)) {
                None => format!("{by} Destroying this resource deletes the object."),
                Some(_) => {
                    format!("{by} Destroying this resource gives its fields back and leaves it there.")
                }
            },
        ))),
    }
}
