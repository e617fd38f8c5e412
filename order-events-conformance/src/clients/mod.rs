//! Servers that misbehave, and what a client must make of each.
//!
//! The cases are data, `vectors/client.json`, with their format at its head. A [`Server`] plays one
//! of them on raw sockets, for no framework would do such things. Clients in Rust start it in their
//! tests; all others by the program `misbehaving-server`, whose own words are at its head.

mod line;
mod request;
mod server;
mod shop;
mod table;

pub use server::Server;
pub use table::{Attempt, Case, Ends, Table};
