//! Setting a queue on Redis up.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use order_events_redis::way::{Address, Script, slot};

use super::bell::Bell;
use super::{RedisQueue, Scripts};
use crate::config::{LEASE, REDIS_PREFIX, REDIS_TIMEOUT, REMEMBER};
use crate::dead::BoxError;
use crate::provision::QueueError;

/// Sets up a [`RedisQueue`].
#[derive(Clone)]
#[must_use = "nothing is connected before `connect`"]
pub struct RedisQueueBuilder {
    url: String,
    cluster: Option<Vec<String>>,
    prefix: String,
    lease: Duration,
    remember: Duration,
    timeout: Duration,
}

impl RedisQueueBuilder {
    pub(super) fn new(url: String) -> Self {
        Self {
            url,
            cluster: None,
            prefix: REDIS_PREFIX.to_owned(),
            lease: LEASE,
            remember: REMEMBER,
            timeout: REDIS_TIMEOUT,
        }
    }

    /// It is a Redis Cluster; these are more of its nodes, by their addresses, in case that the
    /// first one does not answer. Credentials and TLS are those of the first.
    pub fn cluster(mut self, nodes: impl IntoIterator<Item = String>) -> Self {
        self.cluster = Some(nodes.into_iter().collect());
        self
    }

    /// What every key begins with, for several queues on one Redis. See [`REDIS_PREFIX`]; braces are
    /// refused.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a lease is, a millisecond at least: the same for all who share the queue. See
    /// [`LEASE`].
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(1));
        self
    }

    /// How long triggers are remembered, a second at least. See [`REMEMBER`].
    pub fn remember(mut self, remember: Duration) -> Self {
        self.remember = remember.max(Duration::from_secs(1));
        self
    }

    /// How long any call waits for Redis. See [`REDIS_TIMEOUT`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Connects, and looks whether it answers. A connection that is lost later is made anew.
    pub async fn connect(self) -> Result<RedisQueue, QueueError> {
        if self.prefix.is_empty() || self.prefix.contains(['{', '}']) {
            return Err(unusable("a prefix is not empty and has no brace"));
        }
        let address = Address::new(&self.url, self.cluster.as_deref()).map_err(unusable)?;
        let link = Arc::new(address.link(self.timeout).map_err(unusable)?);
        let base = format!("{}:{{jobs}}:", self.prefix);
        let queue = RedisQueue {
            bell: Bell::new(Arc::clone(&link)),
            slot: slot(b"jobs"),
            link,
            base,
            lease: self.lease,
            remember: self.remember,
            scripts: Scripts {
                enqueue: Script::new(include_str!("scripts/enqueue.lua")),
                take: Script::new(include_str!("scripts/take.lua")),
                extend: Script::new(include_str!("scripts/extend.lua")),
                settle: Script::new(include_str!("scripts/settle.lua")),
            },
            nonce: fastrand::u64(..),
            count: AtomicU64::new(0),
        };
        queue.look().await?;
        Ok(queue)
    }
}

impl std::fmt::Debug for RedisQueueBuilder {
    /// Without the address, which has the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cluster, prefix, lease, remember, timeout, .. } = self;
        f.debug_struct("RedisQueueBuilder")
            .field("is_cluster", &cluster.is_some())
            .field("prefix", prefix)
            .field("lease", lease)
            .field("remember", remember)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}

fn unusable(why: impl Into<BoxError>) -> QueueError {
    QueueError::Unavailable { what: "connect", source: why.into() }
}
