//! What an engine stores and hands back: untyped, and complete without the lifecycle.

use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::cursor::Epoch;
use crate::event::{Audience, EventName, Visibility};
use crate::id::{CustomerId, IdempotencyKey, OrderId};
use crate::lifecycle::Finality;
use crate::time::Timestamp;

/// A status as the log knows it: its token, borrowed where it comes from a lifecycle's table.
pub type Token = Cow<'static, str>;

/// An event that is about to be committed, and what it makes of its order.
///
/// Made by [`plan`](crate::plan::plan); an engine stores it and decides nothing but whether the
/// order still has the version `expected`, in the same epoch, and whether the key is new.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The order.
    pub order: OrderId,
    /// The version the order must have: 0 where the log must not know it. The event gets the next.
    pub expected: u64,
    /// The epoch that version was read in, where it was read. In another one, after a part of the log
    /// was lost, the same version may be another event's.
    pub epoch: Option<Epoch>,
    /// The order's state once the event is in the log.
    pub becomes: Becomes,
    /// The event itself.
    pub event: NewEvent,
    /// The caller's idempotency key with the fingerprint of what was asked.
    pub key: Option<(IdempotencyKey, Fingerprint)>,
}

/// The part of an order's state that a [`Draft`] decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Becomes {
    /// Its status.
    pub status: Token,
    /// Whose it is.
    pub customer: Option<CustomerId>,
    /// Whether it can still go on.
    pub finality: Finality,
    /// Whether it is gone: told, then absent.
    pub deleted: bool,
}

/// The event of a [`Draft`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its kind's name.
    pub name: EventName,
    /// When it was published, by the publisher's clock. Orders nothing.
    pub at: Timestamp,
    /// Who may see it at all.
    pub visibility: Visibility,
    /// A JSON object: what everybody who sees the event may read.
    pub payload: Box<str>,
    /// A JSON object with the fields that are staff's even in a public event.
    pub staff: Option<Box<str>>,
}

/// A stable hash of what a keyed update asked for, equal on every node and after every restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub u64);

/// One committed event: immutable, shared by log, timelines and every watcher.
///
/// It is kept small, since a log holds millions: what most events lack (a key, a name of the user's
/// own) sits behind one pointer.
pub struct Record {
    seq: u64,
    version: u64,
    order: OrderId,
    at: Timestamp,
    /// What everybody may read, and from `public` on what staff alone may: one allocation for both.
    text: Box<str>,
    extra: Option<Box<Extra>>,
    frames: OnceLock<Box<Frames>>,
    public: u32,
    kind: Option<crate::event::Known>,
    visibility: Visibility,
    finality: Finality,
    deleted: bool,
}

#[derive(Default)]
struct Extra {
    name: Option<EventName>,
    key: Option<IdempotencyKey>,
}

/// One write-once slot per rendering. Staff and public share the first where the event says the
/// same to both.
struct Frames {
    codec: TypeId,
    common: OnceLock<Bytes>,
    staff: OnceLock<Bytes>,
}

impl Record {
    /// The record of a draft that was given its place.
    pub fn commit(draft: Draft, seq: u64) -> Self {
        Self::take_apart(draft, seq).0
    }

    /// The record, and what a draft says beside it.
    pub(crate) fn take_apart(draft: Draft, seq: u64) -> (Self, Becomes, Option<Fingerprint>) {
        let Draft { order, expected, epoch: _, becomes, event, key } = draft;
        let NewEvent { name, at, visibility, payload, staff } = event;
        let kind = name.known();
        let name = if kind.is_none() { Some(name) } else { None };
        let (key, fingerprint) = key.unzip();
        // A text that is longer was refused by `plan`, whose limit is far below.
        let public = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let text = match staff {
            None => payload,
            Some(staff) => [payload, staff].concat().into_boxed_str(),
        };
        let extra = (name.is_some() || key.is_some()).then(|| Box::new(Extra { name, key }));
        let record = Self {
            seq,
            version: expected.saturating_add(1),
            order,
            at,
            text,
            extra,
            frames: OnceLock::new(),
            public,
            kind,
            visibility,
            finality: becomes.finality,
            deleted: becomes.deleted,
        };
        (record, becomes, fingerprint)
    }

    /// Its place in the tenant's log.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Its place in its order's history.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Its order.
    pub fn order(&self) -> &OrderId {
        &self.order
    }

    /// When it was published.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The name of its kind.
    pub fn name(&self) -> &str {
        match (self.kind, &self.extra) {
            (Some(kind), _) => kind.name(),
            (None, Some(extra)) => extra.name.as_ref().map_or("", EventName::as_str),
            (None, None) => "",
        }
    }

    /// Who may see it.
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// Whether a reader of this audience may see it.
    pub fn is_visible_to(&self, audience: Audience) -> bool {
        self.visibility.allows(audience)
    }

