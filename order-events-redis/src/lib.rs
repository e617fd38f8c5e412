#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
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

/// What another crate of ours stands on as well, the queue of `order-events-cdc`: the way to a
/// server or a Cluster, with TLS, redirections and one attempt to connect at a time. Nobody else is
/// promised anything by it.
#[doc(hidden)]
pub mod way {
    pub use crate::address::Address;
    pub use crate::error::Failure;
    pub use crate::keys::slot;
    pub use crate::link::{Link, Own};
    pub use crate::script::{Script, run};
}
