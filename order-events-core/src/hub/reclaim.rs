//! Takes their places back from those who have fallen silent.
//!
//! A subscription is told its end when it is polled, and gives its seat back then. Not every driver
//! gets to poll: a server over HTTP/2 does not ask a body for what the peer gives no window for, nor
//! one over HTTP/1 whose sockets were not set up for streams. Such a seat would be held for as long
//! as the connection stands, past expiry and lifetime.
//!
//! So a driver may promise how often it polls ([`Subscription::will_be_polled_every`]). Where a
//! limit is reached, whoever broke that promise is woken, and if that changes nothing, loses the
//! place to who asks for it. That needs no timer and costs nothing per delivery: the first look
//! marks who is there, a poll takes the mark away, and a later look finds who still has it.
//!
//! A seat whose place was taken back still costs memory until its subscription is dropped, so of
//! those there may be as many again as of subscriptions: per principal, per scope, and in all.
//!
//! [`Subscription::will_be_polled_every`]: super::Subscription::will_be_polled_every

use std::sync::atomic::Ordering::Relaxed;

use super::Limit;
use super::delivery::EndReason;
use super::shared::Shared;
use crate::engine::Wakes;
use crate::id::Principal;

impl Shared {
    /// Takes places back where this limit is reached, and says how many. Of everybody at most once
    /// a second: it costs by the number of subscriptions, and refusals must stay cheap.
    pub(super) fn reclaim(&self, what: Limit, principal: &Principal) -> usize {
        let now = self.seconds();
        if what == Limit::Principal {
            return self.vacate(principal, now);
        }
        if self.looked_at.swap(now, Relaxed) == now {
            return 0;
        }
        let (mut gone, mut wakes) = (Vec::new(), Wakes::new());
        self.registry.each(|point| {
            point.seats.each_gone(now, &mut wakes, |owner| gone.push(owner.principal.clone()));
        });
        wakes.wake();
        gone.iter().map(|principal| self.vacate(principal, now)).sum()
    }

    fn vacate(&self, principal: &Principal, now: u32) -> usize {
        let mut wakes = Wakes::new();
        let principals = self.principals(principal).lock();
        // One that is over may come back with its cursor, as one whose time was up.
        let why = EndReason::Lifetime;
        let seats = principals.of(principal).iter();
        let vacated = seats
            .filter(|(point, seat)| point.seats.vacate_if_gone(*seat, now, why, &mut wakes))
            .count();
        // While the seats cannot be given back: each is counted once, here or there.
        self.vacated(vacated, &mut wakes);
        drop(principals);
        vacated
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.clock.now().as_millis() / 1_000).unwrap_or(0)
    }
}
