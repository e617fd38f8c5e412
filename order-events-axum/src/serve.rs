//! What a server of streams needs of its sockets, as one call: a listener for stock `axum::serve`,
//! or a `serve` of our own.

use std::future::{Future, pending};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Version;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use order_events_core::{Hub, Lifecycle};
use order_events_sse::server::Socket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tower_service::Service as _;

/// How long a peer may take over the head of a request, from its connecting on for the first.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest head of a request, and what a connection gathers at most before it writes. A longer
/// head is 431: sign-in by cookie makes heads long, and room for one is only taken when it comes.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How long an HTTP/2 connection takes new requests: about as long as a stream lives.
pub const HTTP2_AGE: Duration = Duration::from_secs(60 * 60);

/// How long after that its last streams may go on: longer than a stream lives by default. Then it is
/// cut, for a peer that gives a stream no window keeps it from ever being asked whether it is over.
pub const HTTP2_REST: Duration = Duration::from_secs(75 * 60);

/// A listener whose connections are set up for streams. For [`serve`], or for `axum::serve`.
#[derive(Debug)]
pub struct Listener {
    listener: tokio::net::TcpListener,
    socket: Socket,
}

impl Listener {
    /// Listens with room for a storm of reconnects. Called within a Tokio runtime.
    pub fn bind(address: SocketAddr, socket: Socket) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::from_std(socket.listen(address)?)?;
        Ok(Self { listener, socket })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    async fn next(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.listener.accept().await {
                // A connection that cannot be set up is one that has gone already.
                Ok((stream, address)) if self.socket.tune(&stream).is_ok() => {
                    return (Connection(stream), address);
                }
                Ok(_) => {}
                // Of the peer, and no affair of ours; or too many open files, which will pass.
                Err(error) if is_of_the_peer(&error) => {}
                Err(_) => sleep(Duration::from_secs(1)).await,
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

impl axum::serve::Listener for Listener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        self.next().await
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// An accepted connection.
///
/// It says that it does not gather writes: a chunk with its framing is a few hundred bytes, and
/// copying these into one `write` costs less than handing the kernel a list.
#[derive(Debug)]
pub struct Connection(TcpStream);

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

/// Serves a router until `stop` resolves, then drains the hub and ends.
///
/// From then on no connection is accepted; every stream is told to end and when to come back;
/// requests under way are finished; and what is left at the deadline is cut. A connection that was
/// upgraded to another protocol is its handler's, and no longer known here. `serve(listener,
/// router, &hub, pending(), …)` never ends.
///
/// HTTP/1.1, and HTTP/2 to those who begin with it.
pub async fn serve<L: Lifecycle>(
    mut listener: Listener,
    router: Router,
    hub: &Hub<L>,
    stop: impl Future<Output = ()>,
    deadline: Duration,
) {
    let mut connections = JoinSet::new();
    let (stopping, is_stopping) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            (connection, address) = listener.next() => {
                connections.spawn(connect(connection, address, router.clone(), is_stopping.clone()));
            }
            // Those that have ended are let go of.
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    // Streams hear it from the hub, connections that rest between two requests from here.
    let _drain = hub.drain(deadline);
    stopping.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    let _in_time = timeout(deadline, all).await;
    connections.shutdown().await;
}

async fn connect(
    connection: Connection,
    address: SocketAddr,
    router: Router,
    mut is_stopping: watch::Receiver<bool>,
) {
    let known = Arc::new(Known::default());
    let learns = Arc::clone(&known);
    let service = tower::service_fn(move |mut request: Request<Incoming>| {
        learns.has_asked.store(true, Ordering::Relaxed);
        learns.is_http2.store(request.version() == Version::HTTP_2, Ordering::Relaxed);
        request.extensions_mut().insert(axum::extract::ConnectInfo(address));
        router.clone().call(request.map(Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .writev(false);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_TIMEOUT);
    let service = TowerToHyperService::new(service);
    let mut served =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(connection), service));
    let mut told = pin!(async {
        // Where the server itself is gone nobody will tell any more.
        if is_stopping.wait_for(|stopping| *stopping).await.is_err() {
            pending::<()>().await;
        }
    });
    let mut is_told = false;
    // hyper bounds the time for a head only once it knows which HTTP it is, and a peer that says
    // nothing never tells.
    let mut age = Age::First;
    let mut older = pin!(sleep(HEAD_TIMEOUT));
    loop {
        tokio::select! {
            // How a connection ended is its peer's affair.
            _ = served.as_mut() => break,
            () = &mut older, if age != Age::Whole => match (age, known.is_http2()) {
                (Age::First, _) if !known.has_asked() => break,
                (Age::First, true) => {
                    age = Age::Young;
                    older.as_mut().reset(Instant::now() + HTTP2_AGE);
                }
                (Age::Young, true) => {
                    age = Age::Old;
                    served.as_mut().graceful_shutdown();
                    older.as_mut().reset(Instant::now() + HTTP2_REST);
                }
                (Age::Old, true) => break,
                // Over HTTP/1 each request is its own, and the kernel ends those who do not read.
                _ => age = Age::Whole,
            },
            () = &mut told, if !is_told => {
                is_told = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }
}

/// What is learnt of a connection by its requests.
#[derive(Default)]
struct Known {
    has_asked: AtomicBool,
    is_http2: AtomicBool,
}

impl Known {
    fn has_asked(&self) -> bool {
        self.has_asked.load(Ordering::Relaxed)
    }

    fn is_http2(&self) -> bool {
        self.is_http2.load(Ordering::Relaxed)
    }
}

/// How old a connection is, as far as that matters.
#[derive(Clone, Copy, PartialEq)]
enum Age {
    /// Before its first head must be there.
    First,
    /// Over HTTP/2, while it takes requests.
    Young,
    /// Over HTTP/2, while what it took goes on.
    Old,
    /// It may live for ever.
    Whole,
}
