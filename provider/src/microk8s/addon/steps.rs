//! The steps that enable and disable an add-on. What counts is the status afterwards: the commands end with 0
//! for names they do not know, and for peers that they did not reach.

use crate::connection::Freshness;
use crate::connection::cluster::ClusterLocks;
use crate::connection::retry::Deadline;
use crate::connection::ssh::Script;
use crate::connection::ssh::Shell;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::cluster_lock;
use crate::engine::node_resource::step::{Step, Steps};
use crate::microk8s::shared::cluster::status_report::StatusReport;
use crate::microk8s::shared::machine::Machine;
use crate::microk8s::shared::machine::scripts::STATUS;
use async_trait::async_trait;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tfplugin::Diagnostic;

/// `$1` is the add-on with its repository, the rest its arguments, each a word of its own: where words are
/// joined by colons, MicroK8s splits IPv6 addresses too.
const ENABLE: Script = Script { name: "microk8s enable", text: r#"exec /snap/bin/microk8s enable "$@""# };
pub(crate) const DISABLE: Script =
    Script { name: "microk8s disable", text: r#"exec /snap/bin/microk8s disable "$@""# };

/// What the repository `$1` says of its add-ons.
pub(crate) const ADDONS: Script = Script {
    name: "read the add-ons of a repository",
    text: r#"exec cat "/var/snap/microk8s/common/addons/$1/addons.yaml""#,
};

/// How long the status may take to show that an add-on is gone: until its pods have ended.
const GONE_WITHIN: Duration = Duration::from_secs(90);

/// An add-on on a machine, and how to change it.
pub(crate) struct Change {
    pub(crate) machine: Arc<dyn Shell>,
    pub(crate) repository: String,
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) deadline: Deadline,
    pub(crate) locks: Arc<ClusterLocks>,
}

/// Enables it, and tells whether it was enabled already.
pub(crate) async fn enable(change: &Change) -> Result<bool, NodeError> {
    Steps::new(&[&Running]).run(change, &change.deadline).await?;
    let was_enabled = change.is_enabled().await?;
    Steps::new(&[&Enable, &Settle { enabled: true }]).run(change, &change.deadline).await?;
    Ok(was_enabled)
}

/// Disables it, if it is there. MicroK8s takes it for enabled as long as anything in the cluster bears its
/// marker, so one that was disabled may still show: that is a warning.
pub(crate) async fn disable(change: &Change) -> Result<Option<Diagnostic>, NodeError> {
    if StatusReport::read(&*change.machine).await.is_err_and(|error| error.is_not_installed()) {
        return Ok(None);
    }
    Steps::new(&[&Running, &Disable]).run(change, &change.deadline).await?;
    let (settle, deadline) = (Settle { enabled: false }, change.deadline.within(GONE_WITHIN));
    let Err(failure) = Steps::new(&[&settle]).run(change, &deadline).await else { return Ok(None) };
    match change.is_enabled().await {
        Ok(true) => Ok(Some(change.still_shown().await)),
        Ok(false) => Ok(None),
        Err(_) => Err(failure),
    }
}

/// The node's repositories have no such add-on.
pub(crate) fn unknown(machine: &dyn Shell, report: &StatusReport, repository: &str, name: &str) -> NodeError {
    let attempt =
        format!("looking for the add-on {repository}/{name} in the status of {}", machine.address());
    let mut siblings: Vec<&str> = report
        .addons
        .iter()
        .filter(|addon| addon.repository == repository)
        .map(|addon| addon.name.as_str())
        .collect();
    siblings.sort_unstable();
    if siblings.is_empty() {
        let answer = format!("The node has no repository {repository:?}.");
        let advice = "`microk8s addons repo list` shows those it has; a microk8s_addon_repository adds one.";
        return NodeError::new(attempt, answer).at("repository").with_hint(advice);
    }
    let answer =
        format!("The repository {repository:?} has no add-on {name:?}. It has: {}.", siblings.join(", "));
    NodeError::new(attempt, answer).at("name")
}

impl Change {
    async fn report(&self) -> Result<StatusReport, NodeError> {
        StatusReport::read(&*self.machine).await
    }

    async fn is_enabled(&self) -> Result<bool, NodeError> {
        let report = self.report().await?;
        let addon = report.addon(&self.repository, &self.name);
        addon
            .map(|addon| addon.enabled)
            .ok_or_else(|| unknown(&*self.machine, &report, &self.repository, &self.name))
    }

    /// It was disabled, and the status shows it as enabled.
    async fn still_shown(&self) -> Diagnostic {
        let full_name = format!("{}/{}", self.repository, self.name);
        let marker = match self.marker().await {
            Some(marker) => format!("the marker `{marker}`"),
            None => "its marker".to_owned(),
        };
        let text = format!(
            "`{} {full_name}` on {} ended with exit code 0, and the resource is removed. MicroK8s' status still shows the add-on as \
             enabled, because something in the cluster has {marker}. If that is a remainder of the add-on, remove it yourself; \
             if it belongs to something else, nothing needs to be done.",
            DISABLE.name,
            self.machine.address()
        );
        Diagnostic::warning(format!("Add-on {full_name} is disabled and still shows as enabled"), text)
    }

    /// The text by which MicroK8s finds the add-on among the objects of the cluster.
    async fn marker(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct File {
            #[serde(rename = "microk8s-addons")]
            repository: Repository,
        }
        #[derive(Deserialize)]
        struct Repository {
            addons: Vec<Described>,
        }
        #[derive(Deserialize)]
        struct Described {
            name: String,
            check_status: String,
        }
        let output = self.machine.ask(&ADDONS, &[&self.repository]).await.ok()?;
        let file: serde_json::Value = serde_saphyr::from_str(&output.stdout).ok()?;
        let file = File::deserialize(file).ok()?;
        let described = file.repository.addons.into_iter().find(|addon| addon.name == self.name)?;
        Some(described.check_status)
    }

    /// Runs the add-on's script, one change of the cluster at a time: many restart the nodes' services.
    async fn run(&self, script: &Script) -> Result<(), NodeError> {
        let snapshot = Machine::new(Arc::clone(&self.machine)).snapshot(Freshness::Cached).await?;
        let cluster = snapshot.authority().unwrap_or(self.machine.address());
        let _turn = cluster_lock::acquire(&self.locks, cluster, &self.deadline, || async { Ok(()) }).await?;
        let full_name = format!("{}/{}", self.repository, self.name);
        let words: Vec<&str> =
            std::iter::once(full_name.as_str()).chain(self.arguments.iter().map(String::as_str)).collect();
        let output = self.machine.script(script, &words, None).await;
        self.machine.invalidate_probes();
        let output = output?;
        if output.succeeded() {
            return Ok(());
        }
        let answer = format!("It ended with exit code {} and said:\n{}", output.code, output.last_lines());
        let failure = NodeError::new(
            format!("`{} {}` on {}", script.name, words.join(" "), self.machine.address()),
            answer,
        );
        // An API server that restarts meanwhile shows as a traceback or as kubectl's complaint.
        let said = format!("{}\n{}", output.stdout, output.stderr);
        let passing =
            ["The connection to the server", "connection refused", "etcdserver", "TLS handshake timeout"];
        Err(if passing.iter().any(|words| said.contains(words)) { failure.transient() } else { failure })
    }
}

/// Waits until the status can be told.
struct Running;

#[async_trait]
impl Step<Change> for Running {
    fn name(&self) -> &'static str {
        "wait until MicroK8s runs"
    }

    async fn check(&self, change: &Change) -> Result<bool, NodeError> {
        change.report().await.map(|_| true)
    }

    async fn run(&self, _: &Change) -> Result<(), NodeError> {
        Ok(())
    }
}

