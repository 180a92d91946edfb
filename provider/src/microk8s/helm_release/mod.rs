//! `microk8s_helm_release`.

mod checks;
mod helm;
mod steps;
#[cfg(test)]
mod tests;
mod values;

use crate::connection::retry::Deadline;
use crate::connection::ssh::{self, Shell};
use crate::engine::node_resource::{DefaultTimeouts, NodeError, NodeResource, Private, Verbs, Work};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::shared::hcl_or_yaml::Numbers;
use crate::microk8s::shared::machine::identity::ClusterIdentity;
use crate::session::Session;
use async_trait::async_trait;
use helm::Release;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use steps::{Wanted, same_version};
use tfplugin::{Computed, Context, Diagnostics, Identity, Model, Plan};
use values::{RedactedPaths, Values};

/// A Helm release, such as MetalLB or Longhorn, by the Helm that MicroK8s brings along on the node.
///
/// Creating and changing it waits until Helm finds all of its objects ready. A change is an upgrade in place.
/// What an interrupted apply left (a failed release, one that is still pending) is resumed by the next. A
/// release of that name that is something else is refused; import it.
///
/// Destroying it uninstalls the release and leaves its namespace, as Helm does.
///
/// Import it as `<host>/<namespace>/<name>`: `terraform import microk8s_helm_release.metallb
/// 10.0.0.11/metallb-system/metallb`. Helm does not remember where a chart came from, so the next apply notes
/// `repository`; it upgrades nothing for that.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "microk8s_helm_release")]
pub struct HelmRelease {
    /// Address of a control plane of the cluster. It may become that of another one of the same cluster;
    /// where another cluster answers there, the apply fails and changes nothing.
    #[attribute(required, identity(mutable), validate = ssh::check_address)]
    host: String,

    /// Namespace of the release. Default `default`.
    #[attribute(default = "default".to_owned(), requires_replace, identity, validate = checks::namespace)]
    namespace: String,

    /// Name of the release: 1 to 53 of `a-z`, `0-9`, `-` and `.`.
    #[attribute(required, requires_replace, identity, validate = checks::name)]
    name: String,

    /// Whether to make the namespace where it is not there. Default `false`: a namespace that is not there is
    /// an error.
    #[attribute(default = false)]
    create_namespace: bool,

    /// Address of the chart's repository, such as `https://metallb.github.io/metallb`. Without it, `chart` is
    /// an `oci://` address or a path on the node. The node fetches the chart, not the machine that runs
    /// Terraform.
    #[attribute(optional, validate = checks::repository)]
    repository: Option<String>,

    /// The chart: its name in the repository; or an `oci://` address, or an absolute path on the node.
    #[attribute(required, validate = checks::chart)]
    chart: String,

    /// Version of the chart, such as `0.15.2`: one version and no range. Default: the newest one when the
    /// release is made; it stays until another is named.
    #[attribute(optional, computed, use_state_for_unknown, validate = checks::version)]
    version: Computed<String>,

    /// What differs from the chart's own values: an HCL value, or the text of one YAML document. Values that
    /// others gave the release are found as drift.
    #[attribute(optional)]
    values: Option<Values>,

    /// More values, that are in no plan and in no state; they are laid over `values`. They are sent when the
    /// release is made and whenever anything else about it changes; `secret_values_wo_version` says that they
    /// did. Changes of them in the cluster are not detected. An import cannot tell them from others and reads
    /// them into `values`; the next apply takes them out of the state.
    #[attribute(optional, sensitive, write_only)]
    secret_values_wo: Option<Values>,

    /// Change this number to send `secret_values_wo` again.
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
#[serde(default)]
pub struct HelmReleasePrivate {
    /// The chart's own name, where `chart` is a path or an address.
    chart: String,
    withheld: RedactedPaths,
}

#[async_trait]
impl NodeResource for HelmRelease {
    const NOUN: &'static str = "release";
    const VERBS: Verbs = Verbs { create: "install", update: "upgrade", remove: "uninstall" };
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::each(10);

