//! What both quickstarts are held to, over real sockets, each as the program that a user runs.
//!
//! `tests/quickstart.rs` of either names its program and includes this.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod origins;
mod publishing;
mod readme;
#[allow(dead_code, reason = "shops with pages ask for more")]
mod server;
mod signing_in;
mod stopping;
