//! Setting up a hub.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};

use super::publish::{GuardVeto, Proposed, Rules};
use super::shared::Shared;
use super::{Applied, Hub};
use crate::config::Config;
use crate::engine::memory::MemoryEngine;
use crate::engine::{Engine, Node};
use crate::lifecycle::Lifecycle;
use crate::status::OrderStatus;
use crate::time::{Clock, SystemClock};

/// Sets up a [`Hub`]. Whatever is not said is the default: a log in memory, the system's clock, the
/// limits of [`config`](crate::config).
#[must_use]
pub struct HubBuilder<L: Lifecycle = OrderStatus> {
    engine: Option<Arc<dyn Engine>>,
    clock: Arc<dyn Clock>,
    config: Config,
    seed: Option<u64>,
    rules: Rules<L>,
}

impl<L: Lifecycle> HubBuilder<L> {
    pub(super) fn new() -> Self {
        Self {
            engine: None,
            clock: Arc::new(SystemClock),
            config: Config::default(),
            seed: None,
            rules: Rules::default(),
        }
    }

    /// The log. Several hubs may stand on one engine.
    pub fn engine(self, engine: Arc<impl Engine>) -> Self {
        self.any_engine(engine)
    }

    /// The log, where it was chosen at run time.
    pub fn any_engine(mut self, engine: Arc<dyn Engine>) -> Self {
        self.engine = Some(engine);
        self
    }

    /// The clock. Tests pass a [`ManualClock`](crate::ManualClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Limits and spans: `Hub::builder().configure(|config| config.max_per_principal = 8)`.
    pub fn configure(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// What spreads retries. Drawn at random where it is not given; for tests that compare bytes.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Adds a guard: it may veto a legal transition, with a reason. Creations and reports are no
    /// transitions. Guards run in the publisher's task, in the order in which they were added; one
    /// that panics vetoes.
    ///
    /// Guards are asked before the append, and so again after each race that was lost to another
    /// publisher, for the order is another by then: a guard may be asked several times in one call,
    /// and one that agreed does not know yet that anything will be committed.
    pub fn guard(
        mut self,
        guard: impl Fn(&Proposed<'_, L>) -> Result<(), GuardVeto> + Send + Sync + 'static,
    ) -> Self {
        self.rules.guards.push(Box::new(guard));
        self
    }

    /// Adds a hook that is told of each event this hub has committed.
    ///
    /// It runs in the publisher's task, at most once, after the event is in the log; nothing it
    /// does undoes that, a panic included. Where the publisher's future is dropped it may not run
    /// at all: work that must be done follows the log by a subscription with a cursor of its own.
    pub fn after_commit(mut self, hook: impl Fn(&Applied<L>) + Send + Sync + 'static) -> Self {
        self.rules.hooks.push(Box::new(hook));
        self
    }

    /// The hub.
    pub fn build(self) -> Hub<L> {
        let engine = self.engine.unwrap_or_else(|| Arc::new(MemoryEngine::new()));
        let seed = self.seed.unwrap_or_else(|| RandomState::new().hash_one("seed"));
        let shared = Arc::new(Shared::new(engine, self.clock, self.config, seed));
        let node: Weak<Shared> = Arc::downgrade(&shared);
        shared.engine.attend(node as Weak<dyn Node>);
        Hub { shared, rules: Arc::new(self.rules) }
    }
}

impl<L: Lifecycle> fmt::Debug for HubBuilder<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
