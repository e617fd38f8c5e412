//! A client of HTTP/1.1 that hides nothing: what it sends and what it is given is seen to the byte.

mod answer;
mod connection;
mod events;
mod request;
mod transcript;

pub(crate) use answer::{Answer, Head};
pub(crate) use connection::{Connection, Patience};
pub(crate) use events::{Block, Events};
pub(crate) use request::Request;
pub(crate) use transcript::Transcript;
