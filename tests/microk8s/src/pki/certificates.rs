//! The set of certificates of a node, and when they are made anew.

use super::authority::{Authority, ONE_YEAR, Subject, TEN_YEARS};
use super::{kubeconfig, names};
use crate::failure::{Result, Tried};
use crate::host;
use crate::layout::{Layout, read, write};
use base64::Engine;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

const CA_NAME: &str = "10.152.183.1";

/// A client of the API server: the files' stem, its kubeconfig, its user, and whom the certificate names.
pub(crate) struct Client {
    pub(crate) stem: &'static str,
    pub(crate) kubeconfig: &'static str,
    pub(crate) user: &'static str,
    name: &'static str,
    group: Option<&'static str>,
}

/// Everyone who talks to the API server on a control plane. The kubelet's name gets the node's appended.
pub(crate) const CLIENTS: [Client; 5] = [
    Client {
        stem: "client",
        kubeconfig: "client.config",
        user: "admin",
        name: "admin",
        group: Some("system:masters"),
    },
    Client {
        stem: "controller",
        kubeconfig: "controller.config",
        user: "system:kube-controller-manager",
        name: "system:kube-controller-manager",
        group: None,
    },
    Client {
        stem: "scheduler",
        kubeconfig: "scheduler.config",
        user: "system:kube-scheduler",
        name: "system:kube-scheduler",
        group: None,
    },
    Client {
        stem: "proxy",
        kubeconfig: "proxy.config",
        user: "system:kube-proxy",
        name: "system:kube-proxy",
        group: None,
    },
    Client {
        stem: "kubelet",
        kubeconfig: "kubelet.config",
        user: "kubelet",
        name: "system:node:",
        group: Some("system:nodes"),
    },
];

fn directory(layout: &Layout) -> PathBuf {
    layout.data().join("certs")
}

fn authority(layout: &Layout) -> Authority {
    Authority::at(&directory(layout), "ca")
}

/// Everything that a fresh node needs.
pub(crate) fn create(layout: &Layout) -> Result<()> {
    authority(layout).create(CA_NAME)?;
    Authority::at(&directory(layout), "front-proxy-ca").create("front-proxy-ca")?;
    // The API server reads the public half out of this file only where it is an RSA key.
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
        .tried(|| "Cannot make the key of the service accounts".into())?;
    write(&layout.certificate("serviceaccount.key"), &key.serialize_pem())?;
    if !layout.certificate("csr.conf.template").exists() {
        write(&layout.certificate("csr.conf.template"), names::TEMPLATE)?;
    }
    names::refresh(layout)?;
    issue_server(layout)?;
    create_cluster(layout)?;
    issue_clients(layout)
}

/// The certificate that the datastore's members share.
pub(crate) fn create_cluster(layout: &Layout) -> Result<()> {
    Authority::at(&layout.backend(""), "cluster").create("k8s")
}

/// Signs the API server's certificate and the front proxy's for what `csr.conf.rendered` says.
pub(crate) fn issue_server(layout: &Layout) -> Result<()> {
    let rendered = read(&layout.certificate("csr.conf.rendered"))?;
    let alternatives = names::alternatives(&rendered)?;
    let subject = Subject { name: "127.0.0.1", group: Some("Canonical"), alternatives, validity: ONE_YEAR };
    authority(layout).issue(&directory(layout), "server", subject)?;
    let subject =
        Subject { name: "front-proxy-client", group: None, alternatives: Vec::new(), validity: ONE_YEAR };
    Authority::at(&directory(layout), "front-proxy-ca").issue(
        &directory(layout),
        "front-proxy-client",
        subject,
    )?;
    write(&layout.certificate("csr.conf"), &rendered)
}

/// Signs every client's certificate and writes the kubeconfigs that hold them.
pub(crate) fn issue_clients(layout: &Layout) -> Result<()> {
    for client in &CLIENTS {
        let name = match client.stem {
            "kubelet" => format!("{}{}", client.name, host::node_name()?),
            _ => client.name.to_owned(),
        };
        let subject =
            Subject { name: &name, group: client.group, alternatives: Vec::new(), validity: TEN_YEARS };
        authority(layout).issue(&directory(layout), client.stem, subject)?;
        kubeconfig::write(layout, client, "ca.crt")?;
    }
    let subject = Subject {
        name: "kube-apiserver-kubelet-client",
        group: Some("system:masters"),
        alternatives: Vec::new(),
        validity: TEN_YEARS,
    };
    authority(layout).issue(&directory(layout), "apiserver-kubelet-client", subject)
}

/// Signs a worker's request with this cluster's CA.
pub(crate) fn sign(layout: &Layout, request: &str) -> Result<String> {
    authority(layout).sign(request)
}

/// The first certificate of a PEM file, as DER.
fn der(pem: &str) -> Result<Vec<u8>> {
    let body: String = pem
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN CERTIFICATE"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    base64::engine::general_purpose::STANDARD.decode(body).tried(|| "Cannot decode a certificate".into())
}

/// The first twelve hexadecimal digits of a certificate's SHA-256: the check part of a join URL.
pub(crate) fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The check of this node's own certificate; that of no bytes where there is none, as `add-node` has it.
pub(crate) fn own_fingerprint(layout: &Layout) -> String {
    let certificate = read(&layout.certificate("server.crt")).and_then(|pem| der(&pem)).unwrap_or_default();
    fingerprint(&certificate)
}

/// Whether the server's certificate was signed by the CA that is there now.
pub(crate) fn server_matches_authority(layout: &Layout) -> Result<bool> {
    let signed = der(&read(&layout.certificate("server.crt"))?)?;
    let authority = der(&read(&layout.certificate("ca.crt"))?)?;
    // The key identifier that a CA carries stands in every certificate that it signed.
    Ok(key_identifier(&authority).is_some_and(|identifier| contains(&signed, &identifier)))
}

/// The subject key identifier extension's 20 bytes: after its object identifier 2.5.29.14 and two lengths.
fn key_identifier(der: &[u8]) -> Option<Vec<u8>> {
    const EXTENSION: [u8; 9] = [0x06, 0x03, 0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14];
    let start = der.windows(EXTENSION.len()).position(|window| window == EXTENSION)? + EXTENSION.len();
    der.get(start..start + 20).map(<[u8]>::to_vec)
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_of_another_authority_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        create(&layout).unwrap();
        assert!(server_matches_authority(&layout).unwrap());
        let check = own_fingerprint(&layout);
        authority(&layout).create(CA_NAME).unwrap();
        assert!(!server_matches_authority(&layout).unwrap());
        issue_server(&layout).unwrap();
        assert!(server_matches_authority(&layout).unwrap());
        assert_ne!(own_fingerprint(&layout), check);
    }

    #[test]
    fn without_a_certificate_the_check_is_that_of_no_bytes() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(own_fingerprint(&Layout::new(folder.path())), "e3b0c44298fc");
    }
}
