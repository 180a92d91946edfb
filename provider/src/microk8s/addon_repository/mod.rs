//! `microk8s_addon_repository`.

mod checkout;
mod steps;

use crate::connection::ssh;
use crate::engine::node_resource::{
    DefaultTimeouts, NoPrivate, NodeError, NodeResource, Private, Verbs, Work,
};
use crate::engine::timeouts::Timeouts;
use crate::microk8s::addon::is_name;
use crate::microk8s::shared::cluster::status_report::StatusReport;
use crate::microk8s::shared::machine::identity::MachineIdentity;
use crate::session::Session;
use async_trait::async_trait;
use checkout::{Checkout, userinfo};
use steps::Wanted;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Identity, Model, Plan};

/// A repository of add-ons that a control plane knows beside `core`, cloned by its own Git.
///
/// Each machine has repositories of its own, and add-ons are enabled on the machine that has theirs: give
/// `microk8s_addon` the same `host`, and `repository = microk8s_addon_repository.<name>.name`, so that
/// add-ons are disabled before their repository is removed. What add-ons do is up to their authors, and they
/// do it as root.
///
/// The clone stays at its commit until `url` or `reference` change: MicroK8s never updates repositories.
///
/// Import it as `<host>/<name>`: `terraform import microk8s_addon_repository.own 10.0.0.11/own`.
#[derive(Clone, Debug, Model)]
#[resource(type_name = "microk8s_addon_repository")]
pub struct AddonRepository {
    /// Address of the machine. Where it changes and another machine answers there, the apply fails and
    /// changes nothing; to move the repository, replace the resource.
    #[attribute(required, identity(mutable), validate = ssh::check_address)]
    host: String,

    /// Name of the repository on the machine, which add-ons give as their `repository`. Not `core`, which
    /// comes with MicroK8s.
    #[attribute(required, requires_replace, identity, validate = check_name)]
    name: String,

    /// Where Git finds it: a URL, or a path on the machine, such as
    /// `/snap/microk8s/current/addons/community`, the copy of the community's repository that comes with
    /// MicroK8s. Without a password, and over HTTP without a user either, which may be a token: all processes
    /// of the machine would see it. Git on the machine asks a credential helper of root for them.
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

#[async_trait]
impl NodeResource for AddonRepository {
    const NOUN: &'static str = "add-on repository";
    const VERBS: Verbs = Verbs { create: "add", update: "update", remove: "remove" };
    const TIMEOUTS: DefaultTimeouts = DefaultTimeouts::each(5);

    type Identity = MachineIdentity;
    type Private = NoPrivate;

    fn address(&self) -> &str {
        &self.host
    }

    fn title(&self) -> String {
        format!("{} on {}", self.name, self.host)
    }

    fn timeouts(&self) -> &Option<Timeouts> {
        &self.timeouts
    }

    async fn modify_plan(
        _: &Context<Session>,
        plan: &mut Plan<Self, Private<NoPrivate>>,
    ) -> Result<(), Diagnostics> {
        let Some(prior) = &plan.prior else { return Ok(()) };
        let planned = &plan.planned;
        let stays =
            planned.url.known() == Some(&prior.url) && planned.reference.known() == Some(&prior.reference);
        if !stays {
            plan.planned.commit.set_unknown();
        }
        Ok(())
    }

    async fn read(self, work: &Work<'_>, _: &mut NoPrivate) -> Result<Option<Self>, NodeError> {
        let found = steps::find(&*work.host, &self.name).await?;
        Ok(found.map(|checkout| self.with(&checkout)))
    }

    async fn ensure(
        self,
        prior: Option<&Self>,
        work: &Work<'_>,
        _: &mut NoPrivate,
    ) -> Result<Self, NodeError> {
        let wanted = Wanted {
            machine: work.shell(),
            name: self.name.clone(),
            url: self.url.clone(),
            reference: self.reference.clone(),
            ours: prior.is_some(),
            deadline: work.deadline.clone(),
        };
        let checkout = steps::ensure(&wanted).await?;
        Ok(Self { commit: Computed::Known(checkout.commit), ..self })
    }

    async fn remove(self, work: &Work<'_>, _: NoPrivate) -> Result<(), NodeError> {
        if let Ok(report) = work.observe(StatusReport::read(&*work.host)).await {
            self.warn_of_enabled(work, &report);
        }
        steps::remove(work.shell(), &self.name, &work.deadline).await
    }

    async fn import(identity: &Identity, work: &Work<'_>, _: &mut NoPrivate) -> Result<Self, NodeError> {
        let (host, name) = (identity.part("host"), identity.part("name"));
        let Some(checkout) = steps::find(&*work.host, &name).await? else {
            let answer = format!("There is no repository {name:?}; create it instead of importing it.");
            return Err(NodeError::new(format!("reading the repositories of {host}"), answer));
        };
        let blank = Self {
            host,
            name,
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

    /// What stays in the cluster cannot be disabled any more once its scripts are gone.
    fn warn_of_enabled(&self, work: &Work<'_>, report: &StatusReport) {
        let enabled: Vec<&str> = report
            .addons
            .iter()
            .filter(|addon| addon.repository == self.name && addon.enabled)
            .map(|addon| addon.name.as_str())
            .collect();
        if !enabled.is_empty() {
            work.warn(Diagnostic::warning(
                format!("Removing repository {} while add-ons from it are enabled", self.name),
                format!(
                    "On {} these are enabled: {}. What they put into the cluster stays there, and MicroK8s cannot disable \
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
