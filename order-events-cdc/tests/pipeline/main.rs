//! A source's events, carried out: each once, in order, from where it stopped.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod dead_letters;
mod everything_twice;
mod positions;
mod support;
mod trigger;
