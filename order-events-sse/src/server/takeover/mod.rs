//! A stream's body, taken from the framework once its head is out.
//!
//! A framework reads requests and writes heads. While a stream lasts there is none of either, for
//! hours; and what it keeps for each connection (buffers of 8 KiB, and all that it may need for the
//! next request) is then memory that each event must be carried through. So the body is taken from it
//! behind its first chunk, and sent from here, as the chunks of HTTP/1.1: what is due, in one `write`.
//!
//! ```text
//!   an answer ─▶ Beginning ─▶ the framework: head, first chunk ─▶ the socket
//!                   └───────▶ Handover ─▶ Stream: the other chunks ─▶ the socket ─▶ next request
//! ```
//!
//! How a framework's hands come to be empty is its door's to know. This is shared by the doors' own
//! servers and is no part of what this crate promises.

mod connection;
mod stream;

pub use connection::{Connection, Peer};
pub use stream::{Beginning, Handover, Stream, is_stream};
