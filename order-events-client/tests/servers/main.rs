//! The client against servers of ours, over axum and over actix.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod credentials;
mod following;
mod host;
mod restarting;
mod switching;
#[cfg(feature = "rustls")]
mod tls;
