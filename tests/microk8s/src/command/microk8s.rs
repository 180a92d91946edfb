//! `microk8s`: its sub-commands, and what they have in common.

use super::{Context, add_node, addons, config, dbctl, enable, join, leave, remove_node, status};
use crate::failure::Result;
use crate::kubectl::helm;
use crate::outcome::Outcome;
use crate::pki::certificates;
use crate::pki::names;
use crate::socket;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;
use tokio::process::Command;

pub(crate) const WORKER: &str = "This MicroK8s deployment is acting as a node in a cluster.";
pub(crate) const STOPPED: &str = "microk8s is not running, try microk8s start";
/// The lock that the snap sets where it is installed with 512 MiB of memory or less.
pub(crate) const LOW_MEMORY: &str = "low-memory-guard.lock";
pub(crate) const TOO_LITTLE_MEMORY: &str = "\nThis node does not have enough RAM to host the Kubernetes control plane services\nand join the database quorum.\n";
const READY_AT_START: Duration = Duration::from_secs(60);

/// Every sub-command that a real node has, for the help text; those without a stand-in say so.
const SUB_COMMANDS: [&str; 28] = [
    "add-node",
    "addons",
    "cilium",
    "config",
    "ctr",
    "dashboard-proxy",
    "dbctl",
    "disable",
    "enable",
    "helm",
    "helm3",
    "images",
    "inspect",
    "istioctl",
    "join",
    "kubectl",
    "leave",
    "linkerd",
    "refresh-certs",
    "remove-node",
    "reset",
    "start",
    "status",
    "stop",
    "version",
    "help",
    "--help",
    "-h",
];

/// Runs a sub-command.
pub(crate) async fn run(arguments: Vec<String>) -> Outcome {
    let mut words = arguments.into_iter();
    let Some(verb) = words.next() else { return Outcome::said_with(1, help()) };
    let rest: Vec<String> = words.collect();
    if !SUB_COMMANDS.contains(&verb.as_str()) {
        return Outcome::said_with(1, format!("'{verb}' is not a valid MicroK8s subcommand.\n{}", help()));
    }
    let context = match Context::new() {
        Ok(context) => context,
        Err(failure) => return Outcome::complained(1, failure.to_string()),
    };
    if !nix::unistd::geteuid().is_root() && verb != "version" {
        return refused(&verb);
    }
    let outcome = match verb.as_str() {
        "help" | "--help" | "-h" => Ok(Outcome::said_with(1, help())),
        "status" => status::run(&context, &rest).await,
        "kubectl" => passed_on(&context, "kubectl", context.kubectl().command(&rest)).await,
        "helm" | "helm3" => passed_on(&context, &verb, helm(&context.config, &context.layout, &rest)).await,
        "config" => config::run(&context, &rest),
        "dbctl" => dbctl::run(&context, &rest).await,
        "version" => version().await,
        "add-node" => add_node::run(&context, &rest),
        "join" => join::run(&context, &rest).await,
        "leave" => leave::run(&context, &rest).await,
        "remove-node" => remove_node::run(&context, &rest).await,
        "enable" | "disable" => enable::run(&context, &verb, &rest).await,
        "addons" => addons::run(&context.layout, &rest).await,
        "start" => start(&context, &rest).await,
        "stop" => stop(&context, &rest).await,
        "refresh-certs" => refresh_certs(&context, &rest).await,
        other => Ok(Outcome::complained(1, format!("microk8s {other} is not in this lab"))),
    };
    outcome.unwrap_or_else(|failure| Outcome::complained(1, traceback(&failure.to_string())))
}

/// The snap's kubectl without MicroK8s around it.
pub(crate) async fn bare_kubectl(arguments: &[String]) -> Outcome {
    let ran = async {
        let context = Context::new()?;
        ended("kubectl", context.kubectl().command(arguments).env_remove("KUBECONFIG")).await
    };
    ran.await.unwrap_or_else(|failure: crate::Failure| Outcome::complained(1, failure.to_string()))
}

fn help() -> String {
    let listed = SUB_COMMANDS.iter().filter(|name| !name.contains("help") && !name.starts_with('-'));
    let commands: String = listed.map(|name| format!("\t{name}\n")).collect();
    format!("Available subcommands are:\n{commands}")
}

/// How MicroK8s' Python commands end where they have not thought of something.
pub(crate) fn traceback(reason: &str) -> String {
    format!("Traceback (most recent call last):\n{reason}")
}

