#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// No request, and nothing that a log or a server says, may end in a panic of ours.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod admin;
mod connect;
mod convert;
#[cfg(feature = "cors")]
mod cors;
mod exchange;
mod extract;
mod gate;
mod listen;
mod outgoing;
mod response;
mod routes;
mod serve;
mod stock;

pub use admin::admin_routes;
pub use convert::parts;
#[cfg(feature = "cors")]
pub use cors::cors;
pub use extract::{EventRequest, Head};
pub use listen::{HEAD_TIMEOUT, KEEP_ALIVE, Listener, MAX_CONNECTIONS};
pub use order_events_core::{self, *};
pub use order_events_sse::{self, server::*};
pub use response::{Answer, EventMessage, EventResponse, Sent};
pub use routes::routes;
pub use serve::serve;
pub use stock::{bind, bind_with, run};
