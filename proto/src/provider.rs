//! A provider as a whole: its block, what configuring it makes, and the table of all its types.

use crate::action::Action;
use crate::action::erased::{ErasedAction, TypedAction};
use crate::data_source::DataSource;
use crate::diagnostics::Diagnostics;
use crate::ephemeral::EphemeralResource;
use crate::function::{self, Function, ServedFunction, Signature};
use crate::identity;
use crate::list_resource::ListResource;
use crate::list_resource::erased::{ErasedListResource, TypedListResource};
use crate::model::Model;
use crate::plan::ephemeral::{ErasedEphemeralResource, TypedEphemeralResource};
use crate::plan::erased::{ErasedDataSource, ErasedResource, TypedDataSource, TypedResource};
use crate::resource::Resource;
use crate::schema::{self, Block, Schema, SchemaError};
use crate::value::Value;
use std::collections::BTreeMap;

/// A provider. Implement [`Provider::configure`] as `async fn`.
pub trait Provider: Send + Sync + 'static {
    /// The provider block.
    type Config: Model;
    /// What all types work with; dropped and made anew when the provider is configured again.
    type Configured: Send + Sync + 'static;

    /// Its name in its types' default prefix and in logs, such as `microk8s`.
    const NAME: &'static str;

    /// Its address in `required_providers`, such as `baremetal/microk8s`; only a debugger's session needs it.
    const SOURCE: &'static str = Self::NAME;

    /// Modules, such as `kube_client`, whose log is left out at every level: libraries that print what they
    /// received, and with it the secrets in it.
    const MUTED_LOG_TARGETS: &'static [&'static str] = &[];

    /// Every type that is served.
    fn registry() -> Registry<Self::Configured>;

    /// The group of a type's page in registries' navigation; none if it is empty.
    fn subcategory(type_name: &str) -> &'static str {
        let _ = type_name;
        ""
    }

    /// Validates each plain `String` that a configuration has, also as an element, a member or a key, before
    /// any rule of its attribute. Default: each is accepted.
    fn validate_string(text: &str) -> Result<(), String> {
        let _ = text;
        Ok(())
    }

    /// Validates cross-attribute rules of the provider block, offline.
    fn validate_config(config: &<Self::Config as Model>::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Called with every planned object, in no particular order, to cross-check resources. Returns what it
    /// finds. Nothing says which call is the last one.
    fn observe_plan(configured: &Self::Configured, planned: &ObservedPlan<'_>) -> Diagnostics {
        let _ = (configured, planned);
        Diagnostics::new()
    }

    /// Makes what the types work with. Values may be unknown at plan; nothing may be connected to here.
    fn configure(
        config: <Self::Config as Model>::Draft,
    ) -> impl Future<Output = Result<Self::Configured, Diagnostics>> + Send;
}

/// The plan of a resource, as [`Provider::observe_plan`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct ObservedPlan<'a> {
    /// Its type.
    pub type_name: &'a str,
    /// What the configuration says.
    pub config: &'a Value,
    /// What is planned to be there.
    pub object: &'a Value,
    /// Whether this resource was observed in the same run before. Core plans one that is to be replaced
    /// twice: beside what is there, and then as if nothing were.
    pub is_again: bool,
}

/// The types of a provider by name.
pub struct Registry<P> {
    pub(crate) resources: BTreeMap<&'static str, Box<dyn ErasedResource<P>>>,
    pub(crate) data_sources: BTreeMap<&'static str, Box<dyn ErasedDataSource<P>>>,
    pub(crate) ephemeral_resources: BTreeMap<&'static str, Box<dyn ErasedEphemeralResource<P>>>,
    pub(crate) list_resources: BTreeMap<&'static str, Box<dyn ErasedListResource<P>>>,
    pub(crate) actions: BTreeMap<&'static str, Box<dyn ErasedAction<P>>>,
    pub(crate) provider_meta: Option<&'static Schema>,
    pub(crate) functions: BTreeMap<&'static str, ServedFunction>,
}

impl<P: Send + Sync + 'static> Default for Registry<P> {
    fn default() -> Self {
        Self {
            resources: BTreeMap::new(),
            data_sources: BTreeMap::new(),
            ephemeral_resources: BTreeMap::new(),
            list_resources: BTreeMap::new(),
            actions: BTreeMap::new(),
            provider_meta: None,
            functions: BTreeMap::new(),
        }
    }
}

/// A type's name in configurations and the version of its stored state; implemented by the derive macros.
pub trait TypeName {
    /// Such as `metallb_bgp_peer`.
    const TYPE_NAME: &'static str;

    /// Version of the stored state, 0 unless an upgrade was ever needed.
    const VERSION: i64 = 0;

    /// Rewrites the attributes of a state that was stored with an earlier `version`, to what
    /// [`Self::VERSION`] has. Objects in it are [`Value::Object`], lists and sets [`Value::Tuple`]. What it
    /// leaves out is null. An error says what about the state is not understood.
    fn upgrade(version: i64, state: &mut BTreeMap<String, Value>) -> Result<(), String> {
        let _ = (version, state);
        Ok(())
    }

    /// Version of its identity's schema, 0 unless an upgrade was ever needed.
    const IDENTITY_VERSION: i64 = 0;

    /// Rewrites an identity that was stored with an earlier version of its schema, as [`Self::upgrade`] does
    /// a state.
    fn upgrade_identity(version: i64, identity: &mut BTreeMap<String, Value>) -> Result<(), String> {
        let _ = (version, identity);
        Ok(())
    }
}

