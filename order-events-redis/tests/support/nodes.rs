//! Nodes: a hub on an engine of its own, as a process of a service has it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use order_events_core::{
    Grant, Hub, OrderId, Principal, PublishError, Published, Resume, Scope, Subscription, TenantId,
    Update,
};
use order_events_redis::{RedisEngine, RedisEngineBuilder};

use crate::support::facts::Story;
use crate::support::viewer::Viewer;
use crate::support::wait::{LOOK_AGAIN, in_time, until};

/// The bound of a call in these tests: above what a busy machine needs, and short to wait for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// How often the head is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(200);

/// One node.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) hub: Hub,
    pub(crate) engine: Arc<RedisEngine>,
}

impl Node {
    /// On the Redis that is found there.
    pub(crate) async fn on(url: &str) -> Self {
        Self::of(RedisEngine::builder(url)).await
    }

    /// … with an engine that was set up otherwise.
    pub(crate) async fn of(engine: RedisEngineBuilder) -> Self {
        Self::with(engine.timeout(TIMEOUT).poll(POLL)).await
    }

    /// … with times of the test's own.
    pub(crate) async fn with(engine: RedisEngineBuilder) -> Self {
        let engine = in_time("the engine connects", engine.connect()).await;
        let engine = Arc::new(engine.unwrap());
        // Nobody is reset for having been away for long: what is left is for what was lost.
        let hub = Hub::builder().engine(Arc::clone(&engine)).configure(|config| {
            config.replay_events = usize::MAX >> 1;
            config.replay_bytes = usize::MAX >> 1;
            config.inline_snapshots = 100_000;
            config.max_per_principal = usize::MAX;
        });
        Self { hub: hub.build(), engine }
    }

    /// Orders there are from now on: `o0`, `o1` and so on.
    pub(crate) async fn create(&self, count: usize) -> Vec<OrderId> {
        let orders: Vec<_> = (0..count).map(|nth| order(&format!("o{nth}"))).collect();
        for order in &orders {
            self.publish(Update::create(order)).await;
        }
        orders
    }

    /// Publishes what must be applied, once Redis is there.
    pub(crate) async fn publish(&self, update: Update) -> Published {
        let tries = async {
            loop {
                match self.hub.publish(update.clone()).await {
                    Ok(published) => return published,
                    Err(PublishError::Unavailable(_) | PublishError::Indeterminate { .. }) => {
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                    Err(other) => panic!("it is refused: {other}"),
                }
            }
        };
        in_time("it is published", tries).await
    }

    /// A remark whose key is its text, so that streams show it.
    pub(crate) async fn remark(&self, order: &OrderId, key: &str) -> Published {
        self.publish(remark(order, key)).await
    }

    /// The whole log of the default tenant.
    pub(crate) async fn story(&self) -> Story {
        Story::of(&*self.engine, &TenantId::default()).await
    }

    /// A stream of the whole tenant, from now on.
    pub(crate) async fn watch(&self, principal: &str) -> Subscription {
        let grant = everything(principal);
        in_time("the stream begins", self.hub.subscribe(grant, Resume::Fresh)).await.unwrap()
    }

    /// Waits until the hub says that the log is, or is not, there; and says how long it took.
    pub(crate) async fn says_reachable(&self, is_reachable: bool) -> Duration {
        let what = if is_reachable { "the log is there again" } else { "the log is away" };
        until(what, || self.hub.stats().is_log_reachable == is_reachable).await
    }
}

/// Viewers of everything, each beginning on another one of the nodes.
pub(crate) async fn viewers(nodes: &[&Node], count: usize) -> Vec<Viewer> {
    let mut viewers = Vec::new();
    for nth in 0..count {
        let mut hubs: Vec<_> = nodes.iter().map(|node| node.hub.clone()).collect();
        hubs.rotate_left(nth % nodes.len());
        let name = format!("viewer {nth}");
        viewers.push(Viewer::of(hubs, everything(&format!("viewer-{nth}")), &name));
    }
    for viewer in &viewers {
        viewer.has_begun().await;
    }
    viewers
}

/// Staff who watch everything.
pub(crate) fn everything(principal: &str) -> Grant {
    Grant::new(Principal::new(principal).unwrap(), Scope::Tenant).as_staff()
}

pub(crate) fn order(id: &str) -> OrderId {
    OrderId::new(id).unwrap()
}

/// A remark whose key is its text.
pub(crate) fn remark(order: &OrderId, key: &str) -> Update {
    let id = order_events_core::IdempotencyKey::new(key).unwrap();
    Update::note(order, key).public().with_key(id)
}

/// What is answered, and says how long that took: whoever asks is not left to wait, however long a
/// busy machine takes.
pub(crate) async fn answered<F: Future>(what: &str, call: F) -> F::Output {
    let since = std::time::Instant::now();
    let answer = in_time(what, call).await;
    println!("{what}: answered after {:?}", since.elapsed());
    answer
}

/// The whole chain of an error's causes.
pub(crate) fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
