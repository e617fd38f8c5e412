//! Who is there: the listing, how far behind they are, and ending one of them.

use std::sync::Arc;

use super::Hub;
use super::delivery::EndReason;
use super::registry::{Owner, Point};
use super::watch::Sight;
use crate::cursor::Cursor;
use crate::engine::Wakes;
use crate::event::Audience;
use crate::grant::Scope;
use crate::id::{Principal, TenantId};
use crate::lifecycle::Lifecycle;
use crate::time::Timestamp;

/// One subscription, as an admin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Watcher {
    /// Its number.
    pub id: u64,
    /// Who watches.
    pub principal: Principal,
    /// The tenant.
    pub tenant: TenantId,
    /// What is watched.
    pub scope: Scope,
    /// On whose behalf.
    pub audience: Audience,
    /// Since when.
    pub since: Timestamp,
    /// The last event it was given. Of epoch 0 until the beginning has been read.
    pub cursor: Cursor,
    /// How many events of the window it has yet to take; none where it is catching up: it has to
    /// read the log, waits for it, or is given what it said.
    pub behind: Option<u64>,
    /// Why its time is over, where it has yet to take note: its connection takes nothing.
    pub ending: Option<EndReason>,
}

/// Which subscriptions are meant; all of them, where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WatcherFilter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// Of this principal.
    pub principal: Option<Principal>,
    /// Of just this scope: who watches a tenant as a whole is not among those of its orders.
    pub scope: Option<Scope>,
}

/// How far readers are behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Lag {
    /// Readers that do not have everything yet.
    pub streams: usize,
    /// Those of them that are catching up: they were lapped by their window, wait for the log, or
    /// are given what it said. Every reader is, until it was given its beginning.
    pub catching_up: usize,
    /// The most events that one of the others has yet to take of its window.
    pub most: u64,
}

impl<L: Lifecycle> Hub<L> {
    /// Who watches what, where they stand, and how far behind, oldest first. Costs by the number of
    /// subscriptions; while those of a tenant are looked at, what is published to it waits.
    pub fn watchers(&self) -> Vec<Watcher> {
        self.watchers_of(&WatcherFilter::default(), 0, usize::MAX)
    }

    /// The oldest of those that are meant, `limit` at most, of a number greater than `after`: 0, or
    /// that of the last one of the page before.
    ///
    /// Costs by how many there are of a principal or of a scope, where one is named, and by the number
    /// of tenants where a scope is named without one; else by those of the tenant, or by all. What is
    /// held in memory is two pages at most.
    pub fn watchers_of(&self, filter: &WatcherFilter, after: u64, limit: usize) -> Vec<Watcher> {
        let mut page = Page { found: Vec::new(), limit, after, before: u64::MAX };
        let WatcherFilter { tenant, principal, scope } = filter;
        match principal {
            Some(principal) => {
                let principals = self.shared.principals(principal).lock();
                let is_meant = |point: &Point| {
                    tenant.as_ref().is_none_or(|tenant| *tenant == point.watch.tenant)
                        && scope.as_ref().is_none_or(|scope| *scope == point.scope)
                };
                let seats = principals.of(principal).iter();
                for (point, seat) in seats.filter(|(point, _)| is_meant(point)) {
                    point.seats.one(*seat, |sight| page.add(point, &sight));
                }
            }
            None => self.shared.registry.each_of(tenant.as_ref(), scope.as_ref(), |point| {
                point.seats.each(|sight| page.add(point, &sight));
            }),
        }
        page.cut();
        page.found
    }

    /// How far readers are behind. Costs by the number of subscriptions.
    pub fn lag(&self) -> Lag {
        let mut lag = Lag::default();
        self.shared.registry.each(|point| {
            point.seats.each(|sight| {
                lag.streams += usize::from(sight.behind != Some(0));
                lag.catching_up += usize::from(sight.behind.is_none());
                lag.most = lag.most.max(sight.behind.unwrap_or(0));
            });
        });
        lag
    }

    /// Ends one subscription as `revoked`, unless it has ended already and has yet to take note.
    /// False where there is none of this number. Costs by the number of subscriptions.
    pub fn close(&self, id: u64) -> bool {
        let mut wakes = Wakes::new();
        let mut closed = false;
        self.shared.registry.each(|point| {
            let mut found = None;
            point.seats.each(|sight| {
                if sight.owner.id == id {
                    found = Some(sight.seat);
                }
            });
            if let Some(seat) = found {
                // One that has ended already, and has yet to take note, is closed as well.
                point.seats.end(seat, EndReason::Revoked, &mut wakes);
                closed = true;
            }
        });
        wakes.wake();
        closed
    }
}

/// The oldest of those that were shown, in whatever order that was.
struct Page {
    found: Vec<Watcher>,
    limit: usize,
    after: u64,
    /// Of this number and above there are enough.
    before: u64,
}

impl Page {
    fn add(&mut self, point: &Arc<Point>, sight: &Sight<'_, Owner, EndReason>) {
        let owner = sight.owner;
        if owner.id <= self.after || owner.id >= self.before {
            return;
        }
        self.found.push(Watcher {
            id: owner.id,
            principal: owner.principal.clone(),
            tenant: point.watch.tenant.clone(),
            scope: point.scope.clone(),
            audience: point.audience,
            since: owner.since,
            cursor: Cursor { epoch: point.watch.epoch(), seq: sight.seen },
            behind: sight.behind,
            ending: sight.ended,
        });
        if self.found.len() >= self.limit.saturating_mul(2) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.found.sort_unstable_by_key(|watcher| watcher.id);
        if self.found.len() >= self.limit {
            self.found.truncate(self.limit);
            self.before = self.found.last().map_or(0, |last| last.id);
        }
    }
}