impl<P: Send + Sync + 'static> Registry<P> {
    /// Adds a managed resource.
    #[must_use]
    pub fn resource<R>(mut self) -> Self
    where
        R: Resource<Provider = P>,
        R::Model: TypeName,
    {
        self.resources.insert(<R::Model as TypeName>::TYPE_NAME, Box::new(TypedResource::<R>::new()));
        self
    }

    /// Adds a data source.
    #[must_use]
    pub fn data_source<D>(mut self) -> Self
    where
        D: DataSource<Provider = P>,
        D::Model: TypeName,
    {
        self.data_sources.insert(<D::Model as TypeName>::TYPE_NAME, Box::new(TypedDataSource::<D>::new()));
        self
    }

    /// Adds an ephemeral resource.
    #[must_use]
    pub fn ephemeral_resource<E>(mut self) -> Self
    where
        E: EphemeralResource<Provider = P>,
        E::Model: TypeName,
    {
        let name = <E::Model as TypeName>::TYPE_NAME;
        self.ephemeral_resources.insert(name, Box::new(TypedEphemeralResource::<E>::new()));
        self
    }

    /// Adds a list resource, which is named like the managed type that it lists.
    #[must_use]
    pub fn list_resource<L>(mut self) -> Self
    where
        L: ListResource<Provider = P>,
        <L::Resource as Resource>::Model: TypeName,
    {
        let name = <<L::Resource as Resource>::Model as TypeName>::TYPE_NAME;
        self.list_resources.insert(name, Box::new(TypedListResource::<L>::new()));
        self
    }

    /// Adds an action.
    #[must_use]
    pub fn action<A>(mut self) -> Self
    where
        A: Action<Provider = P>,
        A::Config: TypeName,
    {
        self.actions.insert(<A::Config as TypeName>::TYPE_NAME, Box::new(TypedAction::<A>::new()));
        self
    }

    /// Lets modules say something to the provider in their `provider_meta` blocks:
    /// [`Context::meta`](crate::Context::meta).
    #[must_use]
    pub fn provider_meta<M: Model>(self) -> Self {
        Self { provider_meta: Some(M::schema()), ..self }
    }

    /// Adds a function.
    #[must_use]
    pub fn function<F: Function>(mut self) -> Self {
        self.functions.insert(F::NAME, ServedFunction::of::<F>());
        self
    }

    /// The managed resources by name, with their schemas.
    pub fn resources(&self) -> impl Iterator<Item = (&'static str, &Schema)> {
        self.resources.iter().map(|(name, one)| (*name, one.schema()))
    }

    /// The data sources by name, with their schemas.
    pub fn data_sources(&self) -> impl Iterator<Item = (&'static str, &Schema)> {
        self.data_sources.iter().map(|(name, one)| (*name, one.schema()))
    }

    /// The ephemeral resources by name, with their schemas.
    pub fn ephemeral_resources(&self) -> impl Iterator<Item = (&'static str, &Schema)> {
        self.ephemeral_resources.iter().map(|(name, one)| (*name, one.schema()))
    }

    /// The list resources by name, with the schemas of their `config` blocks.
    pub fn list_resources(&self) -> impl Iterator<Item = (&'static str, &Schema)> {
        self.list_resources.iter().map(|(name, one)| (*name, one.schema()))
    }

    /// The actions by name, with their schemas.
    pub fn actions(&self) -> impl Iterator<Item = (&'static str, &Schema)> {
        self.actions.iter().map(|(name, one)| (*name, one.schema()))
    }

    /// The functions, in the order of their names.
    pub fn functions(&self) -> impl Iterator<Item = &Signature> {
        self.functions.values().map(|one| &one.signature)
    }

    /// Whether what is listed can be told and imported.
    fn check_list(&self, name: &str, list: &dyn ErasedListResource<P>) -> Result<(), SchemaError> {
        let message = match self.resources.contains_key(name) {
            true if identity::has_one(list.listed()) => return Ok(()),
            true => "the type that is listed has no identity",
            false => "the type that is listed is not a resource of the provider",
        };
        Err(SchemaError { path: name.to_owned(), message })
    }

    /// What core would refuse the provider for, with the block `provider`: each with the name of what it is
    /// in.
    pub(crate) fn violations<'a>(
        &'a self,
        provider: &'a Schema,
    ) -> impl Iterator<Item = (&'a str, SchemaError)> {
        let types =
            self.resources().chain(self.data_sources()).chain(self.list_resources()).chain(self.actions());
        let types = types.map(|(name, schema)| (name, schema::check(schema, Block::Type)));
        let ephemeral = self.ephemeral_resources();
        let ephemeral = ephemeral.map(|(name, schema)| (name, schema::check(schema, Block::Ephemeral)));
        let functions = self.functions().map(|one| (one.name, function::check(one)));
        let block = std::iter::once(("the provider block", schema::check(provider, Block::Provider)));
        let meta = self.provider_meta.into_iter();
        let block = block.chain(meta.map(|meta| ("provider_meta", schema::check(meta, Block::Type))));
        let lists = self.list_resources.iter().map(|(name, one)| (*name, self.check_list(name, &**one)));
        let all = block.chain(types).chain(ephemeral).chain(functions).chain(lists);
        all.filter_map(|(name, checked)| checked.err().map(|error| (name, error)))
    }
}
