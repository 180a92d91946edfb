//! The provider's block, and the table of what is served.

use crate::server::Server;
use crate::{download_file, file, vm};
use tfplugin::types::Secret;
use tfplugin::{Diagnostics, Model, Provider, Registry};

/// Makes virtual machines on Proxmox VE.
#[derive(Clone, Debug, Model)]
pub(crate) struct Config {
    /// Address of the server's API.
    #[attribute(optional)]
    endpoint: Option<String>,

    /// A token, `user@realm!name=secret`.
    #[attribute(optional)]
    api_token: Option<Secret>,

    /// A user with a realm, such as `root@pam`.
    #[attribute(optional)]
    username: Option<String>,

    /// The user's password.
    #[attribute(optional)]
    password: Option<Secret>,

    /// Talks to a server whose certificate nobody vouches for.
    #[attribute(optional)]
    insecure: Option<bool>,

    /// How snippets get onto the server.
    #[attribute(block(max_items = 1))]
    ssh: Vec<Ssh>,
}

/// An SSH login at the server.
#[derive(Clone, Debug, Model)]
pub(crate) struct Ssh {
    /// Whether an agent has the key.
    #[attribute(optional)]
    agent: Option<bool>,

    /// The user.
    #[attribute(optional)]
    username: Option<String>,

    /// The user's password.
    #[attribute(optional)]
    password: Option<Secret>,

    /// The user's key.
    #[attribute(optional)]
    private_key: Option<Secret>,
}

/// The provider.
pub(crate) struct Proxmox;

impl Provider for Proxmox {
    type Config = Config;
    type Configured = Server;

    const NAME: &'static str = "proxmox";
    const SOURCE: &'static str = "bpg/proxmox";

    fn registry() -> Registry<Server> {
        Registry::default()
            .resource::<vm::VmResource>()
            .resource::<file::FileResource>()
            .resource::<download_file::DownloadFileResource>()
    }

    fn validate_config(config: &ConfigDraft, diagnostics: &mut Diagnostics) {
        if config.endpoint.given().is_some_and(|endpoint| !endpoint.starts_with("https://")) {
            diagnostics.error_at("endpoint", "Invalid endpoint", "The endpoint is an https:// address.");
        }
        if config.api_token.given().is_some_and(|token| {
            let token = token.expose();
            !(token.contains('@') && token.contains('!') && token.contains('='))
        }) {
            diagnostics.error_at("api_token", "Invalid API token", "A token reads user@realm!name=secret.");
        }
    }

    async fn configure(config: ConfigDraft) -> Result<Server, Diagnostics> {
        let mut found = Diagnostics::new();
        let is_null = |known: bool, given: bool| known && !given;
        if is_null(config.endpoint.known().is_some(), config.endpoint.given().is_some()) {
            found.error_at(
                "endpoint",
                "Unable to use Proxmox VE",
                "You must specify the endpoint of its API.",
            );
        }
        let password = config.username.given().is_some() && config.password.given().is_some();
        if config.api_token.known().is_some() && config.api_token.given().is_none() && !password {
            let detail = "You must specify an API token, or a user and a password.";
            found.error_at("api_token", "Unable to use Proxmox VE", detail);
        }
        if found.has_errors() { Err(found) } else { Ok(Server::default()) }
    }
}
