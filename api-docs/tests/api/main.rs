//! The documents are those of the code, their schemas are those of what the code writes, and a
//! server that runs does what they say.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod admin;
mod client;
mod documented;
mod documents;
mod events;
mod limits;
mod server;
mod strict;
mod tour;
