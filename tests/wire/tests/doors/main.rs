//! What happens at real sockets, the same behind every server.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod admin;
mod compression;
mod http2;
mod peers;
mod proxy;
mod shutdown;
mod storm;
