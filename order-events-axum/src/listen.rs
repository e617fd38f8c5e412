//! A listener whose connections are set up for streams.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use order_events_sse::server::Socket;
use order_events_sse::server::takeover::Connection;
use tokio::time::sleep;

/// A listener whose connections are set up for streams. For [`serve`](crate::serve), or for
/// `axum::serve`.
#[derive(Debug)]
pub struct Listener {
    listener: tokio::net::TcpListener,
    socket: Socket,
}

impl Listener {
    /// Listens with room for a storm of reconnects, at `"0.0.0.0:3000"` for example. Called within
    /// a Tokio runtime; looking up a name blocks.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::bind_with(address, Socket::default())
    }

    /// … with sockets set up like this.
    pub fn bind_with(address: impl ToSocketAddrs, socket: Socket) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::from_std(socket.listen(address)?)?;
        Ok(Self { listener, socket })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    pub(crate) async fn next(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.listener.accept().await {
                // A connection that cannot be set up is one that has gone already.
                Ok((stream, address)) if self.socket.tune(&stream).is_ok() => {
                    return (Connection::new(stream), address);
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
