//! What a subscriber is given.

use std::any::TypeId;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::codec::Codec;
use crate::cursor::Cursor;
use crate::engine::{Record, Snapshot};
use crate::event::{Audience, OrderEvent};
use crate::id::OrderId;
use crate::lifecycle::Lifecycle;
use crate::resume::ResetReason;
use crate::snapshot::OrderSnapshot;

/// The next thing on a subscription.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Delivery {
    /// What the reader knew does not hold any more; the present follows as snapshots. An order that
    /// is not among them is gone.
    Reset(Reset),
    /// An order as it stands.
    Snapshot(SnapshotOf),
    /// Where the reader stands now, without an event: after a beginning without any snapshot.
    Position(Cursor),
    /// Something happened.
    Event(Event),
    /// Nothing follows.
    End(End),
}

/// Why and how a reader begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reset {
    /// Why.
    pub reason: ResetReason,
    /// Whether the scope is too large for snapshots to follow: its orders are to be paged through
    /// [`Hub::snapshots`](super::Hub::snapshots) and merged by version with what follows here.
    pub is_paged: bool,
}

/// A snapshot for one audience.
#[derive(Debug, Clone)]
pub struct SnapshotOf {
    pub(crate) snapshot: Box<Snapshot>,
    pub(crate) audience: Audience,
    pub(crate) cursor: Option<Cursor>,
}

impl SnapshotOf {
    /// The order.
    pub fn order(&self) -> &OrderId {
        &self.snapshot.order
    }

    /// The order's version.
    pub fn version(&self) -> u64 {
        self.snapshot.state.version
    }

    /// The place of the order's last event in the tenant's log.
    pub fn seq(&self) -> u64 {
        self.snapshot.state.seq
    }

    /// Where the reader stands once it has this: only the last of several says so, for before it
    /// the reader has not been given everything.
    pub fn cursor(&self) -> Option<Cursor> {
        self.cursor
    }

    /// As JSON.
    pub fn json(&self) -> String {
        self.snapshot.json(self.audience)
    }

    /// Typed. Fails where the status is not of this lifecycle.
    pub fn decode<L: Lifecycle>(&self) -> Result<OrderSnapshot<L>, serde_json::Error> {
        self.snapshot.decode(self.audience)
    }
}

/// An event for one audience. Cloning it clones a pointer.
#[derive(Debug, Clone)]
pub struct Event {
    pub(crate) record: Arc<Record>,
    pub(crate) audience: Audience,
    pub(crate) cursor: Cursor,
}

impl Event {
    /// Its place: the SSE `id`.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The order it happened to.
    pub fn order(&self) -> &OrderId {
        self.record.order()
    }

    /// Its place in the order's history.
    pub fn version(&self) -> u64 {
        self.record.version()
    }

    /// The name of its kind.
    pub fn name(&self) -> &str {
        self.record.name()
    }

    /// Its data, as JSON.
    pub fn data(&self) -> Cow<'_, str> {
        self.record.data(self.audience)
    }

    /// Its frame: encoded at first need, and shared by all who are given this event for the same
    /// audience, in whatever scope.
    ///
    /// It is kept with the event, for the type of codec that came first: a process should speak one
    /// wire format, and what another codec makes is made for each reader anew.
    pub fn frame<C: Codec>(&self, codec: &C) -> Bytes {
        let encode = || codec.encode(self.cursor, self.name(), &self.data());
        self.record.frame(TypeId::of::<C>(), self.audience, encode)
    }

    /// Typed. Never fails: what this version cannot read is
    /// [`EventKind::Unknown`](crate::EventKind::Unknown).
    pub fn decode<L: Lifecycle>(&self) -> OrderEvent<L> {
        OrderEvent::of_record(&self.record, self.audience)
    }
}

/// The end of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// How long the reader should wait before it comes back, where that matters.
    pub retry: Option<Duration>,
}

/// Why a subscription ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum EndReason {
    /// The order cannot go on, or was deleted: there is nothing left to wait for.
    Final,
    /// The order has probably finished; the reader may look in again later.
    Quiet,
    /// The grant's time is over.
    Expired,
    /// The principal's streams were revoked, or this one was closed by an admin.
    Revoked,
    /// This node is going away; another one goes on from the cursor.
    Draining,
    /// The stream has lived as long as streams here may.
    Lifetime,
    /// A newer stream of the same principal took its place.
    Replaced,
}

impl EndReason {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Final,
        Self::Quiet,
        Self::Expired,
        Self::Revoked,
        Self::Draining,
        Self::Lifetime,
        Self::Replaced,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Quiet => "quiet",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Draining => "draining",
            Self::Lifetime => "lifetime",
            Self::Replaced => "replaced",
        }
    }
}
