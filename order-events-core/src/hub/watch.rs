//! One watch point: a window of events that all its subscribers share, and who waits for the next.
//!
//! Nobody has a queue. A subscriber sits on a seat with a position in the window; an event is held
//! once, until everybody has taken it, or until the window is full. Whoever is then still before it
//! has been *lapped*, reads the log instead, and comes back at the end of the window.
//!
//! ```text
//!            base                      end
//!             │  e17   e18   e19   e20 │
//!             └───────────────────────┘
//!   seat a: next = 17 ▲           ▲     ▲
//!   seat b: next = 20 ────────────┘     │
//!   seat c: next = 21, waits ───────────┘        seat d: next = 9, lapped
//! ```
//!
//! Each entry counts the seats that are still before it, so the one that takes it last frees it:
//! a frozen reader holds back at most a window, and an idle watch point holds nothing.
//!
//! Wakers are cloned and collected under the lock; they are woken and dropped outside of it.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use slab::Slab;

use super::standing::{Look, Standing};
use crate::engine::Wakes;
use crate::sync::Mutex;

/// What a window holds.
pub(crate) trait Item: Clone {
    fn seq(&self) -> u64;
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct WatchPoint<T, O, E>(Mutex<Inner<T, O, E>>);

#[derive(Debug)]
struct Inner<T, O, E> {
    window: VecDeque<Entry<T>>,
    /// The position of the window's first entry.
    base: u64,
    seats: Slab<Seat<O, E>>,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    /// Seats that are still before it.
    before: u32,
}

/// Beside what a seat has seen: its reader has yet to be given what the log has for it, and does not ask
/// here before that. No seq comes near it, and each subscription would pay a word for a field.
const READS_LOG: u64 = 1 << 63;

#[derive(Debug)]
struct Seat<O, E> {
    /// The position of the next event it takes.
    next: u64,
    /// The seq of the last event it was given, here or from the log; beside [`READS_LOG`].
    seen: u64,
    waker: Option<Waker>,
    standing: Standing<E>,
    owner: O,
}

/// A seat, as it is shown.
pub(crate) struct Sight<'a, O, E> {
    pub(crate) seat: u32,
    pub(crate) owner: &'a O,
    /// The seq of what it saw last.
    pub(crate) seen: u64,
    /// How many events of the window it has yet to take; none where it was lapped or reads the log.
    pub(crate) behind: Option<u64>,
    /// Why its time is over, if it is.
    pub(crate) ended: Option<E>,
}

/// What a seat is given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken<T, E> {
    /// The next event.
    Item(T),
    /// It fell behind the window and must read the log.
    Lapped,
    /// Its time is over.
    Ended(E),
}

