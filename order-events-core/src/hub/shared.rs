//! What a hub and its subscriptions share: everything but the lifecycle.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::Waker;
use std::time::Duration;

use hashbrown::DefaultHashBuilder;

use super::delivery::EndReason;
use super::principals::Principals;
use super::registry::{NoSeat, Owner, Point, Registry};
use super::stats::Counters;
use super::subscription::Subscription;
use super::telemetry::{self, Telemetry};
use super::{Limit, SubscribeError};
use crate::config::{Config, WhenFull};
use crate::engine::{Engine, Node, Notice, Wakes};
use crate::grant::Grant;
use crate::id::Principal;
use crate::sync::Mutex;
use crate::time::Clock;

const SHARDS: usize = 64;

pub(crate) struct Shared {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    pub(crate) counters: Counters,
    pub(crate) telemetry: Telemetry,
    seed: u64,
    /// What tells this hub's minted keys from those of any other, whatever the seed.
    pub(crate) nonce: u64,
    next_id: AtomicU64,
    hasher: DefaultHashBuilder,
    principals: Box<[Mutex<Principals>]>,
    count: Mutex<Count>,
    /// When everybody was looked at last for silence, in seconds.
    pub(super) looked_at: AtomicU32,
}

#[derive(Default)]
struct Count {
    subscriptions: usize,
    /// Those whose place was taken back, until they are dropped.
    vacated: usize,
    /// Who waits for it to become 0.
    idle: Vec<Waker>,
}

impl Shared {
    pub(crate) fn new(
        engine: Arc<dyn Engine>,
        clock: Arc<dyn Clock>,
        config: Config,
        seed: u64,
    ) -> Self {
        Self {
            registry: Registry::new(Arc::clone(&engine), config.window_events),
            engine,
            clock,
            config,
            counters: Counters::default(),
            telemetry: Telemetry::default(),
            seed,
            nonce: RandomState::new().hash_one("nonce"),
            next_id: AtomicU64::new(1),
            hasher: DefaultHashBuilder::default(),
            principals: (0..SHARDS).map(|_| Mutex::default()).collect(),
            count: Mutex::default(),
            looked_at: AtomicU32::new(0),
        }
    }

    /// The time within a span that belongs to a word.
    pub(crate) fn spread(&self, span: Duration, word: u64) -> Duration {
        Duration::from_millis(splitmix64(self.seed, word) % (span.as_millis() as u64).max(1))
    }

