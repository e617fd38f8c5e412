//! The way to Redis: one server, or a Cluster.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ConnectionInfo, RedisError, Value};
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::error::Failure;
use crate::node::{self, Node};

/// A way to Redis, for many callers at once.
pub struct Link {
    to: To,
    timeout: Duration,
}

enum To {
    One(Arc<Node>),
    Cluster(Cluster),
}

impl Link {
    pub(crate) fn to_one(info: ConnectionInfo, timeout: Duration) -> Result<Self, RedisError> {
        Ok(Self { to: To::One(Arc::new(Node::new(info)?)), timeout })
    }

    pub(crate) fn to_cluster(seeds: Vec<ConnectionInfo>, timeout: Duration) -> Self {
        Self { to: To::Cluster(Cluster::new(seeds)), timeout }
    }

    /// When a call that begins now is given up.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Asks whoever has the slot.
    pub async fn ask(&self, slot: u16, command: Cmd) -> Result<Value, Failure> {
        let answers = self.ask_all(slot, &[command], self.deadline()).await?;
        Ok(answers.into_iter().next().unwrap_or(Value::Nil))
    }

    /// Asks several things at once, of which the first is the request.
    pub(crate) async fn ask_all(
        &self,
        slot: u16,
        request: &[Cmd],
        deadline: Instant,
    ) -> Result<Vec<Value>, Failure> {
        match &self.to {
            To::One(node) => node.ask(request, deadline).await,
            To::Cluster(cluster) => cluster.ask(slot, request, deadline).await,
        }
    }

    /// Whoever has the slot as far as is known.
    pub(crate) async fn node(&self, slot: u16) -> Result<Arc<Node>, Failure> {
        match &self.to {
            To::One(node) => Ok(Arc::clone(node)),
            To::Cluster(cluster) => cluster.node(slot, self.deadline()).await,
        }
    }

    /// Whoever was thought to have the slot does not: it is asked for when it is needed next.
    pub(crate) fn forget(&self, slot: u16) {
        if let To::Cluster(cluster) = &self.to {
            cluster.forget(slot);
        }
    }

    /// A connection of the caller's own to whoever has the slot, for what holds up others.
    pub async fn own(&self, slot: u16) -> Result<Own, Failure> {
        let node = self.node(slot).await?;
        let connected = node.listen(self.deadline(), |_| {}).await.map_err(Failure::NotDone);
        connected.map(|connection| Own { connection, slot })
    }

    /// Asks those of a cluster that could not be reached, if any. A single server is asked all the time.
    pub(crate) async fn revisit(&self) {
        if let To::Cluster(cluster) = &self.to {
            cluster.revisit(self.deadline()).await;
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        match &self.to {
            To::One(node) => node.is_up(),
            To::Cluster(cluster) => cluster.is_up(),
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// A connection that nobody else uses. One on which something failed is of no use any more.
pub struct Own {
    connection: MultiplexedConnection,
    slot: u16,
}

impl Own {
    /// Asks, and waits this much longer for the answer than for others.
    pub async fn ask(
        &mut self,
        link: &Link,
        command: Cmd,
        patience: Duration,
    ) -> Result<Value, Failure> {
        let deadline = link.deadline() + patience;
        let asked = node::ask(&mut self.connection, &[command], deadline).await;
        // Where the slot is by now is asked for when it is needed next.
        let asked = asked.inspect_err(|_| link.forget(self.slot)).map_err(Failure::of_sent)?;
        Ok(asked.into_iter().next().unwrap_or(Value::Nil))
    }
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Own").field("slot", &self.slot).finish_non_exhaustive()
    }
}
