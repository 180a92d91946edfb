//! What `microk8s status` reports of a cluster: whether it runs, its datastore, and its add-ons.

use crate::connection::ssh::{Output, Shell};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::datastore::{DatastoreMember, Vote};
use crate::microk8s::shared::machine::describe_output;
use crate::microk8s::shared::machine::printed_status::{self, PrintedAddon, PrintedStatus};
use crate::microk8s::shared::machine::refusal::refusal;
use crate::microk8s::shared::machine::scripts::STATUS;

/// A report of a control plane that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusReport {
    pub(crate) members: Vec<DatastoreMember>,
    pub(crate) addons: Vec<PrintedAddon>,
}

impl StatusReport {
    /// Asks, or remembers the answer of this refresh. A control plane that does not run is a failure.
    pub(crate) async fn read(machine: &dyn Shell) -> Result<Self, NodeError> {
        Self::observe(machine).await?
    }

    /// The same, where a control plane that says that it does not run has answered too.
    pub(crate) async fn observe(machine: &dyn Shell) -> Result<Result<Self, NodeError>, NodeError> {
        let output = machine.probe(&STATUS).await?;
        let report = Self::parse(machine.address(), &output);
        // What does not run now may run in a moment.
        if !matches!(report, Ok(Ok(_))) {
            machine.invalidate_probes();
        }
        report
    }

    /// One that is not ready ends with 1, and may say something. What broke off says nothing.
    fn parse(address: &str, output: &Output) -> Result<Result<Self, NodeError>, NodeError> {
        if let Some(refused) = refusal(address, &STATUS, output) {
            return Err(refused);
        }
        let no = |answer: &str| NodeError::new(format!("`{}` on {address}", STATUS.name), answer);
        match printed_status::read(output) {
            Some(PrintedStatus::Running { members, addons }) => Ok(Ok(Self { members, addons })),
            Some(PrintedStatus::NotRunning(reason)) => {
                Ok(Err(no(&format!("MicroK8s does not run there: {reason}")).transient()))
            }
            None => Err(no(&describe_output(output)).transient()),
        }
    }

    /// Whether the datastore outlives the loss of any one member.
    pub(crate) fn is_highly_available(&self) -> bool {
        self.members.iter().filter(|member| member.vote == Vote::Voter).count() >= 3
    }

    /// Whether the add-on of that repository and name is there and enabled.
    pub(crate) fn is_enabled(&self, repository: &str, name: &str) -> bool {
        self.addon(repository, name).is_some_and(|addon| addon.enabled)
    }

    /// The add-on of that repository and name.
    pub(crate) fn addon(&self, repository: &str, name: &str) -> Option<&PrintedAddon> {
        self.addons.iter().find(|addon| addon.repository == repository && addon.name == name)
    }
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
        StatusReport::parse("10.0.0.11", &Output { code, stdout: stdout.to_owned(), stderr: String::new() })?
    }

    #[test]
    fn a_report_is_read() {
        let report = report(0, &printed("enabled")).unwrap();
        assert!(report.is_enabled("core", "dns") && !report.is_enabled("core", "odd"));
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
        assert!(failure(1, starting).answer().ends_with("Use microk8s inspect for a deeper inspection."));
        let not_running = Output { code: 1, stdout: starting.to_owned(), stderr: String::new() };
        assert!(matches!(StatusReport::parse("10.0.0.11", &not_running), Ok(Err(_))));
        let broken_off = Output { code: 1, stdout: "microk8s:\n  running: True\n".into(), ..not_running };
        let unknown = StatusReport::parse("10.0.0.11", &broken_off).unwrap_err();
        assert!(unknown.is_transient() && unknown.answer().contains("exit code 1"), "{unknown:?}");
        assert!(failure(1, "Traceback (most recent call last):\n").is_transient());
        assert!(report(127, "").unwrap_err().is_not_installed());
    }
}
