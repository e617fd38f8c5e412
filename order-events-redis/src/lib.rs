#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod append;
mod builder;
mod cluster;
pub mod config;
mod durability;
mod engine;
mod error;
mod forget;
mod history;
mod info;
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
