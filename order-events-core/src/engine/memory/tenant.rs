//! One tenant's log and its indexes: plain data, changed under one lock by its owner.

use std::collections::VecDeque;
use std::sync::Arc;

use super::customers::{Customers, Place};
use super::keys::Keys;
use super::order::Order;
use super::orders::{Orders, Slot};
use super::{MemoryCounts, Retention, is_over};
use crate::config::TIMELINE_ENTRIES;
use crate::cursor::{Cursor, Epoch};
use crate::engine::{
    Appended, Becomes, Current, Draft, EngineError, History, HistoryLimit, PageToken, Record,
    Snapshots, Tail, Wakes,
};
use crate::grant::Scope;
use crate::id::{CustomerId, IdempotencyKey, OrderId};
use crate::lifecycle::Finality;
use crate::time::Timestamp;

/// How many old events, keys and orders an append lets go of at most: more than it adds, so that a
/// backlog shrinks, and few enough that no publisher pays for a flood.
const RETIRED_PER_APPEND: usize = 4;

pub(super) struct TenantLog {
    epoch: Epoch,
    retention: Retention,
    /// The events that are retained, contiguous.
    log: VecDeque<Arc<Record>>,
    /// The seq of the first of them, or of the next event where there are none.
    floor: u64,
    orders: Orders,
    customers: Customers,
    keys: Keys,
    /// Finished orders whose last event (its seq) is trimmed, and which only their keys keep. One
    /// may wait for another before it, but no longer than if its own last event had a key.
    keyed: VecDeque<(Slot, u64)>,
    tails: Vec<(u64, Arc<dyn Tail>)>,
    next_tail: u64,
}

impl TenantLog {
    pub(super) fn new(epoch: Epoch, retention: Retention) -> Self {
        Self {
            epoch,
            retention,
            log: VecDeque::new(),
            floor: 1,
            orders: Orders::default(),
            customers: Customers::default(),
            keys: Keys::default(),
            keyed: VecDeque::new(),
            tails: Vec::new(),
            next_tail: 0,
        }
    }

    fn head(&self) -> u64 {
        self.floor + self.log.len() as u64 - 1
    }

    fn record(&self, seq: u64) -> Option<&Arc<Record>> {
        self.log.get(seq.checked_sub(self.floor)? as usize)
    }

    pub(super) fn read(
        &self,
        order: &OrderId,
        key: Option<&IdempotencyKey>,
        now: Timestamp,
    ) -> Current {
        let prior = key.and_then(|key| self.keys.get(key, now, &self.retention));
        let order = self.orders.find(order).and_then(|slot| self.orders.get(slot));
        Current {
            epoch: self.epoch,
            state: order.map(|order| order.state.clone()),
            prior: prior.cloned(),
        }
    }

    pub(super) fn append(&mut self, draft: Draft, wakes: &mut Wakes) -> Appended {
        let epoch = self.epoch;
        if let Some((key, _)) = &draft.key
            && let Some(prior) = self.keys.get(key, draft.event.at, &self.retention)
        {
            return Appended::KeySeen { epoch, prior: prior.clone() };
        }
        let slot = self.orders.find(&draft.order);
        let known = slot.and_then(|slot| self.orders.get(slot));
        let version = known.map_or(0, |order| order.state.version);
        if version != draft.expected || draft.epoch.is_some_and(|its| its != epoch) {
            return Appended::Conflict { version };
        }
        let now = draft.event.at;
        let (slot, record) = self.commit(slot, draft);
        if !self.tails.is_empty() {
            let customer = self.orders.get(slot).and_then(|order| order.state.customer.as_ref());
            for (_, tail) in &self.tails {
                tail.committed(&record, customer, wakes);
            }
        }
        self.retire(now, RETIRED_PER_APPEND);
        Appended::Committed { epoch, record }
    }

