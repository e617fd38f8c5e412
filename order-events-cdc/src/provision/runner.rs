//! Works on jobs, and tells the order's watchers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBuilder};
use order_events_core::{
    Hub, IdempotencyKey, Invalid, Lifecycle, OrderStatus, PublishError, Stage, StageState, Update,
};
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::{Lease, ProvisioningQueue, QueueError};
use crate::config::{ATTEMPTS, FIRST_RETRY, LONGEST_RETRY, PATIENCE};
use crate::decision::Job;
use crate::key;
use crate::reason;

/// The stage that watchers see.
const STAGE: &str = "activation";

/// Does the work: your call of the system where orders are provisioned.
///
/// It may be called more than once for a job, where a worker died in the midst or its answer was
/// lost. So give [`Job::trigger`] to the other system as its idempotency key, or look first whether
/// the work is done.
#[async_trait]
pub trait Provisioner: Send + Sync + 'static {
    /// Provisions the order. It is dropped at an await where its job was taken over by another.
    async fn provision(&self, job: &Job, attempt: u32) -> Result<Provisioned, Failed>;
}

/// What came of the work.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provisioned {
    /// What watchers are told beside it: the id that the order has there, say. None of staff's.
    pub result: Option<Value>,
}

/// The work failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Why. Staff's.
    pub reason: String,
    /// Whether trying again is of no use.
    pub is_final: bool,
}

impl Failed {
    /// It may succeed another time.
    pub fn for_now(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_final: false }
    }

    /// It never will.
    pub fn for_good(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_final: true }
    }
}

/// How often a job is tried, and how long is waited in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// See [`ATTEMPTS`].
    pub attempts: u32,
    /// See [`FIRST_RETRY`].
    pub first: Duration,
    /// See [`LONGEST_RETRY`].
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: ATTEMPTS, first: FIRST_RETRY, longest: LONGEST_RETRY }
    }
}

impl Retries {
    /// The wait after this attempt: doubled with each, and up to as much again by chance, so that
    /// jobs that failed together do not come back together.
    fn after(&self, attempt: u32) -> Duration {
        let waits = ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .with_factor(2.0)
            .with_jitter()
            .without_max_times()
            .build();
        waits.take(attempt.max(1) as usize).last().unwrap_or(self.longest)
    }
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It is done.
    Done,
    /// It failed, and is tried again.
    Again {
        /// Why it failed.
        reason: String,
    },
    /// It failed for good, and is a dead letter.
    Dead {
        /// Why it failed.
        reason: String,
    },
    /// Its lease was over, and it is somebody else's.
    TakenOver,
}

/// Takes jobs from a queue, has them done one after the other, and tells the order's watchers: the
/// stage `activation` started, and completed or failed. Run several for several at a time.
///
/// What is told has a key of the job's trigger. So whoever takes a job over tells nothing twice.
pub struct Runner<P, L: Lifecycle = OrderStatus> {
    queue: Arc<dyn ProvisioningQueue>,
    hub: Hub<L>,
    provisioner: P,
    retries: Retries,
}

impl<P, L: Lifecycle> fmt::Debug for Runner<P, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queue, retries, .. } = self;
        f.debug_struct("Runner").field("queue", queue).field("retries", retries).finish()
    }
}

impl<P: Provisioner, L: Lifecycle> Runner<P, L> {
    /// A runner that takes from this queue, tells this hub, and has the work done by this.
    pub fn new(queue: Arc<dyn ProvisioningQueue>, hub: Hub<L>, provisioner: P) -> Self {
        Self { queue, hub, provisioner, retries: Retries::default() }
    }

    /// … and tries so often.
    #[must_use]
    pub fn retrying(mut self, change: impl FnOnce(&mut Retries)) -> Self {
        change(&mut self.retries);
        self
    }

