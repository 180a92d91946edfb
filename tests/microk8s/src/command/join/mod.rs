//! `microk8s join`: `scripts/wrappers/join.py` of tag v1.35, line by line, as what it leaves where it is
//! stopped matters. What it prints before it waits for the datastore stays in Python's buffer, which is
//! written with the first line that is printed with `flush=True`, or at the end. So a control plane dies
//! there once nobody reads it, and a worker's join does not.

mod take_over;

use super::microk8s::{LOW_MEMORY, TOO_LITTLE_MEMORY, traceback};
use super::{Context, cluster};
use crate::agent::{AS_WORKER, JoinRequest, Joined};
use crate::args::edit;
use crate::failure::{Failure, Result, Tried};
use crate::faults::Fault;
use crate::host;
use crate::outcome::{Outcome, say};
use crate::pki::certificates;
use crate::services::datastore;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::time::sleep;

const TOKEN: usize = 32;
const CHECK: usize = 12;
/// Looks at the datastore while the node comes up, and the pause between them. Nobody looks whether it did.
const LOOKS: u32 = 25;
const PAUSE: Duration = Duration::from_secs(2);

/// What the connection string says.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    address: Ipv4Addr,
    port: u16,
    token: String,
    fingerprint: Option<String>,
}

/// The checks of branch 1.29 and later.
fn parse_target(text: &str) -> std::result::Result<Target, &'static str> {
    const FORMAT: &str = "Expected format: <master_IP>:<master_PORT>/<token>[/<fingerprint>]";
    let mut parts = text.split('/');
    let (endpoint, token, fingerprint) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let (Some(token), None) = (token, parts.next()) else { return Err(FORMAT) };
    let [host, port] = endpoint.split(':').collect::<Vec<_>>().try_into().map_err(|_| FORMAT)?;
    let address = host.parse().map_err(|_| "Invalid master IP")?;
    let port: u32 = port.parse().map_err(|_| "Master PORT not a number")?;
    let port = u16::try_from(port).ok().filter(|port| *port > 0).ok_or("Master PORT not in range 1:65535")?;
    if token.len() < TOKEN {
        return Err("Cluster token size should be at least 32 bytes");
    }
    if fingerprint.is_some_and(|fingerprint| fingerprint.len() < CHECK) {
        return Err("Fingerprint should be at least 12 bytes");
    }
    Ok(Target { address, port, token: token.into(), fingerprint: fingerprint.map(str::to_owned) })
}

struct Options {
    worker: bool,
    skip_verify: bool,
    without_guard: bool,
    target: String,
}

fn parse(arguments: &[String]) -> std::result::Result<Options, Outcome> {
    let usage = "Usage: microk8s join [OPTIONS] CONNECTION\nTry 'microk8s join -h' for help.\n\nError: ";
    let mut options =
        Options { worker: false, skip_verify: false, without_guard: false, target: String::new() };
    for word in arguments {
        match word.as_str() {
            "--worker" => options.worker = true,
            "--skip-verify" => options.skip_verify = true,
            "--disable-low-memory-guard" => options.without_guard = true,
            other if other.starts_with('-') => {
                return Err(Outcome::complained(2, format!("{usage}No such option: {other}")));
            }
            target if options.target.is_empty() => options.target = target.to_owned(),
            extra => {
                return Err(Outcome::complained(
                    2,
                    format!("{usage}Got unexpected extra argument ({extra})"),
                ));
            }
        }
    }
    if options.target.is_empty() {
        return Err(Outcome::complained(2, format!("{usage}Missing argument 'CONNECTION'.")));
    }
    Ok(options)
}

