//! Releasing an object in place of deleting it: what a controller or the cluster itself made and Terraform
//! only took over stays, and holds again what it held before.

use super::ServerApplied;
use super::address::Target;
use super::adoption::has_other_owners;
use super::failure::Failure;
use super::private::Private;
use crate::connection::Freshness;
use crate::connection::cluster::{ApplyMode, ClusterError, ClusterErrorKind, ObjectName};
use crate::session::Session;
use kube::core::DynamicObject;
use serde_json::{Map, Value as Json, json};
use tfplugin::{Context, Diagnostic, Held, Value};

/// Why the object is released, if it is. One in which nobody else ever set a field is ours, whatever the
/// state says.
pub(super) fn applies<T: ServerApplied>(
    name: &ObjectName,
    existing: Option<&DynamicObject>,
    private: &Private,
) -> Option<String> {
    if private.made == Some(true) || existing.is_some_and(|existing| !has_other_owners(existing)) {
        return None;
    }
    T::released(name, existing)
}

/// Says at plan what a destroy will do.
pub(super) async fn announce<T: ServerApplied>(
    context: &Context<Session>,
    prior: &Held<T>,
    private: &Private,
) {
    let target = Target::held(&context.provider().clusters, prior);
    // Without an answer, the name alone says it of the kinds that matter most.
    let existing = target.cluster.find(&target.name, Freshness::Cached).await.ok().flatten();
    let is_ours = |found: &&DynamicObject| private.uid.is_none() || found.metadata.uid == private.uid;
    if let Some(why) = applies::<T>(&target.name, existing.as_ref().filter(is_ours), private) {
        context.warn(warning(&target, &why));
    }
}

pub(super) fn warning(target: &Target, why: &str) -> Diagnostic {
    let detail = format!(
        "{why} Destroying this resource does not delete it: the fields that Terraform set go back to what they were \
         before, as far as this state knows, and the object stays. To delete it all the same, use `kubectl delete`."
    );
    Diagnostic::warning(format!("{} is released, not deleted", target.name), detail)
}

/// What is to be remembered of the object before `after` is applied, with what is remembered already.
pub(super) async fn remember<T: ServerApplied>(
    before: &Value,
    after: &Value,
    target: &Target,
    known: &Private,
) -> Result<Json, ClusterError> {
    let name = &target.name;
    let may_be_released =
        known.made != Some(true) && (name.kind.is_dynamic() || T::released(name, None).is_some());
    let existing = match may_be_released {
        true => target.cluster.find(name, Freshness::Fresh).await?,
        false => None,
    };
    Ok(match existing {
        Some(existing) if applies::<T>(name, Some(&existing), known).is_some() => {
            merged(&known.before, T::adopted(before, after, &existing))
        }
        _ => known.before.clone(),
    })
}

/// Both, the first where both have something.
fn merged(first: &Json, second: Json) -> Json {
    match (first, second) {
        (Json::Object(first), Json::Object(second)) => {
            let mut all = first.clone();
            for (key, second) in second {
                let one = match first.get(&key) {
                    Some(first) => merged(first, second),
                    None => second,
                };
                all.insert(key, one);
            }
            Json::Object(all)
        }
        (Json::Null, second) => second,
        (first, _) => first.clone(),
    }
}

/// Gives our fields back: first what stood there to another owner, then what is left to nobody.
pub(super) async fn release(
    target: &Target,
    existing: &DynamicObject,
    private: &Private,
) -> Result<(), Failure> {
    let name = &target.name;
    let fields = |before: &Json| {
        let mut all = match before {
            Json::Object(all) => all.clone(),
            _ => Map::new(),
        };
        all.insert("apiVersion".to_owned(), name.kind.api_version().into());
        all.insert("kind".to_owned(), name.kind.name().into());
        let metadata = all.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.insert("name".to_owned(), name.name.as_str().into());
            metadata.insert("uid".to_owned(), existing.metadata.uid.clone().into());
            if !name.namespace.is_empty() {
                metadata.insert("namespace".to_owned(), name.namespace.as_str().into());
            }
        }
        Json::Object(all)
    };
    let give_back = async {
        if !private.before.is_null() {
            target.cluster.apply(name, &fields(&private.before), ApplyMode::GiveBack).await?;
        }
        target.cluster.apply(name, &fields(&Json::Null), ApplyMode::Force).await
    };
    match give_back.await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ClusterErrorKind::NotFound | ClusterErrorKind::UidMismatch) => {
            Ok(())
        }
        Err(error) => Err(Failure::Call(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_remembered_first_stays() {
        let first = json!({"metadata": {"labels": {"a": "old"}}});
        let second = json!({"metadata": {"labels": {"a": "ours", "b": "old"}}, "data": {"c": "d"}});
        let both = json!({"metadata": {"labels": {"a": "old", "b": "old"}}, "data": {"c": "d"}});
        assert_eq!(merged(&first, second.clone()), both);
        assert_eq!(merged(&Json::Null, second.clone()), second);
        assert_eq!(merged(&first, Json::Null), first);
    }
}
