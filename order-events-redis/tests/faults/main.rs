//! What a log on Redis survives, with real servers that are killed, restarted, flushed, failed over
//! and stopped, and connections that are cut. Each row of faults that names Redis or two nodes.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "../support/mod.rs"]
mod support;

mod clocks;
mod connecting;
mod connections;
mod degraded;
mod durability;
mod failover;
mod foreign;
mod many_nodes;
mod memory;
mod moving;
mod names;
mod on_a_cluster;
mod replies;
mod restarts;
mod servers;
mod trimming;