pub(crate) async fn run(context: &Context, arguments: &[String]) -> Result<Outcome> {
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(outcome) => return Ok(outcome),
    };
    let target = match parse_target(&options.target) {
        Ok(target) => target,
        Err(reason) => return Ok(Outcome::said_with(1, format!("Invalid connection: {reason}"))),
    };
    let layout = &context.layout;
    if options.without_guard {
        layout.drop_lock(LOW_MEMORY)?;
    }
    if layout.is_locked(LOW_MEMORY) && !options.worker {
        return Ok(Outcome::said_with(1, TOO_LITTLE_MEMORY));
    }
    layout.set_lock("join-in-progress")?;
    let mut buffer = format!("Contacting cluster at {}\n", target.address);
    if Fault::JoinDoesNothing.is_on(&context.config).is_some() {
        layout.drop_lock("join-in-progress")?;
        return Ok(Outcome::said(
            buffer
                + "Waiting for this node to finish joining the cluster. .. .. .. \n \nSuccessfully joined the cluster.",
        ));
    }
    let joined = match ask(context, &options, &target).await? {
        Ok(joined) => joined,
        Err(outcome) => return Ok(Outcome { stdout: buffer + &outcome.stdout, ..outcome }),
    };
    let own = edit::get(&layout.args("kube-proxy"), "--cluster-cidr").unwrap_or_default();
    if own != joined.cluster_cidr {
        buffer.push_str(&format!(
            "WARNING: Joining a cluster that has a different CIDR. The kube-proxy CIDR configuration will be overwritten.\n\
             Cluster CIDR: {} -- Node CIDR: {own}(will be overwritten)\n",
            joined.cluster_cidr
        ));
        edit::set(&layout.args("kube-proxy"), "--cluster-cidr", Some(&joined.cluster_cidr))?;
    }
    let outcome = if options.worker {
        let outcome = worker(context, &target, &joined).await?;
        Outcome { stdout: buffer + &outcome.stdout, ..outcome }
    } else {
        control_plane(context, &target, &joined, &buffer).await?
    };
    if outcome.code == 0 {
        layout.drop_lock("join-in-progress")?;
    }
    Ok(outcome)
}

/// Asks the contacted node; the inner error is how the command ends where it refuses.
async fn ask(
    context: &Context,
    options: &Options,
    target: &Target,
) -> Result<std::result::Result<Joined, Outcome>> {
    let bind = edit::get(&context.layout.args("cluster-agent"), "--bind").unwrap_or_default();
    let request = JoinRequest {
        token: target.token.clone(),
        hostname: host::hostname()?,
        port: bind.rsplit_once(':').map_or("25000", |(_, port)| port).to_owned(),
        worker: options.worker.then_some(AS_WORKER).into(),
        can_handle_x509_auth: true,
        can_handle_custom_etcd: true,
    };
    let address = format!("{}:{}", target.address, target.port);
    if let Some(expected) = target.fingerprint.as_ref().filter(|_| !options.skip_verify) {
        // The real command looks at the certificate first, on a connection of its own, so that a token is not
        // shown to a stranger.
        let probe = cluster::post(&address, "/", &Value::Null).await;
        let known = match probe {
            Ok(answer) => certificates::fingerprint(&answer.certificate),
            Err(error) => return Ok(Err(unreachable(target, &error))),
        };
        if !expected.starts_with(&known) {
            return Ok(Err(Outcome::said_with(
                4,
                format!(
                    "Joining cluster failed. Could not verify the identity of {}. Use '--skip-verify' to skip server certificate check.",
                    target.address
                ),
            )));
        }
    }
    let body = serde_json::to_value(&request).tried(|| "Cannot write the request".into())?;
    let answer = match cluster::post(&address, "/cluster/api/v2.0/join", &body).await {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(unreachable(target, &error))),
    };
    if answer.status != 200 {
        let error: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let error = error.get("error").and_then(Value::as_str).unwrap_or(&answer.text);
        return Ok(Err(Outcome::said_with(6, format!("Connection failed. {error} ({}).", answer.status))));
    }
    serde_json::from_str(&answer.text).tried(|| format!("Cannot understand the answer of {address}")).map(Ok)
}

fn unreachable(target: &Target, error: &reqwest::Error) -> Outcome {
    if error.is_connect() {
        let kind = if error.is_timeout() {
            "TimeoutError: [Errno 110] Connection timed out"
        } else {
            "ConnectionRefusedError: [Errno 111] Connection refused"
        };
        return Outcome::complained(1, traceback(kind));
    }
    let text = format!(
        "Connecting to cluster failed with {error}.\nPlease ensure the master node is reachable. {}:{}",
        target.address, target.port
    );
    Outcome::said_with(5, text)
}

async fn control_plane(context: &Context, target: &Target, joined: &Joined, buffer: &str) -> Result<Outcome> {
    take_over::control_plane(context, joined).await?;
    say(&format!("{buffer}Waiting for this node to finish joining the cluster. "))?;
    let address: IpAddr =
        joined.hostname_override.parse().tried(|| "The contacted node sent no address".into())?;
    for _ in 0..LOOKS {
        say(".. ")?;
        let members = datastore::cluster_members(&context.layout);
        // The file is the joining member's own only once the cluster has taken it in.
        if members.iter().any(|member| datastore::ip_of(&member.address) == Some(address)) {
            break;
        }
        sleep(PAUSE).await;
    }
    take_over::end(context, target.address).await?;
    Ok(Outcome::said(" \nSuccessfully joined the cluster."))
}

