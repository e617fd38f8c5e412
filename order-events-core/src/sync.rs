//! The one lock of this crate, exchangeable by the model checkers.
//!
//! Everything that decides anything is decided under a [`Mutex`]; atomics only count. That keeps
//! the code small enough to be explored: `loom` replaces the lock for the watch point alone
//! (`--cfg order_events_loom`), `shuttle` for the whole hub (`--cfg order_events_shuttle`).

#[cfg(order_events_loom)]
use loom::sync as imp;
#[cfg(order_events_shuttle)]
use shuttle::sync as imp;
#[cfg(not(any(order_events_loom, order_events_shuttle)))]
use std::sync as imp;

pub(crate) use imp::MutexGuard;

/// A mutex without poison.
///
/// What runs under our locks neither indexes nor unwraps, and of a user's code runs one thing only:
/// the clone of a waker, while nothing is half done. So a panic cannot leave the data half changed;
/// refusing all later callers because one thread died elsewhere would only spread the damage.
///
/// A waker is cloned under the lock because only there is it known whether it must be. A runtime's
/// clone counts a reference and takes no lock; a clone made beforehand would cost that in every
/// poll, also where there is something to take. Waking and dropping a waker may run a whole task,
/// and happen outside.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(imp::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(imp::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        match self.0.lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        }
    }
}
