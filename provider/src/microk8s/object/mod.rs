//! `microk8s_object`.

mod fields;
mod list;
mod manifest;
mod names;
mod released;
#[cfg(test)]
mod tests;

use crate::connection::cluster::{Kind, ObjectName};
use crate::engine::cluster_object::{
    ClusterResource, Private, ReadReason, ServerApplied, Staying, cluster_address, ours, sensitive,
};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::shared::hcl_or_yaml::Numbers;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fields::Record;
use kube::core::DynamicObject;
use manifest::{Identity, Manifest};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use tfplugin::types::Secret;
use tfplugin::{
    AttributeName, AttributeValue, Computed, Diagnostics, DraftValue, Held, Knowable, Model, Plan, Value,
};

/// Any object in the cluster: a Secret, a Namespace, a Service, a Deployment, an object of an installed
/// definition.
///
/// The object is written by server-side apply: the fields of `manifest` are Terraform's, what others set
/// beside them stays and is no difference. The kind may come in the same apply, with the
/// CustomResourceDefinition that brings it: creating waits for it. Nothing beyond the object's existence is
/// waited for, such as pods that become ready.
///
/// An import of an object that others made reads which object it is and none of its fields: those that
/// `manifest` names become Terraform's with the next apply, and the others stay as they are. Destroying it
/// deletes the object, also an imported one, but for what the cluster itself creates: a Node, the Namespaces
/// `default` and `kube-*`, the Service `kubernetes`, the ServiceAccount `default`, the ConfigMap
/// `kube-root-ca.crt`, a Lease, an EndpointSlice, and whatever has a controller among its `ownerReferences`.
/// Unless Terraform made it, such an object is released: it stays, its fields that Terraform set go back to
/// what they were before, and the plan warns of it. Entries of `secret_data` do not go back.
///
/// Another `apiVersion`, `kind`, name or namespace is another object. A field that its kind does not let
/// change is an error that says so; `replace_triggered_by` in the `lifecycle` block, or
/// `terraform apply -replace=...`, makes a new object then.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "microk8s_object")]
pub struct GenericObject {
    /// The cluster: address of one of its control-plane nodes, over which its API server is reached through
    /// SSH. Default: the cluster of the provider's `kubernetes` block. It is an address and not the cluster's
    /// identity: another address of the same cluster is a change in place.
    #[attribute(optional, identity(mutable), validate = cluster_address)]
    cluster: Option<String>,

    /// The object, with `apiVersion`, `kind`, `metadata.name` and all fields that are Terraform's: an HCL
    /// value, or the text of one YAML document. Members that are null are left out. `status` is the cluster's
    /// and cannot be given.
    #[attribute(required)]
    manifest: Manifest,

    /// Entries of a Secret's `data`, as plain text. Terraform hides them, and has them in its state. Entries
    /// that are no text, or that are not secret, can be in `manifest`.
    #[attribute(optional, sensitive)]
    secret_data: Option<BTreeMap<String, Secret>>,

    /// Entries of a Secret's `data`, as plain text, that are in no plan and in no state. They are sent when
    /// the object is created and whenever anything else about it changes; `secret_data_wo_version` says that
    /// they did. Changes of them in the cluster are not detected. An import of a Secret that Terraform wrote
    /// cannot tell them from others and reads them into `secret_data`; the next apply takes them out of the
    /// state.
    #[attribute(optional, sensitive, write_only)]
    secret_data_wo: Option<BTreeMap<String, Secret>>,

    /// Change this number to send `secret_data_wo` again.
    #[attribute(optional)]
    secret_data_wo_version: Option<i64>,

    /// `apiVersion` of the object.
    #[attribute(computed, use_state_for_unknown, identity)]
    api_version: Computed<String>,

    /// Kind of the object.
    #[attribute(computed, use_state_for_unknown, identity)]
    kind: Computed<String>,

    /// Namespace of the object; `default` where the manifest names none, null for kinds without namespaces.
    #[attribute(computed, use_state_for_unknown, identity)]
    namespace: Computed<Option<String>>,

    /// Name of the object.
    #[attribute(computed, use_state_for_unknown, identity)]
    name: Computed<String>,

    /// How long to wait. Default: 5 minutes each.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,
}