    /// Works until `stop` is ready, and then on the job at hand to its end. A queue that does not
    /// answer is asked again, after waits as between attempts.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut errors = 0;
        loop {
            let lease = tokio::select! {
                biased;
                () = &mut stop => return,
                lease = self.queue.take(PATIENCE) => lease,
            };
            let ran = match lease {
                Ok(Some(lease)) => self.work(lease).await.map(drop),
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if ran.is_ok() {
                errors = 0;
                continue;
            }
            errors += 1;
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = sleep(self.retries.after(errors)) => {}
            }
        }
    }

    /// Works on one job, where there is one within that time.
    pub async fn run_once(&self, patience: Duration) -> Result<Option<Ran>, QueueError> {
        match self.queue.take(patience).await? {
            Some(lease) => self.work(lease).await.map(Some),
            None => Ok(None),
        }
    }

    async fn work(&self, lease: Lease) -> Result<Ran, QueueError> {
        // Its workers die of it, or stand still.
        if lease.attempt > self.retries.attempts {
            return self.give_up(&lease, "no worker came to its end").await;
        }
        if let Err(reason) = self.tell(&lease.job, StageState::Started, None, None).await {
            return self.again(&lease, reason).await;
        }
        let outcome = tokio::select! {
            outcome = self.provisioner.provision(&lease.job, lease.attempt) => outcome,
            () = self.lose(&lease) => return Ok(Ran::TakenOver),
        };
        match outcome {
            Ok(Provisioned { result }) => {
                match self.tell(&lease.job, StageState::Completed, result, None).await {
                    Ok(()) => {
                        self.queue.done(&lease).await?;
                        Ok(Ran::Done)
                    }
                    Err(reason) => self.again(&lease, reason).await,
                }
            }
            Err(Failed { reason, is_final: true }) => self.give_up(&lease, &reason).await,
            Err(Failed { reason, .. }) => self.again(&lease, reason).await,
        }
    }

    /// Extends the lease for as long as it can be extended. A queue that does not answer may well
    /// have given the job to another; but it may as well not, and the next time tells.
    async fn lose(&self, lease: &Lease) {
        let third = self.queue.lease() / 3;
        let mut ticks = interval_at(Instant::now() + third, third);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Ok(false) = self.queue.extend(lease).await {
                return;
            }
        }
    }

    async fn again(&self, lease: &Lease, reason: String) -> Result<Ran, QueueError> {
        if lease.attempt >= self.retries.attempts {
            return self.give_up(lease, &reason).await;
        }
        let is_ours = self.queue.retry(lease, self.retries.after(lease.attempt)).await?;
        Ok(if is_ours { Ran::Again { reason } } else { Ran::TakenOver })
    }

    /// Told first, for what is buried nobody looks at again to tell it.
    async fn give_up(&self, lease: &Lease, reason: &str) -> Result<Ran, QueueError> {
        if !self.queue.extend(lease).await? {
            return Ok(Ran::TakenOver);
        }
        let told = reason::fitting(reason).to_owned();
        if let Err(reason) = self.tell(&lease.job, StageState::Failed, None, Some(told)).await {
            let is_ours = self.queue.retry(lease, self.retries.after(lease.attempt)).await?;
            return Ok(if is_ours { Ran::Again { reason } } else { Ran::TakenOver });
        }
        let is_ours = self.queue.bury(lease, reason).await?;
        Ok(if is_ours { Ran::Dead { reason: reason.to_owned() } } else { Ran::TakenOver })
    }

    /// Tells the order's watchers, once per job and state. Err where it must be tried again.
    async fn tell(
        &self,
        job: &Job,
        state: StageState,
        result: Option<Value>,
        reason: Option<String>,
    ) -> Result<(), String> {
        let stage =
            Stage { workflow: workflow(job), stage: STAGE.to_owned(), state, result, reason };
        let key = told_key(job, state).map_err(|invalid| invalid.to_string())?;
        let update =
            Update::<L>::stage(&job.order, stage).in_tenant(&job.tenant).or_create().with_key(key);
        match self.hub.publish(update).await {
            // The key was told before with another result: by whoever had the job before.
            Ok(_) | Err(PublishError::KeyReused { .. }) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// One workflow per job.
fn workflow(job: &Job) -> String {
    job.trigger.as_str().to_owned()
}

fn told_key(job: &Job, state: StageState) -> Result<IdempotencyKey, Invalid> {
    let state = match state {
        StageState::Started => "started",
        StageState::Completed => "completed",
        StageState::Failed => "failed",
    };
    key::of(["told", job.trigger.as_str(), state])
}