impl<T, O, E> WatchPoint<T, O, E>
where
    T: Item,
    E: Copy,
{
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Inner { window: VecDeque::new(), base: 0, seats: Slab::new() }))
    }

    /// Takes a seat that will see every event published from now on. `limit` seats at most.
    pub(crate) fn join(&self, owner: O, limit: usize) -> Option<u32> {
        let mut inner = self.0.lock();
        let seats = inner.seats.len();
        // Of places that were taken back as many again may wait to be given back.
        if seats >= limit && (seats >= limit.saturating_mul(2) || inner.taken() >= limit) {
            return None;
        }
        let seat = Seat {
            next: inner.end(),
            // Its beginning.
            seen: READS_LOG,
            waker: None,
            standing: Standing::new(),
            owner,
        };
        // Most watch points have one subscriber: no room is kept for others.
        if inner.seats.len() == inner.seats.capacity() {
            let more = inner.seats.len().div_ceil(2).max(1);
            inner.seats.reserve_exact(more);
        }
        // More than 2^32 seats do not fit into memory.
        Some(inner.seats.insert(seat) as u32)
    }

    /// The seat's driver promises to poll it at least this often.
    pub(crate) fn will_be_polled_every(&self, seat: u32, every: Duration) {
        if let Some(seat) = self.0.lock().seats.get_mut(seat as usize) {
            seat.standing.will_ask_every(every);
        }
    }

    /// Looks after everybody: wakes who is silent, and shows the owners of those who did not answer.
    pub(crate) fn each_gone(&self, now: u32, wakes: &mut Wakes, mut show: impl FnMut(&O)) {
        for (_, seat) in &mut self.0.lock().seats {
            match seat.look(now, wakes) {
                Look::Gone => show(&seat.owner),
                Look::Well | Look::Silent => {}
            }
        }
    }

    /// Looks after one seat. One that did not answer ends, and its place is free from then on,
    /// though the seat is given back only later: true where this call did it.
    pub(crate) fn vacate_if_gone(&self, seat: u32, now: u32, why: E, wakes: &mut Wakes) -> bool {
        let mut guard = self.0.lock();
        let inner = &mut *guard;
        let end = inner.end();
        let Some(seat) = inner.seats.get_mut(seat as usize) else {
            return false;
        };
        if seat.look(now, wakes) != Look::Gone {
            return false;
        }
        seat.standing.vacate();
        seat.end(why, wakes);
        let next = std::mem::replace(&mut seat.next, end);
        inner.pass_over(next);
        true
    }

    /// Whether the seat's place was given to others.
    pub(crate) fn is_vacated(&self, seat: u32) -> bool {
        self.0.lock().seats.get(seat as usize).is_some_and(|seat| seat.standing.is_vacated())
    }

    /// Gives a seat back. True where the watch point is empty after it.
    pub(crate) fn leave(&self, seat: u32) -> bool {
        let mut inner = self.0.lock();
        let gone = inner.seats.try_remove(seat as usize);
        if let Some(gone) = &gone {
            inner.pass_over(gone.next);
        }
        let is_empty = inner.seats.is_empty();
        // Its waker may own a task: that is dropped after the lock.
        drop(inner);
        drop(gone);
        is_empty
    }

    /// Asks a seat's owner.
    pub(crate) fn owner<R>(&self, seat: u32, ask: impl FnOnce(&O) -> R) -> Option<R> {
        self.0.lock().seats.get(seat as usize).map(|seat| ask(&seat.owner))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().seats.is_empty()
    }

    /// Adds an event, and whoever waited for it to `wakes`.
    pub(crate) fn publish(&self, item: T, window: usize, wakes: &mut Wakes) {
        let mut inner = self.0.lock();
        let before = inner.seats.len() as u32;
        if before == 0 {
            return;
        }
        if inner.window.len() >= window.max(1) {
            inner.pop_front();
        }
        inner.window.push_back(Entry { item, before });
        inner.wake(wakes);
    }

    /// Laps every seat: something may be missing, so all look for themselves.
    pub(crate) fn interrupt(&self, wakes: &mut Wakes) {
        let mut inner = self.0.lock();
        // One position is skipped, so that even who had taken everything is now behind.
        inner.base = inner.end() + 1;
        inner.window = VecDeque::new();
        inner.wake(wakes);
    }

    /// The next event of a seat. Where there is none, `cx` is woken for it.
    pub(crate) fn poll(&self, seat: u32, seen: u64, cx: &mut Context<'_>) -> Poll<Taken<T, E>> {
        let mut guard = self.0.lock();
        let inner = &mut *guard;
        let (base, end) = (inner.base, inner.end());
        // A seat exists as long as its subscription does.
        let Some(seat) = inner.seats.get_mut(seat as usize) else {
            return Poll::Ready(Taken::Lapped);
        };
        if let Some(ended) = seat.standing.asked() {
            return Poll::Ready(Taken::Ended(ended));
        }
        // It no longer reads the log.
        seat.seen = seen;
        if seat.next < base {
            return Poll::Ready(Taken::Lapped);
        }
        if seat.next == end {
            let old = match &seat.waker {
                Some(waker) if waker.will_wake(cx.waker()) => None,
                _ => seat.waker.replace(cx.waker().clone()),
            };
            drop(guard);
            drop(old);
            return Poll::Pending;
        }
        let place = (seat.next - base) as usize;
        seat.next += 1;
        let Some(entry) = inner.window.get_mut(place) else {
            return Poll::Ready(Taken::Lapped);
        };
        entry.before = entry.before.saturating_sub(1);
        let is_last = entry.before == 0;
        let item = entry.item.clone();
        seat.seen = item.seq();
        if is_last && place == 0 {
            inner.free();
        }
        Poll::Ready(Taken::Item(item))
    }

    /// Asks only whether the seat's time is over, and why.
    pub(crate) fn ask_whether_over(&self, seat: u32) -> Option<E> {
        self.0.lock().seats.get_mut(seat as usize)?.standing.asked()
    }

    /// Puts a seat at the end of the window: what comes from now on it takes here, what was before
    /// it reads from the log.
    pub(crate) fn catch_up(&self, seat: u32) {
        let mut guard = self.0.lock();
        let inner = &mut *guard;
        let end = inner.end();
        if let Some(seat) = inner.seats.get_mut(seat as usize) {
            seat.seen |= READS_LOG;
            let next = std::mem::replace(&mut seat.next, end);
            inner.pass_over(next);
        }
    }

    /// Waits for anything to happen to a seat that is busy elsewhere; says whether its time is
    /// over.
    pub(crate) fn wait(&self, seat: u32, cx: &mut Context<'_>) -> Option<E> {
        let mut guard = self.0.lock();
        let seat = guard.seats.get_mut(seat as usize)?;
        let ended = seat.standing.asked();
        let old = seat.waker.replace(cx.waker().clone());
        drop(guard);
        drop(old);
        ended
    }

    /// Ends one seat, unless it has ended already.
    pub(crate) fn end(&self, seat: u32, why: E, wakes: &mut Wakes) -> bool {
        self.0.lock().seats.get_mut(seat as usize).is_some_and(|seat| seat.end(why, wakes))
    }

    /// Ends every seat that has not ended already.
    pub(crate) fn end_all(&self, why: E, wakes: &mut Wakes) {
        for (_, seat) in &mut self.0.lock().seats {
            seat.end(why, wakes);
        }
    }

    /// Events that are held.
    #[cfg(all(test, order_events_loom))]
    pub(crate) fn held(&self) -> usize {
        self.0.lock().window.len()
    }

    /// How many seats have a place.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().taken()
    }

    /// Shows every seat that has a place.
    pub(crate) fn each(&self, mut show: impl FnMut(Sight<'_, O, E>)) {
        let inner = self.0.lock();
        inner.seats.iter().filter_map(|(place, seat)| inner.sight(place, seat)).for_each(&mut show);
    }

    /// Shows one seat, if it has a place.
    pub(crate) fn one(&self, seat: u32, show: impl FnOnce(Sight<'_, O, E>)) {
        let inner = self.0.lock();
        let found = inner.seats.get(seat as usize);
        if let Some(sight) = found.and_then(|found| inner.sight(seat as usize, found)) {
            show(sight);
        }
    }
}

impl<O, E: Copy> Seat<O, E> {
    fn end(&mut self, why: E, wakes: &mut Wakes) -> bool {
        let is_news = self.standing.end(why);
        if is_news {
            self.wake(wakes);
        }
        is_news
    }

    fn look(&mut self, now: u32, wakes: &mut Wakes) -> Look {
        let look = self.standing.look(now);
        if look == Look::Silent {
            self.wake(wakes);
        }
        look
    }

    fn wake(&mut self, wakes: &mut Wakes) {
        if let Some(waker) = self.waker.take() {
            wakes.push(waker);
        }
    }
}

impl<T, O, E: Copy> Inner<T, O, E> {
    fn end(&self) -> u64 {
        self.base + self.window.len() as u64
    }

    /// None of a seat whose place was given to others.
    fn sight<'a>(&self, place: usize, seat: &'a Seat<O, E>) -> Option<Sight<'a, O, E>> {
        let reads_window = seat.seen & READS_LOG == 0 && seat.next >= self.base;
        (!seat.standing.is_vacated()).then(|| Sight {
            seat: place as u32,
            owner: &seat.owner,
            seen: seat.seen & !READS_LOG,
            behind: reads_window.then(|| self.end() - seat.next),
            ended: seat.standing.ended(),
        })
    }

    /// Seats whose place is their own.
    fn taken(&self) -> usize {
        self.seats.iter().filter(|(_, seat)| !seat.standing.is_vacated()).count()
    }

    fn wake(&mut self, wakes: &mut Wakes) {
        for (_, seat) in &mut self.seats {
            seat.wake(wakes);
        }
    }

    fn pop_front(&mut self) {
        self.window.pop_front();
        self.base += 1;
    }

    /// A seat that was at `next` is no longer before anything.
    fn pass_over(&mut self, next: u64) {
        let first = next.saturating_sub(self.base) as usize;
        for entry in self.window.iter_mut().skip(first) {
            entry.before = entry.before.saturating_sub(1);
        }
        self.free();
    }

    /// Frees what everybody has taken, and the window's own memory with the last entry: an idle
    /// watch point costs no more than its seats.
    fn free(&mut self) {
        while self.window.front().is_some_and(|entry| entry.before == 0) {
            self.pop_front();
        }
        if self.window.is_empty() {
            self.window = VecDeque::new();
        }
    }
}
