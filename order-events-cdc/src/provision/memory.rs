//! The queue within a process.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use order_events_core::IdempotencyKey;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::{Dead, Enqueued, Lease, ProvisioningQueue, QueueError};
use crate::config::{LEASE, REMEMBER};
use crate::decision::Job;

/// A queue in memory: the embedded default, and the reference. It ends with its process, so a
/// source that goes on where it stopped must not be ahead of it: for that there is one on Redis.
#[derive(Debug)]
pub struct MemoryQueue {
    state: Mutex<State>,
    /// Somebody may have something to do.
    changed: Notify,
    lease: Duration,
    remember: Duration,
}

#[derive(Debug, Default)]
struct State {
    ready: VecDeque<Entry>,
    /// By when they may be taken again.
    waiting: BTreeMap<(Instant, u64), Entry>,
    /// By receipt, with the end of the lease.
    leased: HashMap<u64, (Instant, Entry)>,
    known: HashSet<IdempotencyKey>,
    /// Until when triggers are known.
    expiring: VecDeque<(Instant, IdempotencyKey)>,
    dead: Vec<Dead>,
    count: u64,
}

#[derive(Debug)]
struct Entry {
    job: Job,
    attempts: u32,
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryQueue {
    /// An empty queue with the defaults of [`config`](crate::config).
    pub fn new() -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), lease: LEASE, remember: REMEMBER }
    }

    /// … whose leases are so long.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// … which remembers triggers for so long.
    #[must_use]
    pub fn remembering(mut self, remember: Duration) -> Self {
        self.remember = remember;
        self
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of a user's runs under it, so nothing is half done where somebody panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ProvisioningQueue for MemoryQueue {
    async fn enqueue(&self, job: Job) -> Result<Enqueued, QueueError> {
        let now = Instant::now();
        let mut state = self.lock();
        state.forget(now);
        if state.known.contains(&job.trigger) {
            return Ok(Enqueued::Known);
        }
        let until = now + self.remember;
        state.known.insert(job.trigger.clone());
        state.expiring.push_back((until, job.trigger.clone()));
        state.ready.push_back(Entry { job, attempts: 0 });
        drop(state);
        self.changed.notify_one();
        Ok(Enqueued::New)
    }

    async fn take(&self, patience: Duration) -> Result<Option<Lease>, QueueError> {
        let end = Instant::now() + patience;
        loop {
            // Before the look, so that what comes after it is not missed.
            let changed = self.changed.notified();
            let now = Instant::now();
            let next = {
                let mut state = self.lock();
                state.become_ready(now);
                if let Some(lease) = state.lease(now + self.lease) {
                    return Ok(Some(lease));
                }
                state.next_moment().map_or(end, |moment| moment.min(end))
            };
            if now >= end {
                return Ok(None);
            }
            // Either way there is something to look at, or patience is at its end.
            let _elapsed = timeout_at(next, changed).await;
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<bool, QueueError> {
        let now = Instant::now();
        let mut state = self.lock();
        Ok(match receipt(lease).and_then(|receipt| state.leased.get_mut(&receipt)) {
            Some((until, _)) if *until > now => {
                *until = now + self.lease;
                true
            }
            _ => false,
        })
    }

    async fn done(&self, lease: &Lease) -> Result<(), QueueError> {
        let mut state = self.lock();
        let is_other = |entry: &Entry| entry.job.trigger != lease.job.trigger;
        state.ready.retain(is_other);
        state.waiting.retain(|_, entry| is_other(entry));
        state.leased.retain(|_, (_, entry)| is_other(entry));
        Ok(())
    }

    async fn retry(&self, lease: &Lease, after: Duration) -> Result<bool, QueueError> {
        let now = Instant::now();
        let mut state = self.lock();
        let Some(entry) = state.give_back(lease, now) else { return Ok(false) };
        let count = state.next();
        state.waiting.insert((now + after, count), entry);
        drop(state);
        self.changed.notify_one();
        Ok(true)
    }

    async fn bury(&self, lease: &Lease, reason: &str) -> Result<bool, QueueError> {
        let mut state = self.lock();
        let Some(Entry { job, attempts }) = state.give_back(lease, Instant::now()) else {
            return Ok(false);
        };
        state.dead.push(Dead { job, attempts, reason: reason.to_owned() });
        Ok(true)
    }

    async fn dead(&self, limit: usize) -> Result<Vec<Dead>, QueueError> {
        Ok(self.lock().dead.iter().take(limit).cloned().collect())
    }

    fn lease(&self) -> Duration {
        self.lease
    }
}

fn receipt(lease: &Lease) -> Option<u64> {
    lease.receipt.parse().ok()
}

impl State {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Whose wait or whose worker's lease is over.
    fn become_ready(&mut self, now: Instant) {
        while let Some(due) = self.waiting.first_entry().filter(|due| due.key().0 <= now) {
            self.ready.push_back(due.remove());
        }
        let lost = self.leased.extract_if(|_, (until, _)| *until <= now);
        // They have waited longest.
        let lost: Vec<_> = lost.map(|(_, (_, entry))| entry).collect();
        for entry in lost {
            self.ready.push_front(entry);
        }
    }

    fn lease(&mut self, until: Instant) -> Option<Lease> {
        let mut entry = self.ready.pop_front()?;
        entry.attempts += 1;
        let receipt = self.next();
        let lease = Lease::new(entry.job.clone(), entry.attempts, receipt.to_string());
        self.leased.insert(receipt, (until, entry));
        Some(lease)
    }

    /// When something becomes ready by itself.
    fn next_moment(&self) -> Option<Instant> {
        let waiting = self.waiting.keys().map(|(due, _)| *due).next();
        let leased = self.leased.values().map(|(until, _)| *until).min();
        waiting.into_iter().chain(leased).min()
    }

    fn give_back(&mut self, lease: &Lease, now: Instant) -> Option<Entry> {
        let receipt = receipt(lease)?;
        if self.leased.get(&receipt)?.0 <= now {
            return None;
        }
        self.leased.remove(&receipt).map(|(_, entry)| entry)
    }

    fn forget(&mut self, now: Instant) {
        while self.expiring.front().is_some_and(|(until, _)| *until <= now) {
            if let Some((_, trigger)) = self.expiring.pop_front() {
                self.known.remove(&trigger);
            }
        }
    }
}
