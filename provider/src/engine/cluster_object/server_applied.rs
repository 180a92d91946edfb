//! What the engine asks of a type: what its objects are called, what is sent, and what an object says about
//! the attributes.

use super::address;
use super::adoption::ours;
use super::cluster_resource::ClusterResource;
use super::fields::{Fields, metadata};
use super::private::Private;
use super::{Adoption, ClusterObject, Reference};
use crate::connection::cluster::{Cluster, ClusterError, ObjectName};
use crate::engine::read_scope::ReadScope;
use async_trait::async_trait;
use kube::core::DynamicObject;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use tfplugin::provider::TypeName;
use tfplugin::schema::{Attribute, secrets};
use tfplugin::{Diagnostics, Draft, Held, Identity, Model, Plan, Value};

/// A type whose objects the engine keeps. Every [`ClusterObject`] is one.
#[async_trait]
pub trait ServerApplied: Model<Draft: Draft<Model = Self>> + TypeName {
    /// What some answers of the API server mean: a part of the text, and what to do.
    const HINTS: &'static [(&'static str, &'static str)];

    /// The attribute that says which object it is.
    const IDENTITY_ATTRIBUTE: &'static str = "name";

    /// Attributes whose texts are names of other objects.
    fn references() -> &'static [Reference] {
        &[]
    }

    /// Finds fault with a configuration without any connection.
    fn validate_config(config: &Self::Draft, diagnostics: &mut Diagnostics);

    /// Plans computed attributes that follow from others, and a new object where the old one cannot become
    /// it.
    fn modify_plan(plan: &mut Plan<ClusterResource<Self>, Private>) {
        let _ = plan;
    }

    /// Fills in computed attributes that follow from the others, and finds fault with what comes of it.
    fn fill_computed(&mut self, diagnostics: &mut Diagnostics) {
        let _ = diagnostics;
    }

    /// What the object of these known attributes is called.
    fn object_name(attributes: &Value) -> ObjectName;

    /// The same of an object whose values may be what no configuration could say.
    fn held_name(held: &Held<Self>) -> ObjectName {
        Self::object_name(held.object())
    }

    /// The same of a model with these values.
    fn model_name(&self, values: &Value) -> ObjectName {
        Self::object_name(values)
    }

    /// What an import id names; nothing where it names no object.
    fn identity_of(id: &str, has_kubeconfig: bool) -> Option<Identity>;

    /// How import ids are written, for messages.
    fn import_forms() -> String {
        Identity::id_forms(Self::schema())
    }

    /// The attributes that an identity says: its own, and those that follow from them. An error says why it
    /// can be no object's.
    fn named_by(identity: &Identity) -> Result<BTreeMap<String, Value>, String> {
        Ok(identity.attributes().clone())
    }

    /// What is sent: our fields alone. `values` are those of the model.
    fn manifest(&self, values: &Value, name: &ObjectName) -> Json;

    /// What no message may repeat: the API server's quote what they are about.
    fn secrets(&self, values: &Value, name: &ObjectName) -> Vec<String> {
        let _ = name;
        sensitive(&Self::schema().attributes, values)
    }

    /// The attribute that a path such as `spec.addresses[0]` is about, and whether its value is nobody's
    /// business.
    fn attribute_at(path: &str) -> Option<(String, bool)>;

    /// What is dropped from the configuration and still in `object`, as a patch that takes it away.
    fn dropped(before: &Value, after: &Value, object: &DynamicObject) -> Option<Json> {
        let _ = (before, after, object);
        None
    }

    /// Why a destroy releases this object in place of deleting it, unless this resource made it. `existing`
    /// is what is there, where that is known.
    fn released(name: &ObjectName, existing: Option<&DynamicObject>) -> Option<String> {
        let _ = (name, existing);
        None
    }

    /// What is in the manifest `before` and not in `planned`, and is in the object all the same `after` that
    /// is applied, as it `existed`.
    fn stays(before: &Json, planned: &Json, existing: &DynamicObject, after: &DynamicObject) -> Staying {
        let _ = (before, planned, existing, after);
        Staying::default()
    }

    /// Plans that all stays as it was.
    fn keep(plan: &mut Plan<ClusterResource<Self>, Private>) {
        let _ = plan;
    }

    /// What `object` holds in the places that are ours in `after` and were not in `before`.
    fn adopted(before: &Value, after: &Value, object: &DynamicObject) -> Json {
        let _ = (before, after, object);
        Json::Null
    }

    /// Attributes that adopt what is there and whose fields in `object` our field manager owns.
    fn adopted_by_us(object: &DynamicObject) -> BTreeSet<String> {
        let _ = object;
        BTreeSet::new()
    }

    /// The attributes as they are in `object`; those that it does not tell are as `known`. What is in `kept`
    /// at one reading is there at the next. What others put there is told as it is; what no attribute has a
    /// form for is null, and named in `misfits`.
    fn read(
        known: &Value,
        object: &DynamicObject,
        reason: ReadReason,
        kept: &mut Json,
        misfits: &mut Vec<String>,
    ) -> Result<Value, String>;

    /// What to do about an object that is there already and that we did not make.
    fn adoption(&self, existing: &DynamicObject) -> Adoption {
        let _ = existing;
        Adoption::Refuse
    }

    /// Finds fault that only shows beside the cluster's other objects.
    async fn validate_against_cluster(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        let _ = (cluster, diagnostics);
        Ok(())
    }

    /// Makes the object ready to go; errors that it finds forbid the deletion.
    async fn before_delete(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        let _ = (cluster, diagnostics);
        Ok(())
    }
}

