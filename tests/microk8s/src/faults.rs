//! Faults that a test switches on by putting a file into the folder
//! [`DaemonConfig::faults`](crate::DaemonConfig). The file's text says more where a fault needs it; taking
//! the file away ends the fault.

use crate::config::DaemonConfig;

/// What can be made to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `snap install` takes as many seconds as the file says.
    InstallSlow,
    /// `snap install` ends as if the install hook had failed; the file's text is the hook's output.
    InstallFails,
    /// Every change is refused because another one runs; the text names it, such as `auto-refresh`.
    ChangeInProgress,
    /// apt's lock is held by another process.
    AptBusy,
    /// `microk8s join` ends with 0 without having joined.
    JoinDoesNothing,
    /// The API server accepts connections and answers nothing.
    ApiHangs,
    /// kubelite ends as soon as it is started.
    KubeliteRefuses,
    /// The cluster agent's port is closed.
    AgentUnreachable,
}

impl Fault {
    /// The name of the file that switches the fault on.
    pub fn file(self) -> &'static str {
        match self {
            Self::InstallSlow => "install-slow",
            Self::InstallFails => "install-fails",
            Self::ChangeInProgress => "change-in-progress",
            Self::AptBusy => "apt-busy",
            Self::JoinDoesNothing => "join-does-nothing",
            Self::ApiHangs => "api-hangs",
            Self::KubeliteRefuses => "kubelite-refuses",
            Self::AgentUnreachable => "agent-unreachable",
        }
    }

    /// The file's text where the fault is on.
    pub(crate) fn is_on(self, config: &DaemonConfig) -> Option<String> {
        let text = std::fs::read_to_string(config.faults.as_ref()?.join(self.file())).ok()?;
        Some(text.trim().to_owned())
    }
}
