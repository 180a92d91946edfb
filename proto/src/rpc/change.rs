//! Managed resources as they are to be: plans and their execution.

use super::deferred::deferred;
use super::identity::{answered_identity, received_identity};
use super::{Shared, answered, received};
use crate::diagnostics::Diagnostics;
use crate::plan::erased::Stored;
use crate::provider::{ObservedPlan, Provider};
use crate::wire::tfplugin6::{apply_resource_change, plan_resource_change};
use crate::wire::{attribute_path, diagnostics};

impl<P: Provider> Shared<P> {
    pub(super) async fn plan_resource_change(
        &self,
        request: plan_resource_change::Request,
    ) -> Result<plan_resource_change::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let of = resource.schema().object_type();
        let object = received(request.prior_state.as_ref(), of, "the prior state")?;
        let proposed = received(request.proposed_new_state.as_ref(), of, "the proposed state")?;
        let config = received(request.config.as_ref(), of, "the configuration")?;
        // What a resource keeps beside its state comes with its prior state, but for the second plan of one
        // that is replaced.
        let is_again = object.is_null() && !request.prior_private.is_empty();
        let identity = received_identity(resource.schema(), request.prior_identity)?;
        let prior = Stored { object, identity, private: request.prior_private };
        let context = self.context_for(request.client_capabilities, request.provider_meta.as_ref())?;
        let (planned, mut found) = resource.plan(&context, prior, &proposed, &config).await;
        let deferred = deferred(&context, &found);
        if !planned.object.is_null() && deferred.is_none() {
            let (type_name, object) = (request.type_name.as_str(), &planned.object);
            let observed = ObservedPlan { type_name, config: &config, object, is_again };
            found.append(P::observe_plan(context.provider(), &observed));
        }
        let found = found.without_lines_of_secrets(resource.schema(), &config);
        Ok(plan_resource_change::Response {
            planned_state: Some(answered(&planned.object, of)?),
            requires_replace: planned.requires_replace.iter().map(attribute_path).collect(),
            planned_identity: answered_identity(resource.schema(), &planned.identity)?,
            planned_private: planned.private,
            diagnostics: diagnostics(found),
            deferred,
            ..Default::default()
        })
    }

    pub(super) async fn apply_resource_change(
        &self,
        request: apply_resource_change::Request,
    ) -> Result<apply_resource_change::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let of = resource.schema().object_type();
        let prior = received(request.prior_state.as_ref(), of, "the prior state")?;
        let object = received(request.planned_state.as_ref(), of, "the planned state")?;
        let config = received(request.config.as_ref(), of, "the configuration")?;
        let identity = received_identity(resource.schema(), request.planned_identity)?;
        let planned = Stored { object, identity, private: request.planned_private };
        let context = self.context_for(None, request.provider_meta.as_ref())?;
        let (stored, found) = resource.apply(&context, &prior, planned, &config).await;
        let found = found.without_lines_of_secrets(resource.schema(), &config);
        Ok(apply_resource_change::Response {
            new_state: Some(answered(&stored.object, of)?),
            new_identity: answered_identity(resource.schema(), &stored.identity)?,
            private: stored.private,
            diagnostics: diagnostics(found),
            ..Default::default()
        })
    }
}
