//! Setting an engine up.

use std::sync::Arc;
use std::time::Duration;

use order_events_core::config::{KEY_WINDOW, MAX_KEYS, RETAIN_AGE, RETAIN_EVENTS};
use order_events_core::engine::EngineError;

use crate::address::Address;
use crate::config::{ORDER_HISTORY, POLL, PREFIX, TIMEOUT, WAITING_CONNECTIONS};
use crate::durability::Durability;
use crate::engine::RedisEngine;
use crate::error::Failure;
use crate::info::{Info, questions};
use crate::keys::Prefix;
use crate::link::Link;
use crate::notices::Notices;

/// Sets up a [`RedisEngine`].
#[derive(Clone)]
#[must_use = "nothing is connected before `connect`"]
pub struct RedisEngineBuilder {
    url: String,
    cluster: Option<Vec<String>>,
    prefix: String,
    timeout: Duration,
    settings: Settings,
}

/// What an engine was told.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) retain_events: usize,
    pub(crate) retain_age: Duration,
    pub(crate) key_window: Duration,
    pub(crate) max_keys: usize,
    pub(crate) order_history: usize,
    pub(crate) poll: Duration,
    pub(crate) durability: Durability,
}

impl RedisEngineBuilder {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            cluster: None,
            prefix: PREFIX.to_owned(),
            timeout: TIMEOUT,
            settings: Settings {
                retain_events: RETAIN_EVENTS,
                retain_age: RETAIN_AGE,
                key_window: KEY_WINDOW,
                max_keys: MAX_KEYS,
                order_history: ORDER_HISTORY,
                poll: POLL,
                durability: Durability::default(),
            },
        }
    }

    /// It is a Redis Cluster; these are more of its nodes, by their addresses, in case that the
    /// first one does not answer. Credentials and TLS are those of the first.
    pub fn cluster(mut self, nodes: impl IntoIterator<Item = String>) -> Self {
        self.cluster = Some(nodes.into_iter().collect());
        self
    }

    /// What every key begins with. See [`PREFIX`]; braces are refused.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Events a tenant's log retains. See [`RETAIN_EVENTS`].
    pub fn retain_events(mut self, events: usize) -> Self {
        self.settings.retain_events = events;
        self
    }

    /// How long it retains them, by the server's clock. See [`RETAIN_AGE`].
    pub fn retain_age(mut self, age: Duration) -> Self {
        self.settings.retain_age = age;
        self
    }

    /// How long an idempotency key is remembered, by the server's clock. See [`KEY_WINDOW`].
    pub fn key_window(mut self, window: Duration) -> Self {
        self.settings.key_window = window;
        self
    }

    /// Idempotency keys remembered per tenant. See [`MAX_KEYS`].
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.settings.max_keys = keys;
        self
    }

    /// Events of one order, and of one customer, that can be found by it. See [`ORDER_HISTORY`].
    pub fn order_history(mut self, events: usize) -> Self {
        self.settings.order_history = events.max(1);
        self
    }

    /// How long any call waits for Redis. See [`TIMEOUT`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often every followed tenant is compared with its log. See [`POLL`].
    pub fn poll(mut self, every: Duration) -> Self {
        self.settings.poll = every.max(Duration::from_millis(1));
        self
    }

    /// What must have become of an event before it is acknowledged. See [`Durability`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.settings.durability = durability;
        self
    }

    /// Connects, and looks whether this Redis is one that the log can stand on. Needs a Tokio
    /// runtime, which the engine's tasks then run on.
    pub async fn connect(self) -> Result<RedisEngine, EngineError> {
        let address = Address::new(&self.url, self.cluster.as_deref())?;
        let prefix = Prefix::new(&self.prefix, address.database())
            .ok_or_else(|| EngineError::unavailable("a prefix is not empty and has no brace"))?;
        let link = || address.link(self.timeout).map(Arc::new);
        let shared = link()?;
        // They connect when they are needed.
        let appends = match self.settings.durability.waits() {
            true => (0..WAITING_CONNECTIONS).map(|_| link()).collect::<Result<_, _>>()?,
            false => vec![Arc::clone(&shared)],
        };
        let notices = Notices::new(Arc::clone(&shared), &prefix);
        self.look(&shared, notices.slot()).await?;
        let end = notices.end().await?;
        Ok(RedisEngine::start(shared, appends, prefix, self.settings, notices, end))
    }

    /// Whether the server is new enough for what it is asked.
    async fn look(&self, link: &Link, slot: u16) -> Result<(), EngineError> {
        let said = link.ask_all(slot, &questions(), link.deadline()).await;
        let said = said.and_then(|said| Info::read(said).map_err(Failure::of_sent));
        let said = said.map_err(|failure| failure.of_reading("connecting to Redis"))?;
        let version = said.field("redis_version").unwrap_or_default();
        let mut parts = version.split('.').map(|part| part.parse::<u32>());
        let mut part = || parts.next().and_then(Result::ok).unwrap_or(0);
        let found = (part(), part());
        let needed = self.settings.durability.least_version();
        if found < needed {
            let (major, minor) = needed;
            let what = format!("Redis {major}.{minor} or newer is needed, this is {version:?}");
            return Err(EngineError::unavailable(what));
        }
        Ok(())
    }
}

impl std::fmt::Debug for RedisEngineBuilder {
    /// Without the address, which has the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisEngineBuilder")
            .field("is_cluster", &self.cluster.is_some())
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
