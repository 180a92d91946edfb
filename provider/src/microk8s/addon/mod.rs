//! `microk8s_addon`.

mod core_addons;
pub(crate) mod steps;

use crate::connection::ssh;
use crate::engine::node_resource::{
    DefaultTimeouts, ListedOverSsh, NoPrivate, NodeError, NodeResource, Private, Verbs, Work,
};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::shared::cluster::status_report::StatusReport;
use crate::microk8s::shared::machine::identity::ClusterIdentity;
use crate::microk8s::shared::machine::printed_status::PrintedAddon;
use crate::session::Session;
use async_trait::async_trait;
use std::sync::Arc;
use steps::Change;
use tfplugin::{Context, Diagnostic, Diagnostics, Identity, Model, Plan, Value};

/// An add-on of MicroK8s, enabled in the cluster of a control plane.
///
/// MicroK8s detects an enabled add-on by what it left in the cluster, and does not record its arguments. So a
/// change of `arguments` disables it and enables it again, and an add-on that is enabled already (by MicroK8s
/// itself or by hand) is adopted as it is, with a warning where `arguments` are given.
///
/// Import it as `<host>/<name>`, or `<host>/<repository>/<name>`:
/// `terraform import microk8s_addon.dns 10.0.0.11/dns`.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "microk8s_addon")]
pub struct Addon {
    /// Address of a control plane of the cluster. It may become that of another one of the same cluster;
    /// where another cluster answers there, the apply fails and changes nothing.
    #[attribute(required, identity(mutable), validate = ssh::check_address)]
    host: String,

    /// Repository that it comes from. Default `core`. Another one must be known to the node: see
    /// `microk8s_addon_repository`.
    #[attribute(default = "core".to_owned(), requires_replace, identity, validate = check_name)]
    repository: String,

    /// Name of the add-on, such as `dns`. `microk8s status` lists them.
    #[attribute(required, requires_replace, identity, validate = check_name)]
    name: String,

    /// Arguments of its enable script, one word each. IPv6 addresses and other words with colons are taken as
    /// they are. `metallb` of `core` needs a range here, such as `["10.0.0.100-10.0.0.120"]`.
    #[attribute(optional, requires_replace)]
    arguments: Option<Vec<String>>,

    /// Arguments of its disable script, which a destroy runs. `hostpath-storage` needs `["destroy-storage"]`
    /// here, for it asks a question otherwise.
    #[attribute(optional)]
    disable_arguments: Option<Vec<String>>,

    /// How long to wait. Default: 15 minutes each.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,
}

/// Add-ons that do something else than their users expect, and what they would do better with. The one listed
/// is the add-on of github.com/mowoe/microk8s-metallb-frr-addon as of its last change in May 2024.
const KNOWN_TROUBLES: [(&str, &str); 1] = [(
    "metallb-frr",
    "It installs MetalLB 0.13.10, with manifests of July 2023: two of its init containers run the floating image tag `main`, which \
     no longer fits the rest; it takes ranges of IPv4 only; and as it leaves the same mark in the cluster, MicroK8s shows \
     core/metallb as enabled too. For BGP sessions that carry IPv6, install MetalLB's own chart in FRR mode with \
     microk8s_helm_release, as examples/modules/load_balancer does.",
)];

#[async_trait]
impl NodeResource for Addon {
    const NOUN: &'static str = "add-on";
    const VERBS: Verbs = Verbs { create: "enable", update: "update", remove: "disable" };
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::each(15);

    type Identity = ClusterIdentity;
    type Private = NoPrivate;

    fn address(&self) -> &str {
        &self.host
    }

    fn title(&self) -> String {
        format!("{}/{}", self.repository, self.name)
    }

    fn timeouts(&self) -> &Option<Timeouts> {
        &self.timeouts
    }

