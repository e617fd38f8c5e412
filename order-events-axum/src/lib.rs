#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// No request, and nothing that a log or a server says, may end in a panic of ours.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod admin;
mod connect;
#[cfg(feature = "cors")]
mod cors;
mod extract;
mod listen;
mod outgoing;
mod response;
mod routes;
mod serve;

pub use admin::admin_routes;
pub use connect::{HEAD_TIMEOUT, HTTP2_AGE, HTTP2_REST, MAX_HEAD_BYTES};
#[cfg(feature = "cors")]
pub use cors::cors;
pub use extract::{EventRequest, Head};
pub use listen::Listener;
pub use order_events_core::{self, *};
pub use order_events_sse::server::takeover::Connection;
pub use order_events_sse::{self, server::*};
pub use response::{Answer, EventResponse, Sent};
pub use routes::routes;
pub use serve::serve;
