//! The queue on Redis Streams, for workers on several nodes.

mod bell;
mod builder;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use order_events_redis::way::{Link, Script, run};
use redis::{FromRedisValue, cmd, from_redis_value};
use tokio::time::Instant;

use super::{Dead, Enqueued, Lease, ProvisioningQueue, QueueError};
use crate::config::LOOK_EVERY;
use crate::dead::BoxError;
use crate::decision::Job;
use bell::Bell;
pub use builder::RedisQueueBuilder;

const GROUP: &str = "provisioning";

/// A queue on Redis Streams, shared by whoever names the same Redis and prefix. Redis 7.0 or newer,
/// alone, with replicas or as a Cluster, with TLS by `rediss://` (the feature `tls`, on by default).
///
/// ```no_run
/// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
/// use order_events_cdc::RedisQueue;
///
/// let queue = RedisQueue::builder("rediss://user:password@redis.example:6380").connect().await?;
/// # let _ = queue;
/// # Ok(())
/// # }
/// ```
///
/// | key, with the default prefix | what |
/// |---|---|
/// | `oe-jobs:{jobs}:stream` | stream: jobs, read by the consumer group `provisioning` |
/// | `oe-jobs:{jobs}:waiting` | sorted set: what is tried again, by when |
/// | `oe-jobs:{jobs}:leases`, `:tries` | hashes: whose a job is, and how often it was taken |
/// | `oe-jobs:{jobs}:dead` | stream: what was given up, with the reason; never trimmed |
/// | `oe-jobs:{jobs}:t:…` | a trigger that was taken in |
///
/// All keys have one hash tag, and so are on one primary of a Cluster. A user of Redis may do
/// `~oe-jobs:* +@all -@dangerous +info`.
///
/// A trigger is looked up and its job added in one script, and all other steps are one script each:
/// no crash in between leaves a trigger without its job, or a job that is in two places. Leases and
/// waits go by the server's clock. What a loss of the server's last moments takes is lost, here as
/// anywhere: see the table of `order-events-redis` for what persistence and replicas keep. A server
/// that may evict keys is refused, as there.
///
/// A worker that waits has a connection of its own, on which it is told of a new job at once; of one
/// whose worker died it knows within [`LOOK_EVERY`] after the lease.
pub struct RedisQueue {
    link: Arc<Link>,
    bell: Bell,
    slot: u16,
    /// What every key begins with.
    base: String,
    lease: Duration,
    remember: Duration,
    scripts: Scripts,
    /// What tells this process's receipts from those of others.
    nonce: u64,
    count: AtomicU64,
}

struct Scripts {
    enqueue: Script,
    take: Script,
    extend: Script,
    settle: Script,
}

/// What a look into the queue found.
enum Look {
    Taken(Lease),
    /// Something that is no job. It was put aside.
    Foreign,
    Nothing {
        /// The last id that the stream gave.
        last: String,
        /// When one that waits is due.
        due: Option<Duration>,
    },
}

impl fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, lease, .. } = self;
        f.debug_struct("RedisQueue").field("base", base).field("lease", lease).finish()
    }
}

impl RedisQueue {
    /// Sets one up at this address: `redis://user:password@host:6379/0`.
    pub fn builder(url: impl Into<String>) -> RedisQueueBuilder {
        RedisQueueBuilder::new(url.into())
    }

    fn key(&self, name: &str) -> String {
        [&self.base, name].concat()
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[String],
        args: &[&str],
        what: &'static str,
    ) -> Result<T, QueueError> {
        let said = run(&self.link, self.slot, script, keys, args).await;
        let said = said.map_err(|failure| unavailable(what, failure))?;
        from_redis_value(said).map_err(|error| unavailable(what, error))
    }

