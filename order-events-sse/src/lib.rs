#![doc = include_str!("../README.md")]

mod decoder;
mod encoder;
mod field;

pub use decoder::{DecodeError, Decoder, Limits, MAX_DATA_BYTES, MAX_LINE_BYTES, Message};
pub use encoder::{Block, MAX_RETRY, MIN_RETRY, comment};
pub use field::{Fault, Field, FieldError, Id, Name};
