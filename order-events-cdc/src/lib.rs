#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod change;
mod decide;
mod decision;
mod intake;
mod key;
mod malformed;
mod rules;
mod source;

/// What a [`DeadLetters`] is written with, so that it needs no dependency of its own.
pub use async_trait::async_trait;
pub use change::{Change, Changed, Fields, Gap, Identity, Operation, Position, Records, Said};
pub use decide::decide;
pub use decision::{Decision, Job, LookUp, Skip, Uncertain};
pub use intake::{BoxError, DeadLetter, DeadLetters, Intake, NotKept, Taken};
pub use malformed::Malformed;
pub use rules::{ItemRules, Key, Provisioning, RequestRules, Rules, TrackingFields};
pub use source::{Debezium, PlatformEvents, Salesforce, Source};
