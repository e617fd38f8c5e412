//! What a reader is given.

use order_events_core::{Lifecycle, OrderEvent, OrderSnapshot, OrderStatus, ResetReason};

use crate::store::Cursor;

/// The next thing on a stream, and where a reader stands once it has taken care of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Given<L: Lifecycle = OrderStatus> {
    /// What happened, or how things stand.
    pub delivery: Delivery<L>,
    /// Where to go on from. None within a beginning: who stops there begins anew.
    pub cursor: Option<Cursor>,
}

/// The next thing on a stream.
///
/// A beginning is a `Reset`, a `Snapshot` of each order, and `Current`; then come events. It comes
/// once more wherever a gap cannot be closed by events. If the connection is lost within it, it
/// comes again from its `Reset`.
///
/// ```
/// use std::collections::HashMap;
/// use order_events_client::{Delivery, OrderId, OrderStatus};
///
/// /// A picture of every order, right after each `Current`.
/// fn apply(picture: &mut HashMap<OrderId, OrderStatus>, delivery: Delivery) {
///     match delivery {
///         Delivery::Reset(_) => picture.clear(),
///         Delivery::Snapshot(order) => {
///             picture.insert(order.order_id, order.status);
///         }
///         Delivery::Event(event) => match event.kind.status() {
///             Some(status) => {
///                 picture.insert(event.order_id, status);
///             }
///             None if event.kind.name() == "order.deleted" => {
///                 picture.remove(&event.order_id);
///             }
///             None => {}
///         },
///         _ => {}
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Delivery<L: Lifecycle = OrderStatus> {
    /// What was known does not hold any more: the present follows. An order that is not among the
    /// snapshots before the next `Current` is gone.
    Reset(Why),
    /// An order as it stands.
    Snapshot(OrderSnapshot<L>),
    /// All orders have been told: from here on what happens is told by events.
    Current,
    /// Something happened. Each event comes once, in the order of the log. Apply it by its version
    /// all the same: it may be in a snapshot that was made meanwhile.
    Event(OrderEvent<L>),
    /// Something that cannot be read as an event or a snapshot of this lifecycle: of a later version
    /// of the server, or of a status that is not known here. As it came.
    Other(Other),
}

/// See [`Delivery::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other {
    /// What the server calls it.
    pub name: String,
    /// What it says, most likely JSON.
    pub data: String,
}

/// Why a reader begins anew.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It had no cursor.
    New,
    /// The server cannot go on from its cursor.
    Reset(ResetReason),
    /// … for a reason that this version does not know.
    Other(String),
}
