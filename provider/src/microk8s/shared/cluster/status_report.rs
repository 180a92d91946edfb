//! What `microk8s status` reports of a cluster: whether it runs, its datastore, and its add-ons.

use crate::connection::ssh::{Output, Shell};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::datastore::{Datastore, DatastoreMember, Vote};
use crate::microk8s::shared::machine::describe_output;
use crate::microk8s::shared::machine::refusal::refusal;
use crate::microk8s::shared::machine::scripts::STATUS;
use serde::Deserialize;

/// A report of a control plane that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusReport {
    pub(crate) members: Vec<DatastoreMember>,
    pub(crate) addons: Vec<Addon>,
}

/// An add-on of one of the node's repositories.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Addon {
    pub(crate) name: String,
    pub(crate) repository: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) version: Option<String>,
    status: String,
}

impl Addon {
    pub(crate) fn is_enabled(&self) -> bool {
        self.status == "enabled"
    }
}

impl StatusReport {
    /// Asks, or remembers the answer of this refresh.
    pub(crate) async fn read(machine: &dyn Shell) -> Result<Self, NodeError> {
        let output = machine.probe(&STATUS).await?;
        // What does not run now may run in a moment.
        Self::parse(machine.address(), &output).inspect_err(|_| machine.invalidate_probes())
    }

    /// One that is not ready ends with 1, and may say something.
    fn parse(address: &str, output: &Output) -> Result<Self, NodeError> {
        if let Some(refused) = refusal(address, &STATUS, output) {
            return Err(refused);
        }
        let no = |answer: &str| NodeError::new(format!("`{}` on {address}", STATUS.name), answer);
        let unclear = || no(&describe_output(output)).transient();
        let document: Document = serde_saphyr::from_str(&output.stdout).map_err(|_| unclear())?;
        if !document.microk8s.running {
            let message = document.microk8s.message.as_deref().unwrap_or("microk8s is not running");
            return Err(no(&format!("MicroK8s does not run there: {message}")).transient());
        }
        Ok(Self { members: document.datastore.members, addons: document.addons })
    }

    /// Whether the datastore outlives the loss of any one member.
    pub(crate) fn is_highly_available(&self) -> bool {
        self.members.iter().filter(|member| member.vote == Vote::Voter).count() >= 3
    }

    /// Whether the add-on of that repository and name is there and enabled.
    pub(crate) fn is_enabled(&self, repository: &str, name: &str) -> bool {
        self.addon(repository, name).is_some_and(Addon::is_enabled)
    }

    /// The add-on of that repository and name.
    pub(crate) fn addon(&self, repository: &str, name: &str) -> Option<&Addon> {
        self.addons.iter().find(|addon| addon.repository == repository && addon.name == name)
    }
}

#[derive(Deserialize)]
struct Document {
    microk8s: Running,
    #[serde(rename = "high-availability", default)]
    datastore: Datastore,
    #[serde(default)]
    addons: Vec<Addon>,
}

#[derive(Deserialize)]
struct Running {
    running: bool,
    #[serde(default)]
    message: Option<String>,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A report in which `dns` is enabled or not.
    pub(crate) fn printed(dns: &str) -> String {
        format!(
            "microk8s:\n  running: True\nhigh-availability:\n  enabled: True\n  nodes:\n    - address: 10.0.0.1:19001\n      \
             role: voter\n    - address: 10.0.0.4:19001\n      role: standby\naddons:\n  - name: dns\n    repository: core\n    \
             description: CoreDNS\n    version: 1.13.1\n    status: {dns}\n  - name: odd\n    repository: core\n    \
             description: A text: with a colon\n    version: \n    status: disabled\n  - name: five\n    repository: other\n    \
             description: x\n    version: 5.0\n    status: enabled\n"
        )
    }

    fn report(code: i32, stdout: &str) -> Result<StatusReport, NodeError> {
        StatusReport::parse("10.0.0.11", &Output { code, stdout: stdout.to_owned(), stderr: String::new() })
    }

    #[test]
    fn a_report_is_read() {
        let report = report(0, &printed("enabled").replace("A text: with a colon", "A text")).unwrap();
        assert!(report.addon("core", "dns").unwrap().is_enabled());
        assert!(!report.addon("core", "odd").unwrap().is_enabled());
        assert_eq!(report.addon("other", "five").unwrap().version.as_deref(), Some("5.0"));
        assert_eq!(report.addon("core", "five"), None);
        let second = DatastoreMember { address: "10.0.0.4:19001".into(), vote: Vote::Standby };
        assert_eq!(report.members[1], second);
        assert!(!report.is_highly_available());
    }

    #[test]
    fn no_report_says_why_and_whether_waiting_helps() {
        let failure = |code, stdout| report(code, stdout).unwrap_err();
        let worker = "This MicroK8s deployment is acting as a node in a cluster.\nPlease use the control plane node.\n";
        assert!(!failure(0, worker).is_transient());
        assert!(!failure(0, "microk8s is not running, try microk8s start\n").is_transient());
        let starting = "microk8s:\n  running: False\nhigh-availability:\n  enabled: True\n  nodes:\n  \
                        message: microk8s is not running. Use microk8s inspect for a deeper inspection.\n";
        assert!(failure(1, starting).is_transient());
        assert!(failure(1, "Traceback (most recent call last):\n").is_transient());
        assert!(report(127, "").unwrap_err().is_not_installed());
    }
}
