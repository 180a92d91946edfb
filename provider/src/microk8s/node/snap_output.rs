//! What `snap` answers when it does not do its work: what may pass, and which attribute is at fault.

use crate::connection::ssh::Shell;
use crate::connection::ssh::{Output, Script};
use crate::engine::node_resource::NodeError;
use crate::microk8s::shared::machine::describe_output;

/// Words of snapd that mean "later", from any of its commands.
const TRANSIENT: [&str; 9] = [
    "change in progress",
    "too early for operation",
    "cannot communicate with server",
    "unable to contact snap store",
    "has running apps",
    "Temporary failure in name resolution",
    "Client.Timeout exceeded",
    "connection reset by peer",
    "try again later",
];

/// Runs a script that changes the snap.
pub(crate) async fn change(
    machine: &dyn Shell,
    script: &Script,
    arguments: &[&str],
) -> Result<(), NodeError> {
    let output = machine.script(script, arguments, None).await;
    machine.invalidate_probes();
    judge(machine.address(), script, arguments, &output?)
}

fn judge(address: &str, script: &Script, arguments: &[&str], output: &Output) -> Result<(), NodeError> {
    if output.succeeded() {
        return Ok(());
    }
    let said = format!("{}\n{}", output.stdout, output.stderr);
    let attempt = [&[script.name], arguments].concat().join(" ");
    let answer = describe_output(output);
    let failure = NodeError::new(format!("`{attempt}` on {address}"), answer);
    if said.contains("not available on channel") || said.contains("no snap revision available") {
        let advice =
            "The store has no MicroK8s there for this machine. `snap info microk8s` lists the channels.";
        return Err(failure.at("channel").with_hint(advice));
    }
    if said.contains("unknown to the store") {
        let advice = "The snap was installed from a file. Have the store's replace it: `sudo snap refresh microk8s --amend --channel=...` \
                      on the machine; then apply again.";
        return Err(failure.at("channel").with_hint(advice));
    }
    if output.code == 127 {
        let advice =
            "The machine has no snapd. Ubuntu comes with it; elsewhere install it (apt install snapd).";
        return Err(failure.at("host").with_hint(advice));
    }
    Err(if TRANSIENT.iter().any(|words| said.contains(words)) { failure.transient() } else { failure })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microk8s::node::scripts::{INSTALL, REFRESH};

    fn answer(code: i32, stderr: &str) -> NodeError {
        let output = Output { code, stdout: String::new(), stderr: stderr.to_owned() };
        judge("10.0.0.11", &INSTALL, &["9.9/stable"], &output).unwrap_err()
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        assert!(answer(1, "error: snap \"microk8s\" has \"refresh-snap\" change in progress").is_transient());
        assert!(
            answer(
                1,
                "error: too early for operation, device not yet seeded or device model not acknowledged"
            )
            .is_transient()
        );
        assert!(!answer(1, "error: cannot perform the following tasks:\n- Run install hook").is_transient());
        let output = Output { code: 0, stdout: String::new(), stderr: "already installed".to_owned() };
        assert_eq!(judge("10.0.0.11", &REFRESH, &["1.35/stable"], &output), Ok(()));
    }

    #[test]
    fn an_unknown_channel_is_the_channels_fault() {
        let failure = answer(
            1,
            "error: snap \"microk8s\" not available on channel \"9.9/stable\" (see 'snap info microk8s')",
        );
        assert!(!failure.is_transient());
        let diagnostic = failure.into_diagnostic("Unable to create MicroK8s node 10.0.0.11");
        assert_eq!(diagnostic.attribute, Some(tfplugin::Path::from("channel")));
        assert!(
            diagnostic.detail.contains("`snap install microk8s --classic --channel 9.9/stable` on 10.0.0.11")
        );
    }
}
