//! `microk8s_helm_release`.

mod checks;
mod helm;
mod steps;
#[cfg(test)]
mod tests;
mod values;

use crate::connection::retry::Deadline;
use crate::connection::ssh;
use crate::engine::import::check_texts;
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::{Timeouts, deadline};
use crate::microk8s::shared::hcl_or_yaml::Numbers;
use crate::microk8s::shared::look::look;
use crate::microk8s::shared::machine::{Machine, Shell, warn_unseen};
use crate::session::Session;
use async_trait::async_trait;
use helm::Release;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use steps::{Wanted, same_version};
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Plan, Resource};
use values::{Values, Withheld};

/// A Helm release, such as MetalLB or Longhorn, by the Helm that MicroK8s brings along on the node.
///
/// Creating and changing it waits until Helm finds all of its objects ready. A change is an upgrade in place. What an
/// interrupted apply left (a failed release, one that is still pending) is carried on by the next. A release of that name
/// that is something else is refused; import it.
///
/// Destroying it uninstalls the release and leaves its namespace, as Helm does.
///
/// Import it as `<host>/<namespace>/<name>`: `terraform import microk8s_helm_release.metallb 10.0.0.11/metallb-system/metallb`.
/// Helm does not remember where a chart came from, so the next apply notes `repository`; it upgrades nothing for that.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "microk8s_helm_release")]
pub struct HelmRelease {
    /// Address of a control plane of the cluster. It may become another one of the same cluster.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// Name of the release: 1 to 53 of `a-z`, `0-9`, `-` and `.`.
    #[attribute(required, requires_replace, validate = checks::name)]
    name: String,

    /// Namespace of the release. Default `default`.
    #[attribute(default = "default".to_owned(), requires_replace, validate = checks::namespace)]
    namespace: String,

    /// Whether to make the namespace where it is not there. Default `false`: a namespace that is not there is an error.
    #[attribute(default = false)]
    create_namespace: bool,

    /// Address of the chart's repository, such as `https://metallb.github.io/metallb`. Without it, `chart` is an `oci://` address or a path on
    /// the node. The node fetches the chart, not the machine that runs Terraform.
    #[attribute(optional, validate = checks::repository)]
    repository: Option<String>,

    /// The chart: its name in the repository; or an `oci://` address, or an absolute path on the node.
    #[attribute(required, validate = checks::chart)]
    chart: String,

    /// Version of the chart, such as `0.15.2`: one version and no range. Default: the newest one when the release is made; it
    /// stays until another is named.
    #[attribute(optional, computed, use_state_for_unknown, validate = checks::version)]
    version: Computed<String>,

    /// What differs from the chart's own values: an HCL value, or the text of one YAML document. Values that others gave the
    /// release are found as drift.
    #[attribute(optional)]
    values: Option<Values>,

    /// More values, that are in no plan and in no state; they are laid over `values`. They are sent when the release is made and
    /// whenever anything else about it changes; `secret_values_wo_version` says that they did. Whether somebody changed them
    /// in the cluster is not looked at. An import cannot tell them from others and reads them into `values`; the next apply
    /// takes them out of the state.
    #[attribute(optional, sensitive, write_only)]
    secret_values_wo: Option<Values>,

    /// Any number; another one than before sends `secret_values_wo` again.
    #[attribute(optional)]
    secret_values_wo_version: Option<i64>,

    /// How long to wait. Default: 10 minutes each.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,

    /// Helm's word for the state of the release: `deployed` when all is well.
    #[attribute(computed, use_state_for_unknown)]
    status: Computed<String>,

    /// Number of the release's revision; every upgrade counts it up.
    #[attribute(computed, use_state_for_unknown)]
    revision: Computed<i64>,

    /// Version of what the chart installs, as the chart says it.
    #[attribute(computed, use_state_for_unknown)]
    app_version: Computed<String>,
}

/// What is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct HelmReleasePrivate {
    /// The chart's own name, where `chart` is a path or an address.
    #[serde(default)]
    chart: String,
    #[serde(default)]
    withheld: Withheld,
    /// UID of the cluster's namespace `kube-system`.
    #[serde(default)]
    cluster_id: String,
}

const USUAL: Duration = Duration::from_secs(10 * 60);
/// How long a destroy tries to reach the machine before it asks what to do.
const REACH_TO_DELETE: Duration = Duration::from_secs(30);

#[async_trait]
impl Resource for HelmRelease {
    type Provider = Session;
    type Model = Self;
    type Private = HelmReleasePrivate;

