#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod extract;
mod response;
mod routes;
mod serve;

pub use extract::EventRequest;
pub use order_events_core::{self, *};
pub use order_events_sse::{self, server::*};
pub use response::EventResponse;
pub use routes::routes;
pub use serve::{Connection, HEAD_TIMEOUT, HTTP2_AGE, HTTP2_REST, Listener, MAX_HEAD_BYTES, serve};
