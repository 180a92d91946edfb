//! `microk8s_addon_repository`.

mod checkout;
mod steps;

use crate::connection::retry::Deadline;
use crate::connection::ssh;
use crate::engine::import::check_texts;
use crate::engine::node_resource::NodeError;
use crate::engine::timeouts::{Timeouts, deadline};
use crate::microk8s::addon::is_name;
use crate::microk8s::addon::steps::REACH_TO_DISABLE;
use crate::microk8s::shared::cluster::status_report::{NoReport, StatusReport};
use crate::microk8s::shared::look::look;
use crate::microk8s::shared::machine::warn_unseen;
use crate::session::Session;
use async_trait::async_trait;
use checkout::{Checkout, userinfo};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use steps::Wanted;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Plan, Resource};

/// A repository of add-ons that a control plane knows beside `core`, cloned by its own Git.
///
/// Each machine has repositories of its own, and add-ons are enabled on the machine that has theirs: give `microk8s_addon`
/// the same `host`, and `repository = microk8s_addon_repository.<name>.name`, so that add-ons are disabled before their
/// repository goes. What add-ons do is up to their authors, and they do it as root.
///
/// The clone stays at its commit until `url` or `reference` change: MicroK8s does not update repositories by itself.
///
/// Import it as `<host>/<name>`: `terraform import microk8s_addon_repository.own 10.0.0.11/own`.
#[derive(Clone, Debug, Resource)]
#[resource(type_name = "microk8s_addon_repository")]
pub struct AddonRepository {
    /// Address of the machine. Where it becomes another machine, the repository is added there and stays on the old one.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// Name of the repository on the machine, which add-ons give as their `repository`. Not `core`, which comes with MicroK8s.
    #[attribute(required, requires_replace, validate = check_name)]
    name: String,

    /// Where Git finds it: a URL, or a path on the machine, such as `/snap/microk8s/current/addons/community`, the copy of
    /// the community's repository that comes with MicroK8s. Without a password, and over HTTP without a user either, which may be a
    /// token: all processes of the machine would see it. Git on the machine asks a credential helper of root for them.
    #[attribute(required, validate = check_url)]
    url: String,

    /// Branch or tag. Default: the branch that the repository itself calls its default.
    #[attribute(optional, validate = check_reference)]
    reference: Option<String>,

    /// The commit that is checked out.
    #[attribute(computed, use_state_for_unknown)]
    commit: Computed<String>,

    /// How long to wait. Default: 5 minutes each.
    #[attribute(optional)]
    timeouts: Option<Timeouts>,
}

/// Nothing is kept beside the state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AddonRepositoryPrivate {}

const USUAL: Duration = Duration::from_secs(5 * 60);

#[async_trait]
impl Resource for AddonRepository {
    type Provider = Session;
    type Model = Self;
    type Private = AddonRepositoryPrivate;

    async fn modify_plan(
        _: &Context<Session>,
        plan: &mut Plan<Self, AddonRepositoryPrivate>,
    ) -> Result<(), Diagnostics> {
        let Some(prior) = &plan.prior else { return Ok(()) };
        let planned = &plan.planned;
        let stays = planned.host.known() == Some(&prior.host)
            && planned.url.known() == Some(&prior.url)
            && planned.reference.known() == Some(&prior.reference);
        if !stays {
            plan.set_unknown("commit");
        }
        Ok(())
    }