struct Enable;

#[async_trait]
impl Step<Change> for Enable {
    fn name(&self) -> &'static str {
        "enable the add-on"
    }

    async fn check(&self, change: &Change) -> Result<bool, NodeError> {
        change.is_enabled().await
    }

    async fn run(&self, change: &Change) -> Result<(), NodeError> {
        let report = change.report().await?;
        let is_addon = |word: &String| {
            let name = word.split(':').next().unwrap_or_default();
            report
                .addons
                .iter()
                .any(|addon| addon.name == name || format!("{}/{}", addon.repository, addon.name) == name)
        };
        if !change.arguments.is_empty() && change.arguments.iter().all(is_addon) {
            let attempt = format!("giving {} its arguments", change.name);
            let answer =
                "Every one of them is the name of an add-on, and MicroK8s would enable those instead.";
            return Err(NodeError::new(attempt, answer).at("arguments"));
        }
        change.run(&ENABLE).await
    }
}

struct Disable;

#[async_trait]
impl Step<Change> for Disable {
    fn name(&self) -> &'static str {
        "disable the add-on"
    }

    async fn check(&self, change: &Change) -> Result<bool, NodeError> {
        let report = change.report().await?;
        // One whose repository was removed cannot be disabled any more, and counts as gone.
        Ok(!report.is_enabled(&change.repository, &change.name))
    }

    async fn run(&self, change: &Change) -> Result<(), NodeError> {
        change.run(&DISABLE).await
    }
}

/// Waits until the status shows what was done: it looks for pods, which come and go a little later.
struct Settle {
    enabled: bool,
}

#[async_trait]
impl Step<Change> for Settle {
    fn name(&self) -> &'static str {
        "wait until the status shows it"
    }

    async fn check(&self, change: &Change) -> Result<bool, NodeError> {
        change.machine.invalidate_probes();
        let report = change.report().await?;
        Ok(report.is_enabled(&change.repository, &change.name) == self.enabled)
    }

    async fn run(&self, change: &Change) -> Result<(), NodeError> {
        let state = if self.enabled { "disabled" } else { "enabled" };
        let answer = format!("It shows {}/{} as {state} still.", change.repository, change.name);
        Err(NodeError::new(format!("`{}` on {}", STATUS.name, change.machine.address()), answer).transient())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::shared::testing::{Fault, World, deadline};

    /// A control plane whose add-on `dns` shows as enabled, whatever comes of disabling it.
    fn stubborn(code: i32) -> (World, Change) {
        let world = World::new(1);
        world.0.lock().unwrap().faults.push(Fault::AddonStays(code));
        let change = Change {
            machine: world.shell_at(1),
            repository: "core".into(),
            name: "dns".into(),
            arguments: Vec::new(),
            deadline: deadline(),
            locks: Arc::default(),
        };
        (world, change)
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_disabled_is_gone_although_something_else_has_its_marker() {
        let (world, change) = stubborn(0);
        let warning = disable(&change).await.unwrap().unwrap();
        assert!(
            warning.detail.contains("something in the cluster has the marker `pod/coredns`"),
            "{warning:?}"
        );
        assert_eq!(world.count(&DISABLE), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_whose_disabling_failed_is_not_gone() {
        let failure = disable(&stubborn(1).1).await.unwrap_err();
        assert!(failure.answer().contains("exit code 1"), "{failure:?}");
    }
}