    fn validate_config(config: &HelmReleaseDraft, diagnostics: &mut Diagnostics) {
        for (attribute, values) in
            [("values", &config.values), ("secret_values_wo", &config.secret_values_wo)]
        {
            if let Some(values) = values.given() {
                Numbers::Helm.check(attribute, values.json(), diagnostics);
            }
        }
    }

    async fn modify_plan(
        _: &Context<Session>,
        plan: &mut Plan<Self, HelmReleasePrivate>,
    ) -> Result<(), Diagnostics> {
        let Some(prior) = plan.prior.clone() else { return Ok(()) };
        let other_chart = plan.planned.chart.known() != Some(&prior.chart);
        if other_chart && plan.config.version.known() == Some(&Computed::Pending) {
            plan.set_unknown("version");
        }
        let is_deployed = prior.status.known().is_some_and(|status| status == "deployed");
        let upgrades = other_chart
            || plan.planned.version.known() != Some(&prior.version)
            || plan.planned.values.known() != Some(&prior.values)
            || plan.planned.secret_values_wo_version.known() != Some(&prior.secret_values_wo_version)
            || !is_deployed;
        if upgrades {
            plan.set("status", &"deployed".to_owned());
            plan.set_unknown("revision");
            plan.set_unknown("app_version");
        }
        Ok(())
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        private: &mut HelmReleasePrivate,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.create, USUAL, context);
        let host = context.provider().ssh.host(&planned.host);
        let work = async {
            host.reach(&deadline).await?;
            planned.clone().made(host, deadline.clone(), private).await
        };
        work.await.map_err(|failure: NodeError| {
            failure.into_diagnostic(format!("Unable to install release {}", planned.name)).into()
        })
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        private: &mut HelmReleasePrivate,
    ) -> Result<Option<Self>, Diagnostics> {
        let host = context.provider().ssh.host(&prior.host);
        match look(context, &prior.host, helm::look(&*host, &prior.namespace, &prior.name)).await {
            Ok(seen) => Ok(seen.release.map(|release| prior.refreshed(&release, private))),
            Err(failure) => {
                warn_unseen(context, &host, failure);
                Ok(Some(prior))
            }
        }
    }

    async fn update(
        context: &Context<Session>,
        prior: Self,
        planned: Self,
        private: &mut HelmReleasePrivate,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.update, USUAL, context);
        let host = context.provider().ssh.host(&planned.host);
        let work = async {
            host.reach(&deadline).await?;
            planned.clone().changed(&prior, host, deadline.clone(), private).await
        };
        work.await.map_err(|failure: NodeError| {
            failure.into_diagnostic(format!("Unable to upgrade release {}", planned.name)).into()
        })
    }

    async fn delete(
        context: &Context<Session>,
        prior: Self,
        _: HelmReleasePrivate,
    ) -> Result<(), Diagnostics> {
        let deadline = deadline(&prior.timeouts, |timeouts| &timeouts.delete, USUAL, context);
        let host = context.provider().ssh.host(&prior.host);
        let work = async {
            host.reach(&deadline.within(REACH_TO_DELETE)).await?;
            prior.wanted(host, deadline.clone()).remove().await
        };
        work.await.map_err(|failure: NodeError| {
            failure
                .and_hint(
                    "If the cluster is gone for good, nothing is left to uninstall: remove the release from the state \
                     (terraform state rm).",
                )
                .into_diagnostic(format!("Unable to uninstall release {}", prior.name))
                .into()
        })
    }

    async fn import_state(
        context: &Context<Session>,
        id: &str,
        private: &mut HelmReleasePrivate,
    ) -> Result<Self, Diagnostics> {
        let summary = format!("Unable to import release {id}");
        let parts: Vec<&str> = id.split('/').collect();
        let [host, namespace, name] = *parts.as_slice() else {
            let detail = "The import id of a release is <host>/<namespace>/<name>, such as 10.0.0.11/metallb-system/metallb.";
            return Err(Diagnostic::error(summary, detail).into());
        };
        let named = [("host", host), ("namespace", namespace), ("name", name)];
        check_texts::<Self>(
            id,
            &named,
            "<host>/<namespace>/<name>, such as 10.0.0.11/metallb-system/metallb",
        )?;
        let machine = context.provider().ssh.host(host);
        let found = async {
            let release = helm::look(&*machine, namespace, name).await?.release.ok_or_else(|| {
                let answer = format!("There is no release {name:?} in the namespace {namespace:?}.");
                NodeError::new(format!("`helm list` on {host}"), answer)
            })?;
            private.cluster_id = Machine::new(Arc::clone(&machine) as _).cluster_id().await?;
            Ok(Self {
                host: host.to_owned(),
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                create_namespace: false,
                repository: None,
                chart: release.chart.clone(),
                version: Computed::Pending,
                values: None,
                secret_values_wo: None,
                secret_values_wo_version: None,
                timeouts: None,
                status: Computed::Pending,
                revision: Computed::Pending,
                app_version: Computed::Pending,
            }
            .refreshed(&release, private))
        };
        let found = look(context, host, found).await;
        found.map_err(|failure: NodeError| failure.into_diagnostic(summary).into())
    }
}

