//! A connection as actix-http reads and writes it: one message at a time.
//!
//! actix gives back nothing of what it has read. So that a connection can be taken from it while a
//! stream is sent, it is given a request only once the one before is answered, and nothing of what
//! comes behind it: what that is stays here. How long a request is, is read of its head by what actix
//! reads it by. Of whatever is not as plain as that (chunks, upgrades, what cannot be read), and of all
//! that follows it on the same connection, nothing is judged: it is passed on as it comes, and no
//! stream is taken over there.

use std::cell::RefCell;
use std::io;
use std::mem::{MaybeUninit, take};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use httparse::Status;
use order_events_sse::server::takeover::{Connection, Peer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use crate::exchange::Exchange;

/// How many headers actix reads.
const MAX_HEADERS: usize = 96;

/// The longest head that is gathered here: the longest that actix reads. It is actix's to refuse it.
const MAX_HEAD_BYTES: usize = 128 * 1024;

/// A connection that is lent to actix-http.
#[derive(Clone)]
pub(crate) struct Lent(Rc<RefCell<Gate>>);

struct Gate {
    connection: Connection,
    exchange: Rc<Exchange>,
    passes: Passes,
    /// The beginning of a head whose end has not come.
    held: Vec<u8>,
    /// How many requests were passed on.
    asked: u64,
    /// Something was to be read while nothing passes.
    is_awaited: bool,
}

/// What may be read.
enum Passes {
    /// A request, once its head is whole.
    Request,
    /// What is left of one; then nothing until it is answered.
    Rest(u64),
    /// Whatever comes.
    Everything,
}

impl Lent {
    /// To be read one request at a time.
    pub(crate) fn by_turns(connection: Connection, exchange: Rc<Exchange>) -> Self {
        Self::new(connection, exchange, Passes::Request)
    }

    /// To be read as it comes.
    pub(crate) fn whole(connection: Connection, exchange: Rc<Exchange>) -> Self {
        Self::new(connection, exchange, Passes::Everything)
    }

    fn new(connection: Connection, exchange: Rc<Exchange>, passes: Passes) -> Self {
        let held = Vec::new();
        let gate = Gate { connection, exchange, passes, held, asked: 0, is_awaited: false };
        Self(Rc::new(RefCell::new(gate)))
    }

    pub(crate) fn exchange(&self) -> Rc<Exchange> {
        Rc::clone(&self.0.borrow().exchange)
    }

    pub(crate) fn peer(&self) -> Peer {
        self.0.borrow().connection.peer()
    }

    /// Whether reading, which was in vain, may be tried again. Nobody is woken when it may.
    pub(crate) fn passes_again(&self) -> bool {
        let mut gate = self.0.borrow_mut();
        gate.is_awaited && gate.is_answered() && take(&mut gate.is_awaited)
    }

    /// The connection, once it is lent to nobody else any more.
    pub(crate) fn into_connection(self) -> Option<Connection> {
        Rc::into_inner(self.0).map(|gate| gate.into_inner().connection)
    }
}

impl Gate {
    /// Whether the request that was passed on is answered, and nothing of that left to be written: a
    /// peer that does not read what it asks for is read no further.
    fn is_answered(&self) -> bool {
        self.exchange.answered() >= self.asked && self.connection.is_flushed()
    }

    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.passes {
                Passes::Everything => return Pin::new(&mut self.connection).poll_read(cx, buffer),
                Passes::Rest(0) if self.is_answered() => self.passes = Passes::Request,
                Passes::Rest(0) => {
                    self.is_awaited = true;
                    return Poll::Pending;
                }
                Passes::Rest(left) => {
                    let before = buffer.filled().len();
                    let mut rest = (&mut self.connection).take(left);
                    ready!(Pin::new(&mut rest).poll_read(cx, buffer))?;
                    self.passes = Passes::Rest(left - (buffer.filled().len() - before) as u64);
                    return Poll::Ready(Ok(()));
                }
                Passes::Request => {
                    let before = buffer.filled().len();
                    ready!(Pin::new(&mut self.connection).poll_read(cx, buffer))?;
                    let came = buffer.filled().get(before..).unwrap_or_default();
                    // The other side is closed, or the request is there and nothing else.
                    if came.is_empty() || self.held.is_empty() && self.judge(came) {
                        return Poll::Ready(Ok(()));
                    }
                    self.held.extend_from_slice(came);
                    buffer.set_filled(before);
                    self.gather();
                }
            }
        }
    }

    /// Whether these bytes are a request, or the beginning of one beyond its head, and nothing else.
    fn judge(&mut self, bytes: &[u8]) -> bool {
        let came = bytes.len() as u64;
        match Request::of(bytes) {
            Request::Plain { length, has_body } if came <= length => {
                self.pass(length - came, has_body);
                true
            }
            _ => false,
        }
    }

    /// What is held is to be read where it is a request, and whatever it is where it is none.
    fn gather(&mut self) {
        match Request::of(&self.held) {
            Request::Unfinished if self.held.len() < MAX_HEAD_BYTES => return,
            Request::Plain { length, has_body } => self.pass(length, has_body),
            Request::Unfinished | Request::Other => {
                self.exchange.set_alone(false);
                self.passes = Passes::Everything;
            }
        }
        self.connection.is_to_read(&take(&mut self.held));
    }

    fn pass(&mut self, rest: u64, has_body: bool) {
        self.asked += 1;
        self.exchange.set_alone(!has_body);
        self.passes = Passes::Rest(rest);
    }
}

/// What the bytes that a connection goes on with are.
enum Request {
    /// The beginning of a head.
    Unfinished,
    /// A request that is so long, head and body.
    Plain { length: u64, has_body: bool },
    /// One whose length is not told by its head, or none at all.
    Other,
}

impl Request {
    fn of(bytes: &[u8]) -> Self {
        let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut []);
        match request.parse_with_uninit_headers(bytes, &mut headers) {
            Ok(Status::Partial) => Self::Unfinished,
            Ok(Status::Complete(head)) => Self::plain(&request, head).unwrap_or(Self::Other),
            Err(_) => Self::Other,
        }
    }

    fn plain(request: &httparse::Request<'_, '_>, head: usize) -> Option<Self> {
        let mut body = None;
        for header in &*request.headers {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("transfer-encoding") || is("upgrade") {
                return None;
            }
            if is("content-length") {
                let length = digits(header.value)?;
                if body.replace(length).is_some() {
                    return None;
                }
            }
        }
        let body = body.unwrap_or(0);
        let length = body.checked_add(head as u64)?;
        let is_connect = request.method == Some("CONNECT");
        (!is_connect).then_some(Self::Plain { length, has_body: body > 0 })
    }
}

/// A number of nothing but digits.
fn digits(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl AsyncRead for Lent {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.borrow_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Lent {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0.borrow_mut().connection).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().connection).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().connection).poll_shutdown(cx)
    }
}
