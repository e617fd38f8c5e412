//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use order_events_sse::server::takeover::{Connection, Handover, Peer, Stream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

use crate::outgoing::{Asked, Outgoing};

/// How long a peer may say nothing at first, and how long it may take over the head of a request.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest head of a request that is read for certain, as nginx takes it by default; one that is
/// more than twice as long is 431 for certain. It is also what hyper gathers at most of what a peer does
/// not read; of a stream that is sent without it that is one write.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How long an HTTP/2 connection takes new requests: about as long as a stream lives.
pub const HTTP2_AGE: Duration = Duration::from_secs(60 * 60);

/// How long after that its last streams may go on: longer than a stream lives by default. Then it is
/// cut, for a peer that gives a stream no window keeps it from ever being asked whether it is over.
pub const HTTP2_REST: Duration = Duration::from_secs(75 * 60);

/// Serves a connection until it ends, or until it is told to and has finished what is under way.
pub(crate) async fn connect(
    mut connection: Connection,
    address: SocketAddr,
    router: Router,
    is_stopping: watch::Receiver<bool>,
) {
    let mut stop = pin!(stop(is_stopping.clone()));
    // What is over soon, or is seldom, is kept apart: a task is as large as the largest that it may
    // ever hold, and a service has a task for each stream.
    let first = Box::pin(async {
        tokio::select! {
            biased;
            // Until a peer has said something, nobody knows which HTTP it speaks.
            first = timeout(HEAD_TIMEOUT, connection.is_http2()) => first.ok()?.ok(),
            () = stop.as_mut() => None,
        }
    });
    let Some(is_http2) = first.await else { return };
    let peer = connection.peer();
    let answers = Answers { router, address, peer: peer.clone() };
    if is_http2 {
        return Box::pin(http2(connection, answers, peer, stop)).await;
    }
    loop {
        let taken = Box::pin(http1(connection, answers.clone(), stop.as_mut())).await;
        let Some((stream, rest)) = taken else { return };
        // The beginning of a request that came behind the stream is not waited for.
        if !stream.send(&peer).await || *is_stopping.borrow() {
            return;
        }
        connection = rest;
    }
}

/// Answers requests until the connection ends, or until an answer is a stream: its body, of which
/// hyper has sent the beginning and all of that, and the connection, of which it has read what it may.
fn http1(
    connection: Connection,
    answers: Answers,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> impl Future<Output = Option<(Stream<Body>, Connection)>> {
    let peer = answers.peer.clone();
    let handover = Handover::default();
    let service = Http1Answers { answers, handover: handover.clone() };
    let served = http1::Builder::new()
        // We look ourselves whether the peer has closed its side: hyper would hold a second buffer of
        // 8 KiB ready for each stream to do so.
        .half_close(true)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .writev(false)
        .serve_connection(TokioIo::new(connection), service)
        .with_upgrades();
    let mut serving = Some(served);
    let mut is_told = false;
    poll_fn(move |cx| {
        let Some(served) = &mut serving else { return Poll::Ready(None) };
        let mut served = Pin::new(served);
        if !is_told && stop.as_mut().poll(cx).is_ready() {
            is_told = true;
            if !peer.has_asked() {
                return Poll::Ready(None);
            }
            served.as_mut().graceful_shutdown();
        }
        // How it ended is its peer's affair.
        if served.poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        // What is being written may be the end of an answer to a peer that asks for nothing more.
        if !peer.is_flushed() {
            return Poll::Pending;
        }
        if let Some(mut stream) = handover.take() {
            // hyper has told the peer so, or would have.
            stream.closes |= is_told;
            let parts = serving.take().and_then(|served| served.into_parts());
            return Poll::Ready(parts.map(|parts| {
                let mut connection = parts.io.into_inner();
                connection.is_to_read(&parts.read_buf);
                (stream, connection)
            }));
        }
        peer.poll_closed(cx).map(|()| None)
    })
}

async fn http2(
    connection: Connection,
    answers: Answers,
    peer: Peer,
    stop: Pin<&mut impl Future<Output = ()>>,
) {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD_TIMEOUT)
        .max_header_list_size(MAX_HEAD_BYTES as u32);
    let mut served = pin!(builder.serve_connection(TokioIo::new(connection), answers));
    let age = async {
        sleep(HEAD_TIMEOUT).await;
        if peer.has_asked() {
            sleep(HTTP2_AGE).await;
        }
    };
    tokio::select! {
        _ = served.as_mut() => return,
        () = age => {}
        () = stop => {}
    }
    if !peer.has_asked() {
        return;
    }
    served.as_mut().graceful_shutdown();
    let _late = timeout(HTTP2_REST, served).await;
}

/// Resolves once the server stops. To be polled by one task, which a connection does whenever an
/// event leaves: so the task is made known once, and asking again is reading a number.
fn stop(is_stopping: watch::Receiver<bool>) -> impl Future<Output = ()> {
    let mut known = is_stopping.clone();
    let stopping = is_stopping;
    let mut told = Box::pin(async move {
        // Where the server itself is gone nobody will tell any more.
        if known.wait_for(|stopping| *stopping).await.is_err() {
            pending::<()>().await;
        }
    });
    let mut is_waiting = false;
    poll_fn(move |cx| {
        if is_waiting && !stopping.has_changed().unwrap_or(false) {
            return Poll::Pending;
        }
        is_waiting = true;
        told.as_mut().poll(cx)
    })
}

/// What answers the requests of a connection.
#[derive(Clone)]
struct Answers {
    router: Router,
    address: SocketAddr,
    peer: Peer,
}

impl Service<Request<Incoming>> for Answers {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.peer.asks();
        request.extensions_mut().insert(ConnectInfo(self.address));
        self.router.clone().call(request)
    }
}

/// … over HTTP/1.1, where a stream's body is laid down for us.
struct Http1Answers {
    answers: Answers,
    handover: Handover<Body>,
}

impl Service<Request<Incoming>> for Http1Answers {
    type Response = http::Response<Outgoing>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let asked = Asked::by(&request);
        let answer = self.answers.call(request);
        let handover = self.handover.clone();
        Box::pin(async move { Ok(asked.answer(answer.await?, handover)) })
    }
}
