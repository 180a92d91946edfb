//! What the author of a list resource implements: which objects there are, for `terraform query`.

pub(crate) mod erased;

use crate::context::Context;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::identity::{self, Identity};
use crate::model::Model;
use crate::plan::erased::finish;
use crate::resource::Resource;
use crate::schema::Attribute;
use crate::value::Value;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use tokio::sync::mpsc::Sender;

/// The objects of a managed type that there are, whether Terraform manages them or not. `terraform query` of
/// Terraform 1.14 lists them, and generates configurations by which they are imported. Implement
/// [`ListResource::list`] as `async fn`.
pub trait ListResource: Send + Sync + 'static {
    /// What configuring the provider made.
    type Provider: Send + Sync + 'static;
    /// The managed type whose objects are listed. It has an identity.
    type Resource: Resource<Provider = Self::Provider>;
    /// The block `config` of a `list` block.
    type Config: Model;

    /// Validates cross-attribute rules of a configuration, offline.
    fn validate_config(config: &<Self::Config as Model>::Draft, diagnostics: &mut Diagnostics) {
        let _ = (config, diagnostics);
    }

    /// Adds each object to `listing`, until that says to stop.
    fn list(
        context: &Context<Self::Provider>,
        config: Self::Config,
        listing: &mut Listing<<Self::Resource as Resource>::Model>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;
}

/// Where a list resource adds what it finds. Terraform shows each object as it comes.
pub struct Listing<M> {
    sender: Sender<Listed>,
    left: u64,
    wants_objects: bool,
    faults: Diagnostics,
    of: PhantomData<fn(M)>,
}

/// An object that was found.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) identity: Value,
    pub(crate) display_name: String,
    /// Where whole objects are asked for, and this one was given whole.
    pub(crate) object: Option<Value>,
}

impl<M: Model> Listing<M> {
    pub(crate) fn new(sender: Sender<Listed>, limit: u64, wants_objects: bool) -> Self {
        Self { sender, left: limit, wants_objects, faults: Diagnostics::new(), of: PhantomData }
    }

    /// Whether whole objects are asked for. If not, an identity is enough, and may be cheaper to find.
    pub fn wants_objects(&self) -> bool {
        self.wants_objects
    }

    /// Adds an object under the name that Terraform shows. `Break`: as many as are asked for are there, or
    /// nobody listens any more.
    pub async fn object(&mut self, display_name: impl Into<String>, object: &M) -> ControlFlow<()> {
        let schema = M::schema();
        // As an import of it would be stored.
        let object = match finish(schema, &Value::Null, object) {
            Ok(object) => object,
            Err(fault) => return self.fail(fault),
        };
        let identity = identity::of(schema, &object);
        let object = self.wants_objects.then_some(object);
        self.add(Listed { identity, display_name: display_name.into(), object }).await
    }

    /// Adds an object of which only the identity was read.
    pub async fn identity(
        &mut self,
        display_name: impl Into<String>,
        identity: &Identity,
    ) -> ControlFlow<()> {
        let schema = M::schema();
        let lacks = |one: &&Attribute| identity::is_required(one) && identity.get(&one.name).is_null();
        if let Some(missing) = identity::attributes(schema).find(lacks) {
            let detail = format!(
                "The identity of a listed object has no `{}`. This is always a bug of the provider; please report it.",
                missing.name
            );
            return self.fail(Diagnostic::error("Provider Bug", detail).into());
        }
        let identity = identity::of(schema, &Value::Object(identity.attributes().clone()));
        self.add(Listed { identity, display_name: display_name.into(), object: None }).await
    }

    async fn add(&mut self, listed: Listed) -> ControlFlow<()> {
        if self.left == 0 || self.sender.send(listed).await.is_err() {
            return ControlFlow::Break(());
        }
        self.left -= 1;
        if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn fail(&mut self, fault: Diagnostics) -> ControlFlow<()> {
        self.faults.append(fault);
        ControlFlow::Break(())
    }

    /// What was wrong with what was added.
    pub(crate) fn faults(self) -> Diagnostics {
        self.faults
    }
}