    /// Whether the order could still go on after this event.
    pub fn finality(&self) -> Finality {
        self.finality
    }

    /// Whether the order is gone since this event.
    pub fn is_deletion(&self) -> bool {
        self.deleted
    }

    /// Whether it belongs in the order's timeline.
    pub fn is_timeline(&self) -> bool {
        self.kind.is_some_and(crate::event::Known::is_timeline)
    }

    /// Whether it reports on work under way (a stage or a progress), of which a snapshot shows the
    /// latest.
    pub fn is_work(&self) -> bool {
        self.kind.is_some_and(crate::event::Known::is_work)
    }

    /// The key it was published with.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.extra.as_ref()?.key.as_ref()
    }

    /// The JSON object that everybody who may see the event may read.
    pub fn payload(&self) -> &str {
        self.text.get(..self.public as usize).unwrap_or(&self.text)
    }

    /// The JSON object of the fields that only staff may read.
    pub fn staff_fields(&self) -> Option<&str> {
        self.text.get(self.public as usize..).filter(|staff| !staff.is_empty())
    }

    /// The event's data as this audience may read it.
    ///
    /// What staff alone may read is stored apart and joined here, so that a public reading cannot
    /// leak it by forgetting to take it out.
    pub fn data(&self, audience: Audience) -> Cow<'_, str> {
        match (audience, self.staff_fields()) {
            (Audience::Staff, Some(staff)) => Cow::Owned(join_objects(self.payload(), staff)),
            _ => Cow::Borrowed(self.payload()),
        }
    }

    /// The encoded frame for this audience: made by `encode` once and shared ever after, by those
    /// who ask with the codec that asked first.
    pub(crate) fn frame(
        &self,
        codec: TypeId,
        audience: Audience,
        encode: impl FnOnce() -> Bytes,
    ) -> Bytes {
        let empty = || Box::new(Frames { codec, common: OnceLock::new(), staff: OnceLock::new() });
        let frames = self.frames.get_or_init(empty);
        if frames.codec != codec {
            return encode();
        }
        let slot = match audience {
            Audience::Staff if self.staff_fields().is_some() => &frames.staff,
            _ => &frames.common,
        };
        slot.get_or_init(encode).clone()
    }

    /// The bytes this record holds beside itself: for caps on how much is read at once.
    pub fn weight(&self) -> usize {
        self.text.len()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Payloads hold customers' words: they stay out of logs.
        f.debug_struct("Record")
            .field("seq", &self.seq)
            .field("order", &self.order)
            .field("version", &self.version)
            .field("name", &self.name())
            .field("visibility", &self.visibility)
            .finish_non_exhaustive()
    }
}

/// `{"a":1}` and `{"b":2}` make `{"a":1,"b":2}`.
fn join_objects(first: &str, second: &str) -> String {
    let head = first.strip_suffix('}').unwrap_or(first);
    let tail = second.strip_prefix('{').unwrap_or(second);
    let mut joined = String::with_capacity(head.len() + 1 + tail.len());
    joined.push_str(head);
    if !head.ends_with('{') && tail != "}" {
        joined.push(',');
    }
    joined.push_str(tail);
    joined
}

/// An order's state as the log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its status.
    pub status: Token,
    /// The version of its last event.
    pub version: u64,
    /// Whose it is.
    pub customer: Option<CustomerId>,
    /// Whether it can still go on.
    pub finality: Finality,
    /// Whether it was deleted. It then reads as absent, but its version goes on.
    pub deleted: bool,
    /// When its first event was published.
    pub created_at: Timestamp,
    /// When its last event was published.
    pub updated_at: Timestamp,
    /// The place of its last event in the tenant's log.
    pub seq: u64,
}

/// An order as it stands, for those who come fresh.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The order.
    pub order: OrderId,
    /// Its state.
    pub state: State,
    /// Its last [`TIMELINE_ENTRIES`](crate::config::TIMELINE_ENTRIES) entries, oldest first,
    /// staff's among them.
    pub timeline: Vec<Arc<Record>>,
    /// The latest stage or progress, if any.
    pub work: Option<Arc<Record>>,
    /// The latest that the public may see.
    pub public_work: Option<Arc<Record>>,
}

/// What the log knows of an order, and of a key.
#[derive(Debug, Clone)]
pub struct Current {
    /// The log's epoch.
    pub epoch: Epoch,
    /// The order's state; deleted orders have one, forgotten ones do not.
    pub state: Option<State>,
    /// What was published with the key that was asked for.
    pub prior: Option<Prior>,
}

/// An event that was published before with a certain key.
#[derive(Debug, Clone)]
pub struct Prior {
    /// The fingerprint of what was asked then.
    pub fingerprint: Fingerprint,
    /// What came of it.
    pub record: Arc<Record>,
}