    /// Stores a draft that was compared, in the log and in every index.
    fn commit(&mut self, slot: Option<Slot>, mut draft: Draft) -> (Slot, Arc<Record>) {
        let seq = self.head() + 1;
        let floor = self.floor;
        let at = draft.event.at;
        let slot = slot.unwrap_or_else(|| self.orders.insert(draft.order.clone(), at));
        if let Some(order) = self.orders.get(slot) {
            // One text for the id, however many events the order has.
            draft.order = order.id.clone();
        }
        let (record, becomes, fingerprint) = Record::take_apart(draft, seq);
        let record = Arc::new(record);
        self.log.push_back(Arc::clone(&record));
        if let (Some(key), Some(fingerprint)) = (record.key(), fingerprint) {
            self.keys.insert(key.clone(), fingerprint, Arc::clone(&record));
        }

        let Some(order) = self.orders.get_mut(slot) else { return (slot, record) };
        let Becomes { status, customer, finality, deleted } = becomes;
        let state = &mut order.state;
        if state.deleted && !deleted {
            state.created_at = at;
        }
        state.status = status;
        state.version = record.version();
        state.finality = finality;
        state.deleted = deleted;
        state.updated_at = at;
        state.seq = seq;
        if record.key().is_some() {
            order.keyed_at = Some(at);
        }
        let (before, former_place) = (state.customer.take(), order.place);
        if let Some(id) = &customer {
            let theirs = self.customers.entry(id);
            theirs.push(seq, floor);
            if before.as_ref() != Some(id) {
                order.place = theirs.attach(slot);
            }
            state.customer = Some(theirs.id.clone());
        }
        order.push(Arc::clone(&record), floor);
        if let Some(before) = before.filter(|before| customer.as_ref() != Some(before)) {
            self.release(&before, former_place);
        }
        (slot, record)
    }

    /// Takes an order away from its customer.
    fn release(&mut self, customer: &CustomerId, place: Place) {
        if let Some(moved) = self.customers.release(customer, place, self.floor)
            && let Some(order) = self.orders.get_mut(moved)
        {
            order.place = place;
        }
    }

    pub(super) fn history(&self, scope: &Scope, after: u64, limit: HistoryLimit) -> History {
        let (dropped, (records, complete)) = match scope {
            Scope::Order(id) => match self.orders.find(id).and_then(|slot| self.orders.get(slot)) {
                Some(order) => {
                    (order.dropped(self.floor), take(order.after(after, self.floor).iter(), limit))
                }
                None => (self.orders.forgotten, (Vec::new(), true)),
            },
            Scope::Customer(id) => match self.customers.get(id) {
                Some(customer) => (
                    customer.dropped(self.floor),
                    take(
                        customer.after(after, self.floor).filter_map(|seq| self.record(seq)),
                        limit,
                    ),
                ),
                None => (self.customers.forgotten, (Vec::new(), true)),
            },
            Scope::Tenant => {
                let first = (after.saturating_add(1).max(self.floor) - self.floor) as usize;
                let from = first.min(self.log.len());
                (self.floor - 1, take(self.log.range(from..), limit))
            }
        };
        let (epoch, head) = (self.epoch, self.head());
        // What is lost here is lost as a whole.
        History { epoch, lineage: Vec::new(), head, dropped, records, complete }
    }

    pub(super) fn snapshots(
        &self,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        let first: usize = match page {
            None => 0,
            Some(PageToken(text)) => match text.parse::<Cursor>() {
                Ok(token) if token.epoch == self.epoch => token.seq as usize,
                _ => return Err(EngineError::UnknownPage),
            },
        };
        let mut next = None;
        let mut orders = Vec::new();
        // The place to go on from is told where the page is full and another order follows.
        let mut add = |place: usize, order: &Order| {
            if order.state.deleted {
                return true;
            }
            if orders.len() >= limit {
                let token = Cursor { epoch: self.epoch, seq: place as u64 };
                next = Some(PageToken(token.to_string()));
                return false;
            }
            orders.push(order.snapshot());
            true
        };
        match scope {
            Scope::Order(id) => {
                if let Some(order) = self.orders.find(id).and_then(|slot| self.orders.get(slot)) {
                    add(0, order);
                }
            }
            Scope::Customer(id) => {
                // By slot, so that a page goes on where it stopped though orders came or went.
                let slots = self.customers.get(id).map(|customer| customer.orders.as_slice());
                let mut slots = slots.unwrap_or_default().to_vec();
                slots.sort_unstable();
                let rest = slots.partition_point(|slot| (*slot as usize) < first);
                slots
                    .iter()
                    .skip(rest)
                    .filter_map(|slot| Some((*slot, self.orders.get(*slot)?)))
                    .all(|(slot, order)| add(slot as usize, order));
            }
            Scope::Tenant => {
                self.orders.from(first).all(|(slot, order)| add(slot as usize, order));
            }
        }
        Ok(Snapshots { epoch: self.epoch, head: self.head(), orders, next })
    }

