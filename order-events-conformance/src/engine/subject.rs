//! What the suite needs of an engine.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use order_events_core::TenantId;
use order_events_core::engine::Engine;

use super::together::{BoxFuture, at_once, yield_now};

/// An engine under test: how to come by one, and how to wait for it.
///
/// A closure that opens a log is one already: `|retention: Retention| async move { … }`. Engines
/// with connections and tasks implement the trait and say how to wait, too.
#[async_trait]
pub trait Subject: Send + Sync {
    /// An empty log that keeps what it is told to keep. Each case opens its own, and what an
    /// earlier one left behind must not show in it.
    ///
    /// None where the engine cannot be told that: the case is then skipped, and says so.
    async fn open(&self, retention: Retention) -> Option<Rig>;

    /// Lets whatever is under way in the background get on. Called again and again until what is
    /// waited for has happened: an engine that works in tasks or threads of its own should sleep
    /// for some milliseconds here.
    async fn settle(&self) {
        yield_now().await;
    }

    /// How often [`settle`](Self::settle) is called before the suite stops waiting.
    fn patience(&self) -> usize {
        1_000
    }

    /// Lets this time pass. The suite's own clock, which its drafts carry, has moved by as much;
    /// an engine that looks at another clock (a server's, say) must really wait. The suite asks
    /// for a few seconds at most.
    async fn pass(&self, _time: Duration) {}

    /// Drives these side by side, as much at once as can be had: on the caller's runtime, or
    /// [`on_threads`](super::on_threads). By default they take turns.
    async fn race(&self, tasks: Vec<BoxFuture<'static, ()>>) {
        at_once(tasks).await;
    }
}

#[async_trait]
impl<F, Opened> Subject for F
where
    F: Fn(Retention) -> Opened + Send + Sync,
    Opened: Future<Output = Option<Rig>> + Send,
{
    async fn open(&self, retention: Retention) -> Option<Rig> {
        self(retention).await
    }
}

/// How long a log keeps what. None is the engine's own choice, which must be enough for twenty
/// thousand events and keys, and for a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// About so many events.
    pub events: Option<usize>,
    /// Events for about this long.
    pub age: Option<Duration>,
    /// About so many keys, the newest.
    pub keys: Option<usize>,
    /// Keys for this long.
    pub key_window: Option<Duration>,
}

impl Retention {
    /// About so many events.
    #[must_use]
    pub fn events(mut self, events: usize) -> Self {
        self.events = Some(events);
        self
    }

    /// Events for about this long.
    #[must_use]
    pub fn age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// About so many keys, the newest.
    #[must_use]
    pub fn keys(mut self, keys: usize) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Keys for this long.
    #[must_use]
    pub fn key_window(mut self, window: Duration) -> Self {
        self.key_window = Some(window);
        self
    }
}

type Lose = Arc<dyn Fn(TenantId) -> BoxFuture<'static, ()> + Send + Sync>;
type Disturb = Arc<dyn Fn(bool) -> BoxFuture<'static, ()> + Send + Sync>;

/// One log, and what can be done to it.
#[derive(Clone)]
pub struct Rig {
    pub(super) node: Arc<dyn Engine>,
    pub(super) other: Arc<dyn Engine>,
    pub(super) lose: Option<Lose>,
    pub(super) disturb: Option<Disturb>,
}

impl Rig {
    /// A log that is reached through this engine.
    pub fn new(engine: Arc<impl Engine>) -> Self {
        let node: Arc<dyn Engine> = engine;
        Self { other: Arc::clone(&node), node, lose: None, disturb: None }
    }

    /// … and also through that one, as another node of the service reaches it. Without it both
    /// nodes are the one engine.
    #[must_use]
    pub fn with_other_node(mut self, engine: Arc<impl Engine>) -> Self {
        self.other = engine;
        self
    }

    /// … and which can be lost: a tenant's log is gone with all that was acknowledged, and another
    /// begins. Without it cases about that are skipped.
    #[must_use]
    pub fn with_loss(
        mut self,
        lose: impl Fn(TenantId) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        self.lose = Some(Arc::new(lose));
        self
    }

    /// … and which can be disturbed, so that calls fail now and then: connections that break,
    /// replies that are lost. Called with true where that is to begin, with false where it is to
    /// end. Without it cases about errors are skipped.
    #[must_use]
    pub fn with_trouble(
        mut self,
        disturb: impl Fn(bool) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        self.disturb = Some(Arc::new(disturb));
        self
    }
}

impl fmt::Debug for Rig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rig")
            .field("can_be_lost", &self.lose.is_some())
            .field("can_be_disturbed", &self.disturb.is_some())
            .finish_non_exhaustive()
    }
}
