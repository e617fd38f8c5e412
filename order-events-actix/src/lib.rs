#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod convert;
#[cfg(feature = "cors")]
mod cors;
mod extract;
mod response;
mod routes;
mod serve;

pub use convert::parts;
#[cfg(feature = "cors")]
pub use cors::cors;
pub use extract::{EventRequest, Head};
pub use order_events_core::{self, *};
pub use order_events_sse::{self, server::*};
pub use response::{Answer, EventMessage, EventResponse, Sent};
pub use routes::routes;
pub use serve::{bind, bind_with, serve};
