//! The provider block, from which a run's [`Session`] is made.

use super::{CrossCheck, KeptSecrets, MachineRegister, Session, block_checks};
use crate::connection::cluster::{ClusterLocks, Clusters, KubernetesSettings};
use crate::connection::router::{RouterSettings, Routers};
use crate::connection::ssh::{HostKeyCheck, Settings as SshSettings, Ssh};
use std::collections::BTreeMap;
use std::sync::Arc;
use tfplugin::types::{Lines, Secret};
use tfplugin::{Diagnostic, Diagnostics, Knowable, Model};

/// Builds dual-stack MicroK8s clusters on Ubuntu machines reached over SSH, and configures MetalLB, Calico
/// and the VyOS routers that announce their LoadBalancer addresses.
///
/// One plugin serves the `microk8s_*`, `calico_*`, `metallb_*` and `vyos_*` types. Terraform infers a
/// resource's provider from its type's prefix, so types of the other families say `provider = microk8s`.
#[derive(Clone, Debug, Model)]
pub struct ProviderBlock {
    /// How nodes are reached over SSH, by the OpenSSH client of this machine, version 8.5 or later. All
    /// members are optional; `~/.ssh/config` and a running agent apply.
    #[attribute(optional)]
    ssh: Option<SshBlock>,

    /// VyOS routers, each under a name of your choice, which the `router` of `vyos_*` resources says. A
    /// router is known by its `url`: it may get another name. What is on it stays, and nothing is sent for
    /// that.
    #[attribute(optional)]
    routers: Option<BTreeMap<String, Knowable<RouterBlock>>>,

    /// A cluster that is not reached through one of its nodes, for `calico_*` and `metallb_*` resources
    /// without a `cluster`.
    #[attribute(optional)]
    kubernetes: Option<KubernetesBlock>,
}

/// How nodes are reached over SSH.
#[derive(Clone, Debug, Model)]
pub struct SshBlock {
    /// User to log in as; it needs `sudo` without a password. Default: what `~/.ssh/config` says, else the
    /// local user.
    #[attribute(optional)]
    user: Option<String>,

    /// TCP port, 1 to 65535. Default: what `~/.ssh/config` says, else 22.
    #[attribute(optional)]
    port: Option<u16>,

    /// Private key in OpenSSH or PEM form. Default: an agent, or the SSH client's default key files.
    #[attribute(optional, validate = block_checks::private_key)]
    private_key: Option<Secret>,

    /// File with the private key, in place of `private_key`; not both.
    #[attribute(optional)]
    private_key_file: Option<String>,

    /// SSH client configuration file. Default: `~/.ssh/config`.
    #[attribute(optional)]
    config_file: Option<String>,

    /// What to do about a host key that is not known yet: `accept-new` (default) trusts the first one seen
    /// and records it, `strict` refuses, `insecure-accept-any-host-key` trusts whoever answers. A key that a
    /// `microk8s_node` pins as `host_key` is checked strictly in any case.
    #[attribute(optional, validate = host_key_check)]
    host_key_check: Option<String>,
}

/// A VyOS router.
#[derive(Clone, Debug, Model)]
pub struct RouterBlock {
    /// Address of its HTTPS API, such as `https://10.0.0.1`, without an endpoint of it. Where a proxy in
    /// front of it asks for a name and a password, `https://name:password@10.0.0.1`; neither is shown in
    /// messages or logs.
    #[attribute(required, validate = block_checks::router_url)]
    url: String,

    /// A key of its HTTP API (`set service https api keys id ... key ...`).
    #[attribute(required, validate = block_checks::api_key)]
    api_key: Secret,

    /// The only certificate authority (or self-signed certificate) that its API is trusted to show, as PEM.
    /// Default: the system's authorities.
    #[attribute(optional, validate = block_checks::ca_certificate)]
    ca_certificate: Option<Lines>,

    /// Disables verification of the API's TLS certificate. Use for testing only. Default `false`.
    #[attribute(optional)]
    insecure_skip_certificate_verification: Option<bool>,
}

/// A cluster reached with a kubeconfig.
#[derive(Clone, Debug, Model)]
pub struct KubernetesBlock {
    /// The kubeconfig file. Default: `$KUBECONFIG`, else `~/.kube/config`.
    #[attribute(optional)]
    config_path: Option<String>,

