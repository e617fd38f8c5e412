//! Events: what happened to an order, in types and in JSON.
//!
//! On every wire an event is its kind's name and one flat JSON object:
//!
//! ```
//! use order_events_core::{OrderEvent, OrderStatus};
//!
//! let json = r#"{
//!   "event": "order.status",
//!   "data": {
//!     "orderId": "42",
//!     "version": 4,
//!     "status": "SHIPPED",
//!     "previousStatus": "PROCESSING",
//!     "timestamp": "2026-11-21T12:00:00.123Z",
//!     "note": "Shipped via FedEx"
//!   }
//! }"#;
//! let event: OrderEvent = serde_json::from_str(json)?;
//! assert_eq!(event.kind.status(), Some(OrderStatus::Shipped));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Who may read what is decided where an event is made: fields that are staff's alone are stored
//! apart from the rest and are not in a public reading at all.
//!
//! A kind this version does not know, or one of ours that lacks what it must have, reads as
//! [`EventKind::Unknown`] and keeps its data: nodes of two versions can share a log.

mod json;
mod name;
mod wire;

use serde_json::Value;

pub use name::{EventName, Known, RESERVED_NAMES, RESERVED_PREFIX};

use crate::engine::Record;
use crate::id::{CustomerId, OrderId};
use crate::lifecycle::Lifecycle;
use crate::status::OrderStatus;
use crate::time::Timestamp;

/// The version of the events' JSON, told at the head of every stream and page.
///
/// It grows when a reader of the old form would misread the new one; added kinds and fields do not
/// count, for readers skip what they do not know.
pub const SCHEMA_VERSION: u32 = 1;

/// On whose behalf somebody watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Customers and guests: public events, without staff's fields.
    Public,
    /// The people who work on the order: everything.
    Staff,
}

/// Who may see an event at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Visibility {
    /// Whoever may watch the order.
    #[default]
    Public,
    /// Staff only.
    Staff,
}

impl Visibility {
    /// Whether a reader of this audience may see it.
    pub fn allows(self, audience: Audience) -> bool {
        self == Self::Public || audience == Audience::Staff
    }
}

/// One event of one order, typed.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderEvent<L: Lifecycle = OrderStatus> {
    /// The order it happened to.
    pub order_id: OrderId,
    /// Its place in the order's history: 1, 2, 3 … A filtered stream skips some.
    pub version: u64,
    /// When it was published, by the publisher's clock. Orders nothing.
    pub timestamp: Timestamp,
    /// Who did it. Staff's unless the update said otherwise.
    pub actor: Option<String>,
    /// Who may see the event.
    pub visibility: Visibility,
    /// What happened.
    pub kind: EventKind<L>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventKind<L: Lifecycle = OrderStatus> {
    /// `order.created`: the order exists.
    Created {
        /// Its first status.
        status: L,
        /// Whose it is, if known. Staff's field.
        customer: Option<CustomerId>,
        /// A word on it.
        note: Option<String>,
    },
    /// `order.status`: the machine moved. Only this kind (and `created`) moves it.
    Status {
        /// The new status.
        status: L,
        /// The one before.
        previous: L,
        /// Whose the order became by this update, if it did. Staff's field.
        customer: Option<CustomerId>,
        /// A word on it.
        note: Option<String>,
    },
    /// `order.customer`: the order now belongs to a customer (a guest signed in).
    CustomerAttached {
        /// Whose it is now. Staff's field; empty in a public reading.
        customer: Option<CustomerId>,
        /// The status it has, for a customer's page that sees the order for the first time.
        status: L,
    },
    /// `order.note`: a remark. Staff's by default.
    Note {
        /// The remark.
        note: String,
    },
    /// `order.assigned`: somebody works on it, or nobody any more. Staff's by default.
    Assigned {
        /// Who does.
        assignee: Option<String>,
    },
    /// `order.tracking`: where the parcel is.
    Tracking {
        /// Who carries it.
        carrier: String,
        /// The carrier's number.
        number: String,
        /// The carrier's page.
        url: Option<String>,
    },
    /// `order.stage`: a stage of a workflow began or ended.
    Stage {
        /// The workflow's id.
        workflow: String,
        /// The stage's name.
        stage: String,
        /// What became of it.
        state: StageState,
        /// What it found.
        result: Option<Value>,
        /// Why it failed. Staff's field.
        reason: Option<String>,
    },
    /// `order.progress`: how far the work is.
    Progress {
        /// 0 to 100.
        percent: u8,
        /// A word on it.
        message: Option<String>,
        /// The workflow it belongs to, if any.
        workflow: Option<String>,
        /// The stage it belongs to, if any.
        stage: Option<String>,
    },
    /// `order.failed`: something went wrong. Staff's by default.
    Failed {
        /// What.
        reason: String,
    },
    /// `order.deleted`: the order is gone and reads as absent from here on.
    Deleted,
    /// A kind of the user's own.
    Custom {
        /// Its name, see [`EventName::custom`].
        name: EventName,
        /// Its data.
        data: Value,
    },
    /// A kind of ours that this version does not know, or cannot read. On the wire it goes on as it
    /// came.
    Unknown {
        /// Its name.
        name: String,
        /// Its whole data object.
        data: Value,
    },
}

