//! An event stream as messages: the HTML standard's "Interpreting an event stream", on bytes as
//! they come, without doing any input itself.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use memchr::{memchr, memchr2};

/// The longest line, in bytes without its end: many times our longest event, and little enough that
/// a server which never ends a line is found out before it hurts.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// The most data of one event, in bytes of UTF-8: what a line of [`MAX_LINE_BYTES`] can become where
/// each of its bytes is malformed and replaced by three, and some more for data in many lines.
pub const MAX_DATA_BYTES: usize = 4 * 1024 * 1024;

/// What one decoder holds at most. [`Default`] gives the constants.
///
/// Between calls it keeps an unfinished line and the data, name and id of an unfinished event, and so
/// some multiple of these, however long the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// See [`MAX_LINE_BYTES`]. Counted as the bytes came; comments count, too.
    pub line_bytes: usize,
    /// See [`MAX_DATA_BYTES`]. Counted as the message has it, with its line breaks.
    pub data_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes: MAX_LINE_BYTES, data_bytes: MAX_DATA_BYTES }
    }
}

/// A message of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The event's name; `message` where the stream gave none. Shared with the message before where
    /// it has the same.
    pub event: Arc<str>,
    /// The data; its lines are joined by LF.
    pub data: String,
    /// The id that the stream had come to with this message: its own, or else the last one before
    /// it. Empty where there was none.
    pub last_event_id: Arc<str>,
}

/// Why a stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A line is longer than [`Limits::line_bytes`].
    #[error("a line of the stream is longer than {limit} bytes")]
    LineTooLong {
        /// The longest that would have been taken.
        limit: usize,
    },
    /// The data of an event is longer than [`Limits::data_bytes`].
    #[error("the data of an event is longer than {limit} bytes")]
    DataTooLong {
        /// The longest that would have been taken.
        limit: usize,
    },
}

/// Decodes an event stream from pieces of any size.
///
/// It does what the standard says, for every input: malformed UTF-8 becomes U+FFFD, unknown fields
/// are ignored, and what is unfinished when the stream ends is never seen. Each byte is looked at a
/// fixed number of times, however the stream is cut.
///
/// ```
/// use order_events_sse::Decoder;
///
/// let mut decoder = Decoder::new();
/// let mut messages = Vec::new();
/// let pieces = ["id: 7\nevent: order.no", "te\ndata: left with\nda", "ta: Bob\n\nid: 8\n\n"];
/// for piece in pieces {
///     let mut input = piece.as_bytes();
///     while let Some(message) = decoder.decode(&mut input)? {
///         messages.push(message);
///     }
/// }
/// assert_eq!(messages.len(), 1);
/// assert_eq!(&*messages[0].event, "order.note");
/// assert_eq!(messages[0].data, "left with\nBob");
/// assert_eq!(&*messages[0].last_event_id, "7");
/// // A block without data is no message, but its id counts.
/// assert_eq!(decoder.last_event_id(), "8");
/// # Ok::<(), order_events_sse::DecodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    limits: Limits,
    /// The line whose end has not come yet.
    line: Vec<u8>,
    /// The line before ended with a CR, so that an LF right here belongs to it.
    after_cr: bool,
    /// No line has ended yet, so the first one may begin with a byte order mark.
    first_line: bool,
    event: String,
    /// None is the standard's empty buffer. The LF that it has after each line stands between them
    /// here, which spares taking the last one away.
    data: Option<String>,
    id: Arc<str>,
    last_event_id: Arc<str>,
    retry: Option<Duration>,
    /// The name of the last message, for the next one, which most likely has the same.
    name: Arc<str>,
    failed: Option<DecodeError>,
}

impl Decoder {
    /// A decoder at the beginning of a stream, with the limits that are default.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A decoder at the beginning of a stream.
    pub fn with_limits(limits: Limits) -> Self {
        let none: Arc<str> = Arc::from("");
        Self {
            limits,
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            event: String::new(),
            data: None,
            id: Arc::clone(&none),
            last_event_id: none,
            retry: None,
            name: Arc::from(DEFAULT_EVENT),
            failed: None,
        }
    }

    /// The same decoder for a stream that goes on after an id: messages before the stream's first
    /// id have this one.
    pub fn after(mut self, last_event_id: impl Into<Arc<str>>) -> Self {
        self.last_event_id = last_event_id.into();
        self.id = Arc::clone(&self.last_event_id);
        self
    }

    /// Begins the next stream of the same source, when the last one was lost: drops what was
    /// unfinished, and an error.
    ///
    /// The time to wait stays, and so does the id, also for messages before the next stream's first
    /// id. There the standard would have it empty, and a source that is lost once more before an id
    /// comes would begin from nothing. Browsers keep it as well.
    pub fn restart(&mut self) {
        *self = self.emptied();
    }

