//! Answers that come in parts: what is listed, and how far an action is.

use super::{Service, Shared, panicked};
use crate::context::Context;
use crate::diagnostics::Diagnostics;
use crate::provider::Provider;
use std::sync::Arc;
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Response;
use tonic::codegen::BoxStream;
use tracing::Instrument;
use tracing::field::Empty;

/// Events that wait for core to read them. A provider that finds more waits.
const WAITING: usize = 16;

/// Where events go.
pub(super) struct Events<E> {
    pub(super) sender: Sender<E>,
    /// Cancelled when the user presses Ctrl-C, and when core reads no further.
    cancelled: CancellationToken,
}

impl<E> Events<E> {
    /// The context of a call that answers with them.
    pub(super) fn context<P: Provider>(
        &self,
        shared: &Shared<P>,
    ) -> Result<Context<P::Configured>, Diagnostics> {
        let context = shared.context()?;
        Ok(Context::new(Arc::clone(context.provider()), self.cancelled.clone()))
    }
}

impl<P: Provider> Service<P> {
    /// Answers with the events of `work`, and in the end with one that `ended` makes of what was found.
    pub(super) fn stream<E, W>(
        &self,
        call: &'static str,
        work: impl FnOnce(Arc<Shared<P>>, Events<E>) -> W,
        ended: impl FnOnce(Diagnostics) -> Option<E> + Send + 'static,
    ) -> Response<BoxStream<E>>
    where
        E: Send + 'static,
        W: Future<Output = Result<(), Diagnostics>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(WAITING);
        let cancelled = self.0.stop_token().child_token();
        let events = Events { sender: sender.clone(), cancelled: cancelled.clone() };
        let span =
            tracing::info_span!("call", tf_rpc = call, tf_resource_type = Empty, tf_action_type = Empty);
        let work = self.0.running.spawn(work(Arc::clone(&self.0), events).instrument(span));
        self.0.running.spawn(async move {
            tokio::pin!(work);
            let ending = tokio::select! {
                ending = &mut work => ending,
                () = sender.closed() => {
                    cancelled.cancel();
                    work.await
                }
            };
            let found = match ending {
                Ok(done) => done.err().unwrap_or_default(),
                Err(lost) => panicked(call, lost).into(),
            };
            if let Some(last) = ended(found) {
                // Core may have what it wanted.
                let _ = sender.send(last).await;
            }
        });
        Response::new(Box::pin(ReceiverStream::new(receiver).map(Ok)))
    }
}
