//! Where a service keeps its cursor, so that it goes on where it stopped.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

/// An error of the user's own code, kept as the source of ours.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Where a reader stands: what the server calls an `id`. Opaque: keep it, compare it for equality,
/// hand it back, and nothing else.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor(Arc<str>);

impl Cursor {
    /// A cursor as it was kept. Any text will do: one that the server cannot read is told by a
    /// [`Delivery::Reset`](crate::Delivery::Reset), and never an error.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// The text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // On one line even where `{:#?}` is asked for: it is one word.
        write!(f, "Cursor({:?})", &*self.0)
    }
}

/// Keeps one cursor of one stream: in a file, in a row of your database.
///
/// # When it is called
///
/// `load` once, before the first request, unless a cursor was given by
/// [`after`](crate::Watching::after). `save` by [`Events::done`](crate::Events::done), and by nothing
/// else: nothing is kept that you have not said is done.
///
/// # At least once, or at most once
///
/// Call `done` *after* you took care of a delivery, and a service that dies in between is given it
/// again: **at least once**. That is right for nearly everybody, as events say their version and
/// applying one twice can be made to do nothing. Call it *before*, and what was under way when the
/// service died is lost: **at most once**.
///
/// Where what you make of an event goes into a database, keep the cursor in the same transaction
/// ([`Given::cursor`](crate::Given::cursor), then [`after`](crate::Watching::after) at the start) and
/// have no store at all: then it takes effect exactly once.
///
/// A cursor stands for what you have made of everything before it. Keep one only where that is kept,
/// too: a service whose picture is in memory begins anew each time.
#[async_trait]
pub trait CursorStore: Send + Sync {
    /// The cursor that was saved last; none at the very beginning.
    async fn load(&self) -> Result<Option<Cursor>, BoxError>;

    /// Keeps this one instead.
    async fn save(&self, cursor: &Cursor) -> Result<(), BoxError>;
}
