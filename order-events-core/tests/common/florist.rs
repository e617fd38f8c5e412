use order_events_core::{ColorRole, Face, Lifecycle};

/// Where a bouquet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bouquet {
    /// Ordered; no florist has it yet.
    New,
    /// A florist has it.
    Assigned,
    /// Being bound.
    InProgress,
    /// Waiting to be picked up or delivered.
    Ready,
    /// On its way.
    OutForDelivery,
    /// In the hands of whom it is for.
    Done,
    /// Called off.
    Cancelled,
}

use Bouquet::*;

impl Lifecycle for Bouquet {
    const ALL: &'static [Self] =
        &[New, Assigned, InProgress, Ready, OutForDelivery, Done, Cancelled];
    const INITIAL: Self = New;

    fn token(self) -> &'static str {
        match self {
            New => "NEW",
            Assigned => "ASSIGNED",
            InProgress => "IN_PROGRESS",
            Ready => "READY",
            OutForDelivery => "OUT_FOR_DELIVERY",
            Done => "DONE",
            Cancelled => "CANCELLED",
        }
    }

    fn next(self) -> &'static [Self] {
        match self {
            New => &[Assigned, Cancelled],
            // The florist may hand the bouquet back.
            Assigned => &[InProgress, New, Cancelled],
            InProgress => &[Ready, Cancelled],
            // Done at once if the customer picks it up.
            Ready => &[OutForDelivery, Done, Cancelled],
            // Ready again if nobody opened the door.
            OutForDelivery => &[Done, Ready],
            Done | Cancelled => &[],
        }
    }

    fn face(self) -> Face {
        let (step, color, icon) = match self {
            New => (Some(1), ColorRole::Info, "clock"),
            Assigned => (Some(2), ColorRole::Info, "person"),
            InProgress => (Some(3), ColorRole::Progress, "flower"),
            Ready => (Some(4), ColorRole::Progress, "package"),
            OutForDelivery => (Some(5), ColorRole::Progress, "truck"),
            Done => (Some(6), ColorRole::Success, "check"),
            Cancelled => (None, ColorRole::Danger, "cross"),
        };
        Face { step, color, icon, ..Face::plain(self.token()) }
    }
}
