//! When a stream says that it is still there: pure.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use order_events_core::Cursor;
use serde::Serialize;
use tokio::time::Instant;

use super::control;

/// What a heartbeat looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Style {
    /// A comment, which a browser's `EventSource` does not show to the page.
    #[default]
    Comment,
    /// An event without an id, whose data says how far the stream has been served.
    Named,
}

/// When the next heartbeat is due: after so much silence, not at a fixed time of each stream's own.
///
/// Events only note the time; the timer runs on and is set again when it fires, so that a busy
/// stream costs no timer. What is due within one [`beat`] of the process leaves at its end,
/// together: of ten thousand silent streams some 80 at a time, where a process that is woken for each
/// of them would do little but fall asleep and be woken.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    every: Duration,
    style: Style,
    last_word: Instant,
}

impl Heartbeat {
    pub(crate) fn new(every: Duration, style: Style, now: Instant) -> Self {
        Self { every, style, last_word: now }
    }

    /// Something was said.
    pub(crate) fn spoken(&mut self, now: Instant) {
        self.last_word = now;
    }

    /// When something was said last.
    pub(crate) fn last_word(&self) -> Instant {
        self.last_word
    }

    /// When silence will have lasted for long enough, and the beat ends in which that is.
    pub(crate) fn due(&self) -> Instant {
        let due = self.last_word + self.every;
        let beat = beat(self.every).as_nanos();
        let [since, until] = [(due, first_beat()), (first_beat(), due)]
            .map(|(later, earlier)| later.saturating_duration_since(earlier).as_nanos());
        let left = match since.checked_rem(beat) {
            None => 0,
            Some(0) => until % beat,
            Some(begun) => beat - begun,
        };
        due + Duration::from_nanos(left as u64)
    }

    /// What is to be said.
    pub(crate) fn frame(&self, cursor: Cursor) -> Bytes {
        #[derive(Serialize)]
        struct Served {
            cursor: String,
        }
        match self.style {
            Style::Comment => Bytes::from_static(b": hb\n\n"),
            Style::Named => {
                control::event("heartbeat", None, &Served { cursor: cursor.to_string() })
            }
        }
    }
}

/// Whether a chunk of a stream is one.
pub(crate) fn is_one(chunk: &[u8]) -> bool {
    chunk.starts_with(b": hb") || chunk.starts_with(b"event: heartbeat")
}

/// How far beats are apart for streams that speak after such a silence: the same for silences of
/// like length, so that streams whose spans were spread meet at them, and at most a 64th of it.
fn beat(every: Duration) -> Duration {
    const LONGEST: u64 = 128;
    let part = u64::try_from(every.as_millis() / 64).unwrap_or(LONGEST).min(LONGEST);
    Duration::from_millis(part.checked_ilog2().map_or(0, |power| 1 << power))
}

/// From when the process counts its beats.
fn first_beat() -> Instant {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    *FIRST.get_or_init(Instant::now)
}
