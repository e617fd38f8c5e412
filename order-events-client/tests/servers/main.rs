//! The client against servers of ours, over axum and over actix.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod credentials;
mod following;
mod host;
#[cfg(all(feature = "http2", feature = "rustls"))]
mod http2;
#[cfg(feature = "rustls")]
mod identity;
mod restarting;
#[cfg(all(feature = "http2", feature = "rustls"))]
mod secure;
mod switching;
#[cfg(feature = "rustls")]
mod tls;
