//! The wire.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod encoding;
mod fields;
