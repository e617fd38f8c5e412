//! The hub's promises, one by one. What any order of things may do to them is in `model` and
//! `shuttle.rs`.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

#[path = "../support/mod.rs"]
mod support;

mod cancelling;
mod customers;
mod driving;
mod florist;
mod limits;
mod lineage;
mod listing;
mod lives;
mod memory;
mod owning;
mod panics;
mod publishing;
mod reading;
mod reclaiming;
mod resuming;
mod scopes;
mod stopping;
mod watching;