    /// A number that is not given twice.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn principals(&self, principal: &Principal) -> &Mutex<Principals> {
        &self.principals[(self.hasher.hash_one(principal) >> 32) as usize % SHARDS]
    }

    /// Seats a grant within the limits; where one is reached, those who have fallen silent make room.
    pub(crate) fn seat(self: &Arc<Self>, grant: &Grant) -> Result<Subscription, SubscribeError> {
        match self.seat_once(grant) {
            Err(SubscribeError::Full { what, limit }) => {
                match self.reclaim(what, &grant.principal) {
                    0 => Err(SubscribeError::Full { what, limit }),
                    places => {
                        telemetry::reclaimed(places);
                        self.seat_once(grant)
                    }
                }
            }
            seated => seated,
        }
    }

    fn seat_once(self: &Arc<Self>, grant: &Grant) -> Result<Subscription, SubscribeError> {
        let config = &self.config;
        let now = self.clock.now();
        if grant.is_over(now) {
            return Err(SubscribeError::Expired);
        }
        self.enter()?;
        // From here on the count is given back by `leave`, or right below.
        let refuse = |error| {
            self.exit();
            Err(error)
        };
        let mut wakes = Wakes::new();
        let mut principals = self.principals(&grant.principal).lock();
        let most = config.max_per_principal;
        let seats = principals.of(&grant.principal);
        let mut taken = seats.len();
        if taken >= most {
            taken = seats.iter().filter(|(point, seat)| !point.seats.is_vacated(*seat)).count();
        }
        let is_full = match config.when_principal_is_full {
            WhenFull::Refuse => taken >= most,
            WhenFull::ReplaceOldest => false,
        };
        // One that was replaced, or whose place was taken back, holds its seat until its driver has
        // looked, which a peer that does not read can delay: so many, and no more.
        if is_full || seats.len() >= most.max(1).saturating_mul(2) {
            drop(principals);
            return refuse(SubscribeError::Full { what: Limit::Principal, limit: most });
        }
        let id = self.next_id();
        let owner = Owner { id, principal: grant.principal.clone(), since: now };
        let joined = self.registry.join(
            self,
            &grant.tenant,
            &grant.scope,
            grant.audience,
            owner,
            config.max_per_scope,
        );
        let (point, seat) = match joined {
            Ok(joined) => joined,
            Err(why) => {
                drop(principals);
                return refuse(match why {
                    NoSeat::Closed => SubscribeError::Draining,
                    NoSeat::Full => {
                        SubscribeError::Full { what: Limit::Scope, limit: config.max_per_scope }
                    }
                });
            }
        };
        // The oldest make room.
        let too_many = (taken + 1).saturating_sub(most.max(1));
        if too_many > 0 {
            let mut oldest = principals.by_age(&grant.principal);
            oldest.retain(|(point, seat)| !point.seats.is_vacated(*seat));
            for (point, seat) in oldest.iter().take(too_many) {
                point.seats.end(*seat, EndReason::Replaced, &mut wakes);
            }
        }
        principals.add(&grant.principal, (Arc::clone(&point), seat));
        drop(principals);
        Ok(Subscription::seated(point, seat, grant.expires))
    }

    fn enter(&self) -> Result<(), SubscribeError> {
        let mut count = self.count.lock();
        let limit = self.config.max_subscriptions;
        let all = count.subscriptions.saturating_add(count.vacated);
        if count.subscriptions >= limit || all >= limit.saturating_mul(2) {
            return Err(SubscribeError::Full { what: Limit::Total, limit });
        }
        count.subscriptions += 1;
        Ok(())
    }

    fn exit(&self) {
        self.less(1, 0, &mut Wakes::new());
    }

    /// So many gave up their places, though not yet their seats.
    pub(super) fn vacated(&self, places: usize, wakes: &mut Wakes) {
        self.counters.reclaimed(places);
        self.less(places, places, wakes);
    }

    fn less(&self, subscriptions: usize, vacated: usize, wakes: &mut Wakes) {
        let mut count = self.count.lock();
        count.vacated += vacated;
        count.subscriptions -= subscriptions;
        if count.subscriptions == 0 {
            std::mem::take(&mut count.idle).into_iter().for_each(|waker| wakes.push(waker));
        }
    }

    /// How many there are; where there are some, `waker` is woken once there are none.
    pub(crate) fn subscriptions(&self, waker: Option<&Waker>) -> usize {
        let mut count = self.count.lock();
        if let Some(waker) = waker.filter(|_| count.subscriptions > 0)
            && !count.idle.iter().any(|other| other.will_wake(waker))
        {
            count.idle.push(waker.clone());
        }
        count.subscriptions
    }

    /// Gives a seat back, and says whose it was.
    pub(crate) fn leave(&self, point: &Arc<Point>, seat: u32) -> Option<(u64, Principal)> {
        // First out of the principal's list, so that nobody ends a seat that is another's by then.
        // The seat still stands, so its owner can be asked.
        let owner = point.seats.owner(seat, |owner| (owner.id, owner.principal.clone()));
        let mut is_vacated = false;
        if let Some((_, principal)) = &owner {
            let mut principals = self.principals(principal).lock();
            principals.remove(principal, point, seat);
            is_vacated = point.seats.is_vacated(seat);
        }
        self.registry.leave(point, seat);
        match is_vacated {
            true => self.count.lock().vacated -= 1,
            false => self.exit(),
        }
        owner
    }

    /// Ends the streams of a principal on this node, and says how many.
    pub(crate) fn revoke(&self, principal: &Principal) -> usize {
        let mut wakes = Wakes::new();
        let principals = self.principals(principal).lock();
        let ended = principals
            .of(principal)
            .iter()
            .filter(|(point, seat)| point.seats.end(*seat, EndReason::Revoked, &mut wakes))
            .count();
        drop(principals);
        ended
    }
}

/// The `nth` number of Vigna's generator of this name: looks random, and is the same for the same
/// seed.
fn splitmix64(seed: u64, nth: u64) -> u64 {
    let mut z = seed.wrapping_add(nth.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Node for Shared {
    fn notice(&self, notice: &Notice) {
        match notice {
            Notice::Revoked(principal) => {
                self.revoke(principal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::splitmix64;

    #[test]
    fn what_looks_random_is_the_published_sequence() {
        let known = [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f];
        assert_eq!([1, 2, 3].map(|nth| splitmix64(0, nth)), known);
    }
}
