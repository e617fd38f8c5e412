//! An accepted connection: what reads and writes it, and what is known about its other end.

use std::io;
use std::mem::take;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// An accepted connection.
///
/// It says that it does not gather writes: a chunk with its framing is a few hundred bytes, and
/// copying these into one `write` costs less than handing the kernel a list.
#[derive(Debug)]
pub struct Connection {
    line: Arc<Line>,
    /// Tokio's own reading, which knows that a socket that gave less than was asked for is empty: by
    /// `try_read` each request would be asked for once more, and in vain.
    reader: OwnedReadHalf,
    /// What was taken from the socket and is to be read again: to learn which HTTP it is, or by who
    /// read requests before.
    unread: Bytes,
}

/// How much of what a peer says behind a stream's request is kept: some short requests.
const EARLY_BYTES: usize = 4 * 1024;

/// How a connection of HTTP/2 begins. `PRI` is no method of any request.
const HTTP2: [u8; 4] = *b"PRI ";

impl Connection {
    /// An accepted connection, of which nothing has been read.
    pub fn new(stream: TcpStream) -> Self {
        let (reader, writer) = stream.into_split();
        let line = Line {
            writer,
            has_asked: AtomicBool::new(false),
            is_flushed: AtomicBool::new(true),
            early: Mutex::default(),
        };
        Self { line: Arc::new(line), reader, unread: Bytes::new() }
    }

    /// Whether the peer begins with HTTP/2. Waits for its first bytes, and takes none away.
    pub async fn is_http2(&mut self) -> io::Result<bool> {
        let mut looked_at = [0; HTTP2.len()];
        let mut seen = 0;
        let is_http2 = loop {
            let Some(rest) = looked_at.get_mut(seen..).filter(|rest| !rest.is_empty()) else {
                break true;
            };
            self.reader.readable().await?;
            let count = match self.reader.try_read(rest) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                read => read?,
            };
            seen += count;
            if count == 0 || !HTTP2.starts_with(looked_at.get(..seen).unwrap_or_default()) {
                break false;
            }
        };
        self.is_to_read(looked_at.get(..seen).unwrap_or_default());
        Ok(is_http2)
    }

    /// Waits until there is something to read; false where nothing comes any more.
    pub async fn is_asked(&mut self) -> io::Result<bool> {
        self.recall();
        let mut one = [0];
        Ok(!self.unread.is_empty() || self.reader.peek(&mut one).await? > 0)
    }

    /// What came while nobody read is read next.
    fn recall(&mut self) {
        if self.unread.is_empty() {
            self.unread = take(&mut *self.line.early()).into();
        }
    }

    /// These bytes come before all else that is read.
    pub fn is_to_read(&mut self, bytes: &[u8]) {
        // A copy, for a few bytes may be all that is left of a large buffer.
        self.unread = [bytes, &self.unread].concat().into();
    }

    /// Whether all that was written is with the kernel.
    pub fn is_flushed(&self) -> bool {
        self.line.is_flushed.load(Ordering::Relaxed)
    }

    /// To be asked about the other end.
    pub fn peer(&self) -> Peer {
        Peer(Arc::clone(&self.line))
    }
}

/// What a connection's reader and writer share with those who watch over it.
#[derive(Debug)]
struct Line {
    writer: OwnedWriteHalf,
    has_asked: AtomicBool,
    /// All that was to be written has been.
    is_flushed: AtomicBool,
    /// What the peer said while nobody read.
    early: Mutex<Vec<u8>>,
}

impl Line {
    fn stream(&self) -> &TcpStream {
        self.writer.as_ref()
    }

    fn early(&self) -> MutexGuard<'_, Vec<u8>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer(Arc<Line>);

impl Peer {
    /// Takes note that it has made a request.
    pub fn asks(&self) {
        self.0.has_asked.store(true, Ordering::Relaxed);
    }

    /// Whether it has ever made a request.
    pub fn has_asked(&self) -> bool {
        self.0.has_asked.load(Ordering::Relaxed)
    }

    /// Whether all that was written through the [`Connection`] is with the kernel.
    pub fn is_flushed(&self) -> bool {
        self.0.is_flushed.load(Ordering::Relaxed)
    }

    /// Writes what can be written without waiting.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.stream().try_write(bytes) {
            Ok(0) if !bytes.is_empty() => Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            written => written,
        }
    }

    /// Waits until more can be written.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.stream().poll_write_ready(cx)
    }

    /// Whether there may be anything to learn by [`poll_closed`](Self::poll_closed). That takes the
    /// socket's lock, and this does not.
    pub fn has_news(&self) -> bool {
        self.0.stream().try_io(Interest::READABLE, || Ok(())).is_ok()
    }

    /// Resolves once the peer has closed its side, or is gone.
    pub fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut one = [0];
        match self.0.stream().poll_peek(cx, &mut ReadBuf::new(&mut one)) {
            // It has said something more, which is for whoever reads to take.
            Poll::Pending | Poll::Ready(Ok(1..)) => Poll::Pending,
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
        }
    }

    /// The same, while nobody reads: what the peer says meanwhile is kept for whoever does so next,
    /// and does not hide that it goes, unless it is more than [`EARLY_BYTES`]. An error is how the
    /// connection failed.
    pub fn poll_gone(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut early = self.0.early();
        let mut some = [0; 512];
        while let Some(room) = EARLY_BYTES.checked_sub(early.len()).filter(|room| *room > 0) {
            ready!(self.0.stream().poll_read_ready(cx))?;
            let some = some.get_mut(..room.min(512)).unwrap_or_default();
            match self.0.stream().try_read(some) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(count @ 1..) => early.extend_from_slice(some.get(..count).unwrap_or_default()),
                gone => return Poll::Ready(gone.map(|_none| ())),
            }
        }
        Poll::Pending
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.recall();
        if !this.unread.is_empty() {
            let count = buffer.remaining().min(this.unread.len());
            buffer.put_slice(&this.unread.split_to(count));
            if this.unread.is_empty() {
                this.unread = Bytes::new();
            }
            // With what came behind it: a reader that is given a few bytes only makes room for more
            // than it needs. An end or an error shows again when it is asked next.
            let _rest = this.reader.try_read_buf(buffer);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.reader).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.is_flushed.store(false, Ordering::Relaxed);
        loop {
            ready!(self.line.stream().poll_write_ready(cx))?;
            match self.line.stream().try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is held back here, and who writes asks for this once nothing is held back there.
        self.line.is_flushed.store(true, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(self.line.stream()).shutdown(Shutdown::Write))
    }
}