async fn worker(context: &Context, target: &Target, joined: &Joined) -> Result<Outcome> {
    if joined.ca_key.is_some() {
        let text =
            "Joining process failed. Make sure the cluster you connect to supports joining worker nodes.";
        return Ok(Outcome::said_with(1, text));
    }
    let address = format!("{}:{}", target.address, target.port);
    take_over::before_signing(&context.layout, joined)?;
    for purpose in ["proxy", "kubelet"] {
        let (name, group) = match purpose {
            "proxy" => ("system:kube-proxy".to_owned(), "system:node-proxier"),
            _ => (format!("system:node:{}", host::node_name()?), "system:nodes"),
        };
        let (key, request) = crate::pki::authority::signing_request(&name, group)?;
        let body = json!({"token": format!("{}-{purpose}", target.token), "request": request});
        let answer = cluster::post(&address, "/cluster/api/v1.0/sign-cert", &body)
            .await
            .tried(|| format!("Cannot reach {address}"))?;
        let parsed: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        let text = |field: &str| parsed.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        if answer.status != 200 {
            let reason =
                format!("Failed to sign {purpose} certificate ({}). {}", answer.status, text("error"));
            return Ok(Outcome::said_with(1, reason));
        }
        let signed = take_over::Signed { stem: purpose, key, certificate: text("certificate") };
        take_over::signed(&context.layout, &signed)?;
    }
    take_over::worker(context, target.address, joined).await?;
    Ok(Outcome::said(format!(
        "\nThe node has joined the cluster and will appear in the nodes list in a few seconds.\n\n\
         This worker node gets automatically configured with the API server endpoints.\n\
         If the API servers are behind a loadbalancer please set the '--refresh-interval' to '0s' in:\n    \
         {}\nand replace the API server endpoints with the one provided by the loadbalancer in:\n    {}\n\n\
         Successfully joined the cluster.",
        context.layout.args("apiserver-proxy").display(),
        context.layout.args("traefik/provider.yaml").display(),
    )))
}

/// A part of the answer that a control plane cannot do without.
fn required<'a>(part: Option<&'a String>, name: &str) -> Result<&'a String> {
    part.ok_or_else(|| Failure::new(format!("the contacted node sent no {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "10.0.0.11:25000/92b2db237428470dc4fcfc4ebbd9dc81/2c0cb3284b05";

    #[test]
    fn a_good_connection_string_is_taken_apart() {
        let target = parse_target(GOOD).unwrap();
        assert_eq!(target.address, Ipv4Addr::new(10, 0, 0, 11));
        assert_eq!((target.port, target.fingerprint.as_deref()), (25000, Some("2c0cb3284b05")));
        assert_eq!(
            parse_target("10.0.0.11:25000/92b2db237428470dc4fcfc4ebbd9dc81").unwrap().fingerprint,
            None
        );
    }

    #[test]
    fn every_other_one_is_refused_in_the_commands_words() {
        let token = "92b2db237428470dc4fcfc4ebbd9dc81";
        let reason = |text: &str| parse_target(text).unwrap_err();
        assert!(reason(&format!("fd00::11:25000/{token}")).starts_with("Expected format"));
        assert!(reason("10.0.0.11:25000").starts_with("Expected format"));
        assert_eq!(reason(&format!("cp1:25000/{token}")), "Invalid master IP");
        assert_eq!(reason(&format!("10.0.0.11:x/{token}")), "Master PORT not a number");
        assert_eq!(reason(&format!("10.0.0.11:70000/{token}")), "Master PORT not in range 1:65535");
        assert_eq!(reason("10.0.0.11:25000/short"), "Cluster token size should be at least 32 bytes");
        assert_eq!(
            reason(&format!("10.0.0.11:25000/{token}/2c0c")),
            "Fingerprint should be at least 12 bytes"
        );
    }

    #[test]
    fn unknown_options_end_with_two() {
        assert_eq!(parse(&["--controlplain".into(), GOOD.into()]).err().unwrap().code, 2);
        assert_eq!(parse(&[]).err().unwrap().code, 2);
        assert!(parse(&[GOOD.into(), "--worker".into()]).unwrap().worker);
    }
}
