//! Ephemeral resource `microk8s_join_token`.

use super::shared::control_plane::control_plane;
use crate::connection::ssh;
use crate::session::Session;
use std::net::Ipv4Addr;
use tfplugin::ephemeral::{EphemeralResource, Opened};
use tfplugin::types::{Secret, Semantic};
use tfplugin::{Computed, Context, Diagnostic, Diagnostics, Knowable, Model};

/// A token with which one machine joins a MicroK8s cluster, in no plan and in no state: for machines that
/// cloud-init joins. `microk8s_cluster_member` needs none. Each time that Terraform opens it, at plan and at
/// apply, the control plane makes another, which expires after 10 minutes.
#[derive(Clone, Debug, Model)]
#[ephemeral_resource(type_name = "microk8s_join_token")]
pub struct JoinToken {
    /// Address of a control plane of the cluster, as its `microk8s_node` has it.
    #[attribute(required, validate = ssh::check_address)]
    host: String,

    /// The `node_name` of the `microk8s_node` at `host`. Where the same apply makes that node, give it: it is
    /// not known before the node is there, and until then no token is made. Another name than the machine's
    /// own is an error.
    #[attribute(optional)]
    node_name: Option<String>,

    /// IPv4 address at which the joining machine reaches the control plane: `microk8s join` takes no other.
    /// Default: `host`, where it is one.
    #[attribute(optional)]
    address: Option<Semantic<Ipv4Addr>>,

    /// What `microk8s join` takes: `10.0.0.11:25000/<token>/<fingerprint>`. A worker adds `--worker`.
    #[attribute(computed)]
    endpoint: Computed<Secret>,
}

impl EphemeralResource for JoinToken {
    type Provider = Session;
    type Model = Self;
    type Private = ();

    fn validate_config(config: &JoinTokenDraft, diagnostics: &mut Diagnostics) {
        if let (Some(host), Knowable::Known(None)) = (config.host.known(), &*config.address)
            && host.parse::<Ipv4Addr>().is_err()
        {
            let detail = format!(
                "{host} is no IPv4 address. Give the one that the joining machine is to use as `address`."
            );
            diagnostics.error_at("address", "Missing address", detail);
        }
    }

    async fn open(
        context: &Context<Session>,
        config: Self,
        (): &mut (),
    ) -> Result<Opened<Self>, Diagnostics> {
        context.unless_stopped(config.open(context)).await
    }
}

impl JoinToken {
    async fn open(self, context: &Context<Session>) -> Result<Opened<Self>, Diagnostics> {
        let summary = format!("Unable to make a token for joining the cluster of {}", self.host);
        let machine = control_plane(context, &self.host, self.node_name.as_deref(), &summary).await?;
        let address = self.address.as_ref().map(|address| *address.value());
        let Some(address) = address.or_else(|| self.host.parse().ok()) else {
            return Err(Diagnostic::error(summary, "`address` is not given.").at("address").into());
        };
        let token = machine.token().await.map_err(|error| error.at("host").into_diagnostics(summary))?;
        Ok(Self { endpoint: token.endpoint(address).into(), ..self }.into())
    }
}
