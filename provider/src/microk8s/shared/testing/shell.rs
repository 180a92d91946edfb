//! How machines in memory are reached.

use super::{Fault, TOKEN, World, commands};
use crate::connection::ssh::Shell;
use crate::connection::ssh::{Output, Script, SshError, SshErrorKind};
use crate::microk8s::shared::machine::{Machine, Machines};
use async_trait::async_trait;
use std::sync::Arc;

impl Machines for World {
    fn machine(&self, address: &str) -> Machine {
        let last = address.rsplit('.').next().unwrap().parse::<u8>().unwrap() % 100;
        Machine::new(Arc::new(FakeShell { address: address.to_owned(), last, world: self.clone() }))
    }

    fn hosts_of(&self, node: &str) -> Vec<String> {
        self.0.lock().unwrap().hosts.get(node).cloned().unwrap_or_default()
    }
}

/// The way to one of them.
pub(super) struct FakeShell {
    pub(super) address: String,
    pub(super) last: u8,
    pub(super) world: World,
}

#[async_trait]
impl Shell for FakeShell {
    fn address(&self) -> &str {
        &self.address
    }

    async fn script(
        &self,
        script: &Script,
        arguments: &[&str],
        stdin: Option<&[u8]>,
    ) -> Result<Output, SshError> {
        assert!(!arguments.iter().any(|argument| argument.contains(TOKEN)), "the token is an argument");
        let mut state = self.world.0.lock().unwrap();
        let is_cut_off = |fault: &Fault| match fault {
            Fault::NoSsh(last) => *last == self.last,
            Fault::NoSshAt(address) => *address == self.address,
            _ => false,
        };
        if !state.machines[&self.last].reachable || state.faults.iter().any(is_cut_off) {
            return Err(SshError::new(
                SshErrorKind::NotReachable,
                &self.address,
                "connecting",
                "No route to host",
            ));
        }
        state.ran.push((self.last, script.name));
        let stdin = String::from_utf8(stdin.unwrap_or_default().to_vec()).unwrap();
        let (code, stdout) = state.run(self.last, script, arguments, &stdin);
        if code == commands::STOPPED {
            state.machines.get_mut(&self.last).unwrap().broken_off.insert(script.name);
            let said = "The machine was rebooted while it ran.";
            return Err(SshError::new(SshErrorKind::BrokenOff, &self.address, "running", said));
        }
        if code == 0 {
            state.machines.get_mut(&self.last).unwrap().broken_off.remove(script.name);
        }
        Ok(Output { code, stdout, stderr: String::new() })
    }

    async fn probe(&self, script: &'static Script) -> Result<Arc<Output>, SshError> {
        self.script(script, &[], None).await.map(Arc::new)
    }

    fn invalidate_probes(&self) {}

    fn warn_once(&self) -> bool {
        true
    }
}
