#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod convert;
mod extract;
mod response;
mod routes;
mod serve;

pub use convert::parts;
pub use extract::EventRequest;
pub use order_events_core::{self, *};
pub use order_events_sse::{self, server::*};
pub use response::{EventMessage, EventResponse};
pub use routes::routes;
pub use serve::bind;