    pub(super) fn follow(&mut self, tail: Arc<dyn Tail>) -> u64 {
        let id = self.next_tail;
        self.next_tail += 1;
        self.tails.push((id, tail));
        id
    }

    pub(super) fn unfollow(&mut self, id: u64) -> Option<Arc<dyn Tail>> {
        let place = self.tails.iter().position(|(tail, _)| *tail == id)?;
        Some(self.tails.swap_remove(place).1)
    }

    /// Begins again, empty, with another epoch.
    pub(super) fn lose(&mut self, wakes: &mut Wakes) {
        let tails = std::mem::take(&mut self.tails);
        let next_tail = self.next_tail;
        *self = Self { tails, next_tail, ..Self::new(Epoch::draw(), self.retention) };
        for (_, tail) in &self.tails {
            tail.interrupted(wakes);
        }
    }

    /// Lets go of what is due: no more than `budget` events with the orders that end there, as many
    /// keys, and as many orders that waited for theirs.
    pub(super) fn retire(&mut self, now: Timestamp, budget: usize) {
        let mut left = budget;
        while left > 0
            && let Some(first) = self.log.front()
        {
            let is_old = is_over(first.at(), now, self.retention.age);
            if !is_old && self.log.len() <= self.retention.events {
                break;
            }
            if let Some(record) = self.log.pop_front() {
                self.floor += 1;
                self.trimmed(&record, now);
            }
            left -= 1;
        }
        self.keys.retire(now, budget, &self.retention);
        self.forget_keyed(now, budget);
        self.customers.retire(self.floor);
    }

    /// Gives back the room that was held for what is gone.
    pub(super) fn shrink(&mut self) {
        self.log.shrink_to_fit();
        self.orders.shrink(self.floor);
        self.customers.shrink(self.floor);
        self.keys.shrink();
        self.keyed.shrink_to_fit();
    }

    /// The log let go of an event: its order may be done with, or hold more than it shows.
    fn trimmed(&mut self, record: &Record, now: Timestamp) {
        let may_finish = record.finality() != Finality::Open || record.is_deletion();
        // An order whose few events all are its timeline holds nothing in vain, and is not touched.
        let is_shown = record.is_timeline() && record.version() <= TIMELINE_ENTRIES as u64;
        if is_shown && !may_finish {
            return;
        }
        let Some(slot) = self.orders.find(record.order()) else { return };
        let Some(order) = self.orders.get_mut(slot) else { return };
        order.trimmed(self.floor);
        if !may_finish || order.state.seq != record.seq() {
            return;
        }
        if order.has_living_key(now, self.retention.key_window) {
            self.keyed.push_back((slot, record.seq()));
        } else {
            self.forget(slot);
        }
    }

    /// Forgets finished orders whose keys have expired.
    fn forget_keyed(&mut self, now: Timestamp, mut budget: usize) {
        while budget > 0
            && let Some((slot, seq)) = self.keyed.front().copied()
        {
            // A slot that was given to another order, or an order that went on, has another seq.
            if let Some(order) = self.orders.get(slot).filter(|order| order.state.seq == seq) {
                if order.has_living_key(now, self.retention.key_window) {
                    break;
                }
                self.forget(slot);
            }
            self.keyed.pop_front();
            budget -= 1;
        }
    }

    fn forget(&mut self, slot: Slot) {
        if let Some(gone) = self.orders.forget(slot)
            && let Some(customer) = &gone.state.customer
        {
            self.release(customer, gone.place);
        }
    }

    pub(super) fn count(&self, sum: &mut MemoryCounts) {
        sum.events += self.log.len();
        sum.orders += self.orders.len();
        sum.held += self.orders.held();
        sum.customers += self.customers.len();
        sum.keys += self.keys.len();
    }
}

/// The first of these records that a reader may see, within the limits; and whether those are all.
fn take<'a>(
    records: impl Iterator<Item = &'a Arc<Record>>,
    limit: HistoryLimit,
) -> (Vec<Arc<Record>>, bool) {
    let mut taken = Vec::new();
    let mut bytes = 0;
    for record in records.filter(|record| record.is_visible_to(limit.audience)) {
        bytes += record.weight();
        if taken.len() >= limit.events || (bytes > limit.bytes && !taken.is_empty()) {
            return (taken, false);
        }
        taken.push(Arc::clone(record));
    }
    (taken, true)
}
