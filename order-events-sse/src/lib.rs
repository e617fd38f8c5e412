#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// No request, and nothing that a log or a server says, may end in a panic of ours.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

#[cfg(feature = "server")]
mod codec;
mod decoder;
mod encoder;
mod field;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod server;

#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub use codec::SseCodec;
pub use decoder::{DecodeError, Decoder, Limits, MAX_DATA_BYTES, MAX_LINE_BYTES, Message};
pub use encoder::{Block, MAX_RETRY, MIN_RETRY, comment};
pub use field::{Fault, Field, FieldError, Id, Name};
