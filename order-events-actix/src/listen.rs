//! A listener whose connections are set up for streams.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::thread::available_parallelism;
use std::time::Duration;

use order_events_sse::server::Socket;

/// How long a peer may say nothing at first, and how long it may take over the head of its first
/// request.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection may rest between two requests: longer than the 60 s of common proxies and
/// balancers, for whoever closes first while a request is on its way loses that request. Over HTTP/2,
/// which asks, also how often a silent peer is asked.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How many connections a worker has at most: what actix takes by default. More wait to be accepted.
pub const MAX_CONNECTIONS: usize = 25_600;

/// actix reads the clock of its time-outs twice a second, and does not see one that is over by then.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

/// A listener whose connections are set up for streams, for [`serve`](crate::serve); and how that
/// serves them.
#[derive(Debug)]
pub struct Listener {
    pub(crate) listener: TcpListener,
    pub(crate) socket: Socket,
    pub(crate) workers: usize,
    pub(crate) max_connections: usize,
    pub(crate) head_timeout: Duration,
    pub(crate) keep_alive: Duration,
}

impl Listener {
    /// Listens with room for a storm of reconnects, at `"0.0.0.0:3000"` for example. Looking up a
    /// name blocks.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::bind_with(address, Socket::default())
    }

    /// … with sockets set up like this.
    pub fn bind_with(address: impl ToSocketAddrs, socket: Socket) -> io::Result<Self> {
        Ok(Self {
            listener: socket.listen(address)?,
            socket,
            workers: available_parallelism().map_or(1, usize::from),
            max_connections: MAX_CONNECTIONS,
            head_timeout: HEAD_TIMEOUT,
            keep_alive: KEEP_ALIVE,
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How many threads serve, each with an app of its own; by default one for each core. At least
    /// one does.
    #[must_use]
    pub fn workers(self, workers: usize) -> Self {
        Self { workers: workers.max(1), ..self }
    }

    /// How many connections each of them has at most; by default [`MAX_CONNECTIONS`].
    #[must_use]
    pub fn max_connections(self, max_connections: usize) -> Self {
        Self { max_connections, ..self }
    }

    /// How long a head may take; by default [`HEAD_TIMEOUT`]. At least a second.
    #[must_use]
    pub fn head_timeout(self, head_timeout: Duration) -> Self {
        Self { head_timeout: head_timeout.max(SHORTEST_TIMEOUT), ..self }
    }

    /// How long a connection may rest; by default [`KEEP_ALIVE`]. At least a second, or, with
    /// [`Duration::ZERO`], not at all: each has one request.
    #[must_use]
    pub fn keep_alive(self, keep_alive: Duration) -> Self {
        let may_rest = !keep_alive.is_zero();
        Self {
            keep_alive: if may_rest { keep_alive.max(SHORTEST_TIMEOUT) } else { keep_alive },
            ..self
        }
    }
}
