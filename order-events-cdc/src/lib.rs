#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// No event that a source sends, and nothing that a queue says, may end in a panic of ours.
#![cfg_attr(
    not(test),
    deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod cache;
mod change;
pub mod config;
mod dead;
mod decide;
mod decision;
mod key;
mod malformed;
mod pipeline;
mod position;
mod provision;
mod reason;
mod rules;
mod source;
mod workflow;

/// What a [`DeadLetters`] is written with, so that it needs no dependency of its own.
pub use async_trait::async_trait;
pub use cache::{Loaded, OrderCache, OrderLoader};
pub use change::{Change, Changed, Fields, Gap, Identity, Operation, Position, Records, Said};
pub use dead::{BoxError, DeadLetter, DeadLetters, Dying};
pub use decide::decide;
pub use decision::{Decision, Job, LookUp, Skip, Uncertain};
pub use malformed::Malformed;
pub use pipeline::{
    Carried, Delivered, Feed, FeedError, Forget, LookUps, NotDone, Pipeline, Refresh, Stale,
};
pub use position::{FilePositions, MemoryPositions, Positions};
pub use provision::{
    Dead, Enqueued, Failed, Lease, MemoryQueue, Provisioned, Provisioner, ProvisioningQueue,
    QueueError, Ran, Retries, Runner,
};
#[cfg(feature = "redis")]
pub use provision::{RedisQueue, RedisQueueBuilder};
pub use rules::{ItemRules, Key, Provisioning, RequestRules, Rules, TrackingFields};
pub use source::{Debezium, PlatformEvents, Salesforce, Source};
pub use workflow::{Reported, Workflow};
