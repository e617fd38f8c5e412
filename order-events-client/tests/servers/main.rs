//! The client against servers of ours, over axum and over actix.

mod credentials;
mod following;
mod host;
mod restarting;
mod switching;
#[cfg(feature = "rustls")]
mod tls;
