//! When a stream says that it is still there: pure.

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

/// When the next heartbeat is due: after so much silence, not at a fixed beat.
///
/// Events only note the time; the timer runs on and is set again when it fires, so that a busy
/// stream costs no timer.
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

    /// When silence will have lasted for long enough.
    pub(crate) fn due(&self) -> Instant {
        self.last_word + self.every
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
