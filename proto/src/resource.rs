//! What the author of a managed resource implements.

use crate::context::Context;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::draft::{AttributeName, Draft};
use crate::identity::Identity;
use crate::model::Model;
use crate::plan::write_only;
use crate::schema::Attribute;
use crate::value::{Path, Value};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A managed type's behaviour. Only [`Resource::validate_config`] and [`Resource::modify_plan`] may meet
/// unknown values, and say so in their types; everything else gets a [`Model`] whose computed fields alone
/// may be pending.
///
/// An error of `create` stores nothing (no taint): `create` resumes what an earlier one left. An error of
/// `update` or `delete` keeps the prior state.
///
/// Implement its methods as `async fn`.
pub trait Resource: Send + Sync + 'static {
    /// What configuring the provider made.
    type Provider: Send + Sync + 'static;
    /// Its attributes.
    type Model: Model;
    /// What is kept beside the state and never shown. It must be readable from `{}`, as after an import.
    type Private: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Types whose objects it takes over where a `moved` block says so. Objects of its own type, stored by
    /// this provider at another address, are taken over without an entry.
    const STATE_MOVES: &'static [StateMove<Self::Private>] = &[];

    /// Where in the private state the attributes that adopt what is there keep which of them the
    /// configuration has ever given. A type with such attributes has to say it.
    fn given(private: &mut Self::Private) -> Option<&mut BTreeSet<String>> {
        let _ = private;
        None
    }

    /// Validates cross-attribute rules of a configuration, offline. Each attribute alone was validated by its
    /// type already.
    fn validate_config(config: &<Self::Model as Model>::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Modifies the plan. It must be complete without any connection and deterministic.
    fn modify_plan(
        context: &Context<Self::Provider>,
        plan: &mut Plan<Self::Model, Self::Private>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        let _ = (context, plan);
        std::future::ready(Ok(()))
    }

    /// Validates a planned destroy; an error forbids it.
    fn plan_destroy(
        context: &Context<Self::Provider>,
        prior: Self::Model,
        private: Self::Private,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send {
        let _ = (context, prior, private);
        std::future::ready(Ok(()))
    }

    /// Creates it, or resumes an interrupted create, and reads it back.
    fn create(
        context: &Context<Self::Provider>,
        planned: Self::Model,
        private: &mut Self::Private,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send;

    /// Reads it; `None` only on a typed "not found". A target that cannot be reached is not gone: warn and
    /// answer `prior`.
    fn read(
        context: &Context<Self::Provider>,
        prior: Self::Model,
        private: &mut Self::Private,
    ) -> impl Future<Output = Result<Option<Self::Model>, Diagnostics>> + Send;

    /// Changes it in place and reads it back.
    fn update(
        context: &Context<Self::Provider>,
        prior: Self::Model,
        planned: Self::Model,
        private: &mut Self::Private,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send;

    /// Deletes it; succeeds where it is gone already.
    fn delete(
        context: &Context<Self::Provider>,
        prior: Self::Model,
        private: Self::Private,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;

    /// What an import id names; nothing where it names no object. Default: the attributes of the identity
    /// joined by `/`, see [`Identity::of_id`].
    fn identity_of(context: &Context<Self::Provider>, id: &str) -> Option<Identity> {
        let _ = context;
        Identity::of_id(Self::Model::schema(), id)
    }

    /// How the ids are written that [`Resource::identity_of`] reads, for messages.
    fn import_forms() -> String {
        Identity::id_forms(Self::Model::schema())
    }

    /// Reads the object of an identity, for `terraform import` and `import` blocks, by id or by identity.
    /// Default: an error, as nothing of the type can be imported.
    fn import_state(
        context: &Context<Self::Provider>,
        identity: &Identity,
        private: &mut Self::Private,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send {
        let _ = (context, identity, private);
        let detail = "This type of resource does not support import. Remove the `import` block, and create the object.";
        std::future::ready(Err(Diagnostic::error("Import not supported", detail).into()))
    }
}

/// What makes a resource's attributes and private state of another type's attributes.
pub type Rewrite<P> = fn(&MovedState<'_>, &mut BTreeMap<String, Value>, &mut P) -> Result<(), String>;

/// A type whose objects a resource takes over, with private state of the type `P`.
pub struct StateMove<P> {
    /// Its provider's address, with or without the host: `hashicorp/null`, `terraform.io/builtin/terraform`.
    /// Without it, any host's: Terraform and OpenTofu have another one each.
    pub provider: &'static str,
    /// Its name.
    pub type_name: &'static str,
    /// Rewrites the attributes of its object to those of the resource, in the form of
    /// [`TypeName::upgrade`](crate::provider::TypeName::upgrade), and fills in the private state. An error
    /// says what about the state is not understood.
    pub rewrite: Rewrite<P>,
}

impl<P> StateMove<P> {
    pub(crate) fn is_of(&self, source: &MovedState<'_>) -> bool {
        let host = source.provider.strip_suffix(self.provider);
        self.type_name == source.type_name && host.is_some_and(|host| host.is_empty() || host.ends_with('/'))
    }
}

/// Where an object comes from that a resource takes over.
#[derive(Clone, Copy, Debug)]
pub struct MovedState<'a> {
    /// The whole address of its provider, such as `registry.terraform.io/hashicorp/null`.
    pub provider: &'a str,
    /// Its type.
    pub type_name: &'a str,
    /// The schema version that it was stored with.
    pub version: i64,
    /// What its provider kept beside the state.
    pub private: &'a [u8],
}

/// A plan of a create or an update, after defaults, unknown values, values of the prior state and replacement
/// were settled. What [`Resource::modify_plan`] sets in [`Plan::planned`] is what Terraform is answered.
pub struct Plan<M: Model, P> {
    /// The state before, if there is one.
    pub prior: Option<M>,
    /// What the author wrote, with defaults.
    pub config: Arc<M::Draft>,
    /// What the state will be, as far as known; with the write-only values that the configuration has.
    pub planned: M::Draft,
    /// The private state that apply will get.
    pub private: P,
    /// Attributes that are adopted: they stay as they are though the configuration does not give them. In a
    /// new object that replaces this one they are null.
    pub kept: Vec<Path>,
    pub(crate) object: Value,
    pub(crate) requires_replace: Vec<Path>,
}

impl<M: Model, P> Plan<M, P> {
    /// What the state will be, as a value: without what was set in [`Plan::planned`].
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// Whether a new object is planned.
    pub fn replaces(&self) -> bool {
        !self.requires_replace.is_empty()
    }

    /// Plans a new object because of an attribute: `plan.require_replace(plan.planned.name.name())`.
    pub fn require_replace(&mut self, attribute: AttributeName) {
        self.requires_replace.push(attribute.into());
    }

    /// What Terraform is answered: the object, what needs a new one, the private state.
    pub(crate) fn answer(self) -> (Value, Vec<Path>, P) {
        let object = changed(&M::schema().attributes, self.object, self.planned.changes());
        (object, self.requires_replace, self.private)
    }
}

fn changed(attributes: &[Attribute], mut object: Value, changes: Vec<(&'static str, Value)>) -> Value {
    if !changes.is_empty()
        && let Value::Object(members) = &mut object
    {
        let before = Value::Object(members.clone());
        members.extend(changes.into_iter().map(|(name, value)| (name.to_owned(), value)));
        object = write_only::withhold(attributes, &before, &object);
    }
    object
}

/// A planned change. Null: the object is planned to go.
pub(crate) struct PlannedChange {
    pub(crate) object: Value,
    /// What the object will be; null where it goes, or where its type has no identity.
    pub(crate) identity: Value,
    pub(crate) requires_replace: Vec<Path>,
    pub(crate) private: Vec<u8>,
}

impl PlannedChange {
    /// One that has nothing to say of identity and replacement: a plan to destroy, or one that failed.
    pub(crate) fn without_identity(object: Value, private: Vec<u8>) -> Self {
        Self { object, identity: Value::Null, requires_replace: Vec::new(), private }
    }
}
