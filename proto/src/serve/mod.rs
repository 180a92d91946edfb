//! Runs a provider as a plugin process: handshake, mutual TLS, and the end.

mod connection;
mod debug;
mod handshake;
mod launch;
mod listener;
mod log;
mod services;
mod tls;

use crate::panic;
use crate::provider::Provider;
use crate::rpc::{Service, Shared};
use crate::wire::tfplugin6::provider_server::ProviderServer;
use connection::Connections;
use launch::Launch;
use listener::Listener;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

/// Core gives up a plugin that it cannot reach in a minute, and may be gone by then.
const FIRST_CONNECTION: Duration = Duration::from_secs(60);
/// For the answer to `Shutdown` to reach core, which then hangs up.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(50);
/// For work that was cancelled to record how far it came. Core kills after two seconds.
const CANCEL_GRACE: Duration = Duration::from_millis(1500);

/// How a provider is served.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServeOptions {
    /// Whether a debugger started the process: it says how Terraform finds it and serves one run after
    /// another. Default: whether the command line has `-debug`.
    pub debug: bool,
    /// Threads that run calls. Calls wait for other machines more than they compute. Default: 4.
    pub worker_threads: usize,
    /// Bytes of the largest message. A state can be large. Default: 256 MiB, as Terraform's own providers
    /// have.
    pub max_message_size: usize,
}

impl Default for ServeOptions {
    fn default() -> Self {
        let debug = |argument: String| matches!(argument.as_str(), "-debug" | "--debug");
        let debug = std::env::args().skip(1).any(debug);
        Self { debug, worker_threads: 4, max_message_size: 256 << 20 }
    }
}

/// Serves the provider `P` to the Terraform that started this process; all of a provider's `main`.
pub fn serve<P: Provider>() -> ExitCode {
    serve_with::<P>(&ServeOptions::default())
}

/// [`serve`] with other options.
pub fn serve_with<P: Provider>(options: &ServeOptions) -> ExitCode {
    panic::install();
    match run::<P>(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The only way left to report it; core shows it with its own error.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Why the process cannot serve.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Launch(#[from] launch::LaunchError),
    #[error("Unable to secure the plugin's connection: {0}")]
    Tls(#[from] tls::TlsError),
    #[error("Unable to {0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
    #[error("Unable to serve Terraform: {0}")]
    Transport(#[from] tonic::transport::Error),
}

fn run<P: Provider>(options: &ServeOptions) -> Result<(), ServeError> {
    let debug = options.debug;
    let environment = |name: &str| std::env::var(name).ok();
    let launch = if debug { Launch::default() } else { Launch::read(environment)? };
    log::install(P::NAME, P::MUTED_LOG_TARGETS, environment);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.worker_threads.max(1))
        .enable_all()
        .build()
        .map_err(|error| ServeError::Io("start threads", error))?;
    let result = runtime.block_on(until_end::<P>(&launch, options));
    // What is still running must not hold up the end of the process.
    runtime.shutdown_background();
    result
}

async fn until_end<P: Provider>(launch: &Launch, options: &ServeOptions) -> Result<(), ServeError> {
    let debug = options.debug;
    if !debug {
        handshake::ignore_interrupts().map_err(|error| ServeError::Io("ignore SIGINT", error))?;
    }
    let tls = launch.client_certificate.clone().map(tls::Identity::new).transpose()?;
    let (listener, place) =
        Listener::open(launch, tls.is_some()).map_err(|error| ServeError::Io("open a socket", error))?;
    let certificate = tls.as_ref().map(|identity| &identity.certificate);
    if debug {
        debug::hint::<P>(&place).map_err(|error| ServeError::Io("write to standard output", error))?;
    } else {
        handshake::shake(&place, certificate)
            .map_err(|error| ServeError::Io("write to standard output", error))?;
    }

    let shared = Arc::new(Shared::<P>::default());
    let end = CancellationToken::new();
    let connections = Connections::default();
    let acceptor = tls.map(|identity| identity.acceptor);
    let service = ProviderServer::new(Service::new(Arc::clone(&shared)))
        .max_decoding_message_size(options.max_message_size)
        .max_encoding_message_size(options.max_message_size);
    let server = Server::builder()
        .add_service(service)
        .add_service(services::controller(end.clone()))
        .add_service(services::stdio())
        .add_service(services::broker())
        .add_service(services::health())
        .serve_with_incoming(connection::accept(listener, acceptor, connections.clone()));
    let ended = async {
        tokio::select! {
            served = server => return served.map_err(ServeError::from),
            () = end.cancelled() => {
                let _ = tokio::time::timeout(SHUTDOWN_GRACE, connections.none()).await;
            }
            () = connections.lost(FIRST_CONNECTION), if !debug => tracing::debug!("Terraform is gone"),
            () = debug::interrupted(), if debug => {}
        }
        Ok(())
    }
    .await;
    shared.stop();
    let _ = tokio::time::timeout(CANCEL_GRACE, shared.idle()).await;
    ended
}
