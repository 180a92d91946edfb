//! A VyOS router to test against: its HTTPS API and its configuration tree, rendered into the real FRR.
//!
//! The API answers with the words, status codes and oddities of the real one; commits succeed in parts as
//! they do there. What it does not play:
//!
//! * Interfaces, their addresses, forwarding and where the API listens are only kept in the tree: the network
//!   namespace that the process lives in has them from whoever made it.
//! * Endpoints beyond the routing configuration (images, certificates, GraphQL) are a 404. VRFs, BFD, IS-IS,
//!   RPKI and most families of BGP are taken, checked and kept, and not rendered into FRR.
//! * A router without FRR has no daemons to ask: `/show` says that they do not run.

mod api;
mod config;
mod control;
mod faults;
mod frr;
mod render;
mod schema;
mod serve;
mod session;
mod tls;
mod tree;
mod verify;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub use config::{RouterConfig, Version};
pub use control::{Control, ControlError, ControlRequest};
pub use faults::{Answer, Counters, Faults};
pub use frr::{Frr, FrrError};
pub use schema::{NotationError, SetRules};
pub use tls::{CA_FILE, TlsError};

use session::Session;

/// Why a router does not start.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// A folder or socket could not be made.
    #[error("unable to use {path}: {source}")]
    Path {
        /// The folder or socket.
        path: PathBuf,
        /// What came back.
        source: std::io::Error,
    },
    /// The address is taken, or not an address of this namespace.
    #[error("unable to listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What came back.
        source: std::io::Error,
    },
    /// The table of nodes does not read.
    #[error(transparent)]
    Schema(#[from] NotationError),
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The routing daemons did not start.
    #[error(transparent)]
    Frr(#[from] FrrError),
    /// The saved configuration does not read.
    #[error("the router's saved configuration: {0}")]
    Boot(String),
}

/// A router that runs. It ends when it is stopped or dropped, and its routing daemons with it.
pub struct Router {
    address: SocketAddr,
    ca_file: PathBuf,
    session: Arc<Session>,
    tasks: Vec<JoinHandle<()>>,
}

impl Router {
    /// Boots a router; its API answers when this returns.
    pub async fn start(config: RouterConfig) -> Result<Self, RouterError> {
        let folder = config.directory.clone();
        std::fs::create_dir_all(&folder)
            .map_err(|source| RouterError::Path { path: folder.clone(), source })?;
        let schema = schema::Schema::new(config.version)?;
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|source| RouterError::Listen { address: config.listen, source })?;
        let address =
            listener.local_addr().map_err(|source| RouterError::Listen { address: config.listen, source })?;
        let names = config.certificate_names.clone();
        let control = control::listen(&config.control)
            .map_err(|source| RouterError::Path { path: config.control.clone(), source })?;
        let session = Arc::new(Session::new(config, schema));
        session.start_frr().await?;
        session.boot().await.map_err(|error| RouterError::Boot(error.to_string()))?;
        session.switches.count_boot();
        let running = session.running();
        let server = tls::server(address.ip(), &names, &folder, configured_certificate(&running))?;
        let acceptor = TlsAcceptor::from(server);
        let tasks = vec![
            tokio::spawn(control::serve(control, Arc::clone(&session))),
            tokio::spawn(serve::serve(listener, acceptor, Arc::clone(&session))),
        ];
        Ok(Self { address, ca_file: folder.join(CA_FILE), session, tasks })
    }

    /// Where the API answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority that signed the API's.
    pub fn ca_file(&self) -> &std::path::Path {
        &self.ca_file
    }

    /// Puts leaves into the configuration that nobody could set today: what an older release, a migration or
    /// a person with an editor left in `config.boot`. The last word of each path is the value.
    pub fn hold(&self, paths: &[Vec<String>]) {
        self.session.hold(paths);
    }

    /// Asks the routing daemons; `None` if the router has none.
    pub async fn vtysh(&self, command: &str) -> Option<String> {
        self.session.vtysh(command).await
    }

    /// Ends the router and waits for its routing daemons to be gone.
    pub async fn stop(self) {
        for task in &self.tasks {
            task.abort();
        }
        self.session.stop_frr().await;
    }

    async fn wait(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the router ended");
            }
        }
    }
}

/// The certificate that `service https` names. One that is named later is shown after the next start only.
fn configured_certificate(running: &tree::Node) -> Option<tls::Configured<'_>> {
    let name = running.value("service https certificates certificate")?;
    let (_, pki) = running.each("pki certificate").find(|(other, _)| *other == name)?;
    Some(tls::Configured { certificate: pki.value("certificate")?, key: pki.value("private key")? })
}

impl Drop for Router {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Boots a router and serves until the process ends.
pub async fn run(config: RouterConfig) -> Result<(), RouterError> {
    Router::start(config).await?.wait().await;
    Ok(())
}
