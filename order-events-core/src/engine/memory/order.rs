//! One order: how it stands, and those of its events that the log or its timeline still need.

use std::sync::Arc;
use std::time::Duration;

use super::customers::Place;
use super::is_over;
use crate::config::TIMELINE_ENTRIES;
use crate::engine::{Record, Snapshot, State, Token};
use crate::event::Visibility;
use crate::id::OrderId;
use crate::lifecycle::Finality;
use crate::time::Timestamp;

/// Events besides its timeline that an order may hold on to after the log let them go.
const STALE_EVENTS: usize = 16;

pub(super) struct Order {
    pub(super) id: OrderId,
    pub(super) state: State,
    /// When a keyed event was last published to it.
    pub(super) keyed_at: Option<Timestamp>,
    /// Where it stands among its customer's, if it has one.
    pub(super) place: Place,
    /// The highest seq of its events that are no longer in `records`.
    dropped: u64,
    /// Events that the log let go since `records` was looked through.
    stale: u32,
    /// Its events that are in the log, and before them those that its timeline still shows.
    records: Vec<Arc<Record>>,
}

impl Order {
    /// One without any event yet. `forgotten` is the highest seq that a former life of it may have
    /// had.
    pub(super) fn new(id: OrderId, at: Timestamp, forgotten: u64) -> Self {
        let state = State {
            status: Token::Borrowed(""),
            version: 0,
            customer: None,
            finality: Finality::Open,
            deleted: false,
            created_at: at,
            updated_at: at,
            seq: 0,
        };
        let records = Vec::new();
        Self { id, state, keyed_at: None, place: 0, dropped: forgotten, stale: 0, records }
    }

    /// How many events it holds.
    pub(super) fn held(&self) -> usize {
        self.records.len()
    }

    /// Whether a key it was published with may still be used again.
    pub(super) fn has_living_key(&self, now: Timestamp, window: Duration) -> bool {
        self.keyed_at.is_some_and(|at| !is_over(at, now, window))
    }

    pub(super) fn push(&mut self, record: Arc<Record>, floor: u64) {
        // Only where the list would grow, and then it is left at most half full, so that each event
        // is looked at a bounded number of times however long the order lives.
        if self.records.len() == self.records.capacity() {
            self.prune(floor);
            if self.records.len() > self.records.capacity() / 2 {
                self.records.reserve(self.records.len());
            }
        }
        self.records.push(record);
    }

    /// The log let go of one of its events. What is kept of those besides the timeline stays within
    /// half of what is alive, or [`STALE_EVENTS`].
    pub(super) fn trimmed(&mut self, floor: u64) {
        self.stale += 1;
        let stale = self.stale as usize;
        if stale >= STALE_EVENTS && stale >= self.records.len() / 3 {
            self.prune(floor);
        }
    }

    /// Gives back what is held without need.
    pub(super) fn shrink(&mut self, floor: u64) {
        self.prune(floor);
        self.records.shrink_to_fit();
    }

    /// Lets go of what neither the log nor the timeline holds. `floor` is the first seq that the
    /// log still has.
    fn prune(&mut self, floor: u64) {
        self.stale = 0;
        if self.records.first().is_none_or(|first| first.seq() >= floor) {
            return;
        }
        let mut shown = 0;
        let (mut has_work, mut has_public_work) = (false, false);
        let mut is_former_life = false;
        let mut dropped = self.dropped;
        // Newest first: that is how the timeline counts.
        self.records.reverse();
        self.records.retain(|record| {
            let is_last = record.is_work() && !std::mem::replace(&mut has_work, true);
            let is_last_public =
                is_public_work(record) && !std::mem::replace(&mut has_public_work, true);
            let is_shown = record.is_timeline() && shown < TIMELINE_ENTRIES;
            shown += usize::from(record.is_timeline());
            // A deletion stays, for it is what ends the timeline; what lies before it may go.
            let is_of_use = is_shown || is_last || is_last_public || record.is_deletion();
            let keep = record.seq() >= floor || (is_of_use && !is_former_life);
            is_former_life |= record.is_deletion();
            if !keep {
                dropped = dropped.max(record.seq());
            }
            keep
        });
        self.records.reverse();
        self.dropped = dropped;
        if self.records.len() < self.records.capacity() / 4 {
            self.records.shrink_to(self.records.len() * 2);
        }
    }

    /// The events after a place that the log still has.
    pub(super) fn after(&self, after: u64, floor: u64) -> &[Arc<Record>] {
        let first = self.records.partition_point(|record| record.seq() <= after.max(floor - 1));
        self.records.get(first..).unwrap_or_default()
    }

    /// The highest seq of its events that the log no longer holds.
    pub(super) fn dropped(&self, floor: u64) -> u64 {
        let in_log = self.records.partition_point(|record| record.seq() < floor);
        let last = in_log.checked_sub(1).and_then(|place| self.records.get(place));
        self.dropped.max(last.map_or(0, |record| record.seq()))
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let deleted = self.records.iter().rposition(|record| record.is_deletion());
        let life = self.records.get(deleted.map_or(0, |place| place + 1)..).unwrap_or_default();
        let mut timeline: Vec<_> = life
            .iter()
            .rev()
            .filter(|record| record.is_timeline())
            .take(TIMELINE_ENTRIES)
            .cloned()
            .collect();
        timeline.reverse();
        Snapshot {
            order: self.id.clone(),
            state: self.state.clone(),
            timeline,
            work: life.iter().rev().find(|record| record.is_work()).cloned(),
            public_work: life.iter().rev().find(|record| is_public_work(record)).cloned(),
        }
    }
}

fn is_public_work(record: &Arc<Record>) -> bool {
    record.is_work() && record.visibility() == Visibility::Public
}
