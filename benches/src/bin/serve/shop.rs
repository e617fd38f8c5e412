//! A hub that takes whoever comes, and what is published to it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use order_events_axum::{Door, Parts};
use order_events_core::{
    Authorizer, Denied, Grant, Hub, OrderId, Principal, Published, Scope, Update,
};
use order_events_redis::RedisEngine;

/// Where the log is.
pub(crate) enum Kept {
    InMemory,
    /// On the Redis with this address.
    OnRedis(String),
}

/// A hub and its door.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) hub: Hub,
    pub(crate) door: Door,
}

impl Shop {
    /// To be awaited in the runtime that serves: an engine on Redis has its tasks there.
    pub(crate) async fn open(kept: &Kept) -> io::Result<Self> {
        let hub = match kept {
            Kept::InMemory => Hub::builder().build(),
            Kept::OnRedis(url) => {
                let engine = RedisEngine::builder(url).connect().await.map_err(io::Error::other)?;
                Hub::builder().engine(Arc::new(engine)).build()
            }
        };
        let door = Door::new(&hub, Everybody::default());
        Ok(Self { hub, door })
    }

    /// A public remark on an order, which is created where there is none; the event's cursor.
    pub(crate) async fn publish(&self, order: &str, note: String) -> Result<String, String> {
        let order = OrderId::new(order).map_err(|error| error.to_string())?;
        // Of those who see an order first at once, one creates it, and the others' notes follow.
        let update = Update::note(&order, note).public().or_create();
        match self.hub.publish(update).await {
            Ok(Published::Applied(applied)) => Ok(applied.cursor.to_string()),
            Ok(other) => Err(format!("not applied: {other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Everybody may watch everything as the public does, and before it is there.
///
/// Each stream is somebody else's, as in a shop it would be: that costs memory which streams of one
/// principal would not.
#[derive(Default)]
struct Everybody {
    came: AtomicU64,
}

#[async_trait]
impl Authorizer<Parts> for Everybody {
    async fn authorize(&self, _: &Parts, wanted: &Scope) -> Result<Grant, Denied> {
        let number = self.came.fetch_add(1, Ordering::Relaxed);
        let principal = Principal::new(format!("visitor-{number:07}"));
        let principal = principal.map_err(|_| Denied::Failed)?;
        Ok(Grant::new(principal, wanted.clone()).even_if_absent())
    }
}