impl HelmRelease {
    fn wanted(&self, machine: Arc<dyn Shell>, deadline: Deadline) -> Wanted {
        let json =
            |values: &Option<Values>| values.as_ref().map(|values| values.json().clone()).unwrap_or_default();
        Wanted {
            machine,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            create_namespace: self.create_namespace,
            repository: self.repository.clone(),
            chart: self.chart.clone(),
            version: self.version.known().cloned(),
            values: json(&self.values),
            secret: json(&self.secret_values_wo),
            deadline,
        }
    }

    /// Makes the release, unless there is one of that name that is another.
    async fn made(
        self,
        machine: Arc<dyn Shell>,
        deadline: Deadline,
        private: &mut HelmReleasePrivate,
    ) -> Result<Self, NodeError> {
        let wanted = self.wanted(Arc::clone(&machine), deadline);
        if let Some(there) = wanted.first_look().await?
            && (!wanted.is_of_chart(&there) || there.status == "deployed" && !wanted.is_met_by(&there))
        {
            let answer = format!(
                "Release {:?} is there already: chart {} {}, revision {}, {}.",
                self.name, there.chart, there.version, there.revision, there.status
            );
            let advice = format!(
                "To take it over, add this to the configuration and apply again:\n\nimport {{\n  to = <address of the resource>\n  \
                 id = \"{}/{}/{}\"\n}}",
                self.host, self.namespace, self.name
            );
            let attempt = format!("looking at the releases in {} on {}", self.namespace, self.host);
            return Err(NodeError::new(attempt, answer).at("name").with_hint(advice));
        }
        private.cluster_id = Machine::new(machine).cluster_id().await?;
        self.installed(&wanted, private).await
    }

    async fn changed(
        self,
        prior: &Self,
        machine: Arc<dyn Shell>,
        deadline: Deadline,
        private: &mut HelmReleasePrivate,
    ) -> Result<Self, NodeError> {
        if self.host != prior.host {
            let found = Machine::new(Arc::clone(&machine)).cluster_id().await?;
            crate::microk8s::shared::cluster::messages::check_same_cluster(
                &self.host,
                &Computed::Known(private.cluster_id.clone()),
                &found,
            )?;
        }
        let wanted = self.wanted(machine, deadline);
        self.installed(&wanted, private).await
    }

    async fn installed(self, wanted: &Wanted, private: &mut HelmReleasePrivate) -> Result<Self, NodeError> {
        wanted.install().await?;
        private.withheld = Withheld::of(&wanted.secret);
        private.chart.clear();
        let release = wanted.look().await?.release.ok_or_else(|| {
            NodeError::new(format!("`helm list` on {}", self.host), "The release is gone again.").transient()
        })?;
        Ok(self.refreshed(&release, private))
    }

    /// The state that the cluster shows; what says the same is kept as it was written.
    fn refreshed(mut self, release: &Release, private: &mut HelmReleasePrivate) -> Self {
        if private.chart.is_empty() {
            private.chart.clone_from(&release.chart);
        } else if private.chart != release.chart {
            self.chart.clone_from(&release.chart);
        }
        if !self.version.known().is_some_and(|known| same_version(known, &release.version)) {
            self.version = release.version.clone().into();
        }
        let open = Values::of_json(private.withheld.taken_out_of(&release.values));
        let nothing = serde_json::Map::new();
        let says =
            |values: &Option<Values>| values.as_ref().map_or(nothing.clone(), |values| values.json().clone());
        if !values::say_the_same(&says(&self.values), &says(&open)) {
            self.values = open;
        }
        self.status = release.status.clone().into();
        self.revision = release.revision.into();
        self.app_version = release.app_version.clone().into();
        self
    }
}
