//! The one lock of this crate, exchangeable by the model checkers.
//!
//! Everything that decides anything is decided under a [`Mutex`]; atomics only count. That keeps the
//! code small enough to be explored: `loom` replaces the lock for the watch point alone
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
/// No code of a user runs under any of our locks, and what does run there neither indexes nor
/// unwraps, so a panic cannot leave the data half changed; refusing all later callers because one
/// thread died elsewhere would only spread the damage.
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
