use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Request, Response, Status, Streaming};
use tower_service::Service;
use workload::snapshot::Snapshot;

use crate::session::{Delta, Dialect, Session, Sotw};
use crate::style::Style;

/// ADS and the services of both types, in both variants.
pub struct XdsService<S> {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    style: PhantomData<fn() -> S>,
}

impl<S> XdsService<S> {
    pub fn new(snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        Self { snapshots, style: PhantomData }
    }
}

impl<S> Clone for XdsService<S> {
    fn clone(&self) -> Self {
        Self::new(self.snapshots.clone())
    }
}

impl<S: Style> Service<http::Request<Body>> for XdsService<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let snapshots = self.snapshots.clone();
        match request.uri().path() {
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"
            | "/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints"
            | "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters" => Box::pin(async {
                let open = Open::<S, Sotw> { snapshots, kind: PhantomData };
                Ok(Grpc::new(S::SotwCodec::default()).streaming(open, request).await)
            }),
            "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
            | "/envoy.service.endpoint.v3.EndpointDiscoveryService/DeltaEndpoints"
            | "/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters" => Box::pin(async {
                let open = Open::<S, Delta> { snapshots, kind: PhantomData };
                Ok(Grpc::new(S::DeltaCodec::default()).streaming(open, request).await)
            }),
            path => {
                let status = Status::unimplemented(format!("{path} is not served"));
                Box::pin(ready(Ok(status.into_http())))
            }
        }
    }
}

/// Opens a stream of the dialect `D`.
struct Open<S, D> {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    kind: PhantomData<fn() -> (S, D)>,
}

impl<S: Style, D: Dialect<S>> Service<Request<Streaming<D::Request>>> for Open<S, D> {
    type Response = Response<Session<S, D>>;
    type Error = Status;
    type Future = Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Streaming<D::Request>>) -> Self::Future {
        ready(Ok(Response::new(Session::new(request.into_inner(), self.snapshots.clone()))))
    }
}
