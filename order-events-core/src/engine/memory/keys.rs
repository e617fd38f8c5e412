//! The idempotency window of one tenant.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use super::{Retention, is_over};
use crate::engine::{Fingerprint, Prior, Record};
use crate::id::IdempotencyKey;
use crate::time::Timestamp;

#[derive(Default)]
pub(super) struct Keys {
    known: HashMap<IdempotencyKey, Prior, DefaultHashBuilder>,
    /// In the order in which they came, which is the order in which they go. The seq tells a key
    /// that was used again after it had expired from its first use.
    queue: VecDeque<(u64, IdempotencyKey)>,
}

impl Keys {
    pub(super) fn get(
        &self,
        key: &IdempotencyKey,
        now: Timestamp,
        retention: &Retention,
    ) -> Option<&Prior> {
        self.known.get(key).filter(|prior| !is_over(prior.record.at(), now, retention.key_window))
    }

    pub(super) fn insert(
        &mut self,
        key: IdempotencyKey,
        fingerprint: Fingerprint,
        record: Arc<Record>,
    ) {
        self.queue.push_back((record.seq(), key.clone()));
        self.known.insert(key, Prior { fingerprint, record });
    }

    /// Forgets what is due, but no more than `budget`.
    pub(super) fn retire(&mut self, now: Timestamp, mut budget: usize, retention: &Retention) {
        while budget > 0
            && let Some((seq, key)) = self.queue.front()
        {
            let prior = self.known.get(key).filter(|prior| prior.record.seq() == *seq);
            let due =
                prior.is_none_or(|prior| is_over(prior.record.at(), now, retention.key_window));
            if !due && self.known.len() <= retention.keys {
                break;
            }
            if prior.is_some() {
                self.known.remove(key);
            }
            self.queue.pop_front();
            budget -= 1;
        }
    }

    pub(super) fn shrink(&mut self) {
        self.known.shrink_to_fit();
        self.queue.shrink_to_fit();
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}
