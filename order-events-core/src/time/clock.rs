//! The seam through which time comes in.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Timestamp;

/// Where the time comes from. The crate reads no clock but this one, so that tests own the time.
///
/// A clock may stand still or run backwards: no promise depends on it.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock set before 1970 reads as 1970.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::UNIX_EPOCH.saturating_add(since)
    }
}

/// A clock that moves when it is told to, for tests. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use order_events_core::{Clock, ManualClock, Timestamp};
///
/// let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
/// let seen_by_the_hub = clock.clone();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(seen_by_the_hub.now().to_string(), "1970-01-01T00:01:30.000Z");
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.0)))
    }

    /// Moves the clock forward, to [`Timestamp::MAX`] at most.
    pub fn advance(&self, by: Duration) {
        let later = |now| Some(Timestamp(now).saturating_add(by).0);
        // Never an error: `later` always answers.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
    }

    /// Puts the clock to `now`, backwards too.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_shows_this_century() {
        assert!(SystemClock.now() > Timestamp(1_577_836_800_000)); // 2020
    }

    #[test]
    fn a_manual_clock_moves_both_ways_but_not_past_the_end() {
        let clock = ManualClock::new(Timestamp(5));
        clock.set(Timestamp(2));
        assert_eq!(clock.now(), Timestamp(2));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
