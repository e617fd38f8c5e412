//! Where a returning reader goes on: pure.

use crate::cursor::{Cursor, Epoch};

/// How a subscriber wants to begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Resume {
    /// With the state of things, then what comes.
    #[default]
    Fresh,
    /// With everything after this cursor.
    After(Cursor),
    /// With a text that was not a cursor: as fresh, after a `reset` that says so.
    Malformed,
}

impl Resume {
    /// Reads a cursor as it came from outside. Never fails, for a bad cursor is no reason to refuse
    /// anybody: it is told by a `reset`. An empty text, which is what a browser without an id
    /// sends, is [`Resume::Fresh`].
    pub fn parse(text: &[u8]) -> Self {
        if text.is_empty() {
            return Self::Fresh;
        }
        match std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
            Some(cursor) => Self::After(cursor),
            None => Self::Malformed,
        }
    }
}

/// What the log says of the scope that is resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogView {
    /// Its epoch.
    pub epoch: Epoch,
    /// The place of the tenant's last event.
    pub head: u64,
    /// The highest seq of the scope that the log no longer holds.
    pub dropped: u64,
    /// Whether what follows the cursor fits the caps.
    pub complete: bool,
}

/// Whether a cursor can be gone on from, or why the reader must be reset.
pub fn judge(cursor: Cursor, log: LogView) -> Result<(), ResetReason> {
    if cursor.epoch != log.epoch {
        return Err(ResetReason::Foreign);
    }
    if cursor.seq > log.head {
        return Err(ResetReason::Future);
    }
    if cursor.seq < log.dropped {
        return Err(ResetReason::Expired);
    }
    if !log.complete {
        return Err(ResetReason::Behind);
    }
    Ok(())
}

/// Why a reader was brought to the present by snapshots instead of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ResetReason {
    /// The cursor could not be read.
    Malformed,
    /// The cursor is of another log: another tenant's, or one that was lost.
    Foreign,
    /// The cursor is ahead of the log, which was therefore rolled back.
    Future,
    /// Events of the scope after the cursor are no longer in the log.
    Expired,
    /// More was missed than is replayed.
    Behind,
    /// The scope holds more orders than come on the stream itself: they are to be paged.
    Large,
}

impl ResetReason {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Malformed, Self::Foreign, Self::Future, Self::Expired, Self::Behind, Self::Large];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Foreign => "foreign",
            Self::Future => "future",
            Self::Expired => "expired",
            Self::Behind => "behind",
            Self::Large => "large",
        }
    }
}
