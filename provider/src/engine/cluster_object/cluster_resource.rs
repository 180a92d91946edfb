//! The model of the managed resource that every object in a cluster is.

use super::ServerApplied;
use std::collections::BTreeMap;
use tfplugin::provider::TypeName;
use tfplugin::schema::Schema;
use tfplugin::value::ValueError;
use tfplugin::{Held, Model, Value};

/// A type of objects as a managed resource. Others may put into an object what its type has no form for.
#[derive(Clone)]
pub struct ClusterResource<T: Model>(pub(super) Held<T>);

impl<T: Model> ClusterResource<T> {
    /// The object as it is held.
    pub fn held(&self) -> &Held<T> {
        &self.0
    }
}

impl<T: ServerApplied> Model for ClusterResource<T> {
    type Draft = T::Draft;

    fn schema() -> &'static Schema {
        T::schema()
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

    const IDENTITY_VERSION: i64 = T::IDENTITY_VERSION;

    fn upgrade_identity(version: i64, identity: &mut BTreeMap<String, Value>) -> Result<(), String> {
        T::upgrade_identity(version, identity)
    }
}
