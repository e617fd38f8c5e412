#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// No request, and nothing that a log or a server says, may end in a panic of ours.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod address;
mod client;
pub mod config;
mod credentials;
mod delivery;
mod error;
mod feed;
mod once;
mod reconnect;
mod session;
mod state;
mod store;
mod stream;
mod tls;
mod transport;

/// What [`Credentials`] and a [`CursorStore`] are written with, so that they need no dependency of
/// their own.
pub use async_trait::async_trait;
pub use client::{Client, ClientBuilder, Watching};
pub use config::Settings;
pub use credentials::Credentials;
pub use delivery::{Delivery, Given, Other, Why};
pub use error::{BuildError, Error, Failure};
pub use http;
pub use order_events_core::{
    ColorRole, CustomerId, EventKind, Face, Finality, Invalid, Lifecycle, OrderEvent, OrderId,
    OrderSnapshot, OrderStatus, ResetReason, Scope, StageState, Timestamp, Visibility,
};
pub use reqwest;
pub use state::{State, States};
pub use store::{BoxError, Cursor, CursorStore};
pub use stream::Events;
