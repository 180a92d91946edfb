//! The provider block, from which a run's [`Session`] is made.

use super::kubernetes_block::KubernetesBlock;
use super::{CrossCheck, Environment, KeptSecrets, MachineRegister, Session, block_checks};
use crate::connection::cluster::{ClusterLocks, Clusters};
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
    /// that. Default: the router at `$VYOS_URL`, under the name `default`, with `$VYOS_API_KEY` and
    /// `$VYOS_CA_CERTIFICATE`.
    #[attribute(optional)]
    routers: Option<BTreeMap<String, Knowable<RouterBlock>>>,

    /// A cluster that is not reached through one of its nodes, for `calico_*` and `metallb_*` resources
    /// without a `cluster`.
    #[attribute(optional)]
    kubernetes: Option<KubernetesBlock>,
}

/// How nodes are reached over SSH.
#[derive(Clone, Debug, Default, Model)]
pub struct SshBlock {
    /// User to log in as; it needs `sudo` without a password. Default: `$MICROK8S_SSH_USER`, else what
    /// `~/.ssh/config` says, else the local user.
    #[attribute(optional)]
    user: Option<String>,

    /// TCP port, 1 to 65535. Default: `$MICROK8S_SSH_PORT`, else what `~/.ssh/config` says, else 22.
    #[attribute(optional)]
    port: Option<u16>,

    /// Private key in OpenSSH or PEM form. Default: `$MICROK8S_SSH_PRIVATE_KEY`, else an agent, or the SSH
    /// client's default key files.
    #[attribute(optional, validate = block_checks::private_key)]
    private_key: Option<Secret>,

    /// File with the private key, in place of `private_key`; not both. Default:
    /// `$MICROK8S_SSH_PRIVATE_KEY_FILE`.
    #[attribute(optional)]
    private_key_file: Option<String>,

    /// SSH client configuration file. Default: `$MICROK8S_SSH_CONFIG_FILE`, else `~/.ssh/config`.
    #[attribute(optional)]
    config_file: Option<String>,

    /// What to do about a host key that is not known yet. Default: `$MICROK8S_SSH_HOST_KEY_CHECK`, else
    /// `accept-new`, which trusts the first one seen and records it; `strict` refuses,
    /// `insecure-accept-any-host-key` trusts whoever answers. A key that a `microk8s_node` pins as `host_key`
    /// is checked strictly in any case.
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

    /// A key of its HTTP API (`set service https api keys id ... key ...`). Default: `$VYOS_API_KEY_<NAME>`,
    /// the router's name in capitals and `_` for what is neither letter nor digit; else `$VYOS_API_KEY`.
    #[attribute(optional, validate = block_checks::api_key)]
    api_key: Option<Secret>,

    /// The only certificate authority (or self-signed certificate) that its API is trusted to show, as PEM.
    /// Default: the system's authorities.
    #[attribute(optional, validate = block_checks::ca_certificate)]
    ca_certificate: Option<Lines>,

    /// Disables verification of the API's TLS certificate. Use for testing only. Default `false`.
    #[attribute(optional)]
    insecure_skip_certificate_verification: Option<bool>,
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
        if let Some(kubernetes) = config.kubernetes.given() {
            kubernetes.check(diagnostics);
        }
    }

    /// Makes the session of a run; connects to nothing. The environment gives what the block leaves out.
    pub fn open(
        config: ProviderBlockDraft,
        cross_checks: Box<dyn CrossCheck>,
        environment: &Environment<'_>,
    ) -> Result<Session, Diagnostics> {
        block_checks::files_exist(&named_files(&config))?;
        let ssh = Arc::new(Ssh::new(ssh_settings(&config.ssh, environment)?));
        let kubernetes = config.kubernetes.given().map(KubernetesBlock::settings);
        let routers = match &*config.routers {
            Knowable::Known(Some(routers)) => Routers::new(router_settings(routers.clone(), environment)?),
            Knowable::Known(None) => Routers::new(router_of(environment)?),
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
fn ssh_settings(
    block: &Knowable<Option<SshBlock>>,
    environment: &Environment<'_>,
) -> Result<SshSettings, Diagnostics> {
    if matches!(block, Knowable::Unknown) {
        return Ok(SshSettings::default());
    }
    let block = block.given().cloned().unwrap_or_default();
    let text = |value: String| Ok(value);
    let (private_key, private_key_file) = match (block.private_key, block.private_key_file) {
        (None, None) => {
            let checked = |text: String| {
                let key = Some(Secret::new(text));
                block_checks::private_key(&key).map(|()| key)
            };
            let key = environment.or(None, "MICROK8S_SSH_PRIVATE_KEY", checked)?.flatten();
            let file = environment.get("MICROK8S_SSH_PRIVATE_KEY_FILE").filter(|_| key.is_none());
            (key, file)
        }
        given => given,
    };
    let port = |text: String| match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("{text:?} is no TCP port, 1 to 65535")),
    };
    let host_key_check = match &block.host_key_check {
        None => environment.or(None, "MICROK8S_SSH_HOST_KEY_CHECK", |word| word.parse())?,
        Some(word) => Some(word.parse().map_err(|message: String| {
            Diagnostic::error("Invalid Attribute Value", message)
                .at(tfplugin::Path::from("ssh").attribute("host_key_check"))
        })?),
    };
    Ok(SshSettings {
        user: environment.or(block.user, "MICROK8S_SSH_USER", text)?,
        port: environment.or(block.port, "MICROK8S_SSH_PORT", port)?,
        private_key,
        private_key_file,
        config_file: environment.or(block.config_file, "MICROK8S_SSH_CONFIG_FILE", text)?,
        host_key_check: host_key_check.unwrap_or_default(),
        ..SshSettings::default()
    })
}

