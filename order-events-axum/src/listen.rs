//! A listener whose connections are set up for streams.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use order_events_sse::server::Socket;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// A listener whose connections are set up for streams. For [`serve`](crate::serve), or for `axum::serve`.
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

/// An accepted connection.
///
/// It says that it does not gather writes: a chunk with its framing is a few hundred bytes, and
/// copying these into one `write` costs less than handing the kernel a list.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// What was read to learn which HTTP it is, until it is read again.
    looked_at: [u8; HTTP2.len()],
    unread: u8,
}

/// How a connection of HTTP/2 begins. `PRI` is no method of any request.
const HTTP2: [u8; 4] = *b"PRI ";

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream, looked_at: [0; HTTP2.len()], unread: 0 }
    }

    /// Whether the peer begins with HTTP/2. Waits for its first bytes, and takes none away.
    pub(crate) async fn is_http2(&mut self) -> io::Result<bool> {
        let mut seen = 0;
        while let Some(rest) = self.looked_at.get_mut(seen..).filter(|rest| !rest.is_empty()) {
            let count = self.stream.read(rest).await?;
            seen += count;
            self.unread = seen as u8;
            if count == 0 || !HTTP2.starts_with(self.looked_at.get(..seen).unwrap_or_default()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives what was looked at, as far as it was not given yet.
    fn give_back(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = buffer.remaining().min(self.unread.into());
        let (given, _) = self.looked_at.split_at(count);
        buffer.put_slice(given);
        self.looked_at.rotate_left(count);
        self.unread -= count as u8;
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.unread > 0 {
            this.give_back(buffer);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
