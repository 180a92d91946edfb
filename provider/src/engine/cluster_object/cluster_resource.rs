//! The model of the managed resource that every object in a cluster is.

use super::ServerApplied;
use std::collections::BTreeMap;
use tfplugin::model::ValueError;
use tfplugin::provider::TypeName;
use tfplugin::schema::Attribute;
use tfplugin::{Draft, Held, Model, Value};

/// A type of objects as a managed resource. Others may put into an object what its type has no form for.
#[derive(Clone)]
pub struct ClusterResource<T: Model>(pub(super) Held<T>);

/// [`ClusterResource`] before everything is known. The engine looks at values by name, so they are kept beside the typed draft.
#[derive(Clone)]
pub struct ClusterResourceDraft<T: ServerApplied> {
    pub(crate) value: Value,
    pub(super) typed: T::Draft,
}

impl<T: ServerApplied> Draft for ClusterResourceDraft<T> {
    fn decode(object: &Value) -> Result<Self, ValueError> {
        Ok(Self { value: object.clone(), typed: T::Draft::decode(object)? })
    }
}

impl<T: ServerApplied> Model for ClusterResource<T> {
    type Draft = ClusterResourceDraft<T>;

    fn description() -> &'static str {
        T::description()
    }

    fn attributes() -> Vec<Attribute> {
        T::attributes()
    }

    fn decode(object: &Value) -> Result<Self, ValueError> {
        Held::decode(object).map(Self)
    }

    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl<T: ServerApplied> TypeName for ClusterResource<T> {
    const TYPE_NAME: &'static str = T::TYPE_NAME;
    const VERSION: i64 = T::VERSION;

    fn upgrade(version: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
        T::upgrade(version, state)
    }
}
