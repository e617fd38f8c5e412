//! Takes their places back from those who have fallen silent.
//!
//! A subscription is told its end when it is polled, and gives its seat back then. Not every driver
//! gets to poll: a server over HTTP/2 does not ask a body for what the peer gives no window for, nor
//! one over HTTP/1 whose sockets were not set up for streams. Such a seat would be held for as long
//! as the connection stands, past expiry and lifetime.
//!
//! So a driver may promise how often it polls ([`Subscription::will_be_polled_every`]). Where a
//! limit is reached, whoever broke that promise loses the place to who asks for it. That needs no
//! timer and costs nothing per delivery: the first look marks who is there, a poll takes the mark
//! away, and a later look finds who still has it.
//!
//! [`Subscription::will_be_polled_every`]: super::Subscription::will_be_polled_every

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::Limit;
use super::delivery::EndReason;
use super::shared::Shared;
use crate::config::SILENT_POLLS;
use crate::engine::Wakes;
use crate::id::Principal;

/// How long a seat may be silent whose driver polls it this often, in whole seconds.
pub(super) fn patience(every: Duration) -> u16 {
    let span = every.saturating_mul(SILENT_POLLS);
    let seconds = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0));
    u16::try_from(seconds).unwrap_or(u16::MAX).max(1)
}

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
        let mut silent = Vec::new();
        self.registry.each(|point| {
            point.seats.each_silent(now, |owner| silent.push(owner.principal.clone()));
        });
        silent.iter().map(|principal| self.vacate(principal, now)).sum()
    }

    /// A vacated seat stands until its subscription is dropped; its place in the limits is free.
    fn vacate(&self, principal: &Principal, now: u32) -> usize {
        let mut wakes = Wakes::new();
        let mut principals = self.principals(principal).lock();
        let mut vacated = principals.of(principal).to_vec();
        vacated.retain(|(point, seat)| {
            // It may come back with its cursor, as one whose time was up.
            point.seats.vacate_if_silent(*seat, now, EndReason::Lifetime, &mut wakes)
        });
        for (point, seat) in &vacated {
            principals.remove(principal, point, *seat);
        }
        drop(principals);
        for _ in &vacated {
            self.counters.reclaimed();
            self.exit();
        }
        vacated.len()
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.clock.now().as_millis() / 1_000).unwrap_or(0)
    }
}
