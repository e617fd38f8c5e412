//! The embedded default, and the reference for every other engine.
//!
//! One log per tenant behind one lock; nothing is shared between tenants but the table that finds
//! them, so publishers of different tenants do not meet. Everything here happens at once: no call
//! waits, so a dropped future has done all of its work or none.
//!
//! # Memory
//!
//! A record is held once and shared by the log, by its order's timeline and by watchers. Retention
//! works on access: each append lets go of a few old events ([`MemoryEngine::sweep`] of all that
//! are due, for tenants that have gone quiet). An order is forgotten once it is finished (final,
//! quiet or deleted), its last event is trimmed and its keys have expired. Orders that may still
//! move stay: besides what is in the log, each holds its
//! [`TIMELINE_ENTRIES`](crate::config::TIMELINE_ENTRIES), its latest work, and a few events that
//! were not worth a look yet.

mod customers;
mod keys;
mod order;
mod orders;
mod tenant;

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use hashbrown::DefaultHashBuilder;

use super::{
    Answer, Append, Appended, Current, Draft, EngineError, Follow, History, HistoryLimit, Log,
    Node, Notice, PageToken, Snapshots, Tail, Wakes,
};
use crate::config::{KEY_WINDOW, MAX_KEYS, RETAIN_AGE, RETAIN_EVENTS};
use crate::cursor::Epoch;
use crate::grant::Scope;
use crate::id::{IdempotencyKey, OrderId, TenantId};
use crate::sync::Mutex;
use crate::time::Timestamp;
use tenant::TenantLog;

/// How many locks guard the table of tenants. Far more than cores, so that two tenants seldom share
/// one.
const SHARDS: usize = 64;

/// A log in this process's memory. It ends with the process: a restart is a new epoch, and readers
/// are told so by `reset`.
pub struct MemoryEngine {
    shards: Box<[Shard]>,
    default: Arc<Tenant>,
    hasher: DefaultHashBuilder,
    nodes: Mutex<Vec<Weak<dyn Node>>>,
    retention: Retention,
    first_epoch: Option<Epoch>,
}

/// Aligned, so that two shards never share a cache line.
#[repr(align(128))]
#[derive(Default)]
struct Shard(Mutex<HashMap<TenantId, Arc<Tenant>, DefaultHashBuilder>>);

/// A tenant that was once asked for keeps its log, empty or not: its epoch was told.
type Tenant = Mutex<TenantLog>;

/// How long what is kept.
#[derive(Debug, Clone, Copy)]
struct Retention {
    events: usize,
    age: Duration,
    keys: usize,
    key_window: Duration,
}

/// Whether what is of `at` has been kept for long enough. What is of a time further ahead than that
/// is of a clock that was wrong once; waiting for its time would keep everything behind it as well.
fn is_over(at: Timestamp, now: Timestamp, span: Duration) -> bool {
    now.saturating_since(at) >= span || at.saturating_since(now) > span
}

/// Sets up a [`MemoryEngine`].
#[derive(Debug, Clone)]
pub struct MemoryEngineBuilder {
    retention: Retention,
    epoch: Option<Epoch>,
}

impl Default for MemoryEngine {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl MemoryEngine {
    /// An engine with the defaults of [`config`](crate::config).
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine of other retention.
    pub fn builder() -> MemoryEngineBuilder {
        MemoryEngineBuilder {
            retention: Retention {
                events: RETAIN_EVENTS,
                age: RETAIN_AGE,
                keys: MAX_KEYS,
                key_window: KEY_WINDOW,
            },
            epoch: None,
        }
    }

    /// Lets go of everything that is due by `now`, in every tenant: events, keys and orders.
    ///
    /// Appends do this a little at a time, but a tenant without appends keeps what it has. A
    /// service with many quiet tenants calls this now and then; it holds one tenant's lock at a
    /// time.
    pub fn sweep(&self, now: Timestamp) {
        self.each_tenant(|log| {
            log.retire(now, usize::MAX);
            log.shrink();
        });
    }

    /// Loses a tenant's log on purpose: it begins again, empty, with another epoch, and every
    /// reader is reset. For a tenant that leaves, and for tests of what a loss looks like.
    pub fn lose(&self, tenant: &TenantId) {
        let mut wakes = Wakes::new();
        self.tenant(tenant).lock().lose(&mut wakes);
        wakes.wake();
    }

    /// What is held, summed over all tenants.
    pub fn counts(&self) -> MemoryCounts {
        let mut sum = MemoryCounts::default();
        self.each_tenant(|log| log.count(&mut sum));
        sum
    }

    fn each_tenant(&self, mut visit: impl FnMut(&mut TenantLog)) {
        visit(&mut self.default.lock());
        for shard in &self.shards {
            let tenants: Vec<_> = shard.0.lock().values().cloned().collect();
            for tenant in tenants {
                visit(&mut tenant.lock());
            }
        }
    }

