//! `microk8s_addon`.

pub(crate) mod steps;

use crate::connection::retry::Deadline;
use crate::connection::ssh;
use crate::engine::import::check_texts;
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::{Timeouts, deadline};
use crate::microk8s::shared::cluster::status_report::{NoReport, StatusReport};
use crate::microk8s::shared::look::look;
use crate::microk8s::shared::machine::warn_unseen;
use crate::session::Session;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use steps::Change;
use tfplugin::{Context, Diagnostic, Diagnostics, Plan, Resource};

/// An add-on of MicroK8s, enabled in the cluster of a control plane.
///
/// MicroK8s tells an add-on that is enabled by what it left in the cluster, and cannot tell which arguments it was given. So
/// a change of `arguments` disables it and enables it again, and an add-on that is enabled already (by MicroK8s itself or by
/// hand) is taken over as it is, with a warning where `arguments` are given.
///
/// Import it as `<host>/<name>`, or `<host>/<repository>/<name>`: `terraform import microk8s_addon.dns 10.0.0.11/dns`.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "microk8s_addon")]
pub struct Addon {
    /// Address of a control plane of the cluster. It may become another one of the same cluster.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// Name of the add-on, such as `dns`. `microk8s status` lists them.
    #[attribute(required, requires_replace, validate = check_name)]
    name: String,

    /// Repository that it comes from. Default `core`. Another one must be known to the node: see `microk8s_addon_repository`.
    #[attribute(default = "core".to_owned(), requires_replace, validate = check_name)]
    repository: String,

    /// Arguments of its enable script, one word each. IPv6 addresses and other words with colons are taken as they are.
    #[attribute(optional, requires_replace)]
    arguments: Option<Vec<String>>,

    /// Arguments of its disable script, which a destroy runs. `hostpath-storage` needs `["destroy-storage"]` here, for it
    /// asks a question otherwise.
    #[attribute(optional)]
    disable_arguments: Option<Vec<String>>,

    /// How long to wait. Default: 15 minutes each.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,
}

/// Nothing is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AddonPrivate {}

const USUAL: Duration = Duration::from_secs(15 * 60);

/// Add-ons that do something else than their users expect, and what they would do better with. The one listed is the add-on
/// of github.com/mowoe/microk8s-metallb-frr-addon as of its last change in May 2024.
const KNOWN_TROUBLES: [(&str, &str); 1] = [(
    "metallb-frr",
    "It installs MetalLB 0.13.10, with manifests of July 2023: two of its init containers run the floating image tag `main`, which \
     no longer fits the rest; it takes ranges of IPv4 only; and as it leaves the same mark in the cluster, MicroK8s shows \
     core/metallb as enabled too. For BGP sessions that carry IPv6, install MetalLB's own chart in FRR mode with \
     microk8s_helm_release, as examples/modules/load_balancer does.",
)];

#[async_trait]
impl Resource for Addon {
    type Provider = Session;
    type Model = Self;
    type Private = AddonPrivate;