    async fn create(
        context: &Context<Session>,
        planned: Self,
        _: &mut AddonRepositoryPrivate,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.create, USUAL, context);
        planned.bring(context, deadline, false).await
    }

    async fn read(
        context: &Context<Session>,
        prior: Self,
        _: &mut AddonRepositoryPrivate,
    ) -> Result<Option<Self>, Diagnostics> {
        let host = context.provider().ssh.host(&prior.host);
        match look(context, &prior.host, steps::look(&*host, &prior.name)).await {
            Ok(found) => Ok(found.map(|checkout| prior.with(&checkout))),
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
        _: &mut AddonRepositoryPrivate,
    ) -> Result<Self, Diagnostics> {
        let deadline = deadline(&planned.timeouts, |timeouts| &timeouts.update, USUAL, context);
        // On a machine that was not ours until now, what is there is somebody else's.
        let ours = planned.host == prior.host;
        planned.bring(context, deadline, ours).await
    }

    async fn delete(
        context: &Context<Session>,
        prior: Self,
        _: AddonRepositoryPrivate,
    ) -> Result<(), Diagnostics> {
        let deadline = deadline(&prior.timeouts, |timeouts| &timeouts.delete, USUAL, context);
        let host = context.provider().ssh.host(&prior.host);
        let work = async {
            host.reach(&deadline.within(REACH_TO_DISABLE)).await?;
            if let Ok(report) = StatusReport::read(&*host).await {
                prior.warn_of_enabled(context, &report);
            }
            steps::remove(host, &prior.name, &deadline).await
        };
        work.await.map_err(|failure: NodeError| {
            failure
                .and_hint(
                    "If the machine is gone for good, nothing is left to remove: take the repository out of the state \
                     (terraform state rm).",
                )
                .into_diagnostic(format!("Unable to remove add-on repository {}", prior.name))
                .into()
        })
    }

    async fn import_state(
        context: &Context<Session>,
        id: &str,
        _: &mut AddonRepositoryPrivate,
    ) -> Result<Self, Diagnostics> {
        let summary = format!("Unable to import add-on repository {id}");
        let Some((host, name)) = id.split_once('/') else {
            let detail = "The import id of an add-on repository is <host>/<name>, such as 10.0.0.11/own.";
            return Err(Diagnostic::error(summary, detail).into());
        };
        check_texts::<Self>(id, &[("host", host), ("name", name)], "<host>/<name>, such as 10.0.0.11/own")?;
        let machine = context.provider().ssh.host(host);
        let found = look(context, host, steps::look(&*machine, name))
            .await
            .map_err(|no_report| NodeError::from(no_report).into_diagnostic(summary.clone()))?;
        let Some(checkout) = found else {
            let detail = format!("{host} has no repository {name:?}; it can be created, not imported.");
            return Err(Diagnostic::error(summary, detail).into());
        };
        let blank = Self {
            host: host.to_owned(),
            name: name.to_owned(),
            url: String::new(),
            reference: None,
            commit: Computed::Pending,
            timeouts: None,
        };
        Ok(blank.with(&checkout))
    }
}

impl AddonRepository {
    /// This, as the machine shows it.
    fn with(self, checkout: &Checkout) -> Self {
        let reference = match checkout.is_at(self.reference.as_deref()) {
            true => self.reference,
            false => checkout.reference(),
        };
        Self {
            url: checkout.url.clone(),
            reference,
            commit: Computed::Known(checkout.commit.clone()),
            ..self
        }
    }

    async fn bring(
        self,
        context: &Context<Session>,
        deadline: Deadline,
        ours: bool,
    ) -> Result<Self, Diagnostics> {
        let host = context.provider().ssh.host(&self.host);
        let wanted = Wanted {
            machine: std::sync::Arc::clone(&host) as _,
            name: self.name.clone(),
            url: self.url.clone(),
            reference: self.reference.clone(),
            ours,
            deadline,
        };
        let work = async {
            host.reach(&wanted.deadline).await?;
            steps::bring(&wanted).await
        };
        match work.await {
            Ok(checkout) => Ok(Self { commit: Computed::Known(checkout.commit), ..self }),
            Err(failure) => Err(failure
                .into_diagnostic(format!("Unable to add add-on repository {} on {}", self.name, self.host))
                .into()),
        }
    }

