//! One tenant that is followed here: where its tails stand, under one lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use order_events_core::engine::{Record, Tail, Wakes};
use order_events_core::{CustomerId, Epoch};
use tokio::sync::{Notify, watch};

use crate::history::Page;
use crate::keys::Keys;
use crate::text::Placed;

/// See the [module](self).
///
/// What is passed on is always the next event, whoever brings it: the wake-up, the append of this
/// process, or the log itself. Whoever comes too late is ignored, whoever comes too early only says
/// that there is a gap.
pub(super) struct Followed {
    pub(super) keys: Keys,
    state: Mutex<State>,
    /// Whether its place in the log is known: reads wait for that.
    placed: watch::Sender<Placing>,
    /// Somebody waits: who sees to it and sleeps should try again.
    pub(super) hurry: Notify,
}

#[derive(Default)]
struct State {
    tails: Vec<Fed>,
    next_tail: u64,
    /// Where the tails stand; none before that is known.
    stand: Option<Stand>,
    /// The connection that wakes it.
    wake: Option<u64>,
    /// Whether there may be more in the log than was passed on.
    is_behind: bool,
    /// Whether somebody sees to it already.
    is_seen_to: bool,
}

/// How far the finding of a place is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Placing {
    Begun,
    /// Something that is not ours is in the way, in words.
    Hindered(String),
    Done,
}

struct Fed {
    id: u64,
    tail: Arc<dyn Tail>,
    /// Whether somebody waits to read who came after it: what was appended before the tails had
    /// their place, that reader sees.
    is_read_for: bool,
}

/// A place in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) epoch: Epoch,
    pub(super) last: u64,
}

/// What a tenant needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// To be woken.
    Wake,
    /// To be woken no more by this connection.
    Rest(u64),
    /// What the log has after this.
    Heal(Option<Stand>),
}

impl Followed {
    pub(super) fn new(keys: Keys) -> Self {
        let (state, placed) = (Mutex::default(), watch::Sender::new(Placing::Begun));
        Self { keys, state, placed, hurry: Notify::new() }
    }

    pub(super) fn add(&self, tail: Arc<dyn Tail>) -> u64 {
        let mut state = self.lock();
        let id = state.next_tail;
        state.next_tail += 1;
        state.tails.push(Fed { id, tail, is_read_for: false });
        id
    }

    /// Takes a tail away, which the caller drops where it holds no lock.
    pub(super) fn remove(&self, id: u64) -> Option<Arc<dyn Tail>> {
        let mut state = self.lock();
        let place = state.tails.iter().position(|fed| fed.id == id)?;
        Some(state.tails.swap_remove(place).tail)
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.lock().tails.is_empty()
    }

    /// Waits until its place is known, for a read that begins then; or says what is in the way.
    pub(super) async fn placed(&self) -> Result<(), String> {
        for fed in &mut self.lock().tails {
            fed.is_read_for = true;
        }
        // It is over as well where nobody follows it any more.
        let is_found = !self.placed.send_if_modified(|placing| {
            let is_open = *placing != Placing::Done;
            if is_open {
                // What was in the way may be gone: it is looked at once more.
                *placing = Placing::Begun;
                self.hurry.notify_one();
            }
            is_open
        });
        if is_found {
            return Ok(());
        }
        let mut placed = self.placed.subscribe();
        match placed.wait_for(|placing| *placing != Placing::Begun).await.as_deref() {
            Ok(Placing::Hindered(what)) => Err(what.clone()),
            _ => Ok(()),
        }
    }

    /// Something that is not ours is where the log should be.
    pub(super) fn hindered(&self, what: String) {
        self.placed.send_if_modified(|placing| {
            let is_open = *placing != Placing::Done;
            if is_open {
                *placing = Placing::Hindered(what);
            }
            is_open
        });
    }

