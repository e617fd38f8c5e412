//! The customers of one tenant: whose orders are where, and which events were theirs.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::orders::Slot;
use crate::id::CustomerId;

/// Where an order stands among its customer's. The order keeps it, so that a customer with very
/// many orders can be rid of one without a look at the others.
pub(super) type Place = u32;

#[derive(Default)]
pub(super) struct Customers {
    table: HashTable<Box<Customer>>,
    hasher: DefaultHashBuilder,
    /// Customers without orders whose past events are still in the log, with the last of those.
    leaving: VecDeque<(u64, CustomerId)>,
    /// The highest seq among the events of customers who were forgotten: one who is not known may
    /// be one of them, and have missed so much.
    pub(super) forgotten: u64,
}

/// One customer.
pub(super) struct Customer {
    /// One text, however many orders they have: those share it.
    pub(super) id: CustomerId,
    /// In no particular order: where one goes, the last takes its place.
    pub(super) orders: Vec<Slot>,
    /// The seqs of the events of their orders, since these were theirs.
    seqs: VecDeque<u64>,
    /// The highest seq that is no longer among them.
    dropped: u64,
}

impl Customers {
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn get(&self, id: &CustomerId) -> Option<&Customer> {
        let hash = self.hasher.hash_one(id);
        self.table.find(hash, |customer| customer.id == *id).map(|customer| &**customer)
    }

    /// The customer, known from now on.
    pub(super) fn entry(&mut self, id: &CustomerId) -> &mut Customer {
        let Self { table, hasher, forgotten, .. } = self;
        let new = || {
            let (orders, seqs) = (Vec::new(), VecDeque::new());
            Box::new(Customer { id: id.clone(), orders, seqs, dropped: *forgotten })
        };
        table
            .entry(
                hasher.hash_one(id),
                |customer| customer.id == *id,
                |customer| hasher.hash_one(&customer.id),
            )
            .or_insert_with(new)
            .into_mut()
    }

    /// Takes the order at this place away from its customer. Gives back the order that has the
    /// place now, which must be told. `floor` is the first seq that the log still has.
    pub(super) fn release(&mut self, id: &CustomerId, place: Place, floor: u64) -> Option<Slot> {
        let hash = self.hasher.hash_one(id);
        let mut moved = None;
        if let Some(customer) = self.table.find_mut(hash, |customer| customer.id == *id) {
            if (place as usize) < customer.orders.len() {
                customer.orders.swap_remove(place as usize);
            }
            moved = customer.orders.get(place as usize).copied();
            if customer.orders.is_empty() {
                let last = customer.seqs.back().copied().unwrap_or(0);
                self.leaving.push_back((last, id.clone()));
            }
        }
        self.retire(floor);
        moved
    }

    /// Forgets those who have neither orders nor events any more.
    pub(super) fn retire(&mut self, floor: u64) {
        while self.leaving.front().is_some_and(|(last, _)| *last < floor)
            && let Some((_, id)) = self.leaving.pop_front()
        {
            let hash = self.hasher.hash_one(&id);
            if let Ok(mut entry) = self.table.find_entry(hash, |customer| customer.id == id) {
                let customer = entry.get_mut();
                customer.prune(floor);
                if customer.orders.is_empty() && customer.seqs.is_empty() {
                    self.forgotten = self.forgotten.max(customer.dropped);
                    entry.remove();
                }
            }
        }
    }

    pub(super) fn shrink(&mut self, floor: u64) {
        let Self { table, hasher, .. } = self;
        for customer in table.iter_mut() {
            customer.prune(floor);
            customer.seqs.shrink_to_fit();
            customer.orders.shrink_to_fit();
        }
        table.shrink_to_fit(|customer| hasher.hash_one(&customer.id));
    }
}

impl Customer {
    /// The order is theirs from now on.
    pub(super) fn attach(&mut self, order: Slot) -> Place {
        let place = self.orders.len() as Place;
        self.orders.push(order);
        place
    }

    /// An event of their orders.
    pub(super) fn push(&mut self, seq: u64, floor: u64) {
        if self.seqs.len() == self.seqs.capacity() {
            self.prune(floor);
        }
        self.seqs.push_back(seq);
    }

    fn prune(&mut self, floor: u64) {
        let gone = self.seqs.partition_point(|seq| *seq < floor);
        if let Some(last) = self.seqs.drain(..gone).next_back() {
            self.dropped = last;
        }
    }

    /// The seqs after a place that the log still has.
    pub(super) fn after(&self, after: u64, floor: u64) -> impl Iterator<Item = u64> + '_ {
        let first = self.seqs.partition_point(|seq| *seq <= after.max(floor - 1));
        self.seqs.range(first..).copied()
    }

    /// The highest seq of their events that the log no longer holds.
    pub(super) fn dropped(&self, floor: u64) -> u64 {
        let in_log = self.seqs.partition_point(|seq| *seq < floor);
        let last = in_log.checked_sub(1).and_then(|place| self.seqs.get(place));
        last.copied().unwrap_or(0).max(self.dropped)
    }
}
