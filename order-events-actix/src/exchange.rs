//! What is asked and answered on a connection.

use std::cell::Cell;
use std::rc::Rc;

use order_events_sse::server::takeover::Handover;

use crate::outgoing::Events;

/// What a connection's IO, the answers on it, and who drives it tell each other.
#[derive(Default)]
pub(crate) struct Exchange {
    asked: Cell<u64>,
    answered: Cell<u64>,
    /// See [`is_alone`](Self::is_alone).
    is_alone: Cell<bool>,
    /// See [`is_last`](Self::is_last).
    is_last: Cell<bool>,
    pub(crate) handover: Handover<Events>,
}

impl Exchange {
    /// A request is with its handler.
    pub(crate) fn ask(self: &Rc<Self>) -> Answer {
        self.asked.set(self.asked.get() + 1);
        Answer(Rc::clone(self))
    }

    /// How many answers actix has come to the end of.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.get()
    }

    /// Whether nothing is asked that is not answered.
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.get() == self.answered.get()
    }

    /// Whether all that actix has read of the connection is the head of the request that is under
    /// way.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone.get()
    }

    pub(crate) fn set_alone(&self, is_alone: bool) {
        self.is_alone.set(is_alone);
    }

    /// Whether the connection ends with the next answer.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last.get()
    }

    pub(crate) fn end(&self) {
        self.is_last.set(true);
    }
}

/// An answer, from the time it is asked for until actix has written its last chunk to its buffer.
pub(crate) struct Answer(Rc<Exchange>);

impl Drop for Answer {
    fn drop(&mut self) {
        self.0.answered.set(self.0.answered.get() + 1);
    }
}
