//! Ephemeral resource `microk8s_kubeconfig`.

use super::shared::control_plane::control_plane;
use crate::connection::cluster::kubeconfig_of;
use crate::connection::ssh;
use crate::session::Session;
use tfplugin::ephemeral::{EphemeralResource, Opened};
use tfplugin::types::Secret;
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Model};

/// The administrator's access to a MicroK8s cluster, in no plan and in no state: for the `kubernetes` and
/// `helm` providers, or for the `kubernetes` block of this one. It is read over SSH from a control plane each
/// time that Terraform needs it.
#[derive(Clone, Debug, Model)]
#[ephemeral_resource(type_name = "microk8s_kubeconfig")]
pub struct Kubeconfig {
    /// Address of a control plane of the cluster, as its `microk8s_node` has it.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// The `node_name` of the `microk8s_node` at `host`. Where the same apply makes that node, give it: it is
    /// not known before the node is there, and until then nothing is read. Another name than the machine's
    /// own is an error.
    #[attribute(optional)]
    node_name: Option<String>,

    /// Address at which the API server is reached, where it is not `host`: such as
    /// `https://k8s.example:16443`. Its certificate has to name it. Default: `https://` with `host` and the
    /// node's own port, 16443.
    #[attribute(optional, computed, validate = check_server)]
    server: Computed<String>,

    /// The kubeconfig, as text.
    #[attribute(computed)]
    kubeconfig: Computed<Secret>,

    /// The authority of the API server's certificate, as PEM.
    #[attribute(computed)]
    cluster_ca_certificate: Computed<String>,

    /// The client certificate, as PEM; none where the cluster gives its administrator a token.
    #[attribute(computed)]
    client_certificate: Computed<Option<String>>,

    /// Private key of `client_certificate`, as PEM.
    #[attribute(computed)]
    client_key: Computed<Option<Secret>>,

    /// The administrator's bearer token; none where the cluster gives a client certificate.
    #[attribute(computed)]
    token: Computed<Option<Secret>>,
}

impl EphemeralResource for Kubeconfig {
    type Provider = Session;
    type Model = Self;
    type Private = ();

    async fn open(
        context: &Context<Session>,
        config: Self,
        (): &mut (),
    ) -> Result<Opened<Self>, Diagnostics> {
        context.unless_stopped(config.open(context)).await
    }
}

impl Kubeconfig {
    async fn open(self, context: &Context<Session>) -> Result<Opened<Self>, Diagnostics> {
        let summary = format!("Unable to read the kubeconfig of {}", self.host);
        control_plane(context, &self.host, self.node_name.as_deref(), &summary).await?;
        let found = kubeconfig_of(&context.provider().ssh, &self.host)
            .await
            .map_err(|error| Diagnostic::error(summary, error.to_string()).at("host"))?;
        let server = match self.server.known() {
            Some(server) => server.clone(),
            None => format!("https://{}:{}", in_url(&self.host), found.port),
        };
        let (certificate, key) = found.client_certificate().unzip();
        Ok(Self {
            kubeconfig: Secret::new(found.text(&server)).into(),
            server: server.into(),
            cluster_ca_certificate: found.authority().into(),
            client_certificate: certificate.into(),
            client_key: key.map(Secret::new).into(),
            token: found.token().map(Secret::new).into(),
            ..self
        }
        .into())
    }
}

/// An address as the host of a URL.
fn in_url(host: &str) -> String {
    if host.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() }
}

fn check_server(server: &Computed<String>) -> Result<(), String> {
    let Some(server) = server.known() else { return Ok(()) };
    match server.parse::<http::Uri>() {
        Ok(uri) if uri.scheme_str() == Some("https") && uri.host().is_some() => Ok(()),
        _ => Err(format!(
            "{server:?} is not the https:// address of an API server, such as https://10.0.0.11:16443"
        )),
    }
}
