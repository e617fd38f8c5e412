//! The way to Redis: one server, or a Cluster.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, ConnectionInfo, RedisError, Value};
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::error::Failure;
use crate::node::Node;

/// See the [module](self).
pub(crate) struct Link {
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
    pub(crate) async fn ask(&self, slot: u16, command: Cmd) -> Result<Value, Failure> {
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

    pub(crate) fn is_up(&self) -> bool {
        match &self.to {
            To::One(node) => node.is_up(),
            To::Cluster(cluster) => cluster.is_up(),
        }
    }
}
