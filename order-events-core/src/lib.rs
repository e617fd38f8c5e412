#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// No request, and nothing that a log or a server says, may end in a panic of ours.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

pub mod config;
mod cursor;
pub mod diagram;
pub mod engine;
mod event;
mod grant;
pub mod hub;
mod id;
mod invalid;
pub mod lifecycle;
pub mod plan;
mod resume;
mod snapshot;
pub mod status;
mod sync;
mod time;
mod update;

/// What an [`Authorizer`] and an engine are written with, so that they need no dependency of their
/// own.
pub use async_trait::async_trait;
pub use config::Config;
pub use cursor::{Cursor, Epoch, MAX_CURSOR_BYTES, MalformedCursor};
pub use engine::memory::MemoryEngine;
pub use event::{
    Audience, EventKind, EventName, Known, OrderEvent, RESERVED_NAMES, RESERVED_PREFIX,
    SCHEMA_VERSION, StageState, Visibility,
};
pub use grant::{Authorizer, Denied, Grant, Scope, authorize, authorizer, unless_it_panics};
#[cfg(feature = "metrics")]
pub use hub::describe_hub_metrics;
pub use hub::{
    Applied, Codec, Delivery, Drain, End, EndReason, Event, GuardVeto, Hub, HubBuilder, HubStats,
    JsonCodec, Lag, Limit, Proposed, PublishError, Published, Reset, SnapshotOf, SnapshotPage,
    SubscribeError, Subscription, Watcher, WatcherFilter,
};
pub use id::{CustomerId, IdempotencyKey, MAX_ID_BYTES, OrderId, Principal, TenantId};
pub use invalid::{Invalid, Why};
pub use lifecycle::{
    ColorRole, Face, Finality, IllegalTransition, Lifecycle, LifecycleFault, Transition,
};
pub use resume::{LogView, ResetReason, Resume, judge};
pub use snapshot::{OrderSnapshot, OrderState};
pub use status::OrderStatus;
pub use time::{Clock, ManualClock, SystemClock, Timestamp};
pub use update::{Expected, Stage, Update};