/// Fields that leave a configuration and not the object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staying {
    /// Where they are, such as `metadata.labels.zone`.
    pub paths: Vec<String>,
    /// Whether nothing else changes.
    pub is_all: bool,
}

/// The texts of those attributes that Terraform hides.
pub fn sensitive(attributes: &[Attribute], values: &Value) -> Vec<String> {
    secrets(attributes, values).into_iter().flat_map(texts).collect()
}

/// The texts of a manifest at the places of attributes that Terraform hides.
fn sent_in_secret<T: ClusterObject>(json: &Json, path: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(all) => {
            all.iter().for_each(|(key, one)| sent_in_secret::<T>(one, &format!("{path}.{key}"), found));
        }
        Json::Array(all) => {
            all.iter()
                .enumerate()
                .for_each(|(at, one)| sent_in_secret::<T>(one, &format!("{path}[{at}]"), found));
        }
        Json::String(text) if <T as ServerApplied>::attribute_at(path).is_some_and(|(_, hidden)| hidden) => {
            found.push(text.clone());
        }
        _ => {}
    }
}

/// All texts in a value.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Dynamic(typed) => texts(&typed.1),
        Value::List(all) | Value::Set(all) | Value::Tuple(all) => all.iter().flat_map(texts).collect(),
        Value::Map(all) | Value::Object(all) => all.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Why an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadReason {
    /// It was just written: it says what we sent, as the API server understood it.
    Written,
    /// To see whether our own fields are still as they were.
    Refresh,
    /// To take it over as it is.
    Import,
}

#[async_trait]
impl<T: ClusterObject> ServerApplied for T {
    const HINTS: &'static [(&'static str, &'static str)] = <T as ClusterObject>::HINTS;

