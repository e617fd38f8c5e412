//! Streams and pages as a hub gives them, in paused time.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod bad_cursors;
mod chunks;
mod endings;
mod given;
mod heartbeats;
mod pages;
mod refused;
mod slow_log;
