//! The kubeconfig that a node prints. It is a stranger's text: of all that a kubeconfig can ask for, only
//! what names an API server behind the tunnel and us to it is used. A field that would run a program, read a
//! file, or send our credentials elsewhere is an error, as the node's own `microk8s config` never prints one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kube::Config;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};

/// MicroK8s' own has 6 KB; a chain of certificates may be longer.
const SIZE: usize = 256 << 10;

/// The address that the server's certificate always names, and the near end of the tunnel stands for.
const LOOPBACK: &str = "127.0.0.1";

/// What is used of the kubeconfig that a node prints.
pub struct NodeKubeconfig {
    /// Port of the API server.
    pub port: u16,
    /// The authority of the API server's certificate: PEM in base64.
    authority: String,
    certificates: Vec<Vec<u8>>,
    credentials: Credentials,
}

/// Who we are to the API server.
enum Credentials {
    /// A certificate with its key, each PEM in base64.
    Certificate {
        certificate: String,
        key: String,
    },
    Token(String),
}

impl NodeKubeconfig {
    /// Reads what a node prints.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > SIZE {
            return Err(format!("the kubeconfig that the node prints has over {} KiB", SIZE >> 10));
        }
        // An error's own text quotes what it does not understand, which may be the key.
        let unreadable = |why: &str| format!("the kubeconfig that the node prints cannot be read{why}");
        // To JSON first: the reader of YAML is compiled once, and not for each field of a kubeconfig.
        let file: Json = serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
            let place = error.location().map(|at| format!(" (line {}, column {})", at.line(), at.column()));
            unreadable(&place.unwrap_or_default())
        })?;
        let file = File::deserialize(&file).map_err(|_| unreadable(": its fields are not those of one"))?;
        let current = given(file.current_context).ok_or_else(|| lacks("current-context"))?;
        let context = only(file.contexts, |one| &one.name, &current, "contexts")?.context.unwrap_or_default();
        let cluster = given(context.cluster).ok_or_else(|| lacks("contexts[].context.cluster"))?;
        let cluster = only(file.clusters, |one| &one.name, &cluster, "clusters")?.cluster.unwrap_or_default();
        let user = given(context.user).ok_or_else(|| lacks("contexts[].context.user"))?;
        let user = only(file.users, |one| &one.name, &user, "users")?.user.unwrap_or_default();
        cluster.refuse()?;
        user.refuse()?;
        let port = cluster.port()?;
        let (authority, certificates) = cluster.authority()?;
        Ok(Self { port, authority, certificates, credentials: user.credentials()? })
    }

    /// For a client at the near end of the tunnel.
    pub(super) fn config(&self) -> Result<Config, String> {
        let address = format!("https://{LOOPBACK}:{}", self.port).parse();
        let mut config = Config::new(address.map_err(|_| no_server())?);
        config.root_cert = Some(self.certificates.clone());
        config.default_retry = false;
        match &self.credentials {
            Credentials::Certificate { certificate, key } => {
                config.auth_info.client_certificate_data = Some(certificate.clone());
                config.auth_info.client_key_data = Some(key.clone().into());
            }
            Credentials::Token(token) => config.auth_info.token = Some(token.clone().into()),
        }
        Ok(config)
    }

    /// The authority of the API server's certificate, as PEM.
    pub fn authority(&self) -> String {
        pem(&self.authority)
    }

    /// The client certificate and its key, as PEM.
    pub fn client_certificate(&self) -> Option<(String, String)> {
        match &self.credentials {
            Credentials::Certificate { certificate, key } => Some((pem(certificate), pem(key))),
            Credentials::Token(_) => None,
        }
    }

    /// The bearer token.
    pub fn token(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::Certificate { .. } => None,
            Credentials::Token(token) => Some(token),
        }
    }

    /// A kubeconfig for other programs, which reach the API server at `server`.
    pub fn text(&self, server: &str) -> String {
        let user = match &self.credentials {
            Credentials::Certificate { certificate, key } => {
                json!({ "client-certificate-data": certificate, "client-key-data": key })
            }
            Credentials::Token(token) => json!({ "token": token }),
        };
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{
                "name": NAME,
                "cluster": { "certificate-authority-data": self.authority, "server": server },
            }],
            "users": [{ "name": NAME, "user": user }],
            "contexts": [{ "name": NAME, "context": { "cluster": NAME, "user": NAME } }],
            "current-context": NAME,
        });
        // JSON is YAML, and quotes everything that has to be.
        format!("{kubeconfig:#}\n")
    }
}

