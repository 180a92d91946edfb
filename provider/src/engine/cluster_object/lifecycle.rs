//! The life of an object as Terraform drives it: plan, create, read, update, delete, import.

use super::address::Target;
use super::cluster_resource::ClusterResource;
use super::private::Private;
use super::{ServerApplied, apply, delete, dry_run, read, release};
use crate::session::Session;
use std::collections::BTreeSet;
use tfplugin::{Context, Diagnostic, Diagnostics, Held, Identity, Plan, Resource};

impl<T: ServerApplied> Resource for ClusterResource<T> {
    type Provider = Session;
    type Model = Self;
    type Private = Private;

    fn given(private: &mut Private) -> Option<&mut BTreeSet<String>> {
        Some(private.given.get_or_insert_default())
    }

    fn validate_config(config: &T::Draft, diagnostics: &mut Diagnostics) {
        T::validate_config(config, diagnostics);
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, Private>,
    ) -> Result<(), Diagnostics> {
        T::modify_plan(plan);
        if dry_run::run(context, plan).await? {
            T::keep(plan);
        }
        if let Some(prior) = plan.prior.as_ref().filter(|_| !plan.kept.is_empty()) {
            let target = Target::held(&context.provider().clusters, &prior.0);
            let place = format!("{} in the {}", target.name, target.cluster);
            context.provider().kept_secrets.report(context, &plan.kept, &place, plan.replaces()).await;
        }
        Ok(())
    }

    async fn plan_destroy(
        context: &Context<Session>,
        prior: Self,
        private: Private,
    ) -> Result<(), Diagnostics> {
        release::announce(context, &prior.0, &private).await;
        Ok(())
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        apply::create(context, model_of(&planned.0)?, private).await.map(Self)
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        private: &mut Private,
    ) -> Result<Option<Self>, Diagnostics> {
        Ok(read::read(context, prior.0, private).await?.map(Self))
    }

    async fn update(
        context: &Context<Session>,
        prior: Self,
        planned: Self,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        apply::update(context, &prior.0, model_of(&planned.0)?, private).await.map(Self)
    }

    async fn delete(context: &Context<Session>, prior: Self, private: Private) -> Result<(), Diagnostics> {
        delete::delete(context, &prior.0, &private).await
    }

    fn identity_of(context: &Context<Session>, id: &str) -> Option<Identity> {
        T::identity_of(id, context.provider().clusters.has_kubeconfig())
    }

    fn import_forms() -> String {
        format!(
            "{}, where <cluster> is the address of a control-plane node. Without it the object is looked for in the cluster of \
             the provider's `kubernetes` block",
            T::import_forms()
        )
    }

    async fn import_state(
        context: &Context<Session>,
        identity: &Identity,
        private: &mut Private,
    ) -> Result<Self, Diagnostics> {
        read::import(context, identity, private).await.map(Self)
    }
}

/// What is planned, as the type's own rules want it. Only what was unknown until now can be at fault.
fn model_of<T: ServerApplied>(planned: &Held<T>) -> Result<T, Diagnostics> {
    planned.model().cloned().map_err(|error| {
        let summary = format!("Unable to apply {}", T::TYPE_NAME);
        Diagnostic::error(summary, format!("{}: {error}.", error.path)).at(error.path.clone()).into()
    })
}