    fn references() -> &'static [Reference] {
        T::REFERENCES
    }

    fn validate_config(config: &T::Draft, diagnostics: &mut Diagnostics) {
        <T as ClusterObject>::validate_config(config, diagnostics);
    }

    fn fill_computed(&mut self, diagnostics: &mut Diagnostics) {
        ClusterObject::fill_computed(self, diagnostics);
    }

    fn object_name(attributes: &Value) -> ObjectName {
        let text = |name: &str| attributes.attribute(name).as_str().unwrap_or_default().to_owned();
        let namespace = if T::KIND.is_namespaced() { text("namespace") } else { String::new() };
        ObjectName { kind: T::KIND, namespace, name: format!("{}{}", T::NAME_PREFIX, text("name")) }
    }

    fn identity_of(id: &str, has_kubeconfig: bool) -> Option<Identity> {
        address::identity_of::<T>(id, has_kubeconfig)
    }

    fn manifest(&self, values: &Value, name: &ObjectName) -> Json {
        let mut spec = Fields::of::<T>().to_spec(values);
        self.normalize_spec(&mut spec);
        let mut metadata = Map::from_iter([("name".to_owned(), Json::from(name.name.as_str()))]);
        if !name.namespace.is_empty() {
            metadata.insert("namespace".to_owned(), name.namespace.as_str().into());
        }
        metadata.extend(metadata::to_json(values));
        json!({
            "apiVersion": T::KIND.api_version(), "kind": T::KIND.name(), "metadata": metadata, "spec": spec
        })
    }

    fn attribute_at(path: &str) -> Option<(String, bool)> {
        if let Some(name) = metadata::attribute_at(path) {
            return Some((name.to_owned(), false));
        }
        let fields = Fields::of::<T>();
        fields.attribute_at(path).map(|attribute| (attribute.name.clone(), attribute.sensitive))
    }

    fn secrets(&self, values: &Value, name: &ObjectName) -> Vec<String> {
        // What is write-only is in no value of ours, but it is sent.
        let mut found = sensitive(&Self::schema().attributes, values);
        let sent = ServerApplied::manifest(self, values, name);
        sent_in_secret::<T>(sent.get("spec").unwrap_or(&Json::Null), "spec", &mut found);
        found
    }

    fn dropped(before: &Value, after: &Value, object: &DynamicObject) -> Option<Json> {
        let still_there = |field: &String| object.data.get("spec").and_then(|spec| spec.get(field)).is_some();
        let dropped = Fields::of::<T>().dropped(before, after).into_iter().filter(still_there);
        let spec: Map<String, Json> = dropped.map(|field| (field, Json::Null)).collect();
        let left = [("spec", spec), ("metadata", metadata::dropped(before, after, object))];
        let left: Map<String, Json> = left
            .into_iter()
            .filter(|(_, fields)| !fields.is_empty())
            .map(|(place, fields)| (place.to_owned(), Json::Object(fields)))
            .collect();
        (!left.is_empty()).then_some(Json::Object(left))
    }

    fn released(name: &ObjectName, _: Option<&DynamicObject>) -> Option<String> {
        <T as ClusterObject>::released(name)
    }

    fn adopted(before: &Value, after: &Value, object: &DynamicObject) -> Json {
        let fields = Fields::of::<T>();
        let theirs = fields.dropped(after, before).into_iter().filter_map(|field| {
            let value = object.data.get("spec")?.get(&field)?.clone();
            Some((field, value))
        });
        let spec: Map<String, Json> = theirs.collect();
        if spec.is_empty() { Json::Null } else { json!({ "spec": spec }) }
    }

    fn adopted_by_us(object: &DynamicObject) -> BTreeSet<String> {
        let spec = ours(object).and_then(|fields| fields.get("f:spec"));
        let owned = |field: &str| spec.is_some_and(|spec| spec.get(field).is_some());
        let adopted = Fields::of::<T>().adopted();
        adopted.into_iter().filter(|(_, field)| owned(field)).map(|(name, _)| name).collect()
    }

    fn read(
        known: &Value,
        object: &DynamicObject,
        reason: ReadReason,
        _: &mut Json,
        misfits: &mut Vec<String>,
    ) -> Result<Value, String> {
        let scope = match reason {
            ReadReason::Written | ReadReason::Refresh => ReadScope::Owned(known),
            ReadReason::Import => ReadScope::Full,
        };
        let spec = object.data.get("spec").unwrap_or(&Json::Null);
        let mut all = match known {
            Value::Object(all) => all.clone(),
            _ => BTreeMap::new(),
        };
        all.extend(Fields::of::<T>().read_spec(spec, scope, misfits));
        all.extend(metadata::read(&T::schema().attributes, known, object, reason == ReadReason::Import));
        Ok(Value::Object(all))
    }

    fn adoption(&self, existing: &DynamicObject) -> Adoption {
        ClusterObject::adoption(self, existing)
    }

    async fn validate_against_cluster(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        ClusterObject::validate_against_cluster(self, cluster, diagnostics).await
    }

    async fn before_delete(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        ClusterObject::before_delete(self, cluster, diagnostics).await
    }
}
