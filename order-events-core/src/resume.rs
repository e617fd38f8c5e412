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
pub struct LogView<'a> {
    /// Its epoch.
    pub epoch: Epoch,
    /// The epochs it had before, each with the last place up to which its cursors are still true.
    pub lineage: &'a [Cursor],
    /// The place of the tenant's last event.
    pub head: u64,
    /// The highest seq of the scope that the log no longer holds.
    pub dropped: u64,
    /// Whether what follows the cursor fits the caps.
    pub complete: bool,
}

/// Whether a cursor can be gone on from, or why the reader must be reset.
///
/// A log that may have lost events begins another epoch at the place it still has. Cursors of the
/// former one are true up to that place; beyond it they are of what was lost, even where the log
/// has given the same numbers to other events since.
pub fn judge(cursor: Cursor, log: LogView<'_>) -> Result<(), ResetReason> {
    if cursor.epoch != log.epoch {
        let former = log.lineage.iter().find(|former| former.epoch == cursor.epoch);
        match former {
            None => return Err(ResetReason::Foreign),
            Some(former) if cursor.seq > former.seq => return Err(ResetReason::Future),
            Some(_) => {}
        }
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
    /// The cursor is ahead of the log, which was therefore rolled back; or of what was lost then.
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

    /// Whether the log no longer has, or never had, what the reader was given; else it is the reader
    /// who was away for too long.
    pub(crate) const fn is_of_a_lost_log(self) -> bool {
        matches!(self, Self::Foreign | Self::Future)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Epoch = Epoch::from_u64(1);
    const NEW: Epoch = Epoch::from_u64(2);

    fn judged(epoch: Epoch, seq: u64) -> Result<(), ResetReason> {
        let lineage = [Cursor { epoch: OLD, seq: 5 }];
        let log = LogView { epoch: NEW, lineage: &lineage, head: 9, dropped: 3, complete: true };
        judge(Cursor { epoch, seq }, log)
    }

    #[test]
    fn a_cursor_of_a_former_epoch_is_true_up_to_its_end() {
        assert_eq!(judged(OLD, 3), Ok(()));
        assert_eq!(judged(OLD, 5), Ok(()));
        assert_eq!(judged(NEW, 9), Ok(()));
    }

    #[test]
    fn a_cursor_of_what_was_lost_is_reset_though_its_number_was_given_again() {
        assert_eq!(judged(OLD, 6), Err(ResetReason::Future));
        assert_eq!(judged(OLD, 9), Err(ResetReason::Future));
        assert_eq!(judged(NEW, 6), Ok(()));
    }

    #[test]
    fn a_cursor_of_a_former_epoch_expires_like_any_other() {
        assert_eq!(judged(OLD, 2), Err(ResetReason::Expired));
    }

    #[test]
    fn an_epoch_that_the_log_never_had_is_foreign() {
        assert_eq!(judged(Epoch::from_u64(3), 4), Err(ResetReason::Foreign));
    }
}