    /// Reads from the front of `input` to the end of the next message, and gives it; call it again
    /// with what is left. None means that all of `input` was read.
    ///
    /// An error is final: whatever comes, it is given again, until [`restart`](Self::restart). How
    /// far `input` was read by then says nothing. Messages before the fault have been given, and
    /// where the stream was cut makes no difference to any of this.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Message>, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.next_message(input).inspect_err(|error| {
            // What was gathered is of no use any more, and may be large.
            *self = Self { failed: Some(*error), ..self.emptied() };
        })
    }

    /// The id to go on from: the stream's last one, as of the last block that was finished. Empty
    /// where there was none.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// How long the stream last told its reader to wait before it comes back. It may be any time at
    /// all, some 500 million years included: have a limit of your own.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// As new, but for what outlasts a stream.
    fn emptied(&self) -> Self {
        Self {
            retry: self.retry,
            ..Self::with_limits(self.limits).after(Arc::clone(&self.last_event_id))
        }
    }

    fn next_message(&mut self, input: &mut &[u8]) -> Result<Option<Message>, DecodeError> {
        while !input.is_empty() {
            if std::mem::take(&mut self.after_cr)
                && let Some(after) = input.strip_prefix(b"\n")
            {
                *input = after;
                continue;
            }
            let end = memchr2(b'\r', b'\n', input);
            let (part, after) = match end.and_then(|at| input.split_at_checked(at)) {
                Some((part, after)) => (part, Some(after)),
                None => (*input, None),
            };
            if part.len() > self.limits.line_bytes.saturating_sub(self.line.len()) {
                return Err(DecodeError::LineTooLong { limit: self.limits.line_bytes });
            }
            let Some([end, rest @ ..]) = after else {
                self.line.extend_from_slice(part);
                *input = &[];
                break;
            };
            *input = rest;
            self.after_cr = *end == b'\r';
            let message = if self.line.is_empty() {
                self.end_line(part)?
            } else {
                // Lent out, so that its room serves the next line that is cut.
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(part);
                let message = self.end_line(&line)?;
                line.clear();
                self.line = line;
                message
            };
            if message.is_some() {
                return Ok(message);
            }
        }
        Ok(None)
    }

    fn end_line(&mut self, mut line: &[u8]) -> Result<Option<Message>, DecodeError> {
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let colon = memchr(b':', line).and_then(|at| line.split_at_checked(at));
        let (name, value) = match colon {
            Some((name, value)) => {
                let value = value.get(1..).unwrap_or_default();
                (name, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match name {
            b"data" => self.add_data(&text(value))?,
            b"event" => {
                self.event.clear();
                self.event.push_str(&text(value));
            }
            b"id" if memchr(0, value).is_none() => {
                let id = text(value);
                if *self.id != *id {
                    self.id = Arc::from(id);
                }
            }
            b"retry" => self.retry = milliseconds(value).or(self.retry),
            // A comment has no name, and is ignored like a field that nobody knows.
            _ => {}
        }
        Ok(None)
    }

    fn add_data(&mut self, value: &str) -> Result<(), DecodeError> {
        let limit = self.limits.data_bytes;
        let before = self.data.as_ref().map_or(0, |data| data.len() + 1);
        if before.saturating_add(value.len()) > limit {
            return Err(DecodeError::DataTooLong { limit });
        }
        match &mut self.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            // Nearly all data is one line, which then has exactly the room it needs.
            None => self.data = Some(value.to_owned()),
        }
        Ok(())
    }

    fn dispatch(&mut self) -> Option<Message> {
        if !Arc::ptr_eq(&self.last_event_id, &self.id) {
            self.last_event_id = Arc::clone(&self.id);
        }
        let data = self.data.take();
        let message = data.map(|data| {
            let name = if self.event.is_empty() { DEFAULT_EVENT } else { &self.event };
            if *self.name != *name {
                self.name = Arc::from(name);
            }
            let last_event_id = Arc::clone(&self.last_event_id);
            Message { event: Arc::clone(&self.name), data, last_event_id }
        });
        self.event.clear();
        message
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

const DEFAULT_EVENT: &str = "message";

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Decoding value by value is decoding the stream: a value begins and ends at a character of ASCII,
/// which ends a malformed sequence wherever it stands. One U+FFFD for each longest part that could
/// have begun a character is what both the Encoding standard and `String` do.
fn text(value: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(value)
}

/// Digits and nothing else. A number beyond what can be counted is as far as that goes, for it is a
/// number; no digits at all are none.
fn milliseconds(value: &[u8]) -> Option<Duration> {
    let (false, true) = (value.is_empty(), value.iter().all(u8::is_ascii_digit)) else {
        return None;
    };
    let number = value.iter().fold(0_u64, |number, digit| {
        number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    Some(Duration::from_millis(number))
}