/// What the entries of a kubeconfig are called that is made here.
const NAME: &str = "microk8s";

/// PEM from its base64, which was decoded before.
fn pem(encoded: &str) -> String {
    STANDARD.decode(encoded).map(|pem| String::from_utf8_lossy(&pem).into_owned()).unwrap_or_default()
}

fn no_server() -> String {
    "`clusters[].cluster.server` of the node's kubeconfig is no address as `https://127.0.0.1:16443`"
        .to_owned()
}

fn options() -> serde_saphyr::Options {
    let budget = serde_saphyr::budget! {
        max_documents: 1,
        max_events: 10_000,
        max_aliases: 0,
        max_depth: 32,
    };
    // Doubled keys are an error unless said otherwise.
    serde_saphyr::options! { budget: budget, with_snippet: false }
}

fn lacks(field: &str) -> String {
    format!("the kubeconfig that the node prints has no `{field}`")
}

/// Empty is not given, as for `kubectl`.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The one entry of that name; two are an error, as for `kubectl`.
fn only<T>(all: Option<Vec<T>>, name_of: fn(&T) -> &str, name: &str, list: &str) -> Result<T, String> {
    let mut named = all.unwrap_or_default().into_iter().filter(|one| name_of(one) == name);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(format!("`{list}` of the node's kubeconfig has no {name:?}, which is named in it")),
        (Some(_), Some(_)) => Err(format!("`{list}` of the node's kubeconfig has {name:?} twice")),
    }
}

/// Base64 as it stands in a kubeconfig, without what YAML made of its line ends.
fn inline(text: &str, field: &str) -> Result<String, String> {
    let text: String = text.split_ascii_whitespace().collect();
    match STANDARD.decode(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(format!("`{field}` of the node's kubeconfig is not base64")),
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "current-context")]
    current_context: Option<String>,
    contexts: Option<Vec<NamedContext>>,
    clusters: Option<Vec<NamedCluster>>,
    users: Option<Vec<NamedUser>>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Option<Context>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: Option<User>,
}

#[derive(Default, Deserialize)]
struct Context {
    cluster: Option<String>,
    user: Option<String>,
}