/// What became of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// It runs.
    Started,
    /// It is done.
    Completed,
    /// It gave up.
    Failed,
}

impl<L: Lifecycle> EventKind<L> {
    /// The kind's name on the wire.
    pub fn name(&self) -> &str {
        match self.known() {
            Some(known) => known.name(),
            None => match self {
                Self::Custom { name, .. } => name.as_str(),
                Self::Unknown { name, .. } => name,
                _ => "",
            },
        }
    }

    /// The status of the order after this event, where the event says it.
    pub fn status(&self) -> Option<L> {
        match self {
            Self::Created { status, .. }
            | Self::Status { status, .. }
            | Self::CustomerAttached { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Who sees events of this kind unless an update says otherwise.
    pub fn default_visibility(&self) -> Visibility {
        match self {
            Self::Note { .. } | Self::Assigned { .. } | Self::Failed { .. } => Visibility::Staff,
            _ => Visibility::Public,
        }
    }

    pub(crate) fn known(&self) -> Option<Known> {
        Some(match self {
            Self::Created { .. } => Known::Created,
            Self::Status { .. } => Known::Status,
            Self::CustomerAttached { .. } => Known::Customer,
            Self::Note { .. } => Known::Note,
            Self::Assigned { .. } => Known::Assigned,
            Self::Tracking { .. } => Known::Tracking,
            Self::Stage { .. } => Known::Stage,
            Self::Progress { .. } => Known::Progress,
            Self::Failed { .. } => Known::Failed,
            Self::Deleted => Known::Deleted,
            Self::Custom { .. } | Self::Unknown { .. } => return None,
        })
    }
}

impl<L: Lifecycle> OrderEvent<L> {
    /// Reads an event as a wire has it: the name of its kind, and its data object.
    ///
    /// Fails only where the data lacks what every event of ours has (`orderId`, `version`,
    /// `timestamp`); a kind that cannot be read is [`EventKind::Unknown`].
    ///
    /// ```
    /// use order_events_core::{OrderEvent, OrderStatus};
    ///
    /// let data = r#"{"orderId":"42","version":9,"timestamp":"2026-11-21T12:00:00.123Z"}"#;
    /// let event: OrderEvent = OrderEvent::parse("order.invented-later", data)?;
    /// assert_eq!((event.version, event.kind.name()), (9, "order.invented-later"));
    /// assert!(OrderEvent::<OrderStatus>::parse("order.deleted", "{}").is_err());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn parse(name: &str, data: &str) -> Result<Self, serde_json::Error> {
        wire::read(name, data)
    }

    /// The event that a record holds, as this audience may read it.
    ///
    /// Never fails: what cannot be read as one of our kinds is [`EventKind::Unknown`].
    pub fn of_record(record: &Record, audience: Audience) -> Self {
        let data = record.data(audience);
        wire::read(record.name(), &data).unwrap_or_else(|_| Self {
            order_id: record.order().clone(),
            version: record.version(),
            timestamp: record.at(),
            actor: None,
            visibility: record.visibility(),
            kind: EventKind::Unknown {
                name: record.name().to_owned(),
                data: serde_json::from_str(&data).unwrap_or_default(),
            },
        })
    }

    /// The data object: what everybody may read, and apart from it what staff alone may.
    pub(crate) fn to_payload(&self, show_actor: bool) -> (Box<str>, Option<Box<str>>) {
        wire::write(self, show_actor)
    }
}
