#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// No request, and nothing that a log or a server says, may end in a panic of ours.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod append;
mod builder;
mod cluster;
pub mod config;
mod durability;
mod engine;
mod error;
mod forget;
mod history;
mod keys;
mod link;
mod node;
mod notices;
mod script;
mod snapshots;
mod tail;
mod text;

pub use builder::RedisEngineBuilder;
pub use durability::Durability;
pub use engine::RedisEngine;