    /// What stays in the cluster can be disabled by nobody once its scripts are gone.
    fn warn_of_enabled(&self, context: &Context<Session>, report: &StatusReport) {
        let enabled: Vec<&str> = report
            .addons
            .iter()
            .filter(|addon| addon.repository == self.name && addon.is_enabled())
            .map(|addon| addon.name.as_str())
            .collect();
        if !enabled.is_empty() {
            context.warn(Diagnostic::warning(
                format!("Repository {} goes while add-ons of it show as enabled", self.name),
                format!(
                    "On {} these show as enabled: {}. What they put into the cluster stays there, and MicroK8s cannot disable \
                     them any more. If they are still in use, add the repository again and disable them first.",
                    self.host,
                    enabled.join(", ")
                ),
            ));
        }
    }
}

fn check_name(name: &String) -> Result<(), String> {
    match name.as_str() {
        "core" => Err("\"core\" comes with MicroK8s; give another name".to_owned()),
        _ if is_name(name) => Ok(()),
        _ => Err(format!(
            "{name:?} is not a name here: letters, digits, \"-\", \"_\" and \".\" only, not beginning with \"-\" or \".\""
        )),
    }
}

/// Longer ones no server takes, and no command line.
const LONGEST_URL: usize = 2048;

fn check_url(url: &str) -> Result<(), String> {
    // Git runs a program for `ext::<command>`, as root.
    if url.is_empty()
        || url.starts_with('-')
        || url.len() > LONGEST_URL
        || url.chars().any(|one| one.is_whitespace() || one.is_control())
        || url
            .split_once("::")
            .is_some_and(|(helper, _)| helper.chars().all(|one| one.is_ascii_alphanumeric()))
    {
        return Err("this is nothing that Git can clone: give a URL, or a path on the machine".to_owned());
    }
    // Over SSH a user is a name. Over HTTP it may be a token, and what is a name can be left out.
    match userinfo(url) {
        Some((scheme, user)) if user.contains(':') || scheme.to_ascii_lowercase().starts_with("http") => Err(
            "the URL has a user, a token or a password in it, which all processes of the machine would see: let root's Git on \
             the machine know it (a credential helper, or an SSH key), and leave it out here"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

fn check_reference(reference: &Option<String>) -> Result<(), String> {
    let bad = |text: &String| {
        let odd = |one: char| one.is_whitespace() || one.is_control() || "~^:?*[\\".contains(one);
        text.is_empty() || text.starts_with('-') || text.contains("..") || text.chars().any(odd)
    };
    match reference {
        Some(text) if bad(text) => Err(format!("{text:?} is not the name of a branch or tag")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_something_else_in_a_command_is_refused() {
        for url in ["https://git.example.org/addons", "/srv/addons", "git@git.example.org:team/addons"] {
            assert!(check_url(url).is_ok(), "{url}");
        }
        assert!(check_url("ssh://git@git.example.org/addons").is_ok());
        for bad in ["", "--upload-pack=x", "a b", "a\u{1b}b", "ext::sh -c id", "ext::id", "/srv/\0"] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
        for secret in [
            "https://me:secret@git.example.org/addons",
            "https://secret@git.example.org/addons",
            "HTTPS://secret@git.example.org/addons",
            "http://secret@git.example.org",
            "https://a@b:secret@git.example.org/addons",
            "https://secret@git.example.org?x=/addons",
            "ssh://me:secret@git.example.org/addons",
            "https:// secret@git.example.org/addons",
        ] {
            assert!(!check_url(secret).unwrap_err().contains("secret"), "{secret}");
        }
        assert!(check_name(&"core".to_owned()).is_err() && check_name(&"../x".to_owned()).is_err());
        assert!(check_name(&"own-1".to_owned()).is_ok());
        let reference = |text: &str| check_reference(&Some(text.to_owned()));
        assert!(reference("release/1.35").is_ok() && reference("-b").is_err() && reference("a..b").is_err());
    }
}