    /// Name of the context in the kubeconfig. Default: its current one.
    #[attribute(optional)]
    config_context: Option<String>,
}

impl ProviderBlock {
    /// Validates what no single attribute can say.
    pub fn validate_config(config: &ProviderBlockDraft, diagnostics: &mut Diagnostics) {
        if let Some(ssh) = config.ssh.given()
            && ssh.private_key.is_some()
            && ssh.private_key_file.is_some()
        {
            diagnostics.error_at(
                tfplugin::Path::from("ssh").attribute("private_key_file"),
                "Conflicting SSH keys",
                "ssh.private_key and ssh.private_key_file are two ways to give one key. Keep one of them.",
            );
        }
    }

    /// Makes the session of a run; connects to nothing.
    pub fn open(
        config: ProviderBlockDraft,
        cross_checks: Box<dyn CrossCheck>,
    ) -> Result<Session, Diagnostics> {
        block_checks::files_exist(&named_files(&config))?;
        let ssh = Arc::new(Ssh::new(ssh_settings(&config.ssh)?));
        let kubernetes = config.kubernetes.given().map(|block| KubernetesSettings {
            config_path: block.config_path.clone(),
            config_context: block.config_context.clone(),
        });
        let routers = match &*config.routers {
            Knowable::Known(routers) => Routers::new(router_settings(routers.clone().unwrap_or_default())),
            Knowable::Unknown => Routers::unknown(),
        };
        let locks = Arc::<ClusterLocks>::default();
        let clusters = Clusters::new(Arc::clone(&ssh), kubernetes, Arc::clone(&locks));
        let (kept_secrets, machines) = (KeptSecrets::default(), MachineRegister::default());
        Ok(Session { ssh, clusters, locks, routers, cross_checks, kept_secrets, machines })
    }
}

/// The files of this machine that the block names.
fn named_files(config: &ProviderBlockDraft) -> Vec<(tfplugin::Path, String)> {
    let mut files = Vec::new();
    let mut add = |block: &str, attribute: &str, file: Option<&String>| {
        files.extend(file.map(|file| (tfplugin::Path::from(block).attribute(attribute), file.clone())));
    };
    if let Some(ssh) = config.ssh.given() {
        add("ssh", "private_key_file", ssh.private_key_file.as_ref());
        add("ssh", "config_file", ssh.config_file.as_ref());
    }
    if let Some(kubernetes) = config.kubernetes.given() {
        add("kubernetes", "config_path", kubernetes.config_path.as_ref());
    }
    files
}

/// Settings that are unknown while planning leave nodes unreached, which is a warning where one is needed,
/// not an error.
fn ssh_settings(block: &Knowable<Option<SshBlock>>) -> Result<SshSettings, Diagnostics> {
    let Some(block) = block.given() else { return Ok(SshSettings::default()) };
    let host_key_check = match &block.host_key_check {
        None => HostKeyCheck::default(),
        Some(word) => word.parse().map_err(|message: String| {
            Diagnostic::error("Invalid Attribute Value", message)
                .at(tfplugin::Path::from("ssh").attribute("host_key_check"))
        })?,
    };
    Ok(SshSettings {
        user: block.user.clone(),
        port: block.port,
        private_key: block.private_key.clone(),
        private_key_file: block.private_key_file.clone(),
        config_file: block.config_file.clone(),
        host_key_check,
        ..SshSettings::default()
    })
}

fn router_settings(
    routers: BTreeMap<String, Knowable<RouterBlock>>,
) -> BTreeMap<String, Option<RouterSettings>> {
    let settings = |block: RouterBlock| RouterSettings {
        url: block.url,
        api_key: block.api_key,
        ca_certificate: block.ca_certificate.map(|Lines(text)| text),
        insecure_skip_certificate_verification: block.insecure_skip_certificate_verification.unwrap_or(false),
    };
    routers.into_iter().map(|(name, block)| (name, block.known().cloned().map(settings))).collect()
}

fn host_key_check(word: &Option<String>) -> Result<(), String> {
    word.as_ref().map_or(Ok(()), |word| word.parse::<HostKeyCheck>().map(drop))
}
