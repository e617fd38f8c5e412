//! A tail that writes down what it hears.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use order_events_core::engine::{Record, Tail, Wakes};
use order_events_core::{CustomerId, Scope};

use super::lab::{Lab, Shop};

#[derive(Debug, Default)]
pub(super) struct Recorder {
    heard: Mutex<Vec<Heard>>,
    is_in_call: AtomicBool,
    has_overlapped: AtomicBool,
}

#[derive(Debug, Clone)]
pub(super) enum Heard {
    Event(Arc<Record>, Option<CustomerId>),
    Interrupted,
}

impl Recorder {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, heard: Heard) {
        if self.is_in_call.swap(true, Ordering::SeqCst) {
            self.has_overlapped.store(true, Ordering::SeqCst);
        }
        // Whoever calls at the same time should be caught at it.
        std::thread::yield_now();
        self.lock().push(heard);
        self.is_in_call.store(false, Ordering::SeqCst);
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.lock().clone()
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn interruptions(&self) -> usize {
        self.lock().iter().filter(|heard| matches!(heard, Heard::Interrupted)).count()
    }

    pub(super) fn seqs(&self) -> Vec<u64> {
        let heard = self.lock();
        let seq = |heard: &Heard| match heard {
            Heard::Event(record, _) => Some(record.seq()),
            Heard::Interrupted => None,
        };
        heard.iter().filter_map(seq).collect()
    }

    /// In order, once, without holes but where it was interrupted, and one call at a time.
    pub(super) fn check(&self) {
        assert!(!self.has_overlapped.load(Ordering::SeqCst), "a tail was called twice at once");
        let mut last = 0;
        let mut may_jump = true;
        for heard in self.heard() {
            let Heard::Event(record, _) = heard else {
                may_jump = true;
                continue;
            };
            let seq = record.seq();
            let follows = if may_jump { seq > last } else { seq == last + 1 };
            assert!(follows, "a tail was given event {seq} after event {last}");
            (last, may_jump) = (seq, false);
        }
    }

    /// Waits until it knows of everything up to `head`: it was given the events, or told to look
    /// for itself. Nothing else happens meanwhile. `before` is how much it had heard of
    /// interruptions when the first of those events was published.
    pub(super) async fn until(&self, lab: &Lab<'_>, head: u64, interruptions_before: usize) {
        lab.until(&format!("a tail heard of event {head}"), async || {
            let is_told = self.seqs().last().is_some_and(|last| *last >= head);
            (is_told || self.interruptions() > interruptions_before).then_some(())
        })
        .await;
        self.check();
    }

    /// What a reader who follows through this tail knows of the tenant after `after`: what it was
    /// given, and where it was interrupted what the log says.
    pub(super) async fn known(&self, shop: &Shop, after: u64) -> Vec<u64> {
        let mut known: Vec<u64> = self.seqs().into_iter().filter(|seq| *seq > after).collect();
        if self.interruptions() > 0 {
            known.extend(shop.seqs(&Scope::Tenant, after).await);
        }
        known.sort_unstable();
        known.dedup();
        known
    }
}

impl Tail for Recorder {
    fn committed(&self, record: &Arc<Record>, customer: Option<&CustomerId>, _: &mut Wakes) {
        self.hear(Heard::Event(Arc::clone(record), customer.cloned()));
    }

    fn interrupted(&self, _: &mut Wakes) {
        self.hear(Heard::Interrupted);
    }
}