/// The key of all routers that have none of their own.
const API_KEY: &str = "VYOS_API_KEY";

fn router_settings(
    routers: BTreeMap<String, Knowable<RouterBlock>>,
    environment: &Environment<'_>,
) -> Result<BTreeMap<String, Option<RouterSettings>>, Diagnostics> {
    let mut found = Diagnostics::new();
    let mut settings = |name: &String, block: RouterBlock| {
        let own = format!("{API_KEY}_{}", variable_part(name));
        let given = block
            .api_key
            .or_else(|| environment.get(&own).or_else(|| environment.get(API_KEY)).map(Secret::new));
        let Some(api_key) = given else {
            let detail = format!(
                "Router {name:?} has no API key. Give its api_key, or the environment variable {own}, or {API_KEY} for all routers."
            );
            found.error_at(
                tfplugin::Path::from("routers").key(name).attribute("api_key"),
                "Missing API key",
                detail,
            );
            return None;
        };
        Some(RouterSettings {
            url: block.url,
            api_key,
            ca_certificate: block.ca_certificate.map(|Lines(text)| text),
            insecure_skip_certificate_verification: block
                .insecure_skip_certificate_verification
                .unwrap_or(false),
        })
    };
    let one = |(name, block): (String, Knowable<RouterBlock>)| {
        let settings = block.known().cloned().and_then(|block| settings(&name, block));
        (name, settings)
    };
    let all = routers.into_iter().map(one).collect();
    if found.has_errors() { Err(found) } else { Ok(all) }
}

/// The router that the environment gives to a provider block without any.
fn router_of(environment: &Environment<'_>) -> Result<BTreeMap<String, Option<RouterSettings>>, Diagnostics> {
    let checked = |url: String| block_checks::router_url(&url).map(|()| url);
    let Some(url) = environment.or(None, "VYOS_URL", checked)? else { return Ok(BTreeMap::new()) };
    let certificate = |text: String| {
        let lines = Some(Lines(text));
        block_checks::ca_certificate(&lines).map(|()| lines)
    };
    let block = RouterBlock {
        url,
        api_key: None,
        ca_certificate: environment.or(None, "VYOS_CA_CERTIFICATE", certificate)?.flatten(),
        insecure_skip_certificate_verification: None,
    };
    router_settings([("default".to_owned(), Knowable::Known(block))].into(), environment)
}

/// A router's name as a part of a variable's.
fn variable_part(name: &str) -> String {
    let one = |one: char| if one.is_ascii_alphanumeric() { one.to_ascii_uppercase() } else { '_' };
    name.chars().map(one).collect()
}

