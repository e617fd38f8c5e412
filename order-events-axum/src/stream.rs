//! A stream's body, once its head is out.
//!
//! hyper reads requests and writes heads. While a stream lasts there is none of either, for hours;
//! and what hyper keeps for each connection (two buffers of 8 KiB, and all that it may need for the
//! next request) is then memory that each event must be carried through. So the body is taken from
//! hyper behind its first chunk, and sent from here, as the chunks of HTTP/1.1: what is due, in one
//! `write`.
//!
//! ```text
//!   Answers ─▶ Outgoing ─▶ hyper: head, first chunk ─▶ the socket
//!                  └─────▶ Handover ─▶ Stream: the other chunks ─▶ the socket ─▶ hyper: next request
//! ```

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Version};
use http_body::{Body as _, Frame, SizeHint};
use tokio::task::coop::has_budget_remaining;

use crate::connection::Peer;

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

/// Where the body of a connection's answer is laid, to be sent by a [`Stream`].
#[derive(Clone, Default)]
pub(crate) struct Handover(Arc<Mutex<Option<Stream>>>);

impl Handover {
    /// What is to be sent from now on, if it has been laid down.
    pub(crate) fn take(&self) -> Option<Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn lay(&self, stream: Stream) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
    }
}

/// What must be known of a request to say whether its answer can be sent without hyper.
pub(crate) struct Asked {
    is_plain: bool,
    closes: bool,
}

impl Asked {
    pub(crate) fn by<B: http_body::Body>(request: &Request<B>) -> Self {
        let is_get = request.method() == Method::GET && request.version() == Version::HTTP_11;
        Self {
            is_plain: is_get && request.body().is_end_stream(),
            closes: closes(request.headers()),
        }
    }

    /// A stream of events whose end nobody knows, on a connection that has no more to do with this
    /// request.
    fn is_for_a_stream(&self, response: &Response) -> bool {
        let headers = response.headers();
        let is_event_stream = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        self.is_plain
            && is_event_stream
            && response.status() == StatusCode::OK
            && response.version() == Version::HTTP_11
            && !headers.contains_key(CONTENT_LENGTH)
            && !headers.contains_key(TRANSFER_ENCODING)
            && response.body().size_hint().exact().is_none()
    }

    /// The answer as hyper is given it.
    pub(crate) fn answer(&self, response: Response, rest: Handover) -> http::Response<Outgoing> {
        let is_for_a_stream = self.is_for_a_stream(&response);
        let closes = self.closes || closes(response.headers());
        response.map(|body| match is_for_a_stream {
            false => Outgoing::Whole(body),
            true => Outgoing::Beginning {
                body: Some(Stream::new(body, closes)),
                has_begun: false,
                rest,
            },
        })
    }
}

/// Whether the connection ends with this message.
fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case("close"))
}

/// A body as hyper is given it.
pub(crate) enum Outgoing {
    /// All of it.
    Whole(Body),
    /// Its first chunk, so that it leaves with the head. Then the body is laid down, and hyper waits.
    Beginning { body: Option<Stream>, has_begun: bool, rest: Handover },
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Beginning { body: Some(stream), has_begun, .. } if !*has_begun => {
                let frame = ready!(Pin::new(&mut stream.body).poll_frame(cx));
                *has_begun = true;
                Poll::Ready(frame)
            }
            Self::Beginning { body, rest, .. } => {
                if let Some(stream) = body.take() {
                    rest.lay(stream);
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(body) if body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Beginning { .. } => SizeHint::default(),
        }
    }
}

/// What is left of a body.
pub(crate) struct Stream {
    body: Body,
    /// The connection ends with it.
    pub(crate) closes: bool,
    /// The last chunk is written, or waits to be.
    is_over: bool,
    /// What the socket did not take.
    rest: Vec<u8>,
    /// How much of it was taken since.
    sent: usize,
}

impl Stream {
    fn new(body: Body, closes: bool) -> Self {
        Self { body, closes, is_over: false, rest: Vec::new(), sent: 0 }
    }

    /// Sends it to its end. True where the connection can be asked for more after it. To be polled by
    /// one task, as a connection is.
    pub(crate) fn send(mut self, peer: &Peer) -> impl Future<Output = bool> + '_ {
        let mut is_known = false;
        poll_fn(move |cx| match self.poll_send(peer, cx) {
            Poll::Ready(sent) => Poll::Ready(sent.is_ok() && !self.closes),
            Poll::Pending if is_known && !peer.has_news() => Poll::Pending,
            Poll::Pending => {
                // The socket forgets whom to wake when it has news; and one that is asked too often
                // in a row does not take note. Should it forget all the same, by a wake-up that
                // comes late, then the next event or heartbeat shows it.
                is_known = !peer.has_news() && has_budget_remaining();
                peer.poll_closed(cx).map(|()| false)
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
            match frame.map_err(io::Error::other)?.map(Frame::into_data) {
                None => {
                    self.is_over = true;
                    bytes.extend_from_slice(b"0\r\n\r\n");
                    break;
                }
                Some(Ok(chunk)) if !chunk.is_empty() => {
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
