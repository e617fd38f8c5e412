//! From a trigger to work that is done once, or known not to be.

mod memory;
#[cfg(feature = "redis")]
mod redis;
mod runner;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

pub use memory::MemoryQueue;
#[cfg(feature = "redis")]
pub use redis::{RedisQueue, RedisQueueBuilder};
pub use runner::{Failed, Provisioned, Provisioner, Ran, Retries, Runner};

use crate::dead::BoxError;
use crate::decision::Job;

/// Jobs, each taken once per trigger.
///
/// 1. **Once.** Of jobs with one trigger the first is taken, and each further one is
///    [`Enqueued::Known`], whether the first waits, is worked on, is done or is dead, for as long as
///    the queue remembers triggers. Enqueueing once more is therefore always safe, and is what to do
///    where the answer was lost.
/// 2. **One at a time.** A job is with one worker at most, for the length of a lease, which is
///    extended. A worker that does not extend it is taken for dead, and its job is given to another.
/// 3. **Never lost.** A job leaves the queue by `done` or `bury`, and by nothing else. So it may be
///    worked on more than once: what it does elsewhere goes by its trigger, too.
///
/// No order is promised between jobs.
#[async_trait]
pub trait ProvisioningQueue: fmt::Debug + Send + Sync + 'static {
    /// Takes a job in, unless its trigger is known.
    async fn enqueue(&self, job: Job) -> Result<Enqueued, QueueError>;

    /// The next job to be worked on; none where there is none for so long.
    async fn take(&self, patience: Duration) -> Result<Option<Lease>, QueueError>;

    /// Starts the lease anew. False where it is over and the job is somebody else's by now.
    async fn extend(&self, lease: &Lease) -> Result<bool, QueueError>;

    /// The job is done, whoever has it by now.
    async fn done(&self, lease: &Lease) -> Result<(), QueueError>;

    /// The job is to be tried again after so long. False where it is somebody else's by now.
    async fn retry(&self, lease: &Lease, after: Duration) -> Result<bool, QueueError>;

    /// The job is given up, and kept with the reason. False where it is somebody else's by now.
    async fn bury(&self, lease: &Lease, reason: &str) -> Result<bool, QueueError>;

    /// Some of the jobs that were given up, the oldest first.
    async fn dead(&self, limit: usize) -> Result<Vec<Dead>, QueueError>;

    /// How long a lease is.
    fn lease(&self) -> Duration;
}

/// Whether a job was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It was.
    New,
    /// Its trigger was taken in before.
    Known,
}

/// A job that a worker has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The job.
    pub job: Job,
    /// Which attempt this is, from 1. One that its worker did not survive counts.
    pub attempt: u32,
    /// What the queue knows this lease by.
    pub receipt: String,
}

impl Lease {
    /// A lease, as a queue of your own gives it.
    pub fn new(job: Job, attempt: u32, receipt: impl Into<String>) -> Self {
        Self { job, attempt, receipt: receipt.into() }
    }
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// The job.
    pub job: Job,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: String,
}

/// Why a queue did not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// It could not be reached, or its answer was lost. Whether it did what it was asked is unknown;
    /// asking again is safe.
    #[error("the queue could not be reached to {what}")]
    Unavailable {
        /// What it was asked: `take a job`.
        what: &'static str,
        /// The cause.
        #[source]
        source: BoxError,
    },
}
