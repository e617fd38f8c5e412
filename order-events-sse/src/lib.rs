#![doc = include_str!("../README.md")]

mod encoder;
mod field;

pub use encoder::{Block, MAX_RETRY, MIN_RETRY, comment};
pub use field::{Fault, Field, FieldError, Id, Name};