    async fn modify_plan(
        context: &Context<Session>,
        plan: &mut Plan<Self, AddonPrivate>,
    ) -> Result<(), Diagnostics> {
        let name = plan.planned.name.known().map(String::as_str);
        let known = KNOWN_TROUBLES.iter().find(|(addon, _)| plan.prior.is_none() && name == Some(*addon));
        if let Some((addon, trouble)) = known {
            let summary = format!("Add-on {addon} has known troubles");
            context.warn(Diagnostic::warning(summary, *trouble).at("name"));
        }
        Ok(())
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        _: &mut AddonPrivate,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.create, USUAL, context);
        planned.enable(context, deadline, "enable").await
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        _: &mut AddonPrivate,
    ) -> Result<Option<Self>, Diagnostics> {
        let host = context.provider().ssh.host(&prior.host);
        match look(context, &prior.host, StatusReport::read(&*host)).await {
            Ok(report) => {
                let addon = report.addon(&prior.repository, &prior.name);
                Ok(addon
                    .is_some_and(crate::microk8s::shared::cluster::status_report::Addon::is_enabled)
                    .then_some(prior))
            }
            Err(NoReport::NotInstalled(_)) => Ok(None),
            Err(NoReport::Other(failure)) => {
                warn_unseen(context, &host, failure);
                Ok(Some(prior))
            }
        }
    }

    async fn update(
        context: &Context<Session>,
        prior: Self,
        planned: Self,
        _: &mut AddonPrivate,
    ) -> Result<Self, Diagnostics> {
        if planned.host == prior.host {
            return Ok(planned);
        }
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.update, USUAL, context);
        planned.enable(context, deadline, "update").await
    }

    async fn delete(context: &Context<Session>, prior: Self, _: AddonPrivate) -> Result<(), Diagnostics> {
        let deadline = deadline(&prior.timeouts, |timeouts| &timeouts.delete, USUAL, context);
        let host = context.provider().ssh.host(&prior.host);
        let change = prior.change(&host, &deadline, prior.disable_arguments.clone());
        let work = async {
            host.reach(&deadline.within(steps::REACH_TO_DISABLE)).await?;
            steps::disable(&change).await
        };
        work.await.map_err(|failure: NodeError| {
            failure
                .and_hint(
                    "If the cluster is gone for good, nothing is left to disable: remove the add-on from the state \
                     (terraform state rm).",
                )
                .into_diagnostic(format!("Unable to disable add-on {}", prior.full_name()))
                .into()
        })
    }

    async fn import_state(
        context: &Context<Session>,
        id: &str,
        _: &mut AddonPrivate,
    ) -> Result<Self, Diagnostics> {
        let summary = format!("Unable to import add-on {id}");
        let parts: Vec<&str> = id.split('/').collect();
        let (host, repository, name) = match *parts.as_slice() {
            [host, name] => (host, "core", name),
            [host, repository, name] => (host, repository, name),
            _ => {
                let detail = "The import id of an add-on is <host>/<name> or <host>/<repository>/<name>, such as 10.0.0.11/dns.";
                return Err(Diagnostic::error(summary, detail).into());
            }
        };
        let named = [("host", host), ("repository", repository), ("name", name)];
        check_texts::<Self>(
            id,
            &named,
            "<host>/<name> or <host>/<repository>/<name>, such as 10.0.0.11/dns",
        )?;
        let machine = context.provider().ssh.host(host);
        let report = look(context, host, StatusReport::read(&*machine))
            .await
            .map_err(|no_report| NodeError::from(no_report).into_diagnostic(summary.clone()))?;
        match report.addon(repository, name) {
            Some(addon) if addon.is_enabled() => Ok(Self {
                host: host.to_owned(),
                name: name.to_owned(),
                repository: repository.to_owned(),
                arguments: None,
                disable_arguments: None,
                timeouts: None,
            }),
            Some(_) => {
                let detail = format!(
                    "The add-on {repository}/{name} is not enabled on {host}; it can be created, not imported."
                );
                Err(Diagnostic::error(summary, detail).into())
            }
            None => Err(steps::unknown(&*machine, &report, repository, name).into_diagnostic(summary).into()),
        }
    }
}

impl Addon {
    fn full_name(&self) -> String {
        format!("{}/{}", self.repository, self.name)
    }

    fn change(
        &self,
        host: &std::sync::Arc<ssh::Host>,
        deadline: &Deadline,
        arguments: Option<Vec<String>>,
    ) -> Change {
        Change {
            machine: std::sync::Arc::clone(host) as _,
            repository: self.repository.clone(),
            name: self.name.clone(),
            arguments: arguments.unwrap_or_default(),
            deadline: deadline.clone(),
        }
    }

    async fn enable(
        self,
        context: &Context<Session>,
        deadline: Deadline,
        action: &str,
    ) -> Result<Self, Diagnostics> {
        let host = context.provider().ssh.host(&self.host);
        let change = self.change(&host, &deadline, self.arguments.clone());
        let work = async {
            host.reach(&deadline).await?;
            steps::enable(&change).await
        };
        let taken_over = work.await.map_err(|failure: NodeError| {
            failure.into_diagnostic(format!("Unable to {action} add-on {}", self.full_name()))
        })?;
        if taken_over && action == "enable" && !change.arguments.is_empty() {
            context.warn(
                Diagnostic::warning(
                    format!("Add-on {} was enabled already", self.full_name()),
                    format!(
                        "It was taken over as it is on {}, and `arguments` were not applied: MicroK8s cannot change them while \
                         it is enabled. To apply them, replace the resource (-replace).",
                        self.host
                    ),
                )
                .at("arguments"),
            );
        }
        Ok(self)
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
