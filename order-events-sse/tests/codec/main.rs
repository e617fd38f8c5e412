//! The wire in both directions: the decoder sentence by sentence and against a model of the
//! standard, the encoder against whatever text users send.
//!
//! `ORDER_EVENTS_MODEL_CASES` says how many streams each property tries.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod encoding;
mod feed;
mod fields;
mod given;
mod limits;
mod model;
mod properties;
mod restarting;
#[cfg(feature = "server")]
mod server;
mod standard;
mod vectors;
