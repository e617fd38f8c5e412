//! The chunks of a stream, one behind the other.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::task::coop::has_budget_remaining;

use super::connection::Peer;
use crate::server::{heartbeat, telemetry};

/// How many writes follow each other before others have their turn.
const WRITES_IN_A_ROW: usize = 16;

/// Chunks that are due leave together until they come to so much.
const WRITE_BYTES: usize = 16 * 1024;

/// More room than this for putting chunks together is given back.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    /// Chunks are put together in memory that all connections of a thread share, which is warm for
    /// all but the first of those who are sent the same event.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Whether an answer by this status and these headers is a stream of events whose end nobody knows.
pub fn is_stream<'a>(status: u16, header: impl Fn(&str) -> Option<&'a [u8]>) -> bool {
    let is_of_events =
        header("content-type").is_some_and(|kind| kind.starts_with(b"text/event-stream"));
    status == 200
        && is_of_events
        && header("content-length").is_none()
        && header("transfer-encoding").is_none()
}

/// Where the body of a connection's answer is laid, to be sent by a [`Stream`].
#[derive(Debug)]
pub struct Handover<B>(Arc<Mutex<Option<Stream<B>>>>);

impl<B> Handover<B> {
    /// What is to be sent from now on, if it has been laid down.
    pub fn take(&self) -> Option<Stream<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn lay(&self, stream: Stream<B>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
    }
}

impl<B> Clone for Handover<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B> Default for Handover<B> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// A stream's body as the framework is given it: its first chunk, so that it leaves with the head.
/// Then the body is laid down, and the framework waits.
#[derive(Debug)]
pub struct Beginning<B> {
    body: Option<Stream<B>>,
    has_begun: bool,
    rest: Handover<B>,
}

impl<B: Body<Data = Bytes> + Unpin> Beginning<B> {
    /// Of a body with which the connection ends, or does not.
    pub fn new(body: B, closes: bool, rest: Handover<B>) -> Self {
        Self { body: Some(Stream::new(body, closes)), has_begun: false, rest }
    }

    /// The first chunk, and nothing after it.
    pub fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.body {
            Some(stream) if !self.has_begun => loop {
                let frame = ready!(Pin::new(&mut stream.body).poll_frame(cx));
                // Written as it comes, a chunk of nothing would be the last.
                if is_empty(&frame) {
                    continue;
                }
                self.has_begun = true;
                return Poll::Ready(frame);
            },
            _ => {
                if let Some(stream) = self.body.take() {
                    self.rest.lay(stream);
                }
                Poll::Pending
            }
        }
    }
}

fn is_empty<E>(frame: &Option<Result<Frame<Bytes>, E>>) -> bool {
    matches!(frame, Some(Ok(frame)) if frame.data_ref().is_some_and(Bytes::is_empty))
}

/// What is left of a body.
#[derive(Debug)]
pub struct Stream<B> {
    body: B,
    /// The connection ends with it.
    pub closes: bool,
    /// The last chunk is written, or waits to be.
    is_over: bool,
    /// What was gathered last was a heartbeat.
    was_heartbeat: bool,
    /// What the socket did not take.
    rest: Vec<u8>,
    /// How much of it was taken since.
    sent: usize,
}

impl<B: Body<Data = Bytes> + Unpin> Stream<B> {
    fn new(body: B, closes: bool) -> Self {
        Self { body, closes, is_over: false, was_heartbeat: false, rest: Vec::new(), sent: 0 }
    }

    /// Sends it to its end. True where the connection can be asked for more after it. To be polled by
    /// one task, as a connection is.
    pub fn send(mut self, peer: &Peer) -> impl Future<Output = bool> {
        let mut is_known = false;
        poll_fn(move |cx| match self.poll_send(peer, cx) {
            Poll::Ready(sent) => {
                let is_sent =
                    sent.inspect_err(|error| telemetry::failed(self.was_heartbeat, error)).is_ok();
                Poll::Ready(is_sent && !self.closes)
            }
            Poll::Pending if is_known && !peer.has_news() => Poll::Pending,
            Poll::Pending => {
                // The socket forgets whom to wake when it has news; and one that is asked too often
                // in a row does not take note. Should it forget all the same, by a wake-up that
                // comes late, then the next event or heartbeat shows it.
                is_known = !peer.has_news() && has_budget_remaining();
                let gone = ready!(peer.poll_gone(cx));
                let _told = gone.inspect_err(|error| telemetry::failed(self.was_heartbeat, error));
                Poll::Ready(false)
            }
        })
    }

    /// Resolves once all is sent, or cannot be.
    fn poll_send(&mut self, peer: &Peer, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        for _ in 0..WRITES_IN_A_ROW {
            ready!(self.poll_rest(peer, cx))?;
            if self.is_over {
                return Poll::Ready(Ok(()));
            }
            let mut scratch = SCRATCH.take();
            scratch.clear();
            let gathered = self.gather(&mut scratch, cx);
            let written = self.write(peer, &scratch);
            if scratch.capacity() <= SCRATCH_BYTES {
                SCRATCH.set(scratch);
            }
            written?;
            match gathered {
                Poll::Pending if self.rest.is_empty() => return Poll::Pending,
                Poll::Pending => {}
                Poll::Ready(gathered) => gathered?,
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Puts together what is due. Pending where nothing more is; an error comes behind what came
    /// before it.
    fn gather(&mut self, bytes: &mut Vec<u8>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while bytes.len() < WRITE_BYTES {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose();
            match frame.map_err(|_| io::ErrorKind::Other)?.map(Frame::into_data) {
                None => {
                    self.is_over = true;
                    bytes.extend_from_slice(b"0\r\n\r\n");
                    break;
                }
                Some(Ok(chunk)) if !chunk.is_empty() => {
                    self.was_heartbeat = heartbeat::is_one(&chunk);
                    write!(bytes, "{:X}\r\n", chunk.len())?;
                    bytes.extend_from_slice(&chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                // Trailers, which need not be passed on, are not.
                Some(_) => {}
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what the socket did not take before.
    fn poll_rest(&mut self, peer: &Peer, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.rest.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let sent = peer.try_write(rest)?;
            self.sent += sent;
            if sent == 0 {
                ready!(peer.poll_writable(cx))?;
            }
        }
        self.rest = Vec::new();
        Poll::Ready(Ok(()))
    }

    fn write(&mut self, peer: &Peer, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            let sent = peer.try_write(bytes)?;
            self.rest = bytes.get(sent..).unwrap_or_default().to_vec();
            self.sent = 0;
        }
        Ok(())
    }
}
