//! What a hub does, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::delivery::Reset;
use crate::resume::ResetReason;

/// How a subscription began.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Opening {
    /// Without a cursor.
    Fresh,
    /// From a cursor, and had missed nothing.
    Resumed,
    /// From a cursor, and is given what it missed.
    Replayed,
    /// Anew, though it had a cursor, or something that was to be one.
    Reset,
}

impl Opening {
    pub(crate) fn of(presented: bool, reset: Option<Reset>, is_empty: bool) -> Self {
        match (presented, reset.map(|reset| reset.reason)) {
            // Whoever begins with a large scope is told to page it, and had nothing to lose.
            (false, None | Some(ResetReason::Large)) => Self::Fresh,
            (_, Some(_)) => Self::Reset,
            (true, None) if is_empty => Self::Resumed,
            (true, None) => Self::Replayed,
        }
    }

    #[cfg(any(feature = "metrics", feature = "tracing"))]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Resumed => "resumed",
            Self::Replayed => "replayed",
            Self::Reset => "reset",
        }
    }
}

/// Counters of what is rare: nothing is counted per delivery.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    fresh: AtomicU64,
    resumed: AtomicU64,
    replayed: AtomicU64,
    fell_behind: AtomicU64,
    log_failures: AtomicU64,
    refused: AtomicU64,
    reclaimed: AtomicU64,
    resets: [AtomicU64; ResetReason::ALL.len()],
}

impl Counters {
    pub(crate) fn opened(&self, opening: Opening) {
        match opening {
            Opening::Fresh => bump(&self.fresh),
            Opening::Resumed => bump(&self.resumed),
            Opening::Replayed => bump(&self.replayed),
            // Counted by its reason.
            Opening::Reset => {}
        }
    }

    pub(crate) fn fell_behind(&self) {
        bump(&self.fell_behind);
    }

    pub(crate) fn log_failed(&self) {
        bump(&self.log_failures);
    }

    pub(crate) fn refused(&self) {
        bump(&self.refused);
    }

    pub(crate) fn reclaimed(&self, places: usize) {
        self.reclaimed.fetch_add(places as u64, Relaxed);
    }

    pub(crate) fn reset(&self, reason: ResetReason) {
        if let Some(count) = self.resets.get(reason as usize) {
            bump(count);
        }
    }

    pub(crate) fn read(&self) -> HubStats {
        HubStats {
            fresh: self.fresh.load(Relaxed),
            resumed: self.resumed.load(Relaxed),
            replayed: self.replayed.load(Relaxed),
            fell_behind: self.fell_behind.load(Relaxed),
            log_failures: self.log_failures.load(Relaxed),
            refused: self.refused.load(Relaxed),
            reclaimed: self.reclaimed.load(Relaxed),
            resets: ResetReason::ALL.map(|reason| {
                let count = self.resets.get(reason as usize);
                (reason, count.map_or(0, |count| count.load(Relaxed)))
            }),
            ..HubStats::default()
        }
    }
}

fn bump(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

/// What a hub does, in numbers. The counters begin with the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubStats {
    /// Subscriptions there are.
    pub subscriptions: usize,
    /// … of one order each.
    pub of_orders: usize,
    /// … of one customer's orders each.
    pub of_customers: usize,
    /// … of a whole tenant each.
    pub of_tenants: usize,
    /// Scopes that are watched, each audience counted.
    pub watch_points: usize,
    /// Whether the log could be reached when that was last tried. Streams stay open while it
    /// cannot, and have heartbeats alone; publishes are answered by `Unavailable`.
    pub is_log_reachable: bool,
    /// Subscriptions that began without a cursor.
    pub fresh: u64,
    /// Subscriptions that went on from a cursor and had missed nothing.
    pub resumed: u64,
    /// Subscriptions that went on from a cursor and were given what they had missed.
    pub replayed: u64,
    /// Times a subscription fell behind the window and turned to the log.
    pub fell_behind: u64,
    /// Times the log could not be read for a subscription that needed it.
    pub log_failures: u64,
    /// Subscriptions that were refused, for whatever reason. They are counted nowhere else.
    pub refused: u64,
    /// Places that were taken back from subscriptions whose driver did not poll as it had promised.
    pub reclaimed: u64,
    /// Resets, by reason.
    pub resets: [(ResetReason, u64); ResetReason::ALL.len()],
}

impl Default for HubStats {
    fn default() -> Self {
        Self {
            subscriptions: 0,
            of_orders: 0,
            of_customers: 0,
            of_tenants: 0,
            watch_points: 0,
            is_log_reachable: true,
            fresh: 0,
            resumed: 0,
            replayed: 0,
            fell_behind: 0,
            log_failures: 0,
            refused: 0,
            reclaimed: 0,
            resets: ResetReason::ALL.map(|reason| (reason, 0)),
        }
    }
}
