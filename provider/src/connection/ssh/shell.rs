//! Running scripts as root on a machine, as the types see it; tests put machines in memory behind it.

use super::{Host, Output, Script, SshError};
use async_trait::async_trait;
use std::sync::Arc;

/// Runs scripts as root on one machine.
#[async_trait]
pub trait Shell: Send + Sync {
    /// Where the machine is.
    fn address(&self) -> &str;
    /// Runs a script that may change the machine: it runs there detached from the connection, and goes on
    /// where nobody waits for it any more.
    async fn script(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError>;
    /// Runs a script that only reads: it has a limit, and ends where nobody waits for it any more.
    async fn ask(&self, script: &Script, arguments: &[&str]) -> Result<Output, SshError> {
        self.script(script, arguments, None).await
    }
    /// What a script printed, remembered until something is written.
    async fn probe(&self, script: &'static Script) -> Result<Arc<Output>, SshError>;
    /// Something was written.
    fn invalidate_probes(&self);
    /// Whether a warning that this machine cannot be read is still due; true once.
    fn warn_once(&self) -> bool;
}

#[async_trait]
impl Shell for Host {
    fn address(&self) -> &str {
        self.address()
    }

    async fn script(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        self.change(script, arguments, stdin).await
    }

    async fn ask(&self, script: &Script, arguments: &[&str]) -> Result<Output, SshError> {
        self.ask(script, arguments).await
    }

    async fn probe(&self, script: &'static Script) -> Result<Arc<Output>, SshError> {
        self.probe(script).await
    }

    fn invalidate_probes(&self) {
        self.invalidate_probes();
    }

    fn warn_once(&self) -> bool {
        self.warn_once()
    }
}
