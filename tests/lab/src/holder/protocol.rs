//! What the process that starts a lab and the holder say to each other: one JSON document a line, a reply to
//! each request, on the holder's standard input and output.

use crate::hypervisor::{Guest, GuestState};
use crate::line::Distance;
use crate::parts::Parts;
use crate::{LabError, LabOptions, Secret};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Asked of the holder.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Make the lab. The first request, and only that.
    Start { options: LabOptions, parts: Parts },
    /// Switch a machine off.
    PowerOff(String),
    /// Switch a machine on.
    PowerOn(String),
    /// Set how far two places are from each other.
    SetDistance { one: String, other: String, distance: Distance },
    /// Make a virtual machine, off.
    AddGuest(Box<Guest>),
    /// Destroy a virtual machine with its disk; nothing where there is none.
    RemoveGuest(String),
    /// See whether a virtual machine is there, and what it says of itself.
    LookAtGuest(String),
}

/// The holder's answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// To `Start`: the lab is up.
    Up(Box<LabDescription>),
    Done,
    /// To `LookAtGuest`.
    Guest(GuestState),
    /// The message of an error.
    Failed(String),
}

/// What a running lab consists of. Paths are those that a process in the lab sees.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LabDescription {
    /// Process id of the first process in the lab's PID namespace.
    pub holder: i32,
    /// The nodes.
    pub nodes: Vec<NodeDescription>,
    /// The router, if there is one.
    pub router: Option<RouterDescription>,
    /// File with the private key that user `ubuntu` of every node accepts.
    pub ssh_private_key: PathBuf,
    /// File with the host keys of all nodes, under their names and addresses.
    pub known_hosts: PathBuf,
    /// Configuration file for `ssh -F` that names the two above.
    pub ssh_config: PathBuf,
}

/// A node, as its users know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeDescription {
    /// Its hostname.
    pub name: String,
    /// Its IPv4 address.
    pub ipv4: Ipv4Addr,
    /// Its IPv6 address.
    pub ipv6: Ipv6Addr,
    /// The key that its sshd shows, in one line of OpenSSH's format.
    pub host_public_key: String,
}

/// The router, as its users know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouterDescription {
    /// Its IPv4 address.
    pub ipv4: Ipv4Addr,
    /// Its IPv6 address.
    pub ipv6: Ipv6Addr,
    /// Of its HTTPS API.
    pub url: String,
    /// That its API accepts.
    pub api_key: Secret,
    /// The certificate of the authority that signed the one of its API, in PEM.
    pub ca_certificate: String,
    /// File with that certificate.
    pub ca_certificate_file: PathBuf,
    /// Name of its FRR instance, for `vtysh -N`.
    pub frr_instance: String,
}

/// Writes one document as one line.
pub(crate) async fn send<T: Serialize>(
    to: &mut (impl AsyncWrite + Unpin),
    message: &T,
) -> Result<(), LabError> {
    let failed = |reason: String| LabError::failed("talk to the other end of the lab's pipe", reason);
    let mut line = serde_json::to_vec(message).map_err(|error| failed(error.to_string()))?;
    line.push(b'\n');
    to.write_all(&line).await.map_err(|error| failed(error.to_string()))?;
    to.flush().await.map_err(|error| failed(error.to_string()))
}

/// Reads the next document; nothing where the other end is gone.
pub(crate) async fn receive<T: DeserializeOwned>(
    from: &mut (impl AsyncBufRead + Unpin),
) -> Result<Option<T>, LabError> {
    let failed = |reason: String| LabError::failed("listen to the other end of the lab's pipe", reason);
    let mut line = String::new();
    match from.read_line(&mut line).await.map_err(|error| failed(error.to_string()))? {
        0 => Ok(None),
        _ => serde_json::from_str(&line)
            .map(Some)
            .map_err(|error| failed(format!("{error} in `{}`", line.trim()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_document_is_a_line_and_the_end_is_the_end() {
        let mut pipe = Vec::new();
        send(&mut pipe, &Request::PowerOff("cp1".into())).await.unwrap();
        send(&mut pipe, &Reply::Failed("two\nlines".into())).await.unwrap();
        let mut pipe = pipe.as_slice();
        assert!(matches!(receive(&mut pipe).await.unwrap(), Some(Request::PowerOff(name)) if name == "cp1"));
        assert!(
            matches!(receive(&mut pipe).await.unwrap(), Some(Reply::Failed(text)) if text == "two\nlines")
        );
        assert!(receive::<Reply>(&mut pipe).await.unwrap().is_none());
    }
}