    fn tenant(&self, tenant: &TenantId) -> Arc<Tenant> {
        // Most services have one tenant and never name it: nobody looks it up for its sake.
        if tenant.is_default() {
            return Arc::clone(&self.default);
        }
        let hash = self.hasher.hash_one(tenant);
        // The table below uses the hash's low and highest bits; these are in between.
        #[expect(clippy::indexing_slicing, reason = "a remainder by how many there are")]
        let shard = &self.shards[(hash >> 32) as usize % SHARDS];
        let mut tenants = shard.0.lock();
        match tenants.get(tenant) {
            Some(log) => Arc::clone(log),
            None => {
                let log = new_tenant(self.first_epoch, self.retention);
                tenants.insert(tenant.clone(), Arc::clone(&log));
                log
            }
        }
    }
}

fn new_tenant(epoch: Option<Epoch>, retention: Retention) -> Arc<Tenant> {
    let epoch = epoch.unwrap_or_else(Epoch::draw);
    Arc::new(Mutex::new(TenantLog::new(epoch, retention)))
}

/// How much a [`MemoryEngine`] holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryCounts {
    /// Events in the logs.
    pub events: usize,
    /// Orders known.
    pub orders: usize,
    /// Events that orders hold, for their timelines or because the log holds them too.
    pub held: usize,
    /// Customers known.
    pub customers: usize,
    /// Idempotency keys remembered.
    pub keys: usize,
}

impl MemoryEngineBuilder {
    /// Events a tenant's log retains. See [`RETAIN_EVENTS`].
    #[must_use]
    pub fn retain_events(mut self, events: usize) -> Self {
        self.retention.events = events;
        self
    }

    /// How long it retains them. See [`RETAIN_AGE`].
    #[must_use]
    pub fn retain_age(mut self, age: Duration) -> Self {
        self.retention.age = age;
        self
    }

    /// Idempotency keys remembered per tenant. See [`MAX_KEYS`].
    #[must_use]
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.retention.keys = keys;
        self
    }

    /// How long a key is remembered. See [`KEY_WINDOW`].
    #[must_use]
    pub fn key_window(mut self, window: Duration) -> Self {
        self.retention.key_window = window;
        self
    }

    /// The epoch of every tenant's first log, instead of one drawn for each. For tests that compare
    /// bytes; in production it would let a cursor of one tenant pass for another's.
    #[must_use]
    pub fn fixed_epoch(mut self, epoch: Epoch) -> Self {
        self.epoch = Some(epoch);
        self
    }

    /// The engine.
    pub fn build(self) -> MemoryEngine {
        MemoryEngine {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            default: new_tenant(self.epoch, self.retention),
            hasher: DefaultHashBuilder::default(),
            nodes: Mutex::new(Vec::new()),
            retention: self.retention,
            first_epoch: self.epoch,
        }
    }
}

#[async_trait]
impl Log for MemoryEngine {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current> {
        Answer::now(Ok(self.tenant(tenant).lock().read(order, key, now)))
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        Ok(self.tenant(tenant).lock().history(scope, after, limit))
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        self.tenant(tenant).lock().snapshots(scope, page, limit)
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        let log = self.tenant(tenant);
        let id = log.lock().follow(tail);
        let log = Arc::downgrade(&log);
        Follow::new(move || {
            if let Some(log) = log.upgrade() {
                // The tail is dropped after the lock: it may be the last owner of much.
                let _gone = log.lock().unfollow(id);
            }
        })
    }

    fn attend(&self, node: Weak<dyn Node>) {
        let mut nodes = self.nodes.lock();
        nodes.retain(|node| node.strong_count() > 0);
        nodes.push(node);
    }
}

#[async_trait]
impl Append for MemoryEngine {
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended> {
        let mut wakes = Wakes::new();
        let appended = self.tenant(tenant).lock().append(draft, &mut wakes);
        wakes.wake();
        Answer::now(Ok(appended))
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        let nodes: Vec<_> = self.nodes.lock().iter().filter_map(Weak::upgrade).collect();
        for node in nodes {
            node.notice(&notice);
        }
        Ok(())
    }

    fn replies_can_be_lost(&self) -> bool {
        false
    }
}

impl fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEngine").field("retention", &self.retention).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_for_its_span_or_is_further_ahead_than_that_is_over() {
        let now = Timestamp::from_millis(10_000);
        let span = Duration::from_millis(1_000);
        let over = [8_000, 9_000, 11_001, 20_000];
        let kept = [9_001, 10_000, 10_999, 11_000];
        for at in over {
            assert!(is_over(Timestamp::from_millis(at), now, span), "{at}");
        }
        for at in kept {
            assert!(!is_over(Timestamp::from_millis(at), now, span), "{at}");
        }
    }
}
