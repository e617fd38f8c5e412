//! Servers to measure ours against.

pub mod floor;
