//! The provider block's `kubernetes`: a cluster that is not reached through one of its nodes.

use super::block_checks;
use crate::connection::cluster::{KubeconfigSource, KubernetesSettings};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kube::config::{
    AuthInfo, Cluster, Context, ExecConfig, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext,
};
use std::collections::{BTreeMap, HashMap};
use tfplugin::types::{Lines, Secret};
use tfplugin::{Diagnostics, Model, Path};

/// A cluster reached with a kubeconfig: a file (`config_path`), a text (`kubeconfig`), or what one would say
/// (`host` and the attributes for it).
#[derive(Clone, Debug, Default, Model)]
pub struct KubernetesBlock {
    /// The kubeconfig file. Default: `$KUBECONFIG`, else `~/.kube/config`.
    #[attribute(optional)]
    pub(super) config_path: Option<String>,

    /// Name of the context in the kubeconfig. Default: its current one.
    #[attribute(optional)]
    config_context: Option<String>,

    /// A kubeconfig as text, such as the `kubeconfig` of an ephemeral `microk8s_kubeconfig`. It is yours: its
    /// `exec` runs on the machine that runs Terraform.
    #[attribute(optional, validate = kubeconfig_text)]
    kubeconfig: Option<Secret>,

    /// Address of the API server, such as `https://10.0.0.11:16443`.
    #[attribute(optional, validate = block_checks::api_server_url)]
    host: Option<String>,

    /// The only certificate authority that the API server at `host` is trusted to show, as PEM. Default: the
    /// system's authorities.
    #[attribute(optional, validate = block_checks::ca_certificate)]
    cluster_ca_certificate: Option<Lines>,

    /// Name that the certificate of the API server at `host` has to have. Default: the host in `host`.
    #[attribute(optional)]
    tls_server_name: Option<String>,

    /// Disables verification of the certificate of the API server at `host`. Use for testing only. Default
    /// `false`.
    #[attribute(optional)]
    insecure_skip_certificate_verification: Option<bool>,

    /// Proxy to `host`: `http://` or `socks5://`, without name and password.
    #[attribute(optional)]
    proxy_url: Option<String>,

    /// Bearer token for `host`, such as a service account's.
    #[attribute(optional)]
    token: Option<Secret>,

    /// Client certificate for `host`, as PEM, with its `client_key`.
    #[attribute(optional, validate = block_checks::ca_certificate)]
    client_certificate: Option<Lines>,

    /// Private key of `client_certificate`, as PEM.
    #[attribute(optional, validate = block_checks::private_key)]
    client_key: Option<Secret>,

    /// Program on the machine that runs Terraform that gives the credentials for `host`, as in a kubeconfig.
    /// It is given 60 s.
    #[attribute(optional)]
    exec: Option<ExecBlock>,
}

/// A program that gives credentials.
#[derive(Clone, Debug, Model)]
pub struct ExecBlock {
    /// Version of the interface: `client.authentication.k8s.io/v1` or `client.authentication.k8s.io/v1beta1`.
    #[attribute(required)]
    api_version: String,

    /// The program.
    #[attribute(required)]
    command: String,

    /// Its arguments. Other users of the machine see them: give no secret here.
    #[attribute(optional)]
    args: Option<Vec<String>>,

    /// Environment variables for it, beside those of Terraform.
    #[attribute(optional, sensitive)]
    env: Option<BTreeMap<String, String>>,
}

/// What the entries of the kubeconfig are called that the block is turned into.
const NAME: &str = "provider";

