//! The services that core expects of any plugin, beside the provider's own.

use crate::wire::goplugin::grpc_broker_server::{GrpcBroker, GrpcBrokerServer};
use crate::wire::goplugin::grpc_controller_server::{GrpcController, GrpcControllerServer};
use crate::wire::goplugin::grpc_stdio_server::{GrpcStdio, GrpcStdioServer};
use crate::wire::goplugin::{ConnInfo, Empty, StdioData};
use crate::wire::health::health_check_response::ServingStatus;
use crate::wire::health::health_server::{Health, HealthServer};
use crate::wire::health::{HealthCheckRequest, HealthCheckResponse};
use tokio_stream::pending;
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

/// Name under which go-plugin asks for a plugin's health.
const PLUGIN: &str = "plugin";

/// Ends the process by cancelling `end`.
pub(super) fn controller(end: CancellationToken) -> GrpcControllerServer<impl GrpcController> {
    GrpcControllerServer::new(Controller(end))
}

/// Output that is not there: standard output and standard error lead to core already.
pub(super) fn stdio() -> GrpcStdioServer<impl GrpcStdio> {
    GrpcStdioServer::new(Silence)
}

/// The broker of extra connections, which providers do not use.
pub(super) fn broker() -> GrpcBrokerServer<impl GrpcBroker> {
    GrpcBrokerServer::new(Silence)
}

/// Says that the process is well.
pub(super) fn health() -> HealthServer<impl Health> {
    HealthServer::new(Well)
}

struct Controller(CancellationToken);

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Streams that core opens at once and keeps: they stay open and say nothing.
struct Silence;

#[tonic::async_trait]
impl GrpcStdio for Silence {
    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        Ok(Response::new(Box::pin(pending())))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Silence {
    async fn start_stream(
        &self,
        _: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        Ok(Response::new(Box::pin(pending())))
    }
}

struct Well;

#[tonic::async_trait]
impl Health for Well {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match request.get_ref().service.as_str() {
            "" | PLUGIN => Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() })),
            other => Err(Status::not_found(format!("there is no service {other:?}"))),
        }
    }
}
