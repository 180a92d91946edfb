//! The node's commands: `snap`, `microk8s`, and those of the system that a lab node cannot have itself.

mod add_node;
mod addons;
mod cloud_init;
mod cluster;
mod config;
mod dbctl;
mod enable;
mod join;
mod journalctl;
mod leave;
mod microk8s;
mod nginx;
mod remove_node;
mod status;
pub(crate) mod system;

use crate::config::DaemonConfig;
use crate::containers;
use crate::failure::Result;
use crate::kubectl::Kubectl;
use crate::layout::Layout;
use crate::outcome::Outcome;
use crate::socket;
use std::process::ExitCode;

/// What every command of MicroK8s needs to know.
pub(crate) struct Context {
    pub(crate) config: DaemonConfig,
    pub(crate) layout: Layout,
}

impl Context {
    fn new() -> Result<Self> {
        Ok(Self { config: DaemonConfig::handed_over()?, layout: Layout::new("/") })
    }

    pub(crate) fn kubectl(&self) -> Kubectl {
        Kubectl::new(&self.config, &self.layout)
    }
}

/// Runs one of the node's commands and answers its exit code. `program` is the name by which it was called,
/// without its directory: `snap`, `microk8s`, `microk8s.kubectl`, `kubectl` (the snap's own), `journalctl`,
/// `cloud-init`, `systemctl`, `modprobe` or `lsmod`; inside a pod's namespaces `pause`, `container` or
/// `nginx`.
pub fn run(program: &str, arguments: Vec<String>) -> ExitCode {
    // These take over a process that has one thread only.
    if let Some(failed) = containers::play(program, &arguments) {
        return failed.print();
    }
    // Said before is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Outcome::complained(1, format!("{program}: cannot start a runtime: {error}")).print();
        }
    };
    runtime.block_on(dispatch(program, arguments)).print()
}

async fn dispatch(program: &str, arguments: Vec<String>) -> Outcome {
    match program {
        "snap" => {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            socket::ask(&words)
                .await
                .unwrap_or_else(|failure| Outcome::complained(1, format!("error: {failure}")))
        }
        "microk8s" => microk8s::run(arguments).await,
        "microk8s.kubectl" => {
            microk8s::run(std::iter::once("kubectl".to_owned()).chain(arguments).collect()).await
        }
        "kubectl" => microk8s::bare_kubectl(&arguments).await,
        "journalctl" => journalctl::run(&arguments),
        "nginx" => nginx::run().await,
        "cloud-init" => cloud_init::run(&arguments).await,
        "systemctl" => or_complain(system::systemctl(&Layout::new("/"), &arguments)),
        "modprobe" => or_complain(system::modprobe(&Layout::new("/"), &arguments)),
        "lsmod" => system::lsmod(&Layout::new("/")),
        other => Outcome::complained(127, format!("{other}: command not found")),
    }
}

fn or_complain(outcome: Result<Outcome>) -> Outcome {
    outcome.unwrap_or_else(|failure| Outcome::complained(1, failure.to_string()))
}