impl ServerApplied for GenericObject {
    const IDENTITY_ATTRIBUTE: &'static str = "manifest";
    const HINTS: &'static [(&'static str, &'static str)] = &[
        ("field is immutable", NEEDS_NEW_OBJECT),
        ("may not change once set", NEEDS_NEW_OBJECT),
        (
            "field not declared in schema",
            "The installed version of this kind has no such field. Take it out of `manifest`.",
        ),
    ];

    fn validate_config(config: &GenericObjectDraft, diagnostics: &mut Diagnostics) {
        let Some(manifest) = config.manifest.known() else { return };
        Numbers::Kubernetes.check("manifest", manifest.json(), diagnostics);
        check_names(manifest, diagnostics);
        let secrets = [
            ("secret_data", is_given(&config.secret_data)),
            ("secret_data_wo", is_given(&config.secret_data_wo)),
        ];
        for (attribute, _) in secrets.into_iter().filter(|(_, given)| *given && !manifest.is_secret()) {
            let detail = format!("{attribute} is for Secrets, and the manifest is one of another kind.");
            diagnostics.error_at(attribute, "Not a Secret", detail);
        }
        if manifest.is_secret() && manifest.json().get("stringData").is_some() {
            let detail = "The API server turns `stringData` into `data` and forgets it, so it could not be compared. Give plain \
                          text as `secret_data`, or `data` in base64.";
            diagnostics.error_at("manifest", "stringData cannot be compared", detail);
        }
        let [plain, write_only] = [&config.secret_data, &config.secret_data_wo].map(|entries| keys(entries));
        if let Some(twice) = plain.iter().find(|key| write_only.contains(key)) {
            let detail = format!("{twice:?} is in `secret_data` too. Keep one.");
            diagnostics.error_at("secret_data_wo", "Entry given twice", detail);
        }
    }

    fn fill_computed(&mut self, diagnostics: &mut Diagnostics) {
        check_names(&self.manifest, diagnostics);
    }

    fn modify_plan(plan: &mut Plan<ClusterResource<Self>, Private>) {
        let planned = match plan.planned.manifest.known() {
            Some(manifest) => Identity::of_known(manifest),
            None => Identity::of(plan.object().attribute("manifest")),
        };
        let prior = plan.prior.as_ref().map(|prior| Self::held_identity(prior.held()));
        let moves = |differ: &dyn Fn(&Identity) -> bool| prior.as_ref().is_some_and(differ);
        let Identity { api_version, kind, name, namespace } = &planned;
        let moved = [
            moves(&|prior| prior.api_version != *api_version),
            moves(&|prior| prior.kind != *kind),
            moves(&|prior| prior.name != *name),
            moves(&|prior| !prior.is_beside(&planned)),
        ];
        let draft = &mut plan.planned;
        let moved = [
            settle_part(&mut draft.api_version, api_version, moved[0]),
            settle_part(&mut draft.kind, kind, moved[1]),
            settle_part(&mut draft.name, name, moved[2]),
            settle_part(&mut draft.namespace, namespace, moved[3]),
        ];
        moved.into_iter().flatten().for_each(|attribute| plan.require_replace(attribute));
    }

    fn object_name(attributes: &Value) -> ObjectName {
        Identity::of(attributes.attribute("manifest")).object_name()
    }

    fn held_name(held: &Held<Self>) -> ObjectName {
        Self::held_identity(held).object_name()
    }

    fn model_name(&self, _: &Value) -> ObjectName {
        Identity::of_known(&self.manifest).object_name()
    }

    fn identity_of(id: &str, has_kubeconfig: bool) -> Option<tfplugin::Identity> {
        let parts: Vec<&str> = id.split('/').collect();
        let (cluster, rest) = match parts.split_first() {
            Some((kind, rest)) if has_kubeconfig && Kind::from_label(kind).is_some() && !rest.is_empty() => {
                (None, parts.as_slice())
            }
            Some((cluster, rest)) => (Some(*cluster), rest),
            None => return None,
        };
        let (kind, namespace, name) = match *rest {
            [kind, namespace, name] => (Kind::from_label(kind)?, Some(namespace), name),
            [kind, name] => (Kind::from_label(kind)?, None, name),
            _ => return None,
        };
        let (api_version, kind) = (kind.api_version(), kind.name().to_owned());
        let named = [
            ("cluster", cluster),
            ("api_version", Some(api_version.as_str())),
            ("kind", Some(kind.as_str())),
            ("namespace", namespace),
            ("name", Some(name)),
        ];
        let part = |(name, text): (&str, Option<&str>)| {
            (name.to_owned(), text.map_or(Value::Null, |text| Value::String(text.to_owned())))
        };
        Some(tfplugin::Identity::new(named.map(part)))
    }

    fn import_forms() -> String {
        "<cluster>/<kind>/<namespace>/<name>, or <cluster>/<kind>/<name> for a kind without namespaces, with <kind> such as \
         Secret.v1 or Deployment.v1.apps"
            .to_owned()
    }

    fn named_by(identity: &tfplugin::Identity) -> Result<BTreeMap<String, Value>, String> {
        let [api_version, kind, name] = ["api_version", "kind", "name"].map(|part| identity.part(part));
        // What a URL's path cannot hold is no name.
        let is_odd = |one: char| one.is_control() || one.is_whitespace() || "%?#".contains(one);
        let namespace = identity.text("namespace");
        let named = [api_version.as_str(), &kind, &name].into_iter().chain(namespace);
        if let Some(odd) = named.into_iter().find(|part| part.is_empty() || part.contains(is_odd)) {
            return Err(format!("{odd:?} cannot be a part of its address"));
        }
        let manifest = Manifest::bare(&Kind::dynamic(&api_version, &kind), namespace, &name).encode();
        let cluster = identity.get("cluster").clone();
        Ok(BTreeMap::from([("cluster".to_owned(), cluster), ("manifest".to_owned(), manifest)]))
    }

    fn released(name: &ObjectName, existing: Option<&DynamicObject>) -> Option<String> {
        released::released(name, existing)
    }

    fn stays(before: &Json, planned: &Json, existing: &DynamicObject, after: &DynamicObject) -> Staying {
        let live = |object| serde_json::to_value::<&DynamicObject>(object).unwrap_or_default();
        fields::stays(before, planned, &live(existing), &live(after))
    }

    fn keep(plan: &mut Plan<ClusterResource<Self>, Private>) {
        let Some(Ok(prior)) = plan.prior.as_ref().map(|prior| prior.held().model()) else { return };
        plan.planned.manifest.use_prior_state(prior.manifest.clone());
        plan.planned.secret_data.use_prior_state(prior.secret_data.clone());
    }

    fn adopted(before: &Value, after: &Value, object: &DynamicObject) -> Json {
        let manifest = |attributes: &Value| Manifest::decode(attributes.attribute("manifest")).ok();
        let live = serde_json::to_value(object).unwrap_or_default();
        manifest(after).map_or(Json::Null, |after| fields::adopted(manifest(before).as_ref(), &after, &live))
    }

    fn manifest(&self, _: &Value, _: &ObjectName) -> Json {
        let mut manifest = self.manifest.json().clone();
        let given = [&self.secret_data, &self.secret_data_wo].into_iter().flatten().flatten();
        let entries: Map<String, Json> = given
            .map(|(key, secret)| (key.clone(), BASE64_STANDARD.encode(secret.expose()).into()))
            .collect();
        if !entries.is_empty() {
            let data = manifest.entry("data").or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(data) = data {
                data.extend(entries);
            }
        }
        Json::Object(manifest)
    }

    fn secrets(&self, values: &Value, _: &ObjectName) -> Vec<String> {
        let mut secrets = sensitive(&Self::schema().attributes, values);
        // What is write-only is in no value of ours, but it is sent.
        secrets.extend(self.secret_data_wo.iter().flatten().map(|(_, secret)| secret.expose().to_owned()));
        if self.manifest.is_secret() {
            secrets.extend(self.manifest.entries());
        }
        secrets
    }

    fn attribute_at(_: &str) -> Option<(String, bool)> {
        // Nobody told the provider which parts of the manifest are secret, so its values are not shown.
        Some(("manifest".to_owned(), true))
    }

    fn read(
        known: &Value,
        object: &DynamicObject,
        reason: ReadReason,
        kept: &mut Json,
        _: &mut Vec<String>,
    ) -> Result<Value, String> {
        let live = serde_json::to_value(object).map_err(|error| error.to_string())?;
        let mut attributes = match known {
            Value::Object(all) => all.clone(),
            _ => BTreeMap::new(),
        };
        for (name, pointer) in IDENTITY {
            let text = live.pointer(pointer).and_then(Json::as_str);
            attributes
                .insert(name.to_owned(), text.map_or(Value::Null, |text| Value::String(text.to_owned())));
        }
        let before = Manifest::decode(known.attribute("manifest")).map_err(|error| error.message)?;
        let now = match reason {
            ReadReason::Written => {
                *kept = Record::of(&before, ours(object), &live).into_json();
                before
            }
            ReadReason::Refresh => Record::from_json(kept).refresh(&before, &live),
            ReadReason::Import => {
                // What others set beside our fields is no difference, so it is not read where none is ours: a
                // plan would show that it goes, and it would not.
                let nothing = Json::Object(Map::new());
                let owned = ours(object).unwrap_or(&nothing);
                let (manifest, secrets) = Manifest::of_object(&live, owned).without_secrets();
                attributes.insert("secret_data".to_owned(), secrets.map_or(Value::Null, Value::Map));
                *kept = Record::of(&manifest, ours(object), &live).into_json();
                manifest
            }
        };
        attributes.insert("manifest".to_owned(), now.encode());
        if reason == ReadReason::Refresh {
            refresh_secrets(&mut attributes, &live);
        }
        Ok(Value::Object(attributes))
    }
}

