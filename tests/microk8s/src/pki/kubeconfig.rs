//! The kubeconfigs in `credentials`.

use super::certificates::Client;
use crate::failure::Result;
use crate::layout::{self, Layout, read};
use base64::Engine;

/// Writes a client's kubeconfig from its certificate, its key and the CA in `certs`.
pub(crate) fn write(layout: &Layout, client: &Client, authority: &str) -> Result<()> {
    let encoded = |file: &str| {
        read(&layout.certificate(file)).map(|text| base64::engine::general_purpose::STANDARD.encode(text))
    };
    let authority = encoded(authority)?;
    let certificate = encoded(&format!("{}.crt", client.stem))?;
    let key = encoded(&format!("{}.key", client.stem))?;
    let (name, user) = (if client.stem == "client" { "microk8s" } else { "context" }, client.user);
    let text = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {authority}\n    \
         server: https://127.0.0.1:16443\n  name: microk8s-cluster\ncontexts:\n- context:\n    \
         cluster: microk8s-cluster\n    user: {user}\n  name: {name}\ncurrent-context: {name}\nkind: Config\n\
         preferences: {{}}\nusers:\n- name: {user}\n  user:\n    client-certificate-data: {certificate}\n    \
         client-key-data: {key}\n"
    );
    layout::write(&layout.credential(client.kubeconfig), &text)
}

/// The text of one field of a kubeconfig, which holds each field once.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(name)?.strip_prefix(": "))
}
