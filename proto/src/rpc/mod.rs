//! The provider's service. Every call runs in a task of its own, so that a panic becomes a message for the
//! user at the terminal instead of a lost connection, and answers a message where it fails: never a gRPC
//! status.

mod action;
mod change;
mod data_source;
mod deferred;
mod ephemeral;
mod function;
mod identity;
mod list_resource;
mod moved;
mod provider;
mod resource;
mod schema;
mod stream;
#[cfg(test)]
mod tests;

use crate::context::Context;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::model::Model;
use crate::plan::erased::{ErasedDataSource, ErasedResource};
use crate::provider::{Provider, Registry};
use crate::schema::Schema;
use crate::value::{Type, Value, ValueError};
use crate::wire::tfplugin6::{self as pb, DynamicValue};
use crate::wire::{diagnostics, from_dynamic, to_dynamic};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};
use tracing::Instrument;
use tracing::field::Empty;

/// The service as tonic wants it.
pub(crate) struct Service<P: Provider>(Arc<Shared<P>>);

/// What all calls share.
pub(crate) struct Shared<P: Provider> {
    /// Made at the first call that asks: the handshake does not wait for it.
    served: LazyLock<Served<P>>,
    configured: RwLock<Option<Arc<P::Configured>>>,
    /// Cancels what runs and what is still to come: a call that core sent before it stopped may arrive after
    /// that. A core that configures the provider anew, as with a debugger's plugin, gets a fresh one.
    stop: RwLock<CancellationToken>,
    running: TaskTracker,
}

/// All that is served.
struct Served<P: Provider> {
    provider: &'static Schema,
    registry: Registry<P::Configured>,
}

impl<P: Provider> Default for Shared<P> {
    fn default() -> Self {
        Self {
            served: LazyLock::new(|| Served { provider: P::Config::schema(), registry: P::registry() }),
            configured: RwLock::default(),
            stop: RwLock::default(),
            running: TaskTracker::new(),
        }
    }
}

impl<P: Provider> Shared<P> {
    /// Asks what runs to come to an end, and what comes until the provider is configured anew.
    pub(crate) fn stop(&self) {
        self.stop.read().unwrap_or_else(PoisonError::into_inner).cancel();
    }

    /// A new core asks for work: what stopped the one before does not stop this one.
    fn start_anew(&self) {
        let mut stop = self.stop.write().unwrap_or_else(PoisonError::into_inner);
        if stop.is_cancelled() {
            *stop = CancellationToken::new();
        }
    }

    /// Waits until nothing runs any more.
    pub(crate) async fn idle(&self) {
        self.running.close();
        self.running.wait().await;
    }

    /// Cancelled when core stops the provider.
    fn stop_token(&self) -> CancellationToken {
        self.stop.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a call of a type works with; an error before the provider is configured.
    fn context(&self) -> Result<Context<P::Configured>, Diagnostics> {
        let configured = self.configured.read().unwrap_or_else(PoisonError::into_inner).clone();
        let stop = self.stop_token();
        let configured = configured.ok_or_else(|| {
            Diagnostic::error(
                "Provider Not Configured",
                "Terraform asked for work before it configured the provider. Please report this with the \
                 command that was run.",
            )
        })?;
        Ok(Context::new(configured, stop))
    }

    fn resource(&self, name: &str) -> Result<&dyn ErasedResource<P::Configured>, Diagnostics> {
        tracing::Span::current().record("tf_resource_type", name);
        self.served.registry.resources.get(name).map(|one| &**one).ok_or_else(|| not_served("resource", name))
    }

    fn data_source(&self, name: &str) -> Result<&dyn ErasedDataSource<P::Configured>, Diagnostics> {
        tracing::Span::current().record("tf_data_source_type", name);
        self.served
            .registry
            .data_sources
            .get(name)
            .map(|one| &**one)
            .ok_or_else(|| not_served("data source", name))
    }
}

fn not_served(kind: &str, name: &str) -> Diagnostics {
    let detail = format!("This version of the provider has no {kind} type {name:?}.");
    Diagnostic::error(format!("Unknown {kind} type"), detail).into()
}

/// A state that cannot be read any more.
fn flatmap(type_name: &str) -> Diagnostics {
    let detail = format!(
        "The state of this {type_name} is in the form of Terraform before 0.12. Apply once with Terraform 0.12 and a \
         version of the provider in between."
    );
    Diagnostic::error("Unable to read the stored state", detail).into()
}

/// Reads a value that core sent.
fn received(envelope: Option<&DynamicValue>, of: &Type, what: &str) -> Result<Value, Diagnostics> {
    from_dynamic(envelope, of).map_err(|error| unreadable(what, error))
}

fn unreadable(what: &str, error: ValueError) -> Diagnostics {
    let detail = format!(
        "Terraform sent {what} that does not fit the provider's schema: {error}. Another version of the provider may \
         have stored it; please report this otherwise."
    );
    Diagnostic::error(format!("Unable to read {what}"), detail).at(error.path).into()
}

/// Writes a value for core.
fn answered(value: &Value, of: &Type) -> Result<DynamicValue, Diagnostics> {
    to_dynamic(value, of).map_err(|error| {
        let detail = format!(
            "The provider's answer does not fit its own schema: {error}. This is always a bug of the provider; please \
             report it with the configuration."
        );
        Diagnostic::error("Provider Bug", detail).at(error.path).into()
    })
}

/// A response that can tell of faults.
trait Answer: Default + Send + 'static {
    /// Says what kept the call from an answer.
    fn report(&mut self, found: Diagnostics);