fn host_key_check(word: &Option<String>) -> Result<(), String> {
    word.as_ref().map_or(Ok(()), |word| word.parse::<HostKeyCheck>().map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nplanted\n-----END OPENSSH PRIVATE KEY-----\n";

    fn with<T>(variables: &[(&str, &str)], work: impl FnOnce(&Environment<'_>) -> T) -> T {
        let get =
            |name: &str| variables.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).to_owned());
        work(&Environment(&get))
    }

    fn told(found: Diagnostics) -> String {
        found.iter().map(|one| format!("{:?} {}\n", one.attribute, one.detail)).collect()
    }

    #[test]
    fn the_environment_gives_what_the_ssh_block_leaves_out() {
        let variables = [
            ("MICROK8S_SSH_USER", "ubuntu"),
            ("MICROK8S_SSH_PORT", "2222"),
            ("MICROK8S_SSH_PRIVATE_KEY", KEY),
            ("MICROK8S_SSH_PRIVATE_KEY_FILE", "/id"),
            ("MICROK8S_SSH_CONFIG_FILE", "/config"),
            ("MICROK8S_SSH_HOST_KEY_CHECK", "strict"),
        ];
        let settings = |block: Option<SshBlock>, variables: &[(&str, &str)]| {
            with(variables, |environment| ssh_settings(&Knowable::Known(block), environment))
        };
        let found = settings(None, &variables).unwrap();
        assert_eq!((found.user.as_deref(), found.port), (Some("ubuntu"), Some(2222)));
        assert_eq!(found.private_key.as_ref().map(Secret::expose), Some(KEY));
        assert_eq!((found.private_key_file, found.config_file.as_deref()), (None, Some("/config")));
        assert_eq!(found.host_key_check, HostKeyCheck::Strict);
        // The block goes first, and one way to give the key shuts out the other.
        let block = SshBlock {
            user: Some("root".to_owned()),
            private_key_file: Some("/mine".to_owned()),
            host_key_check: Some("accept-new".to_owned()),
            ..SshBlock::default()
        };
        let found = settings(Some(block), &variables).unwrap();
        assert_eq!((found.user.as_deref(), found.port), (Some("root"), Some(2222)));
        assert_eq!((found.private_key.is_none(), found.private_key_file.as_deref()), (true, Some("/mine")));
        assert_eq!(found.host_key_check, HostKeyCheck::AcceptNew);
        // An empty variable is not set; what is not known yet is not the environment's to say.
        let found =
            settings(None, &[("MICROK8S_SSH_PORT", ""), ("MICROK8S_SSH_PRIVATE_KEY_FILE", "/id")]).unwrap();
        assert_eq!((found.port, found.private_key_file.as_deref()), (None, Some("/id")));
        let unknown = with(&variables, |environment| ssh_settings(&Knowable::Unknown, environment)).unwrap();
        assert_eq!(unknown.user, None);
        for (name, value) in [
            ("MICROK8S_SSH_PORT", "ssh"),
            ("MICROK8S_SSH_PORT", "0"),
            ("MICROK8S_SSH_PRIVATE_KEY", "ssh-ed25519 planted"),
            ("MICROK8S_SSH_HOST_KEY_CHECK", "no"),
        ] {
            let told = told(settings(None, &[(name, value)]).err().unwrap());
            assert!(told.contains(name) && !told.contains("planted"), "{told}");
        }
    }

    #[test]
    fn the_environment_gives_a_router_and_the_keys_of_others() {
        let key_of = |settings: &BTreeMap<String, Option<RouterSettings>>, name: &str| {
            settings[name].as_ref().map(|one| one.api_key.expose().to_owned())
        };
        let variables =
            [("VYOS_URL", "https://10.0.0.1"), ("VYOS_API_KEY", "all"), ("VYOS_API_KEY_EDGE_2", "own")];
        let found = with(&variables, router_of).unwrap();
        assert_eq!(key_of(&found, "default").as_deref(), Some("all"));
        assert_eq!(found["default"].as_ref().unwrap().url, "https://10.0.0.1");
        assert!(with(&[("VYOS_API_KEY", "all")], router_of).unwrap().is_empty());
        let router = |api_key: Option<&str>| {
            Knowable::Known(RouterBlock {
                url: "https://10.0.0.1".to_owned(),
                api_key: api_key.map(Secret::new),
                ca_certificate: None,
                insecure_skip_certificate_verification: None,
            })
        };
        let all = || {
            BTreeMap::from([
                ("given".to_owned(), router(Some("given"))),
                ("edge-2".to_owned(), router(None)),
                ("other".to_owned(), router(None)),
                ("later".to_owned(), Knowable::Unknown),
            ])
        };
        let found = with(&variables, |environment| router_settings(all(), environment)).unwrap();
        let keys = ["given", "edge-2", "other", "later"].map(|name| key_of(&found, name));
        assert_eq!(keys.each_ref().map(Option::as_deref), [Some("given"), Some("own"), Some("all"), None]);
        let missing = with(&[], |environment| router_settings(all(), environment)).err().unwrap();
        let missing = told(missing);
        for part in ["edge-2", "VYOS_API_KEY_EDGE_2", "VYOS_API_KEY for all", "other"] {
            assert!(missing.contains(part), "{missing}");
        }
        for (name, value) in [("VYOS_URL", "http://10.0.0.1"), ("VYOS_CA_CERTIFICATE", "MIIB")] {
            let variables = [("VYOS_URL", "https://10.0.0.1"), ("VYOS_API_KEY", "all"), (name, value)];
            let variables: Vec<_> = variables.into_iter().rev().collect();
            let told = told(with(&variables, router_of).err().unwrap());
            assert!(told.contains(name), "{told}");
        }
    }
}