/// That a field is there; null is as if it were not.
type Present = Option<IgnoredAny>;

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Cluster {
    server: Option<String>,
    certificate_authority_data: Option<String>,
    certificate_authority: Present,
    insecure_skip_tls_verify: Option<bool>,
    proxy_url: Present,
    tls_server_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct User {
    #[serde(rename = "client-certificate-data")]
    certificate: Option<String>,
    #[serde(rename = "client-key-data")]
    key: Option<String>,
    token: Option<String>,
    exec: Present,
    auth_provider: Present,
    #[serde(rename = "tokenFile")]
    token_file: Present,
    client_certificate: Present,
    client_key: Present,
    username: Present,
    password: Present,
    #[serde(rename = "as")]
    impersonated: Present,
    as_uid: Present,
    as_groups: Present,
    as_user_extra: Present,
}

const PROGRAM: &str = "would run a program on the machine that runs Terraform";
const OWN_FILE: &str = "would read a file of the machine that runs Terraform";
const SOMEBODY_ELSE: &str = "would make the provider another user there";

impl Cluster {
    fn refuse(&self) -> Result<(), String> {
        refuse(
            "clusters[].cluster",
            &[
                ("certificate-authority", self.certificate_authority.is_some(), OWN_FILE),
                (
                    "insecure-skip-tls-verify",
                    self.insecure_skip_tls_verify == Some(true),
                    "would let anybody answer in the API server's place",
                ),
                ("proxy-url", self.proxy_url.is_some(), "would lead to another machine"),
                (
                    "tls-server-name",
                    self.tls_server_name.as_deref().is_some_and(|name| !["", LOOPBACK].contains(&name)),
                    "would take another server's certificate",
                ),
            ],
        )
    }

    /// Only the port is the node's to say: the host is the tunnel's far end, and TLS is not to be left out.
    fn port(&self) -> Result<u16, String> {
        let server = self.server.as_deref().unwrap_or_default();
        let uri: http::Uri = server.parse().map_err(|_| no_server())?;
        if uri.scheme() != Some(&http::uri::Scheme::HTTPS) {
            return Err(no_server());
        }
        // `http` takes a port that is no number of 16 bits for none.
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        let after = |text: &str, mark| text.rsplit_once(mark).map_or(text, |(_, rest)| rest).to_owned();
        match after(&after(authority, '@'), ']').rsplit_once(':') {
            Some((_, port)) => port.parse::<u16>().ok().filter(|port| *port != 0).ok_or_else(no_server),
            None => Ok(443),
        }
    }

    /// As it stands there, and the certificates in it.
    fn authority(&self) -> Result<(String, Vec<Vec<u8>>), String> {
        const FIELD: &str = "clusters[].cluster.certificate-authority-data";
        let no_certificate = || format!("`{FIELD}` of the node's kubeconfig holds no certificate");
        let text = inline(self.certificate_authority_data.as_deref().unwrap_or_default(), FIELD)?;
        let pem = STANDARD.decode(&text).map_err(|_| no_certificate())?;
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let all = all.map_err(|_| no_certificate())?;
        // Without one, whatever this machine trusts would do.
        if all.is_empty() {
            return Err(no_certificate());
        }
        Ok((text, all.into_iter().map(|one| one.to_vec()).collect()))
    }
}

impl User {
    fn credentials(self) -> Result<Credentials, String> {
        match self {
            Self { certificate: Some(certificate), key: Some(key), token: None, .. } => {
                Ok(Credentials::Certificate {
                    certificate: inline(&certificate, "users[].user.client-certificate-data")?,
                    key: inline(&key, "users[].user.client-key-data")?,
                })
            }
            Self { certificate: None, key: None, token: Some(token), .. } => {
                // What no header can hold ends the process in the client's own code.
                if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err("`users[].user.token` of the node's kubeconfig is no token".to_owned());
                }
                Ok(Credentials::Token(token))
            }
            _ => Err(
                "the user of the node's kubeconfig has neither a token nor a client certificate with its \
                      key, or it has both"
                    .to_owned(),
            ),
        }
    }

    fn refuse(&self) -> Result<(), String> {
        refuse(
            "users[].user",
            &[
                ("exec", self.exec.is_some(), PROGRAM),
                ("auth-provider", self.auth_provider.is_some(), PROGRAM),
                ("tokenFile", self.token_file.is_some(), OWN_FILE),
                ("client-certificate", self.client_certificate.is_some(), OWN_FILE),
                ("client-key", self.client_key.is_some(), OWN_FILE),
                ("username", self.username.is_some(), SOMEBODY_ELSE),
                ("password", self.password.is_some(), SOMEBODY_ELSE),
                ("as", self.impersonated.is_some(), SOMEBODY_ELSE),
                ("as-uid", self.as_uid.is_some(), SOMEBODY_ELSE),
                ("as-groups", self.as_groups.is_some(), SOMEBODY_ELSE),
                ("as-user-extra", self.as_user_extra.is_some(), SOMEBODY_ELSE),
            ],
        )
    }
}

/// An error about the first of these fields that is set.
fn refuse(of: &str, fields: &[(&str, bool, &str)]) -> Result<(), String> {
    match fields.iter().find(|(_, set, _)| *set) {
        Some((field, _, effect)) => Err(format!(
            "the kubeconfig that the node prints has `{of}.{field}`, which {effect}. Of a node's kubeconfig only these are \
             used: the port in `server`, and from within the file the authority's certificate and either a client \
             certificate with its key or a token"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
