//! What is to be done about a change.

use order_events_core::{
    CustomerId, IdempotencyKey, Lifecycle, OrderId, OrderStatus, TenantId, Update,
};
use serde::{Deserialize, Serialize};

/// One thing to be done. A change may ask for several, in their order: what is cached is forgotten
/// before anybody is told, so that who is told finds nothing older there.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Decision<L: Lifecycle = OrderStatus> {
    /// The order's watchers are to be told.
    Publish(Update<L>),
    /// The order is to be provisioned.
    Provision(Job),
    /// What is cached of this order, and of this account's orders, is not true any more.
    Invalidate {
        /// The order.
        order: OrderId,
        /// Whose it is, where the change says so.
        account: Option<CustomerId>,
    },
    /// Nothing, and why.
    Skip(Skip),
    /// The change does not say what is needed: look the record up, and decide again with
    /// [`Change::knowing`](crate::Change::knowing). What else is decided beside this holds.
    LookUp(LookUp),
    /// Nobody knows which records of this entity changed: everything cached of it is to be
    /// forgotten and, where updates matter, read anew.
    Refresh {
        /// Where everything may have changed.
        entity: String,
        /// Why nobody knows.
        why: Uncertain,
    },
}

/// An order to be provisioned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// What asks for it. Two signals that mean the same have the same, and a queue takes each once:
    /// the tenant's order and its attempt (the first one, unless a field numbers them), or the very
    /// event where it asks for another attempt without a number.
    pub trigger: IdempotencyKey,
    /// The order's tenant.
    pub tenant: TenantId,
    /// The order. It is the correlation id as well: by it all that is done for the job is found.
    pub order: OrderId,
    /// The status that asked for it, in the source's words; none where it was a request.
    pub status: Option<String>,
    /// Who asked for it, where it is told.
    pub requested_by: Option<String>,
    /// How urgent it is, in the source's words.
    pub priority: Option<String>,
}

impl Job {
    /// What ties together all that is done for this job, in logs and in other systems: the order.
    pub fn correlation_id(&self) -> &str {
        self.order.as_str()
    }
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// It is about something else than orders, their items, or requests.
    Foreign {
        /// What it is about.
        entity: String,
    },
    /// Nothing changed that a customer sees.
    Internal,
    /// The rules do not say what this status is in the lifecycle, so nobody is told of it.
    UnmappedStatus {
        /// The status.
        status: String,
    },
    /// The order would be provisioned, but is being or has been already.
    Active {
        /// What says so: a status, or a state of activation.
        state: String,
    },
    /// The order would be provisioned, but is there already.
    ExternalId {
        /// The id that it has there.
        id: String,
    },
    /// What is in this field asks for something each time that it comes (a note to be told, another
    /// attempt without a number), but the source does not tell whether it just did.
    Undatable {
        /// The field.
        field: String,
    },
    /// It would be provisioned, but is only read from the beginning.
    OnlyRead,
    /// It was deleted, and the log does not know it.
    NotThere {
        /// The order.
        order: OrderId,
    },
    /// What a deletion leaves in a compacted topic; the deletion itself was told before.
    Tombstone,
    /// A word in the database's log, about no record.
    Message,
}

/// What is to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp {
    /// Where the record is.
    pub entity: String,
    /// Its id.
    pub record: String,
    /// The fields that are needed of it; none where all are.
    pub fields: Vec<String>,
}

/// Why nobody knows which records changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Uncertain {
    /// More changed in one transaction than the source tells.
    Overflow,
    /// It concerns all of them.
    Wildcard,
    /// All were deleted at once.
    Truncated,
}