/// What to do about a field that a kind does not let change.
const NEEDS_NEW_OBJECT: &str = "This kind does not let that field change. To make a new object in place of this one, run \
                                `terraform apply -replace=...` with this resource's address, or name in \
                                `replace_triggered_by` what should lead to it.";

impl GenericObject {
    /// What an object is called, once all of that is known.
    pub fn known_name(attributes: &Value) -> Option<ObjectName> {
        Identity::of(attributes.attribute("manifest")).known_name()
    }

    /// Which object a state is about, also where its manifest is none any more.
    fn held_identity(held: &Held<Self>) -> Identity {
        match held.model() {
            Ok(model) => Identity::of_known(&model.manifest),
            Err(_) => Identity::of(held.object().attribute("manifest")),
        }
    }
}

/// Where an object carries its identity.
const IDENTITY: [(&str, &str); 4] = [
    ("api_version", "/apiVersion"),
    ("kind", "/kind"),
    ("name", "/metadata/name"),
    ("namespace", "/metadata/namespace"),
];

/// The entries of `secret_data` as they are in the cluster. One that is gone is left out; one that is no text
/// any more is shown as base64.
fn refresh_secrets(attributes: &mut BTreeMap<String, Value>, live: &Json) {
    let Some(Value::Map(entries)) = attributes.get("secret_data") else { return };
    let current = |key: &String| {
        let encoded = live.get("data")?.get(key)?;
        let text = manifest::plain_text(encoded).or_else(|| encoded.as_str().map(str::to_owned))?;
        Some((key.clone(), Value::String(text)))
    };
    let entries = entries.keys().filter_map(current).collect();
    attributes.insert("secret_data".to_owned(), Value::Map(entries));
}

/// Plans a part of an object's identity, and answers its name where it needs a new object. What the manifest
/// leaves to the cluster stays as it is, or shows at apply.
fn settle_part<T: From<String>>(
    attribute: &mut DraftValue<Computed<T>>,
    part: &Knowable<String>,
    moves: bool,
) -> Option<AttributeName> {
    match part {
        Knowable::Known(text) if !text.is_empty() => attribute.set(text.clone().into()),
        _ if moves => attribute.set_unknown(),
        _ => {}
    }
    moves.then(|| attribute.name())
}

fn check_names(manifest: &Manifest, diagnostics: &mut Diagnostics) {
    if let Err(fault) = names::check(manifest.json()) {
        diagnostics.error_at(
            tfplugin::Path::from("manifest").join(fault.path),
            "No such object",
            fault.message,
        );
    }
}

fn is_given(entries: &Knowable<Option<BTreeMap<String, Secret>>>) -> bool {
    entries.is_unknown() || entries.given().is_some()
}

fn keys(entries: &Knowable<Option<BTreeMap<String, Secret>>>) -> Vec<&String> {
    entries.given().into_iter().flat_map(BTreeMap::keys).collect()
}
