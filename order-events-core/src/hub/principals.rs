//! Whose seats are where: for limits per principal, and for revocation.

use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::registry::Point;
use crate::id::Principal;

/// A seat at a watch point.
pub(super) type SeatAt = (Arc<Point>, u32);

/// The seats of each principal, in no order.
///
/// Most principals have one seat, and the seat knows whose it is: for them nothing but the seat's
/// place is held here.
#[derive(Default)]
pub(super) struct Principals {
    table: HashTable<Seats>,
    hasher: DefaultHashBuilder,
}

enum Seats {
    One(SeatAt),
    Many(Box<(Principal, Vec<SeatAt>)>),
}

impl Principals {
    /// The principal's seats.
    pub(super) fn of(&self, principal: &Principal) -> &[SeatAt] {
        let hash = self.hasher.hash_one(principal);
        self.table.find(hash, |seats| seats.are_of(principal)).map_or(&[], Seats::as_slice)
    }

    /// The principal's seats, oldest first. Asks each of them.
    pub(super) fn by_age(&self, principal: &Principal) -> Vec<SeatAt> {
        let mut seats = self.of(principal).to_vec();
        seats.sort_by_cached_key(|(point, seat)| point.seats.owner(*seat, |owner| owner.id));
        seats
    }

    /// Adds a seat of the principal's, whose owner must be known to its watch point.
    pub(super) fn add(&mut self, principal: &Principal, seat: SeatAt) {
        let Self { table, hasher } = self;
        let hash = hasher.hash_one(principal);
        match table.find_mut(hash, |seats| seats.are_of(principal)) {
            Some(seats) => seats.push(principal, seat),
            None => {
                table.insert_unique(hash, Seats::One(seat), |seats| seats.hash(hasher));
            }
        }
    }

    /// Takes a seat away.
    pub(super) fn remove(&mut self, principal: &Principal, point: &Arc<Point>, seat: u32) {
        let hash = self.hasher.hash_one(principal);
        let Ok(mut entry) = self.table.find_entry(hash, |seats| seats.are_of(principal)) else {
            return;
        };
        if entry.get_mut().remove_is_last(point, seat) {
            entry.remove();
        }
    }
}

impl Seats {
    fn are_of(&self, principal: &Principal) -> bool {
        match self {
            Self::One((point, seat)) => {
                let owns = point.seats.owner(*seat, |owner| owner.principal == *principal);
                owns.unwrap_or(false)
            }
            Self::Many(many) => many.0 == *principal,
        }
    }

    fn hash(&self, hasher: &DefaultHashBuilder) -> u64 {
        match self {
            Self::One((point, seat)) => {
                let hash = |owner: &super::registry::Owner| hasher.hash_one(&owner.principal);
                // A seat leaves this table before it is given back, so it has an owner.
                point.seats.owner(*seat, hash).unwrap_or_default()
            }
            Self::Many(many) => hasher.hash_one(&many.0),
        }
    }

    fn as_slice(&self) -> &[SeatAt] {
        match self {
            Self::One(seat) => std::slice::from_ref(seat),
            Self::Many(many) => &many.1,
        }
    }

    fn push(&mut self, principal: &Principal, seat: SeatAt) {
        match self {
            Self::One(first) => {
                let seats = vec![(Arc::clone(&first.0), first.1), seat];
                *self = Self::Many(Box::new((principal.clone(), seats)));
            }
            Self::Many(many) => many.1.push(seat),
        }
    }

    fn remove_is_last(&mut self, point: &Arc<Point>, seat: u32) -> bool {
        let is_it = |(other, its): &SeatAt| Arc::ptr_eq(other, point) && *its == seat;
        match self {
            Self::One(one) => is_it(one),
            Self::Many(many) => {
                if let Some(place) = many.1.iter().position(is_it) {
                    many.1.swap_remove(place);
                }
                many.1.is_empty()
            }
        }
    }
}
