//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

use crate::listen::Connection;

/// How long a peer may say nothing at first, and how long it may take over the head of a request.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest head of a request, and what a connection gathers at most before it writes. A longer
/// head is 431: sign-in by cookie makes heads long, and room for one is only taken when it comes.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

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
    let mut stop = pin!(stop(is_stopping));
    let is_http2 = tokio::select! {
        biased;
        // Until a peer has said something, nobody knows which HTTP it speaks.
        first = timeout(HEAD_TIMEOUT, connection.is_http2()) => match first {
            Ok(Ok(is_http2)) => is_http2,
            Ok(Err(_)) | Err(_) => return,
        },
        () = stop.as_mut() => return,
    };
    let io = TokioIo::new(connection);
    let answers = Answers { router, address };
    // Apart, so that each takes the memory that it needs and not what the larger one does.
    match is_http2 {
        false => Box::pin(http1(io, answers, stop)).await,
        true => Box::pin(http2(io, answers, stop)).await,
    }
}

async fn http1(
    io: TokioIo<Connection>,
    answers: Answers,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .writev(false);
    let mut served = pin!(builder.serve_connection(io, answers).with_upgrades());
    let mut is_told = false;
    let served = poll_fn(|cx| {
        if !is_told && stop.as_mut().poll(cx).is_ready() {
            is_told = true;
            served.as_mut().graceful_shutdown();
        }
        served.as_mut().poll(cx)
    });
    let _its_peers_affair = served.await;
}

async fn http2(
    io: TokioIo<Connection>,
    answers: Answers,
    stop: Pin<&mut impl Future<Output = ()>>,
) {
    let has_asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&has_asked);
    let service = service_fn(move |request| {
        asks.store(true, Relaxed);
        answers.call(request)
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT);
    let mut served = pin!(builder.serve_connection(io, service));
    let age = async {
        sleep(HEAD_TIMEOUT).await;
        if has_asked.load(Relaxed) {
            sleep(HTTP2_AGE).await;
        }
    };
    tokio::select! {
        _ = served.as_mut() => return,
        () = age => if !has_asked.load(Relaxed) { return },
        () = stop => {}
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
}

impl Service<Request<Incoming>> for Answers {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.address));
        self.router.clone().call(request)
    }
}
