use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tokio_stream::Stream;
use tokio_stream::wrappers::WatchStream;
use tonic::{Status, Streaming};
use workload::messages::{DeltaDiscoveryRequest, DiscoveryRequest};
use workload::snapshot::Snapshot;

use crate::style::Style;

/// How a variant of the protocol is spoken on a stream.
pub trait Dialect<S: Style>: Default + Unpin + Send + 'static {
    type Request: Unpin + Send + 'static;
    type Response: Send + 'static;

    fn type_url(request: &Self::Request) -> &str;
    /// Takes note of a request after the first.
    fn hear(&mut self, request: Self::Request);
    /// What answers the requests heard, if anything does.
    fn answer(&mut self, snapshot: &Snapshot) -> Option<Self::Response>;
    /// What a stream that holds the snapshot of revision `held` (0: none) needs.
    fn tell(&mut self, snapshot: &Snapshot, held: u64) -> Self::Response;
}

#[derive(Default)]
pub struct Sotw {
    names: usize,
    asks_again: bool,
}

impl<S: Style> Dialect<S> for Sotw {
    type Request = DiscoveryRequest;
    type Response = S::Sotw;

    fn type_url(request: &DiscoveryRequest) -> &str {
        &request.type_url
    }

    /// More names than before: they have to be answered. The same: an ACK or a NACK, which needs no answer.
    fn hear(&mut self, request: DiscoveryRequest) {
        let names = request.resource_names.len();
        self.asks_again |= names > self.names;
        self.names = names;
    }

    fn answer(&mut self, snapshot: &Snapshot) -> Option<S::Sotw> {
        std::mem::take(&mut self.asks_again).then(|| S::sotw(snapshot))
    }

    fn tell(&mut self, snapshot: &Snapshot, _held: u64) -> S::Sotw {
        self.asks_again = false;
        S::sotw(snapshot)
    }
}

#[derive(Default)]
pub struct Delta {
    asked_again: Vec<String>,
}

impl<S: Style> Dialect<S> for Delta {
    type Request = DeltaDiscoveryRequest;
    type Response = S::Delta;

    fn type_url(request: &DeltaDiscoveryRequest) -> &str {
        &request.type_url
    }

    fn hear(&mut self, request: DeltaDiscoveryRequest) {
        self.asked_again.extend(request.resource_names_subscribe);
    }

    fn answer(&mut self, snapshot: &Snapshot) -> Option<S::Delta> {
        let names = std::mem::take(&mut self.asked_again);
        (!names.is_empty()).then(|| S::delta_of(snapshot, &names))
    }

    fn tell(&mut self, snapshot: &Snapshot, held: u64) -> S::Delta {
        if held == 0 {
            self.asked_again.clear(); // it gets all there is
        }
        S::delta_since(snapshot, held)
    }
}

/// One stream: what it is sent, made when the transport asks for more, so that a slow one gets the newest state, not all.
pub struct Session<S: Style, D: Dialect<S>> {
    requests: Streaming<D::Request>,
    snapshots: WatchStream<Arc<Snapshot>>,
    latest: Arc<Snapshot>,
    /// The revision it was sent; `None` until it asks for the type that is served.
    held: Option<u64>,
    dialect: D,
    style: PhantomData<fn() -> S>,
}

impl<S: Style, D: Dialect<S>> Session<S, D> {
    pub fn new(requests: Streaming<D::Request>, snapshots: watch::Receiver<Arc<Snapshot>>) -> Self {
        let latest = snapshots.borrow().clone();
        let snapshots = WatchStream::new(snapshots);
        Self { requests, snapshots, latest, held: None, dialect: D::default(), style: PhantomData }
    }

    /// A type URL may be left out where the service tells the type. Another type has no resources here, and no answer.
    fn take(&mut self, request: D::Request) {
        let type_url = D::type_url(&request);
        if !type_url.is_empty() && type_url != self.latest.shape.kind.type_url() {
            return;
        }
        self.held.get_or_insert(0);
        self.dialect.hear(request);
    }
}

impl<S: Style, D: Dialect<S>> Stream for Session<S, D> {
    type Item = Result<D::Response, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let session = self.get_mut();
        loop {
            match Pin::new(&mut session.requests).poll_next(context) {
                Poll::Ready(Some(Ok(request))) => session.take(request),
                Poll::Ready(Some(Err(status))) => return Poll::Ready(Some(Err(status))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => break,
            }
        }
        while let Poll::Ready(Some(snapshot)) = Pin::new(&mut session.snapshots).poll_next(context) {
            session.latest = snapshot;
        }
        let Some(held) = session.held else { return Poll::Pending };
        if session.latest.revision > held {
            session.held = Some(session.latest.revision);
            return Poll::Ready(Some(Ok(session.dialect.tell(&session.latest, held))));
        }
        match session.dialect.answer(&session.latest) {
            Some(response) => Poll::Ready(Some(Ok(response))),
            None => Poll::Pending,
        }
    }
}