    async fn look(&self) -> Result<Look, QueueError> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let receipt = format!("{:016x}.{count}", self.nonce);
        let keys = ["stream", "waiting", "leases", "tries"].map(|name| self.key(name));
        let args = [GROUP, &millis(self.lease), &receipt];
        let found: Vec<Vec<u8>> = self.run(&self.scripts.take, &keys, &args, "take a job").await?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (id, job, attempt) = match found.as_slice() {
            [id, job, attempt] => (text(id), job, text(attempt).parse().unwrap_or(1)),
            [last, due] => {
                let due = text(due).parse().ok().map(Duration::from_millis);
                return Ok(Look::Nothing { last: text(last), due });
            }
            _ => return Ok(Look::Nothing { last: "$".to_owned(), due: None }),
        };
        let receipt = format!("{id} {receipt}");
        match serde_json::from_slice(job) {
            Ok(job) => Ok(Look::Taken(Lease::new(job, attempt, receipt))),
            Err(error) => {
                // Somebody else's, or of a later version: kept where it can be looked at.
                self.settle(&receipt, "dead", &format!("not a job: {error}"), "bury a job").await?;
                Ok(Look::Foreign)
            }
        }
    }

    async fn settle(
        &self,
        receipt: &str,
        becomes: &str,
        how: &str,
        what: &'static str,
    ) -> Result<bool, QueueError> {
        let Some((id, receipt)) = receipt.split_once(' ') else { return Ok(false) };
        let keys = ["stream", "waiting", "leases", "tries", "dead"].map(|name| self.key(name));
        let args = [GROUP, id, receipt, becomes, how];
        self.run(&self.scripts.settle, &keys, &args, what).await
    }
}

#[async_trait]
impl ProvisioningQueue for RedisQueue {
    async fn enqueue(&self, job: Job) -> Result<Enqueued, QueueError> {
        let what = "enqueue a job";
        let text = serde_json::to_string(&job).map_err(|error| unavailable(what, error))?;
        let keys = [self.key("stream"), self.key(&format!("t:{}", job.trigger))];
        let args = [GROUP, &text, &self.remember.as_secs().to_string()];
        let is_new: bool = self.run(&self.scripts.enqueue, &keys, &args, what).await?;
        Ok(if is_new { Enqueued::New } else { Enqueued::Known })
    }

    async fn take(&self, patience: Duration) -> Result<Option<Lease>, QueueError> {
        let end = Instant::now() + patience;
        loop {
            let (last, due) = match self.look().await? {
                Look::Taken(lease) => return Ok(Some(lease)),
                Look::Foreign => continue,
                Look::Nothing { last, due } => (last, due),
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let longest = left.min(LOOK_EVERY).min(due.unwrap_or(LOOK_EVERY));
            self.bell.wait(self.slot, &self.key("stream"), &last, longest).await;
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<bool, QueueError> {
        let Some((id, receipt)) = lease.receipt.split_once(' ') else { return Ok(false) };
        let keys = ["stream", "leases"].map(|name| self.key(name));
        let args = [GROUP, id, receipt, &millis(self.lease)];
        self.run(&self.scripts.extend, &keys, &args, "extend a lease").await
    }

    async fn done(&self, lease: &Lease) -> Result<(), QueueError> {
        self.settle(&lease.receipt, "done", "", "end a job").await.map(drop)
    }

    async fn retry(&self, lease: &Lease, after: Duration) -> Result<bool, QueueError> {
        self.settle(&lease.receipt, "waiting", &millis(after), "try a job again").await
    }

    async fn bury(&self, lease: &Lease, reason: &str) -> Result<bool, QueueError> {
        self.settle(&lease.receipt, "dead", reason, "bury a job").await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<Dead>, QueueError> {
        let what = "list what is dead";
        let mut range = cmd("XRANGE");
        range.arg(self.key("dead")).arg("-").arg("+").arg("COUNT").arg(limit);
        let said = self.link.ask(self.slot, range).await;
        let said = said.map_err(|failure| unavailable(what, failure))?;
        let entries: Vec<(String, Vec<(String, String)>)> =
            from_redis_value(said).map_err(|error| unavailable(what, error))?;
        Ok(entries.into_iter().filter_map(|(_, fields)| dead(fields)).collect())
    }

    fn lease(&self) -> Duration {
        self.lease
    }
}

/// None of what is not a job; it stays in the stream.
fn dead(fields: Vec<(String, String)>) -> Option<Dead> {
    let field = |name: &str| {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    };
    Some(Dead {
        job: serde_json::from_str(field("job")?).ok()?,
        attempts: field("tried")?.parse().ok()?,
        reason: field("reason")?.to_owned(),
    })
}

fn millis(duration: Duration) -> String {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).to_string()
}

fn unavailable(what: &'static str, source: impl Into<BoxError>) -> QueueError {
    QueueError::Unavailable { what, source: source.into() }
}
