//! The engine of every object in a cluster.
//!
//! A type declares its attributes, its kind and what can be checked without a connection ([`ClusterObject`]);
//! creation, reading, updating, deletion, import, identity, drift, the dry run at plan and all waiting are
//! here ([`ClusterResource`]). What the engine asks of a type is [`ServerApplied`], which a declaration
//! answers by itself.
//!
//! - Attributes become fields of `spec` by name; the schema says what each value is.
//! - Objects are written by server-side apply under one field manager. What others set beside our fields
//!   stays.
//! - `cluster` is an address. Which cluster an object belongs to is the UID of `kube-system`, kept in private
//!   state.

mod address;
mod adoption;
mod apply;
mod cluster_resource;
mod delete;
mod dry_run;
mod failure;
mod fields;
mod lifecycle;
mod list;
mod private;
mod read;
mod references;
mod release;
mod server_applied;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use address::{ClusterWideObject, cluster_address};
pub use adoption::ours;
pub use cluster_resource::ClusterResource;
pub use list::{ClusterObjects, Listed};
pub use private::Private;
pub use references::{Reference, ReferenceTarget, attribute_references};
pub use server_applied::{ReadReason, ServerApplied, Staying, sensitive};

use crate::connection::cluster::{Cluster, ClusterError, Kind, ObjectName};
use async_trait::async_trait;
use kube::core::DynamicObject;
use serde_json::{Map, Value as Json};
use tfplugin::provider::TypeName;
use tfplugin::{Diagnostics, Draft, Model};

/// What the author of an object's type declares. The model has the attributes `cluster`, `name`, `timeouts`
/// and, where the kind is namespaced, `namespace`; all others are fields of `spec`, unless
/// [`ClusterObject::PROVIDER_ONLY`] names them.
#[async_trait]
pub trait ClusterObject: Model<Draft: Draft<Model = Self>> + TypeName {
    /// The kind that it is in the cluster.
    const KIND: Kind;

    /// Attributes whose field is not their name in camel case, at any depth: `("my_asn", "myASN")`.
    const FIELD_NAMES: &'static [(&'static str, &'static str)] = &[];

    /// Attributes that only tell the provider what to do.
    const PROVIDER_ONLY: &'static [&'static str] = &[];

    /// What some answers of the API server mean for this kind: a part of the text, and what to do.
    const HINTS: &'static [(&'static str, &'static str)] = &[];

    /// Attributes whose texts are names of other objects. One that leads nowhere is a warning at apply.
    const REFERENCES: &'static [Reference] = &[];

    /// What the object's name has before the attribute `name`.
    const NAME_PREFIX: &'static str = "";

    /// Finds fault with a configuration without any connection: rules between attributes.
    fn validate_config(config: &Self::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Fills in computed attributes that follow from the others, once those are known, and finds fault with
    /// what comes of it.
    fn fill_computed(&mut self, diagnostics: &mut Diagnostics) {
        let _ = diagnostics;
    }

    /// Puts what is sent into the one spelling that others compare by.
    fn normalize_spec(&self, spec: &mut Map<String, Json>) {
        let _ = spec;
    }

    /// Why a destroy gives our fields of the object back in place of deleting it, unless this resource made
    /// it.
    fn released(name: &ObjectName) -> Option<String> {
        let _ = name;
        None
    }

    /// What to do about an object that is there already and that we did not make.
    fn adoption(&self, existing: &DynamicObject) -> Adoption {
        let _ = existing;
        Adoption::Refuse
    }

    /// Finds fault that only shows beside the cluster's other objects. Called before every write, and at
    /// plan, where its errors are only warnings: they judge today's cluster.
    async fn validate_against_cluster(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        let _ = (cluster, diagnostics);
        Ok(())
    }

    /// Makes the object ready to go; errors that it finds forbid the deletion. Called again where a call
    /// failed for a passing reason.
    async fn before_delete(
        &self,
        cluster: &Cluster,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), ClusterError> {
        let _ = (cluster, diagnostics);
        Ok(())
    }
}

/// What to do about an object that is there already and that we did not make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// A person's or another program's: not ours to change.
    Refuse,
    /// A controller makes it by itself, so it is taken over; the text says who.
    Adopt(&'static str),
    /// A controller made it by itself, but not like this; the text says what to do.
    Conflict(String),
}