    /// Passes an event on if it is the next. `is_hint` where its coming early means a gap: wake-ups
    /// come in order, while the answer to an append may overtake the wake-ups before it.
    ///
    /// True where the log must be looked at.
    pub(super) fn offer(
        &self,
        epoch: Epoch,
        seq: u64,
        is_hint: bool,
        event: impl FnOnce() -> Option<Placed>,
    ) -> bool {
        let mut wakes = Wakes::new();
        let mut state = self.lock();
        let is_next = match state.stand {
            Some(stand) if stand.epoch == epoch && seq <= stand.last => return false,
            Some(stand) => stand.epoch == epoch && seq == stand.last + 1,
            None => false,
        };
        if is_next && let Some((record, customer)) = event() {
            state.pass(&record, customer.as_ref(), &mut wakes);
            return false;
        }
        let is_another_epoch = state.stand.is_some_and(|stand| stand.epoch != epoch);
        let is_gap = is_hint || is_another_epoch;
        state.is_behind |= is_gap;
        is_gap
    }

    /// Takes what the log said after `from`. Whatever was passed on meanwhile is not in doubt: the
    /// log was asked before that.
    pub(super) fn heal(&self, from: Option<Stand>, page: Page) {
        let mut wakes = Wakes::new();
        let mut state = self.lock();
        let there = Stand { epoch: page.epoch, last: page.head };
        let Some((asked, stand)) = from.zip(state.stand) else {
            state.stand = Some(there);
            for fed in state.tails.iter().filter(|fed| !fed.is_read_for) {
                fed.tail.interrupted(&mut wakes);
            }
            drop(state);
            self.placed.send_replace(Placing::Done);
            return;
        };
        let is_continued =
            page.epoch == stand.epoch && page.head >= asked.last && page.dropped <= asked.last;
        if !is_continued {
            // Lost, flushed, trimmed away or rolled back: readers look for themselves, before they
            // are given anything of what comes now.
            state.stand = Some(there);
            for fed in &state.tails {
                fed.tail.interrupted(&mut wakes);
            }
            return;
        }
        for (record, customer) in page.records {
            let last = state.stand.map_or(0, |stand| stand.last);
            if record.seq() == last + 1 {
                state.pass(&record, customer.as_ref(), &mut wakes);
            }
        }
        // A page has an end, and the log may go on after it.
        let last = state.stand.map_or(0, |stand| stand.last);
        state.is_behind |= last < page.head;
    }

    /// Whether the log, asked when the tails stood at `at`, is where they stand.
    pub(super) fn compare(&self, at: Stand, epoch: Option<Epoch>, head: u64) -> bool {
        let mut state = self.lock();
        let is_fine = epoch == Some(at.epoch)
            && head >= at.last
            // It may have been passed on since then.
            && state.stand.is_some_and(|now| now.epoch == at.epoch && now.last >= head);
        state.is_behind |= !is_fine;
        is_fine
    }

    pub(super) fn stand(&self) -> Option<Stand> {
        self.lock().stand
    }

    pub(super) fn wake(&self) -> Option<u64> {
        self.lock().wake
    }

    pub(super) fn woken_by(&self, wake: u64) {
        let mut state = self.lock();
        state.wake = Some(wake);
        // What came before it was there is in the log.
        state.is_behind = true;
    }

    /// The connection is gone, or wakes it no more. True where that was the one.
    pub(super) fn lost(&self, wake: u64) -> bool {
        let mut state = self.lock();
        let was_its = state.wake.take_if(|its| *its == wake).is_some();
        state.is_behind |= was_its;
        was_its
    }

    pub(super) fn is_behind(&self) {
        self.lock().is_behind = true;
    }

    /// Whether the caller is the one to see to it now.
    pub(super) fn begin(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_seen_to, true)
    }

    /// What it needs next; none where all is well, which ends the seeing to.
    pub(super) fn next_need(&self) -> Option<Need> {
        let mut state = self.lock();
        let need = match (state.tails.is_empty(), state.wake) {
            (true, Some(wake)) => Some(Need::Rest(wake)),
            (true, None) => None,
            (false, None) => Some(Need::Wake),
            (false, Some(_)) if state.is_behind || state.stand.is_none() => {
                state.is_behind = false;
                Some(Need::Heal(state.stand))
            }
            (false, Some(_)) => None,
        };
        if need.is_none() {
            state.is_seen_to = false;
        }
        need
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pass(&mut self, record: &Arc<Record>, customer: Option<&CustomerId>, wakes: &mut Wakes) {
        if let Some(stand) = &mut self.stand {
            stand.last = record.seq();
        }
        for fed in &self.tails {
            fed.tail.committed(record, customer, wakes);
        }
    }
}