    /// What it tells of, for the log: severities and summaries.
    fn summaries(&self) -> Vec<(i32, &str)>;
}

impl<P: Provider> Service<P> {
    pub(crate) fn new(shared: Arc<Shared<P>>) -> Self {
        Self(shared)
    }

    async fn run<A: Answer>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<A, Diagnostics>> + Send + 'static,
    ) -> Result<Response<A>, Status> {
        let failed = |found| {
            let mut answer = A::default();
            answer.report(found);
            answer
        };
        let span = tracing::info_span!(
            "call",
            tf_rpc = call,
            tf_resource_type = Empty,
            tf_data_source_type = Empty,
            tf_ephemeral_resource_type = Empty,
            tf_function = Empty
        );
        let began = Instant::now();
        let answer = match self.0.running.spawn(work.instrument(span.clone())).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(found)) => failed(found),
            Err(lost) => failed(panicked(call, lost).into()),
        };
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        span.in_scope(|| {
            for (severity, summary) in answer.summaries() {
                tracing::debug!(diagnostic_severity = severity, diagnostic_summary = summary, "diagnostic");
            }
            tracing::debug!(tf_req_duration_ms = took, "answered");
        });
        Ok(Response::new(answer))
    }
}

fn panicked(call: &str, lost: tokio::task::JoinError) -> Diagnostic {
    let message = match lost.try_into_panic() {
        Ok(payload) => crate::panic::panic_message(payload.as_ref()).to_owned(),
        Err(lost) => lost.to_string(),
    };
    Diagnostic::error(
        "Provider Bug",
        format!(
            "The provider panicked in {call}: {message}. This is always a bug of the provider; please report it with \
             the log that TF_LOG_PROVIDER=TRACE gives. What was stored before is kept."
        ),
    )
}

macro_rules! serve_calls {
    ($($call:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl<P: Provider> pb::provider_server::Provider for Service<P> {
            $(
                async fn $call(
                    &self,
                    request: Request<pb::$call::Request>,
                ) -> Result<Response<pb::$call::Response>, Status> {
                    let shared = Arc::clone(&self.0);
                    self.run(stringify!($call), async move { shared.$call(request.into_inner()).await }).await
                }
            )*

            async fn list_resource(
                &self,
                request: Request<pb::list_resource::Request>,
            ) -> Result<Response<BoxStream<pb::list_resource::Event>>, Status> {
                let request = request.into_inner();
                let work = |shared: Arc<Shared<P>>, events| async move { shared.list_resource(request, events).await };
                Ok(self.stream("list_resource", work, list_resource::ended))
            }

            async fn invoke_action(
                &self,
                request: Request<pb::invoke_action::Request>,
            ) -> Result<Response<BoxStream<pb::invoke_action::Event>>, Status> {
                let request = request.into_inner();
                let work = |shared: Arc<Shared<P>>, events| async move { shared.invoke_action(request, events).await };
                Ok(self.stream("invoke_action", work, action::ended))
            }

            async fn stop_provider(
                &self,
                _: Request<pb::stop_provider::Request>,
            ) -> Result<Response<pb::stop_provider::Response>, Status> {
                self.0.stop();
                Ok(Response::new(pb::stop_provider::Response::default()))
            }
        }
    };
}

macro_rules! answer_with_diagnostics {
    ($($call:ident),* $(,)?) => {$(
        impl Answer for pb::$call::Response {
            fn report(&mut self, found: Diagnostics) {
                self.diagnostics.extend(diagnostics(found));
            }

            fn summaries(&self) -> Vec<(i32, &str)> {
                self.diagnostics.iter().map(|one| (one.severity, one.summary.as_str())).collect()
            }
        }
    )*};
}

/// Serves calls whose answers have diagnostics, and those that say their errors otherwise.
macro_rules! calls {
    ($($call:ident),*; $($other:ident),*) => {
        serve_calls! { $($call,)* $($other),* }
        answer_with_diagnostics! { $($call),* }
    };
}

calls! {
    get_metadata,
    get_provider_schema,
    validate_provider_config,
    configure_provider,
    validate_resource_config,
    upgrade_resource_state,
    read_resource,
    plan_resource_change,
    apply_resource_change,
    import_resource_state,
    generate_resource_config,
    get_resource_identity_schemas,
    upgrade_resource_identity,
    move_resource_state,
    validate_data_resource_config,
    read_data_source,
    validate_list_resource_config,
    validate_action_config,
    plan_action,
    validate_ephemeral_resource_config,
    open_ephemeral_resource,
    renew_ephemeral_resource,
    close_ephemeral_resource,
    get_functions;
    call_function
}