    fn must_reach(&self, prior: &Self) -> bool {
        self.host != prior.host
    }

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, Private<NoPrivate>>,
    ) -> Result<(), Diagnostics> {
        let name = plan.planned.name.known().map(String::as_str);
        let known = KNOWN_TROUBLES.iter().find(|(addon, _)| plan.prior.is_none() && name == Some(*addon));
        if let Some((addon, trouble)) = known {
            let summary = format!("Add-on {addon} has known troubles");
            context.warn(Diagnostic::warning(summary, *trouble).at("name"));
        }
        if plan.prior.is_none() && plan.planned.repository.known().map(String::as_str) == Some("core") {
            core_addons::check(context, name, &plan.planned.arguments)?;
        }
        Ok(())
    }

    async fn read(self, work: &Work<'_>, _: &mut NoPrivate) -> Result<Option<Self>, NodeError> {
        let report = StatusReport::read(&*work.host).await?;
        Ok(report.is_enabled(&self.repository, &self.name).then_some(self))
    }

    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        _: &mut NoPrivate,
    ) -> Result<Self, NodeError> {
        let change = self.change(work, self.arguments.clone());
        let was_enabled = steps::enable(&change).await?;
        if was_enabled && prior.is_none() && !change.arguments.is_empty() {
            let summary = format!("Add-on {} was enabled already", self.title());
            let detail = format!(
                "It was adopted as it is on {}, and `arguments` were not applied: MicroK8s cannot change them while it is enabled. \
                 To apply them, replace the resource (`-replace`).",
                self.host
            );
            work.warn(Diagnostic::warning(summary, detail).at("arguments"));
        }
        Ok(self)
    }

    async fn remove(self, work: &Work<'_>, _: NoPrivate) -> Result<(), NodeError> {
        let still_shown = steps::disable(&self.change(work, self.disable_arguments.clone())).await?;
        still_shown.into_iter().for_each(|warning| work.warn(warning));
        Ok(())
    }

    async fn import(identity: &Identity, work: &Work<'_>, _: &mut NoPrivate) -> Result<Self, NodeError> {
        let (host, name) = (identity.part("host"), identity.part("name"));
        let repository = identity.part("repository");
        let report = StatusReport::read(&*work.host).await?;
        match report.addon(&repository, &name) {
            Some(addon) if addon.enabled => {
                Ok(Self { host, name, repository, arguments: None, disable_arguments: None, timeouts: None })
            }
            Some(_) => {
                let answer = format!(
                    "The add-on {repository}/{name} is not enabled there; create it instead of importing it."
                );
                Err(NodeError::new(format!("reading the add-ons of {host}"), answer))
            }
            None => Err(steps::unknown(&*work.host, &report, &repository, &name)),
        }
    }
}

#[async_trait]
impl ListedOverSsh for Addon {
    async fn identities(work: &Work<'_>) -> Result<Vec<Identity>, NodeError> {
        let report = StatusReport::read(&*work.host).await?;
        let enabled = report.addons.into_iter().filter(|addon| addon.enabled);
        let one = |addon: PrintedAddon| {
            let parts =
                [("host", work.host.address()), ("repository", &addon.repository), ("name", &addon.name)];
            Identity::new(parts.map(|(name, text)| (name.to_owned(), Value::String(text.to_owned()))))
        };
        Ok(enabled.map(one).collect())
    }
}

impl Addon {
    fn change(&self, work: &Work<'_>, arguments: Option<Vec<String>>) -> Change {
        Change {
            machine: work.shell(),
            repository: self.repository.clone(),
            name: self.name.clone(),
            arguments: arguments.unwrap_or_default(),
            deadline: work.deadline.clone(),
            locks: Arc::clone(work.locks()),
        }
    }
}

/// Whether this can name an add-on or a repository: a folder's name that no command takes for an option.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_' || one == '.';
    !name.is_empty() && !name.starts_with(['-', '.']) && name.chars().all(allowed)
}

fn check_name(name: &String) -> Result<(), String> {
    match is_name(name) {
        true => Ok(()),
        false => Err(format!(
            "{name:?} is not a name here. The repository and the arguments have attributes of their own: repository = \"core\", \
             name = \"metallb\", arguments = [\"10.0.0.100-10.0.0.120\"]"
        )),
    }
}
