//! A hub with an order in it, and an authorizer who trusts everybody.

use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use order_events_core::{
    Applied, Authorizer, Config, Denied, Grant, Hub, HubBuilder, MemoryEngine, OrderId, Principal,
    Published, Scope, Update,
};

/// The order that everybody watches.
pub const ORDER: &str = "42";

/// A hub on a log in memory.
#[derive(Debug, Clone)]
pub struct Shop {
    /// The hub.
    pub hub: Hub,
}

impl Shop {
    /// One order, and room for everybody who comes.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// … with other limits.
    pub async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Hub::builder().configure(change)).await
    }

    /// … with a log of the test's own.
    pub async fn open_on(engine: MemoryEngine) -> Self {
        Self::on(Hub::builder().engine(Arc::new(engine))).await
    }

    async fn on(hub: HubBuilder) -> Self {
        let hub = hub.configure(|config| config.max_per_principal = usize::MAX);
        let shop = Self { hub: hub.build() };
        shop.publish(Update::create(order())).await;
        shop
    }

    /// Publishes what must be applied.
    pub async fn publish(&self, update: Update) -> Applied {
        match self.hub.publish(update).await {
            Ok(Published::Applied(applied)) => applied,
            other => panic!("not applied: {other:?}"),
        }
    }

    /// A public remark on the order.
    pub async fn remark(&self, note: &str) -> Applied {
        self.publish(Update::note(order(), note).public()).await
    }

    /// How many streams there are.
    pub fn streams(&self) -> usize {
        self.hub.stats().subscriptions
    }

    /// How many streams of a principal there are.
    pub fn streams_of(&self, principal: &str) -> usize {
        let watchers = self.hub.watchers();
        watchers.iter().filter(|watcher| watcher.principal.as_str() == principal).count()
    }
}

fn order() -> OrderId {
    OrderId::new(ORDER).unwrap()
}

/// Whoever says who they are, in a header, may watch anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trusting;

#[async_trait]
impl Authorizer<Parts> for Trusting {
    async fn authorize(&self, caller: &Parts, wanted: &Scope) -> Result<Grant, Denied> {
        let name = caller.headers.get("x-user").and_then(|name| name.to_str().ok());
        let principal = Principal::new(name.unwrap_or("anna")).map_err(|_| Denied::Forbidden)?;
        Ok(Grant::new(principal, wanted.clone()))
    }
}
