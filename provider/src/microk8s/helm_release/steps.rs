//! The steps that bring a release to what it should be, and that take it away. What an interrupted one left
//! is carried on.

use super::helm::{self, Release, Seen};
use super::values::{merged, say_the_same};
use crate::connection::retry::Deadline;
use crate::connection::ssh::Shell;
use crate::engine::node_resource::NodeError;
use crate::engine::node_resource::step::{Step, Steps};
use async_trait::async_trait;
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use std::time::Duration;

/// What a release should be, on a machine.
pub(super) struct Wanted {
    pub(super) machine: Arc<dyn Shell>,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) create_namespace: bool,
    pub(super) repository: Option<String>,
    pub(super) chart: String,
    pub(super) version: Option<String>,
    pub(super) values: Map<String, Json>,
    pub(super) secret: Map<String, Json>,
    pub(super) deadline: Deadline,
}

/// The steps of a create and of an update, in order.
pub(super) const INSTALLATION: [&dyn Step<Wanted>; 3] = [&Alone, &Unlock, &Install];
/// The steps of a delete, in order.
pub(super) const REMOVAL: [&dyn Step<Wanted>; 2] = [&Alone, &Uninstall];

impl Wanted {
    pub(super) async fn install(&self) -> Result<(), NodeError> {
        Steps::new(&INSTALLATION).run(self, &self.deadline).await
    }

    pub(super) async fn remove(&self) -> Result<(), NodeError> {
        Steps::new(&REMOVAL).run(self, &self.deadline).await
    }

    pub(super) async fn find(&self) -> Result<Seen, NodeError> {
        helm::find(&*self.machine, &self.namespace, &self.name).await
    }

    /// Waits until Helm answers, as a cluster that starts does after a while.
    pub(super) async fn first_find(&self) -> Result<Option<Release>, NodeError> {
        use crate::connection::retry::Attempt;
        let found = self.deadline.reach(|| async {
            match self.find().await {
                Ok(seen) => Attempt::Done(Ok(seen.release)),
                Err(failure) if failure.is_transient() => Attempt::Retry(failure),
                Err(failure) => Attempt::Done(Err(failure)),
            }
        });
        found.await.map_err(NodeError::from)
    }

    /// The values with the secret ones.
    fn all_values(&self) -> Map<String, Json> {
        merged(&self.values, &self.secret)
    }

    /// Whether the release is of the chart that is asked for. Which one a path or an address names is not
    /// known before.
    pub(super) fn is_of_chart(&self, release: &Release) -> bool {
        self.repository.is_none() && self.chart.contains('/') || release.chart == self.chart
    }

    /// Whether nothing is left to do.
    pub(super) fn is_met_by(&self, release: &Release) -> bool {
        let version = self.version.as_deref().is_none_or(|version| same_version(version, &release.version));
        release.status == "deployed"
            && version
            && self.is_of_chart(release)
            && say_the_same(&release.values, &self.all_values())
    }

    /// A part of the time that is left: Helm has to tell that it gave up before we do.
    fn helm_timeout(&self) -> String {
        const TO_TELL: Duration = Duration::from_secs(10);
        format!("{}s", self.deadline.remaining().saturating_sub(TO_TELL).as_secs().max(1))
    }

    async fn helm(&self, verb: &[&str], values: Option<&Map<String, Json>>) -> Result<(), NodeError> {
        let ends = [self.name.as_str()];
        let target = ["--namespace", &self.namespace];
        let (first, options) = verb.split_first().map_or(("", verb), |(first, rest)| (*first, rest));
        let arguments = [&[first], &ends[..], options, &target[..]].concat();
        let result = helm::run(&*self.machine, &arguments, values, &self.secret).await;
        self.machine.invalidate_probes();
        result
    }
}

/// `v1.8.0` and `1.8.0` are one version to Helm.
pub(super) fn same_version(a: &str, b: &str) -> bool {
    let number = |text: &str| text.strip_prefix('v').unwrap_or(text).to_owned();
    number(a) == number(b)
}

/// Waits until no other helm changes the release: one that lost its connection goes on by itself.
struct Alone;

#[async_trait]
impl Step<Wanted> for Alone {
    fn name(&self) -> &'static str {
        "wait until no other helm is at work"
    }

    async fn check(&self, wanted: &Wanted) -> Result<bool, NodeError> {
        Ok(!wanted.find().await?.at_work)
    }

    async fn run(&self, wanted: &Wanted) -> Result<(), NodeError> {
        let answer = format!("A helm that changes release {} runs there.", wanted.name);
        Err(NodeError::new(format!("looking for helm on {}", wanted.machine.address()), answer).transient())
    }
}

/// Takes back what a helm began that is no more: until then Helm refuses every change.
struct Unlock;

#[async_trait]
impl Step<Wanted> for Unlock {
    fn name(&self) -> &'static str {
        "take back what was interrupted"
    }

    async fn check(&self, wanted: &Wanted) -> Result<bool, NodeError> {
        Ok(!wanted.find().await?.release.is_some_and(|release| release.is_under_way()))
    }

    async fn run(&self, wanted: &Wanted) -> Result<(), NodeError> {
        let seen = wanted.find().await?;
        let began = seen.release.map(|release| release.status).unwrap_or_default();
        match began.as_str() {
            "pending-install" | "uninstalling" => wanted.helm(&["uninstall"], None).await,
            _ => wanted.helm(&["rollback"], None).await,
        }
    }
}

struct Install;

#[async_trait]
impl Step<Wanted> for Install {
    fn name(&self) -> &'static str {
        "install the chart and wait for its objects"
    }

    async fn check(&self, wanted: &Wanted) -> Result<bool, NodeError> {
        Ok(wanted.find().await?.release.is_some_and(|release| wanted.is_met_by(&release)))
    }

    async fn run(&self, wanted: &Wanted) -> Result<(), NodeError> {
        let timeout = wanted.helm_timeout();
        let mut verb = vec!["upgrade", &wanted.chart, "--install", "--reset-values", "--values", "-"];
        verb.extend(["--wait", "--timeout", &timeout]);
        if wanted.create_namespace {
            verb.push("--create-namespace");
        }
        for (option, given) in [("--repo", &wanted.repository), ("--version", &wanted.version)] {
            verb.extend(given.iter().flat_map(|given| [option, given]));
        }
        match wanted.helm(&verb, Some(&wanted.all_values())).await {
            Err(failure) if helm::waited_in_vain(&failure) => {
                let pods = helm::pods(&*wanted.machine, &wanted.namespace).await;
                let advice = format!(
                    "Pods in {} were:\n{pods}\nThe next apply resumes here. `timeouts` sets how long to wait.",
                    wanted.namespace
                );
                Err(failure.permanent().with_hint(advice))
            }
            other => other,
        }
    }
}

struct Uninstall;

#[async_trait]
impl Step<Wanted> for Uninstall {
    fn name(&self) -> &'static str {
        "uninstall the release"
    }

    async fn check(&self, wanted: &Wanted) -> Result<bool, NodeError> {
        Ok(wanted.find().await?.release.is_none())
    }

    async fn run(&self, wanted: &Wanted) -> Result<(), NodeError> {
        let timeout = wanted.helm_timeout();
        wanted.helm(&["uninstall", "--wait", "--timeout", &timeout], None).await
    }
}
