//! A listener whose connections are set up for streams.

use std::io;
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use order_events_sse::server::Socket;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
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

/// An accepted connection.
///
/// It says that it does not gather writes: a chunk with its framing is a few hundred bytes, and
/// copying these into one `write` costs less than handing the kernel a list.
#[derive(Debug)]
pub struct Connection {
    line: Arc<Line>,
    /// What was read to learn which HTTP it is, until it is read again.
    looked_at: [u8; HTTP2.len()],
    unread: u8,
}

/// How a connection of HTTP/2 begins. `PRI` is no method of any request.
const HTTP2: [u8; 4] = *b"PRI ";

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self {
            line: Arc::new(Line { stream, has_asked: AtomicBool::new(false) }),
            looked_at: [0; HTTP2.len()],
            unread: 0,
        }
    }

    /// Whether the peer begins with HTTP/2. Waits for its first bytes, and takes none away.
    pub(crate) async fn is_http2(&mut self) -> io::Result<bool> {
        let mut seen = 0;
        while let Some(rest) = self.looked_at.get_mut(seen..).filter(|rest| !rest.is_empty()) {
            self.line.stream.readable().await?;
            let count = match self.line.stream.try_read(rest) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                read => read?,
            };
            seen += count;
            self.unread = seen as u8;
            if count == 0 || !HTTP2.starts_with(self.looked_at.get(..seen).unwrap_or_default()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// To be asked about the other end.
    pub(crate) fn peer(&self) -> Peer {
        Peer(Arc::clone(&self.line))
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

/// What a connection's reader and writer share with those who watch over it.
#[derive(Debug)]
struct Line {
    stream: TcpStream,
    has_asked: AtomicBool,
}

/// The other end of a connection.
#[derive(Clone)]
pub(crate) struct Peer(Arc<Line>);

impl Peer {
    /// Takes note that it has made a request.
    pub(crate) fn asks(&self) {
        self.0.has_asked.store(true, Ordering::Relaxed);
    }

    /// Whether it has ever made a request.
    pub(crate) fn has_asked(&self) -> bool {
        self.0.has_asked.load(Ordering::Relaxed)
    }

    /// Resolves once the peer has closed its side, or is gone.
    pub(crate) fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut one = [0];
        match self.0.stream.poll_peek(cx, &mut ReadBuf::new(&mut one)) {
            // It has said something more, which is for whoever reads to take.
            Poll::Pending | Poll::Ready(Ok(1..)) => Poll::Pending,
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
        }
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
            // With what came behind it: a reader that is given a few bytes only makes room for more
            // than it needs. An end or an error shows again when it is asked next.
            let _rest = this.line.stream.try_read_buf(buffer);
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(this.line.stream.poll_read_ready(cx))?;
            match this.line.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|_count| ())),
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.line.stream.poll_write_ready(cx))?;
            match self.line.stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is held back here.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&self.line.stream).shutdown(Shutdown::Write))
    }
}
