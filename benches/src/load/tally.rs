//! What came, and what is wrong with it.

use super::histogram::Histogram;
use super::marker::Sighting;

/// Everything that was counted since it was cleared, over all watchers.
#[derive(Debug, Default)]
pub struct Tally {
    /// What was wrong: clearing forgets none of it.
    pub faults: Faults,
    /// Events that came, the repeated ones not among them.
    pub deliveries: u64,
    /// Bytes of streams, heartbeats and framing and all.
    pub bytes: u64,
    /// Reads of streams that brought something.
    pub reads: u64,
    /// From each publish until a watcher had the event.
    pub latency: Histogram,
    /// From each publish until the last watcher had it, for the events from `first` on, as
    /// many as the run made room for.
    pub slowest: Vec<u64>,
    first: u64,
}

/// What must not happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Events that never came, although a later one did, or the stream ended, or nothing came any
    /// more.
    pub lost: u64,
    /// Events that came after a later one.
    pub disordered: u64,
    /// Events that came once more.
    pub repeated: u64,
    /// Streams that ended unasked.
    pub ended: u64,
}

impl Tally {
    /// Begins to count anew.
    pub fn clear(&mut self) {
        self.latency.clear();
        *self = Self {
            latency: std::mem::take(&mut self.latency),
            faults: self.faults,
            ..Self::default()
        };
    }

    /// Makes room for the slowest delivery of each of so many events, from the nth on.
    pub fn keep_slowest(&mut self, first: u64, events: usize) {
        self.first = first;
        self.slowest = vec![0; events];
    }
}

/// Where a watcher stands in the events of its order.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// What came before its first stream, which a snapshot may speak of.
    past: u64,
    seen: u64,
    /// Which of the last 64 came: bit 0 is `seen` itself.
    recent: u64,
}

impl Progress {
    /// Who begins after the nth, whatever is told of those before.
    pub fn from(n: u64) -> Self {
        Self { past: n, seen: n, recent: u64::MAX }
    }

    /// The last event that came.
    pub fn seen(self) -> u64 {
        self.seen
    }

    /// Takes an event, and gives how many steps nearer to the present it brings. An event that was
    /// skipped is lost until it comes.
    #[inline]
    pub fn take(&mut self, event: Sighting, now: u64, tally: &mut Tally) -> u64 {
        if event.n <= self.past {
            return 0;
        }
        let latency = now.saturating_sub(event.published);
        if event.n > self.seen {
            let steps = event.n - self.seen;
            self.recent = if steps < 64 { self.recent << steps | 1 } else { 1 };
            self.seen = event.n;
            tally.faults.lost += steps - 1;
            tally.deliveries += 1;
            tally.latency.count(latency);
            let place = event.n.checked_sub(tally.first);
            if let Some(slowest) = place.and_then(|it| tally.slowest.get_mut(it as usize)) {
                *slowest = latency.max(*slowest);
            }
            return steps;
        }
        let bit = 1_u64.checked_shl((self.seen - event.n).min(64) as u32).unwrap_or(0);
        if bit != 0 && self.recent & bit == 0 {
            self.recent |= bit;
            tally.faults.disordered += 1;
            tally.deliveries += 1;
            tally.faults.lost = tally.faults.lost.saturating_sub(1);
        } else {
            tally.faults.repeated += 1;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(events: &[u64]) -> (u64, u64, u64, u64) {
        let (mut progress, mut tally) = (Progress::from(0), Tally::default());
        for &n in events {
            progress.take(Sighting { n, published: 0 }, 0, &mut tally);
        }
        (tally.deliveries, tally.faults.lost, tally.faults.disordered, tally.faults.repeated)
    }

    #[test]
    fn events_in_order_are_only_counted() {
        assert_eq!(counted(&[1, 2, 3]), (3, 0, 0, 0));
    }

    #[test]
    fn what_is_skipped_is_lost() {
        assert_eq!(counted(&[1, 3, 103]), (3, 100, 0, 0));
    }

    #[test]
    fn what_comes_late_is_disordered_and_not_lost() {
        assert_eq!(counted(&[1, 3, 2]), (3, 0, 1, 0));
    }

    #[test]
    fn what_comes_again_is_repeated() {
        assert_eq!(counted(&[1, 2, 2, 1]), (2, 0, 0, 2));
        assert_eq!(counted(&[2, 1, 1]), (2, 0, 1, 1));
    }

    #[test]
    fn what_a_snapshot_says_of_the_past_is_no_event() {
        let (mut progress, mut tally) = (Progress::from(9), Tally::default());
        for n in [8, 9, 10] {
            progress.take(Sighting { n, published: 0 }, 0, &mut tally);
        }
        assert_eq!((tally.deliveries, tally.faults), (1, Faults::default()));
    }

    #[test]
    fn the_slowest_delivery_of_each_event_is_kept() {
        let mut tally = Tally::default();
        tally.keep_slowest(2, 2);
        for (n, now) in [(1, 90), (2, 10), (3, 70), (4, 90)] {
            Progress::from(n - 1).take(Sighting { n, published: 0 }, now, &mut tally);
            Progress::from(n - 1).take(Sighting { n, published: 0 }, 5, &mut tally);
        }
        assert_eq!(tally.slowest, [10, 70]);
    }
}
