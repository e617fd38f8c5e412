//! Blocks and comments as bytes of an event stream, which no user's text can break out of.

use std::time::Duration;

use bytes::Bytes;
use memchr::memchr2;

use crate::field::{Id, Name};

/// The longest `retry:` that is written: the greatest number that 32 bits hold with a sign. The
/// timers of browsers take no more, and beyond it they fire at once.
pub const MAX_RETRY: Duration = Duration::from_millis((1 << 31) - 1);

/// The shortest `retry:` that is written: 0 would have a browser come back in a tight loop.
pub const MIN_RETRY: Duration = Duration::from_millis(1);

/// One block of an event stream: fields, then the empty line that makes the reader act on them.
///
/// Without [`data`](Self::data) a reader dispatches nothing: it takes up `retry` and `id`, and
/// forgets `event`. So a block with an `id` alone tells where the stream stands.
///
/// ```
/// use std::time::Duration;
/// use order_events_sse::{Block, Id, Name};
///
/// let block = Block {
///     retry: Some(Duration::from_millis(2417)),
///     event: Some(Name::new("order.note")?),
///     id: Some(Id::new("7f3k9q.129")?),
///     data: Some("left with\r\nthe neighbour"),
/// };
/// assert_eq!(
///     block.to_bytes(),
///     "retry: 2417\nevent: order.note\nid: 7f3k9q.129\ndata: left with\ndata: the neighbour\n\n",
/// );
///
/// let position = Block { id: Some(Id::new("7f3k9q.130")?), ..Block::default() };
/// assert_eq!(position.to_bytes(), "id: 7f3k9q.130\n\n");
/// # Ok::<(), order_events_sse::FieldError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Block<'a> {
    /// How long the reader shall wait before it comes back once the stream is lost. In whole
    /// milliseconds, rounded down, from [`MIN_RETRY`] to [`MAX_RETRY`]; what lies outside becomes
    /// the nearer of them.
    pub retry: Option<Duration>,
    /// The event's name; without one it is a `message`.
    pub event: Option<Name<'a>>,
    /// Where the stream stands once the reader has this block.
    pub id: Option<Id<'a>>,
    /// What the event says: any text, also none. CR, LF and CRLF all arrive as LF, since the format
    /// has no other way to say a line break; everything else arrives as it is.
    pub data: Option<&'a str>,
}

impl Block<'_> {
    /// Appends the block to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.reserve(self.encoded_len());
        if let Some(retry) = self.retry {
            let mut digits = [0; RETRY_DIGITS];
            line(out, b"retry", decimal(millis(retry), &mut digits));
        }
        if let Some(event) = self.event {
            line(out, b"event", event.as_str().as_bytes());
        }
        if let Some(id) = self.id {
            line(out, b"id", id.as_str().as_bytes());
        }
        if let Some(data) = self.data {
            Lines::of(data).for_each(|text| line(out, b"data", text));
        }
        out.push(b'\n');
    }

    /// The block as bytes with exactly as much room as they need, for frames are kept as long as
    /// their events.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.encoded_len());
        self.write(&mut out);
        Bytes::from(out)
    }

    /// How many bytes [`write`](Self::write) appends.
    pub fn encoded_len(&self) -> usize {
        let field = |name: &str, len: usize| name.len() + ": \n".len() + len;
        let retry = self.retry.map_or(0, |retry| {
            field("retry", decimal(millis(retry), &mut [0; RETRY_DIGITS]).len())
        });
        let event = self.event.map_or(0, |event| field("event", event.as_str().len()));
        let id = self.id.map_or(0, |id| field("id", id.as_str().len()));
        let data = self
            .data
            .map_or(0, |data| Lines::of(data).map(|text| field("data", text.len())).sum::<usize>());
        retry + event + id + data + "\n".len()
    }
}

/// Appends a comment: a line of its own for each line of the text, so that none can be a field. A
/// reader ignores it; what is between it and the reader sees that the stream is alive.
///
/// Comments stand between blocks or, as far as the format goes, within them, and need no empty line
/// after them.
///
/// ```
/// let mut out = Vec::new();
/// order_events_sse::comment("hb\ndata: forged", &mut out);
/// assert_eq!(out, b": hb\n: data: forged\n");
/// ```
pub fn comment(text: &str, out: &mut Vec<u8>) {
    Lines::of(text).for_each(|text| line(out, b"", text));
}

/// A space always follows the colon: it is the one that a reader takes away, so that one in the
/// value stays.
fn line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.push(b'\n');
}

/// The lines of a text as a reader of the stream would tell them apart: only CR, LF and CRLF end
/// one, whatever else Unicode knows. There is always one more than line breaks, so the empty text
/// has one, and what follows a final break is one.
struct Lines<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: Some(text.as_bytes()) }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        // Nearly all data is JSON, which has no line breaks: then this is one search, and all.
        let end = memchr2(b'\r', b'\n', rest);
        let Some((line, after)) = end.and_then(|at| rest.split_at_checked(at)) else {
            return Some(rest);
        };
        self.rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..));
        Some(line)
    }
}

/// How many digits [`MAX_RETRY`] has in milliseconds.
const RETRY_DIGITS: usize = 10;

fn millis(retry: Duration) -> u32 {
    u32::try_from(retry.clamp(MIN_RETRY, MAX_RETRY).as_millis()).unwrap_or(u32::MAX)
}

/// Without the machinery of `fmt`, which costs more than the rest of a small block.
fn decimal(mut number: u32, digits: &mut [u8; RETRY_DIGITS]) -> &[u8] {
    let mut written = 0;
    for place in digits.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        written += 1;
        if number == 0 {
            break;
        }
    }
    digits.get(RETRY_DIGITS - written..).unwrap_or_default()
}