impl KubernetesBlock {
    /// Finds fault with what no single attribute can say.
    pub(super) fn check(&self, diagnostics: &mut Diagnostics) {
        let mut fault = |attribute: &str, detail: String| {
            let at = Path::from("kubernetes").attribute(attribute);
            diagnostics.error_at(at, "Invalid Attribute Combination", detail);
        };
        let sources = [
            ("config_path", self.config_path.is_some()),
            ("kubeconfig", self.kubeconfig.is_some()),
            ("host", self.host.is_some()),
        ];
        let given: Vec<_> = sources.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        if let [first, others @ ..] = &given[..]
            && let Some(other) = others.first()
        {
            fault(other, format!("{first} and {other} each say where the cluster is. Keep one of them."));
        }
        if self.host.is_some() && self.config_context.is_some() {
            fault(
                "config_context",
                "host is no kubeconfig and has no contexts. Keep one of them.".to_owned(),
            );
        }
        let of_host = [
            ("cluster_ca_certificate", self.cluster_ca_certificate.is_some()),
            ("tls_server_name", self.tls_server_name.is_some()),
            ("insecure_skip_certificate_verification", self.insecure_skip_certificate_verification.is_some()),
            ("proxy_url", self.proxy_url.is_some()),
            ("token", self.token.is_some()),
            ("client_certificate", self.client_certificate.is_some()),
            ("client_key", self.client_key.is_some()),
            ("exec", self.exec.is_some()),
        ];
        for (name, _) in of_host.iter().filter(|(_, given)| *given && self.host.is_none()) {
            fault(name, format!("{name} is for the API server at host, which is not given."));
        }
        for (one, is_given, other, is_other) in [
            (
                "client_certificate",
                self.client_certificate.is_some(),
                "client_key",
                self.client_key.is_some(),
            ),
            (
                "client_key",
                self.client_key.is_some(),
                "client_certificate",
                self.client_certificate.is_some(),
            ),
        ] {
            if is_given && !is_other {
                fault(one, format!("{one} requires {other}."));
            }
        }
    }

    /// How the cluster is reached.
    pub(super) fn settings(&self) -> KubernetesSettings {
        let source = match (&self.host, &self.kubeconfig, &self.config_path) {
            (Some(host), ..) => {
                KubeconfigSource::given(format!("cluster at {host}"), self.kubeconfig_of(host))
            }
            (None, Some(text), _) => {
                // It was checked before. What cannot be read reaches nothing.
                let kubeconfig = Kubeconfig::from_yaml(text.expose()).unwrap_or_default();
                KubeconfigSource::given("cluster of the provider's kubeconfig".to_owned(), kubeconfig)
            }
            (None, None, Some(path)) => KubeconfigSource::File(path.clone()),
            (None, None, None) => KubeconfigSource::Default,
        };
        KubernetesSettings { source, context: self.config_context.clone() }
    }

    /// The kubeconfig that says the same.
    fn kubeconfig_of(&self, host: &str) -> Kubeconfig {
        let encoded = |Lines(text): &Lines| BASE64_STANDARD.encode(text);
        let secret = |secret: &Secret| secret.expose().to_owned().into();
        let cluster = Cluster {
            server: Some(host.to_owned()),
            certificate_authority_data: self.cluster_ca_certificate.as_ref().map(encoded),
            tls_server_name: self.tls_server_name.clone(),
            insecure_skip_tls_verify: self.insecure_skip_certificate_verification,
            proxy_url: self.proxy_url.clone(),
            ..Cluster::default()
        };
        let key = self.client_key.as_ref().map(|key| BASE64_STANDARD.encode(key.expose()).into());
        let user = AuthInfo {
            token: self.token.as_ref().map(secret),
            client_certificate_data: self.client_certificate.as_ref().map(encoded),
            client_key_data: key,
            exec: self.exec.as_ref().map(ExecBlock::config),
            ..AuthInfo::default()
        };
        let context = Context { cluster: NAME.to_owned(), user: Some(NAME.to_owned()), ..Context::default() };
        Kubeconfig {
            clusters: vec![NamedCluster {
                name: NAME.to_owned(),
                cluster: Some(cluster),
                ..NamedCluster::default()
            }],
            auth_infos: vec![NamedAuthInfo {
                name: NAME.to_owned(),
                auth_info: Some(user),
                ..NamedAuthInfo::default()
            }],
            contexts: vec![NamedContext {
                name: NAME.to_owned(),
                context: Some(context),
                ..NamedContext::default()
            }],
            current_context: Some(NAME.to_owned()),
            ..Kubeconfig::default()
        }
    }
}

impl ExecBlock {
    fn config(&self) -> ExecConfig {
        let variable = |(name, value): (&String, &String)| {
            HashMap::from([("name".to_owned(), name.clone()), ("value".to_owned(), value.clone())])
        };
        ExecConfig {
            api_version: Some(self.api_version.clone()),
            command: Some(self.command.clone()),
            args: self.args.clone(),
            env: self.env.as_ref().map(|all| all.iter().map(variable).collect()),
            drop_env: None,
            install_hint: None,
            interactive_mode: None,
            provide_cluster_info: false,
            cluster: None,
            other: BTreeMap::new(),
        }
    }
}

