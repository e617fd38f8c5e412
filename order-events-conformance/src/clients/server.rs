//! The server of one case.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::shop::{Seen, Shop};
use super::table::Case;

/// A server that misbehaves as its case wants it, and the other origin that it may lead to. It needs
/// a Tokio runtime; whoever drops it ends it, with all of its connections.
pub struct Server {
    address: SocketAddr,
    shop: Arc<Shop>,
    _tasks: JoinSet<()>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("case", &self.shop.case.name)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Listens at free ports of the loopback.
    pub async fn start(case: &Case) -> io::Result<Self> {
        Self::open(case, None).await
    }

    /// … and serves clients that run in a browser, too: an empty page at `/`, and the scripts of a
    /// directory below `/js/`. Neither counts as a request.
    pub async fn start_with_scripts(case: &Case, scripts: impl Into<PathBuf>) -> io::Result<Self> {
        Self::open(case, Some(scripts.into())).await
    }

    async fn open(case: &Case, scripts: Option<PathBuf>) -> io::Result<Self> {
        let mut tasks = JoinSet::new();
        let other = TcpListener::bind(("127.0.0.1", 0)).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shop = Arc::new(Shop {
            case: case.clone(),
            log: AtomicU64::new(case.log),
            other: other.local_addr()?,
            scripts,
            seen: Seen::default(),
        });
        tasks.spawn(accept(listener, Arc::clone(&shop), Shop::serve));
        tasks.spawn(accept(other, Arc::clone(&shop), Shop::forge));
        Ok(Self { address, shop, _tasks: tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One more event.
    pub fn publish(&self) {
        self.shop.log.fetch_add(1, Ordering::SeqCst);
    }

    /// How many requests there were.
    pub fn requests(&self) -> usize {
        self.shop.seen.requests.load(Ordering::SeqCst)
    }

    /// How many requests brought credentials or a cursor to the other origin.
    pub fn leaks(&self) -> usize {
        self.shop.seen.leaks.load(Ordering::SeqCst)
    }

    /// Waits until nobody is being answered any more.
    pub async fn is_left(&self) {
        // The other end is in the shop, and cannot be gone.
        let _ = self.shop.seen.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// Waits until another request has come, or one is over.
    pub async fn is_busy(&self) {
        let _ = self.shop.seen.open.subscribe().changed().await;
    }
}

async fn accept<S, F>(listener: TcpListener, shop: Arc<Shop>, serve: S)
where
    S: Fn(Arc<Shop>, TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        // One that is gone before it was accepted is no reason to end.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        connections.spawn(serve(Arc::clone(&shop), stream));
        while connections.try_join_next().is_some() {}
    }
}
