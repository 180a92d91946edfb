//! Terraform's part in the life of an ephemeral resource.

use super::config;
use super::consistency::plan_faults;
use super::harness::Harness;
use super::outcome::{Failure, check_diagnostics, violation};
use super::stored::may_be_stored;
use crate::diagnostics::Diagnostics;
use crate::plan::ephemeral::ErasedEphemeralResource;
use crate::provider::Provider;
use crate::value::Value;
use serde_json::Value as Json;
use std::time::SystemTime;

/// An ephemeral resource that is open.
#[derive(Clone, Debug)]
pub struct OpenResource {
    /// Its type.
    pub type_name: String,
    /// Its attributes.
    pub object: Value,
    /// When it wants to be renewed.
    pub renew_at: Option<SystemTime>,
    /// What was kept when it was opened: it is closed with that.
    opened: Vec<u8>,
    /// What is kept now.
    private: Vec<u8>,
}

impl<P: Provider> Harness<P> {
    fn ephemeral_resource(
        &self,
        type_name: &str,
    ) -> Result<&dyn ErasedEphemeralResource<P::Configured>, Failure> {
        let served = self.registry.ephemeral_resources.get(type_name).map(|one| &**one);
        served.ok_or_else(|| violation(format!("there is no ephemeral resource type {type_name:?}")).into())
    }

    /// Validates a configuration and opens an ephemeral resource.
    pub async fn open(&self, type_name: &str, config: &Json) -> Result<(OpenResource, Diagnostics), Failure> {
        let resource = self.ephemeral_resource(type_name)?;
        let schema = resource.schema();
        let config = config::read(&schema.attributes, config)?;
        check_diagnostics(resource.validate_config(&config, P::validate_string), Vec::new(), None)?;
        let (object, lease, diagnostics) = resource.open(&self.context(), &config).await;
        let mut faults = plan_faults(&schema.attributes, &Value::Null, &config, &object);
        faults.extend(may_be_stored(schema, &object));
        let diagnostics = check_diagnostics(diagnostics, faults, None)?;
        let opened = OpenResource {
            type_name: type_name.to_owned(),
            object,
            renew_at: lease.renew_at,
            opened: lease.private.clone(),
            private: lease.private,
        };
        Ok((opened, diagnostics))
    }

    /// Renews it, as Terraform does at the time that it asked for.
    pub async fn renew(&self, open: &mut OpenResource) -> Result<Diagnostics, Failure> {
        let resource = self.ephemeral_resource(&open.type_name)?;
        if open.renew_at.is_none() {
            return Err(violation("it did not ask to be renewed").into());
        }
        let (lease, diagnostics) = resource.renew(&self.context(), &open.private).await;
        (open.private, open.renew_at) = (lease.private, lease.renew_at);
        check_diagnostics(diagnostics, Vec::new(), None)
    }

    /// Closes it.
    pub async fn close(&self, open: OpenResource) -> Result<Diagnostics, Failure> {
        let resource = self.ephemeral_resource(&open.type_name)?;
        check_diagnostics(resource.close(&self.context(), &open.opened).await, Vec::new(), None)
    }
}