/// Whether it is a kubeconfig. An error's own text may quote a key, and is not repeated.
fn kubeconfig_text(text: &Option<Secret>) -> Result<(), String> {
    let Some(text) = text else { return Ok(()) };
    match Kubeconfig::from_yaml(text.expose()) {
        Ok(kubeconfig) if !kubeconfig.clusters.is_empty() => Ok(()),
        Ok(_) => Err("this kubeconfig has no `clusters`".to_owned()),
        Err(_) => {
            Err("this is not a kubeconfig: it is YAML with `clusters`, `users` and `contexts`".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kubeconfig(block: &KubernetesBlock) -> serde_json::Value {
        match block.settings().source {
            KubeconfigSource::Given { kubeconfig, .. } => serde_json::to_value(&*kubeconfig).unwrap(),
            other => panic!("{other:?} is no kubeconfig of the block"),
        }
    }

    #[test]
    fn the_attributes_for_a_host_say_what_a_kubeconfig_would() {
        let text = |text: &str| Some(text.to_owned());
        let block = KubernetesBlock {
            host: text("https://10.0.0.11:16443"),
            cluster_ca_certificate: Some(Lines("authority".to_owned())),
            tls_server_name: text("kubernetes"),
            proxy_url: text("socks5://127.0.0.1:1080"),
            client_certificate: Some(Lines("certificate".to_owned())),
            client_key: Some(Secret::new("key")),
            exec: Some(ExecBlock {
                api_version: "client.authentication.k8s.io/v1".to_owned(),
                command: "login".to_owned(),
                args: Some(vec!["a".to_owned()]),
                env: Some([("REGION".to_owned(), "x".to_owned())].into()),
            }),
            ..KubernetesBlock::default()
        };
        let found = kubeconfig(&block);
        assert_eq!(
            found["clusters"],
            json!([{"name": "provider", "cluster": {
                "server": "https://10.0.0.11:16443", "certificate-authority-data": BASE64_STANDARD.encode("authority"),
                "tls-server-name": "kubernetes", "proxy-url": "socks5://127.0.0.1:1080",
            }}])
        );
        assert_eq!(
            found["users"],
            json!([{"name": "provider", "user": {
                "client-certificate-data": BASE64_STANDARD.encode("certificate"),
                "client-key-data": BASE64_STANDARD.encode("key"),
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1", "command": "login", "args": ["a"],
                    "env": [{"name": "REGION", "value": "x"}], "provideClusterInfo": false,
                },
            }}])
        );
        assert_eq!(found["current-context"], "provider");
        assert_eq!(found["contexts"][0]["context"], json!({"cluster": "provider", "user": "provider"}));
        let token = KubernetesBlock {
            token: Some(Secret::new("t")),
            insecure_skip_certificate_verification: Some(true),
            ..KubernetesBlock { exec: None, client_certificate: None, client_key: None, ..block }
        };
        let found = kubeconfig(&token);
        assert_eq!(found["users"][0]["user"], json!({"token": "t"}));
        assert_eq!(found["clusters"][0]["cluster"]["insecure-skip-tls-verify"], true);
        let shown = format!("{:?}", token.settings());
        assert!(shown.contains("cluster at https://10.0.0.11:16443") && !shown.contains("Secret"), "{shown}");
    }

    #[test]
    fn a_kubeconfig_as_text_is_used_as_it_is() {
        let text =
            "clusters: [{name: a, cluster: {server: 'https://10.0.0.11:16443'}}]\ncurrent-context: a\n";
        assert_eq!(kubeconfig_text(&Some(Secret::new(text))), Ok(()));
        let block = KubernetesBlock {
            kubeconfig: Some(Secret::new(text)),
            config_context: Some("b".to_owned()),
            ..KubernetesBlock::default()
        };
        assert_eq!(kubeconfig(&block)["clusters"][0]["cluster"]["server"], "https://10.0.0.11:16443");
        assert_eq!(block.settings().context.as_deref(), Some("b"));
        for wrong in ["", "planted", "clusters: []", "clusters: planted"] {
            let told = kubeconfig_text(&Some(Secret::new(wrong))).unwrap_err();
            assert!(!told.contains("planted"), "{told}");
        }
    }
}
