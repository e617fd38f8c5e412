#![doc = include_str!("../README.md")]

#[doc = include_str!("../deployment.md")]
pub mod deployment {}
#[doc = include_str!("../migrating.md")]
pub mod migrating {}
#[doc = include_str!("../outbox.md")]
pub mod outbox {}
#[doc = include_str!("../retention.md")]
pub mod retention {}
#[doc = include_str!("../sign-in.md")]
pub mod sign_in {}
pub mod sizing;
#[doc = include_str!("../tickets.md")]
pub mod tickets {}
#[doc = include_str!("../troubleshooting.md")]
pub mod troubleshooting {}
