//! What the suite needs of an adapter.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use order_events_core::Hub;
use order_events_sse::server::Door;

use crate::engine::BoxFuture;

/// An adapter under test: how it is started.
///
/// A closure is one already: `|hub: Hub, door: Door| async move { … }`.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Serves the ready-made routes, at the root, on a free port of the loopback; each case asks
    /// for a server of its own. The door is to be mounted as users mount it, on sockets that are
    /// set up as users set them up. The hub is the door's own, for servers that drain it.
    async fn serve(&self, hub: Hub, door: Door) -> Server;

    /// How long the suite waits for what must come before it calls it missing. Far longer than any
    /// machine takes, so that a failure says something about the server.
    fn patience(&self) -> Duration {
        Duration::from_secs(20)
    }
}

#[async_trait]
impl<F, Served> Subject for F
where
    F: Fn(Hub, Door) -> Served + Send + Sync,
    Served: Future<Output = Server> + Send,
{
    async fn serve(&self, hub: Hub, door: Door) -> Server {
        self(hub, door).await
    }
}

/// A server that runs.
pub struct Server {
    pub(super) address: SocketAddr,
    pub(super) stop: BoxFuture<'static, ()>,
}

impl Server {
    /// It listens there, and `stop` ends it with whatever connections it has. Each server is
    /// stopped when its case is over, failed or not.
    pub fn new(address: SocketAddr, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { address, stop: Box::pin(stop) }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}
