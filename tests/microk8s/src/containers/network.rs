//! A pod's network, as Calico makes it: a pair of interfaces, one address of each family without a neighbour,
//! and the node as the way to everything else.

use crate::failure::{Failure, Result, Tried};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use tokio::process::Command;

/// An address that nobody has; the node's end answers for it.
const GATEWAY: &str = "169.254.1.1";
/// All of the node's ends have this hardware address, from which the other family's gateway follows.
const HARDWARE: &str = "ee:ee:ee:ee:ee:ee";
const GATEWAY_V6: &str = "fe80::ecee:eeff:feee:eeee";

/// The node's end of a pod's pair.
fn interface(uid: &str) -> String {
    let digest = Sha256::digest(uid.as_bytes());
    let letters: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("cali{}", letters.get(..11).unwrap_or_default())
}

/// Connects the network namespace of process `first`. All of it goes with that namespace.
pub(crate) async fn connect(first: u32, uid: &str, addresses: &[IpAddr]) -> Result<()> {
    let (end, first) = (interface(uid), first.to_string());
    forward()?;
    ip(&["link", "add", &end, "address", HARDWARE, "type", "veth", "peer", "name", "eth0", "netns", &first])
        .await?;
    // Before it is up, so that it has its address of the link at once.
    set(&format!("ipv6/conf/{end}/accept_dad"), "0")?;
    set(&format!("ipv4/conf/{end}/proxy_arp"), "1")?;
    set(&format!("ipv4/neigh/{end}/proxy_delay"), "0")?;
    ip(&["link", "set", &end, "up"]).await?;
    inside(&first, &["link", "set", "lo", "up"]).await?;
    inside(&first, &["link", "set", "eth0", "up"]).await?;
    for address in addresses {
        let (length, gateway) = if address.is_ipv4() { (32, GATEWAY) } else { (128, GATEWAY_V6) };
        let host = format!("{address}/{length}");
        let mut add = vec!["address", "add", &host, "dev", "eth0"];
        if address.is_ipv6() {
            add.push("nodad");
        }
        inside(&first, &add).await?;
        inside(&first, &["route", "add", gateway, "dev", "eth0", "scope", "link"]).await.or_else(
            |failure| {
                if address.is_ipv6() { Ok(()) } else { Err(failure) }
            },
        )?;
        let family = if address.is_ipv4() { "-4" } else { "-6" };
        inside(&first, &[family, "route", "add", "default", "via", gateway, "dev", "eth0"]).await?;
        ip(&[family, "route", "replace", &host, "dev", &end]).await?;
    }
    Ok(())
}

/// Has the node pass on what is not for itself.
fn forward() -> Result<()> {
    set("ipv4/ip_forward", "1")?;
    set("ipv6/conf/all/forwarding", "1")
}

fn set(setting: &str, value: &str) -> Result<()> {
    let path = format!("/proc/sys/net/{setting}");
    std::fs::write(&path, value).tried(|| format!("Cannot write {value} to {path}"))
}

async fn inside(first: &str, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("nsenter");
    command.arg(format!("--target={first}")).args(["--net", "--", "ip"]).args(arguments);
    finish(command, arguments).await
}

/// `ip` on the node.
pub(crate) async fn ip(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("ip");
    command.args(arguments);
    finish(command, arguments).await
}

async fn finish(mut command: Command, arguments: &[&str]) -> Result<()> {
    let shown = || format!("ip {}", arguments.join(" "));
    let output = command.kill_on_drop(true).output().await.tried(shown)?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{}: {}", shown(), String::from_utf8_lossy(&output.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_have_names_that_the_kernel_takes() {
        assert_eq!(interface("a").len(), 15);
        assert_ne!(interface("a"), interface("b"));
    }
}
