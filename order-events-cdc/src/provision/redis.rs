//! The queue on Redis Streams, for workers on several nodes.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{RedisError, Script};
use tokio::time::{Instant, sleep};

use super::{Dead, Enqueued, Lease, ProvisioningQueue, QueueError};
use crate::config::{LEASE, REDIS_PREFIX, REDIS_TIMEOUT, REMEMBER, TAKE_EVERY};
use crate::decision::Job;

const GROUP: &str = "provisioning";

/// A queue on Redis Streams, shared by whoever names the same server and prefix. Redis 7.0 or newer,
/// alone or with replicas.
///
/// | key, with the default prefix | what |
/// |---|---|
/// | `oe-jobs:{jobs}:stream` | stream: jobs, read by the consumer group `provisioning` |
/// | `oe-jobs:{jobs}:waiting` | sorted set: what is tried again, by when |
/// | `oe-jobs:{jobs}:leases`, `:tries` | hashes: whose a job is, and how often it was taken |
/// | `oe-jobs:{jobs}:dead` | stream: what was given up, with the reason; never trimmed |
/// | `oe-jobs:{jobs}:t:…` | a trigger that was taken in |
///
/// A trigger is looked up and its job added in one script, and all other steps are one script each:
/// no crash in between leaves a trigger without its job, or a job that is in two places. Leases and
/// waits go by the server's clock. What a loss of the server's last moments takes is lost, here as
/// anywhere: see the table of `order-events-redis` for what persistence and replicas keep.
pub struct RedisQueue {
    connection: ConnectionManager,
    prefix: String,
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

impl fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, lease, .. } = self;
        f.debug_struct("RedisQueue").field("prefix", prefix).field("lease", lease).finish()
    }
}

impl RedisQueue {
    /// Connects: `redis://user:password@host:6379/0`. A connection that is lost is made anew.
    pub async fn connect(address: &str) -> Result<Self, QueueError> {
        let failed = |error| unavailable("connect", error);
        let client = redis::Client::open(address).map_err(failed)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(REDIS_TIMEOUT))
            .set_connection_timeout(Some(REDIS_TIMEOUT));
        let connection =
            ConnectionManager::new_with_config(client, config).await.map_err(failed)?;
        Ok(Self {
            connection,
            prefix: REDIS_PREFIX.to_owned(),
            lease: LEASE,
            remember: REMEMBER,
            scripts: Scripts {
                enqueue: Script::new(include_str!("scripts/enqueue.lua")),
                take: Script::new(include_str!("scripts/take.lua")),
                extend: Script::new(include_str!("scripts/extend.lua")),
                settle: Script::new(include_str!("scripts/settle.lua")),
            },
            nonce: fastrand::u64(..),
            count: AtomicU64::new(0),
        })
    }

    /// … with keys that begin with this, for several queues on one Redis.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// … whose leases are so long. The same for all who share the queue.
    #[must_use]
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// … which remembers triggers for so long, a second at least.
    #[must_use]
    pub fn remembering(mut self, remember: Duration) -> Self {
        self.remember = remember.max(Duration::from_secs(1));
        self
    }

    /// All of a queue has one hash tag.
    fn key(&self, name: &str) -> String {
        format!("{}:{{jobs}}:{name}", self.prefix)
    }

    async fn take_now(&self) -> Result<Option<Lease>, QueueError> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let receipt = format!("{:016x}.{count}", self.nonce);
        let taken: Option<(String, String, u32)> = self
            .scripts
            .take
            .key(self.key("stream"))
            .key(self.key("waiting"))
            .key(self.key("leases"))
            .key(self.key("tries"))
            .arg(GROUP)
            .arg(millis(self.lease))
            .arg(&receipt)
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(|error| unavailable("take a job", error))?;
        let Some((id, job, attempt)) = taken else { return Ok(None) };
        let receipt = format!("{id} {receipt}");
        match serde_json::from_str(&job) {
            Ok(job) => Ok(Some(Lease::new(job, attempt, receipt))),
            Err(error) => {
                // Somebody else's, or of a later version: kept where it can be looked at.
                self.settle(&receipt, "dead", &format!("not a job: {error}"), "bury a job").await?;
                Ok(None)
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
        self.scripts
            .settle
            .key(self.key("stream"))
            .key(self.key("waiting"))
            .key(self.key("leases"))
            .key(self.key("tries"))
            .key(self.key("dead"))
            .arg(GROUP)
            .arg(id)
            .arg(receipt)
            .arg(becomes)
            .arg(how)
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(|error| unavailable(what, error))
    }
}

#[async_trait]
impl ProvisioningQueue for RedisQueue {
    async fn enqueue(&self, job: Job) -> Result<Enqueued, QueueError> {
        let what = "enqueue a job";
        let text = serde_json::to_string(&job)
            .map_err(|source| QueueError::Unavailable { what, source: Box::new(source) })?;
        let is_new: bool = self
            .scripts
            .enqueue
            .key(self.key("stream"))
            .key(self.key(&format!("t:{}", job.trigger)))
            .arg(GROUP)
            .arg(text)
            .arg(self.remember.as_secs())
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(|error| unavailable(what, error))?;
        Ok(if is_new { Enqueued::New } else { Enqueued::Known })
    }

    async fn take(&self, patience: Duration) -> Result<Option<Lease>, QueueError> {
        let end = Instant::now() + patience;
        loop {
            if let Some(lease) = self.take_now().await? {
                return Ok(Some(lease));
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            sleep(left.min(TAKE_EVERY)).await;
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<bool, QueueError> {
        let Some((id, receipt)) = lease.receipt.split_once(' ') else { return Ok(false) };
        self.scripts
            .extend
            .key(self.key("stream"))
            .key(self.key("leases"))
            .arg(GROUP)
            .arg(id)
            .arg(receipt)
            .arg(millis(self.lease))
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(|error| unavailable("extend a lease", error))
    }

    async fn done(&self, lease: &Lease) -> Result<(), QueueError> {
        self.settle(&lease.receipt, "done", "", "end a job").await.map(drop)
    }

    async fn retry(&self, lease: &Lease, after: Duration) -> Result<bool, QueueError> {
        let after = millis(after).to_string();
        self.settle(&lease.receipt, "waiting", &after, "try a job again").await
    }

    async fn bury(&self, lease: &Lease, reason: &str) -> Result<bool, QueueError> {
        self.settle(&lease.receipt, "dead", reason, "bury a job").await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<Dead>, QueueError> {
        let mut range = redis::cmd("XRANGE");
        range.arg(self.key("dead")).arg("-").arg("+").arg("COUNT").arg(limit);
        let entries: Vec<(String, Vec<(String, String)>)> = range
            .query_async(&mut self.connection.clone())
            .await
            .map_err(|error| unavailable("list what is dead", error))?;
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

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn unavailable(what: &'static str, source: RedisError) -> QueueError {
    QueueError::Unavailable { what, source: Box::new(source) }
}
