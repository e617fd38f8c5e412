//! The orders of one tenant: a table that finds them by id, and slots that stay where they are, so
//! that pages of snapshots can be walked while orders come and go.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use slab::Slab;

use super::order::Order;
use crate::id::OrderId;
use crate::time::Timestamp;

/// Where an order sits. Kept small: customers hold one per order.
pub(super) type Slot = u32;

#[derive(Default)]
pub(super) struct Orders {
    slots: Slab<Box<Order>>,
    table: HashTable<Slot>,
    hasher: DefaultHashBuilder,
    /// The highest seq among the events of orders that were forgotten: an order that is not known
    /// may be one of them, and have missed so much.
    pub(super) forgotten: u64,
}

impl Orders {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn held(&self) -> usize {
        self.slots.iter().map(|(_, order)| order.held()).sum()
    }

    pub(super) fn find(&self, id: &OrderId) -> Option<Slot> {
        let hash = self.hasher.hash_one(id);
        self.table.find(hash, |slot| self.is(*slot, id)).copied()
    }

    fn is(&self, slot: Slot, id: &OrderId) -> bool {
        self.slots.get(slot as usize).is_some_and(|order| order.id == *id)
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Order> {
        self.slots.get(slot as usize).map(|order| &**order)
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Order> {
        self.slots.get_mut(slot as usize).map(|order| &mut **order)
    }

    /// An order without any event yet.
    pub(super) fn insert(&mut self, id: OrderId, at: Timestamp) -> Slot {
        let order = Order::new(id, at, self.forgotten);
        let Self { slots, table, hasher, .. } = self;
        let hash = hasher.hash_one(&order.id);
        let slot = slots.insert(Box::new(order)) as Slot;
        table.insert_unique(hash, slot, |slot| {
            slots.get(*slot as usize).map_or(0, |order| hasher.hash_one(&order.id))
        });
        slot
    }

    pub(super) fn forget(&mut self, slot: Slot) -> Option<Order> {
        let order = self.slots.try_remove(slot as usize)?;
        self.forgotten = self.forgotten.max(order.state.seq);
        let hash = self.hasher.hash_one(&order.id);
        if let Ok(entry) = self.table.find_entry(hash, |other| *other == slot) {
            entry.remove();
        }
        Some(*order)
    }

    pub(super) fn shrink(&mut self, floor: u64) {
        let Self { slots, table, hasher, .. } = self;
        for (_, order) in slots.iter_mut() {
            order.shrink(floor);
        }
        slots.shrink_to_fit();
        table.shrink_to_fit(|slot| {
            slots.get(*slot as usize).map_or(0, |order| hasher.hash_one(&order.id))
        });
    }

    /// Orders from this slot on, in slot order.
    pub(super) fn from(&self, first: usize) -> impl Iterator<Item = (Slot, &Order)> {
        // A slab cannot be entered in its middle, but its slots are dense.
        let end = self.slots.capacity();
        (first..end).filter_map(|slot| Some((slot as Slot, &**self.slots.get(slot)?)))
    }
}
