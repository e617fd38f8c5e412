//! Both doors on real sockets: servers to start, peers to trouble them, and a proxy in between.
//!
//! Helpers are here, once; the tests in `tests/` run for every server there is ([`Kind::ALL`]).
//! Whoever waits here waits for a condition, under a generous cap, and says how long it took.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod nginx;
mod peer;
mod server;
mod shop;
mod wait;

pub use nginx::Nginx;
pub use peer::{Head, Peer};
pub use server::{Kind, Server, Setup};
pub use shop::{ORDER, Shop};
pub use wait::{CAP, in_time, until};
