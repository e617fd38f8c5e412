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
use tokio::time::{sleep, timeout};
use tower_service::Service as _;

/// How long a peer may take over the head of a request, from its connecting on for the first.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes that a connection gathers before it writes. Heads and events are small; a connection that
/// only ever says little should not hold room for much.
pub const WRITE_BUFFER: usize = 8 * 1024;

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
/// requests under way are finished; and what is left at the deadline is cut. `serve(listener,
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
    let has_asked = Arc::new(AtomicBool::new(false));
    let asks = Arc::clone(&has_asked);
    let service = tower::service_fn(move |mut request: Request<Incoming>| {
        asks.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(axum::extract::ConnectInfo(address));
        router.clone().call(request.map(Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(WRITE_BUFFER)
        .writev(false);
    builder.http2().timer(TokioTimer::new());
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
    let mut first_head = pin!(sleep(HEAD_TIMEOUT));
    let mut is_first = true;
    loop {
        tokio::select! {
            // How a connection ended is its peer's affair.
            _ = served.as_mut() => break,
            () = &mut first_head, if is_first => {
                if !has_asked.load(Ordering::Relaxed) {
                    break;
                }
                is_first = false;
            }
            () = &mut told, if !is_told => {
                is_told = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }
}