/// What a user without the group gets: on standard error from the bash wrappers, with another code where only
/// root may.
fn refused(verb: &str) -> Outcome {
    if ["refresh-certs", "reset"].contains(&verb) {
        let text = "Elevated permissions is needed for this operation. Please run this command with sudo.";
        return Outcome::said_with(50, text);
    }
    Outcome::complained(
        1,
        "Insufficient permissions to access MicroK8s.\nYou can either try again with sudo or add the user to the \
         'microk8s' group:\n\n    sudo usermod -a -G microk8s $USER\n    sudo chown -R $USER ~/.kube\n\nAfter this, \
         reload the user groups either via a reboot or by running 'newgrp microk8s'.",
    )
}

/// Runs a program of the snap with this command's own input and output.
async fn passed_on(context: &Context, verb: &str, mut command: Command) -> Result<Outcome> {
    if context.layout.is_worker() {
        return Ok(Outcome::said(format!("{WORKER}\nPlease use the control plane node.")));
    }
    if context.layout.is_locked("stopped.lock") {
        return Ok(Outcome::complained(1, STOPPED));
    }
    ended(&format!("microk8s {verb}"), &mut command).await
}

/// How a program ends that has this command's own input and output.
async fn ended(shown: &str, command: &mut Command) -> Result<Outcome> {
    match command.status().await {
        Ok(status) => {
            let signal = status.signal().map_or(1, |signal| 128 + signal);
            Ok(Outcome::silent(u8::try_from(status.code().unwrap_or(signal)).unwrap_or(1)))
        }
        Err(error) => Ok(Outcome::complained(127, format!("{shown}: {error}"))),
    }
}

async fn version() -> Result<Outcome> {
    let listed = socket::ask(&["list", "microk8s"]).await?;
    let mut fields = listed.stdout.lines().nth(1).unwrap_or_default().split_whitespace().skip(1);
    let (version, revision) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    Ok(Outcome::said(format!("MicroK8s {version} revision {revision}")))
}

async fn stop(context: &Context, arguments: &[String]) -> Result<Outcome> {
    if let Some(unknown) = arguments.first() {
        return Ok(Outcome::said_with(1, format!("Usage: microk8s stop\n\n{unknown} is not known")));
    }
    if context.layout.is_worker() {
        return Ok(Outcome::said(format!(
            "{WORKER}\nTo stop the services of this node use: snap stop microk8s"
        )));
    }
    socket::demand(&["stop", "microk8s.daemon-kubelite", "--disable"]).await?;
    socket::demand(&["stop", "microk8s", "--disable"]).await?;
    context.layout.set_lock("stopped.lock")?;
    Ok(Outcome::said("Stopped."))
}

async fn start(context: &Context, arguments: &[String]) -> Result<Outcome> {
    if context.layout.is_worker() {
        return Ok(Outcome::said(format!(
            "{WORKER}\nTo start the services of this node use: snap start microk8s"
        )));
    }
    if arguments.iter().any(|word| word == "--disable-low-memory-guard") {
        context.layout.drop_lock(LOW_MEMORY)?;
    }
    if context.layout.is_locked(LOW_MEMORY) {
        return Ok(Outcome::said_with(1, TOO_LITTLE_MEMORY));
    }
    socket::demand(&["start", "microk8s", "--enable"]).await?;
    context.layout.drop_lock("stopped.lock")?;
    // Whether a node gets ready in time makes no difference to the exit code.
    let _ = tokio::time::timeout(READY_AT_START, status::wait_until_ready(context)).await;
    Ok(Outcome::said("Started."))
}

async fn refresh_certs(context: &Context, arguments: &[String]) -> Result<Outcome> {
    if context.layout.is_worker() {
        return Ok(Outcome::said(format!("{WORKER}\nPlease use the control plane node.")));
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["-c" | "--check"] => Ok(Outcome::said(
            "The CA certificate will expire in 3649 days.\nThe server certificate will expire in 364 days.\n\
             The front proxy client certificate will expire in 364 days.",
        )),
        ["-e" | "--cert", "server.crt" | "front-proxy-client.crt"] => {
            names::refresh(&context.layout)?;
            certificates::issue_server(&context.layout)?;
            socket::demand(&["restart", "microk8s.daemon-kubelite"]).await?;
            socket::demand(&["restart", "microk8s.daemon-cluster-agent"]).await?;
            Ok(Outcome::said(
                "Taking a backup of the current certificates under /var/snap/microk8s/current/certs-backup/\n\
                 Creating new certificates\nRestarting, please wait.",
            ))
        }
        [] => Ok(Outcome::said_with(
            3,
            "Please use one of the options: '--cert', '--check', '--undo' or a CA directory.",
        )),
        _ => Ok(Outcome::complained(1, "microk8s refresh-certs with these arguments is not in this lab")),
    }
}