    type Identity = ClusterIdentity;
    type Private = HelmReleasePrivate;

    fn address(&self) -> &str {
        &self.host
    }

    fn title(&self) -> String {
        self.name.clone()
    }

    fn timeouts(&self) -> &Option<Timeouts> {
        &self.timeouts
    }

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
        plan: &mut Plan<Self, Private<HelmReleasePrivate>>,
    ) -> Result<(), Diagnostics> {
        let Some(prior) = plan.prior.clone() else { return Ok(()) };
        let other_chart = plan.planned.chart.known() != Some(&prior.chart);
        if other_chart && plan.config.version.known() == Some(&Computed::Pending) {
            plan.planned.version.set_unknown();
        }
        let is_deployed = prior.status.known().is_some_and(|status| status == "deployed");
        let upgrades = other_chart
            || plan.planned.version.known() != Some(&prior.version)
            || plan.planned.values.known() != Some(&prior.values)
            || plan.planned.secret_values_wo_version.known() != Some(&prior.secret_values_wo_version)
            || !is_deployed;
        if upgrades {
            plan.planned.status.set("deployed".to_owned());
            plan.planned.revision.set_unknown();
            plan.planned.app_version.set_unknown();
        }
        Ok(())
    }

    async fn read(
        self,
        work: &Work<'_>,
        private: &mut HelmReleasePrivate,
    ) -> Result<Option<Self>, NodeError> {
        let seen = helm::find(&*work.host, &self.namespace, &self.name).await?;
        Ok(seen.release.map(|release| self.refreshed(&release, private)))
    }

    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        private: &mut HelmReleasePrivate,
    ) -> Result<Self, NodeError> {
        let wanted = self.wanted(work.shell(), work.deadline.clone());
        match prior {
            None => self.create(&wanted, private).await,
            Some(_) => self.install(&wanted, private).await,
        }
    }

    async fn remove(self, work: &Work<'_>, _: HelmReleasePrivate) -> Result<(), NodeError> {
        self.wanted(work.shell(), work.deadline.clone()).remove().await
    }

    async fn import(
        identity: &Identity,
        work: &Work<'_>,
        private: &mut HelmReleasePrivate,
    ) -> Result<Self, NodeError> {
        let (host, namespace, name) =
            (identity.part("host"), identity.part("namespace"), identity.part("name"));
        let found = helm::find(&*work.host, &namespace, &name).await?;
        let release = found.release.ok_or_else(|| {
            let answer = format!("There is no release {name:?} in the namespace {namespace:?}.");
            NodeError::new(format!("`helm list` on {host}"), answer)
        })?;
        let blank = Self {
            host,
            name,
            namespace,
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
        };
        Ok(blank.refreshed(&release, private))
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

    /// Installs the release, unless there is one of that name that is another.
    async fn create(self, wanted: &Wanted, private: &mut HelmReleasePrivate) -> Result<Self, NodeError> {
        if let Some(there) = wanted.first_find().await?
            && (!wanted.is_of_chart(&there) || there.status == "deployed" && !wanted.is_met_by(&there))
        {
            let answer = format!(
                "Release {:?} is there already: chart {} {}, revision {}, {}.",
                self.name, there.chart, there.version, there.revision, there.status
            );
            let advice = format!(
                "To adopt it, add this to the configuration and apply again:\n\nimport {{\n  to = <address of the resource>\n  \
                 id = \"{}/{}/{}\"\n}}",
                self.host, self.namespace, self.name
            );
            let attempt = format!("reading the releases in {} on {}", self.namespace, self.host);
            return Err(NodeError::new(attempt, answer).at("name").with_hint(advice));
        }
        self.install(wanted, private).await
    }

    async fn install(self, wanted: &Wanted, private: &mut HelmReleasePrivate) -> Result<Self, NodeError> {
        wanted.install().await?;
        private.withheld = RedactedPaths::of(&wanted.secret);
        private.chart.clear();
        let release = wanted.find().await?.release.ok_or_else(|| {
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
