//! A connection that is told of what is appended.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use order_events_core::Epoch;
use redis::aio::MultiplexedConnection;
use redis::{PushInfo, PushKind, RedisError, Value, cmd};
use tokio::time::Instant;

use super::Tails;
use crate::info::{Info, questions};
use crate::node::{Node, ask};

/// How many heads are asked for at once.
pub(super) const HEADS: usize = 256;

/// See the [module](self).
pub(super) struct Wake {
    pub(super) id: u64,
    node: Arc<Node>,
    connection: MultiplexedConnection,
    is_lost: Arc<AtomicBool>,
    /// Channels that are wanted no more, until the server has said so.
    leaving: Arc<Mutex<Vec<String>>>,
}

impl Wake {
    pub(super) async fn open(
        tails: Weak<Tails>,
        node: Arc<Node>,
        deadline: Instant,
    ) -> Result<Arc<Self>, RedisError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let is_lost = Arc::new(AtomicBool::new(false));
        let leaving = Arc::<Mutex<Vec<String>>>::default();
        let (its, left) = (Arc::clone(&is_lost), Arc::clone(&leaving));
        let told = move |push: PushInfo| {
            let Some(tails) = tails.upgrade() else { return };
            match push.kind {
                PushKind::Disconnection => {
                    its.store(true, Ordering::SeqCst);
                    tails.lost(id);
                }
                PushKind::SMessage => {
                    if let [channel, message] = push.data.as_slice()
                        && let (Some(channel), Some(message)) = (text(channel), text(message))
                    {
                        tails.woken(channel, message);
                    }
                }
                // Where nobody asked for it the slot has moved. The client has taken it for the answer
                // to whatever was asked just then, and so each later answer for another's.
                PushKind::SUnsubscribe => {
                    let channel = push.data.first().and_then(text);
                    let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                    match left.iter().position(|left| Some(left.as_str()) == channel) {
                        Some(place) => drop(left.swap_remove(place)),
                        None => {
                            its.store(true, Ordering::SeqCst);
                            tails.lost(id);
                        }
                    }
                }
                _ => {}
            }
        };
        let connection = node.listen(deadline, told).await?;
        Ok(Arc::new(Self { id, node, connection, is_lost, leaving }))
    }

    pub(super) fn is_to(&self, node: &Arc<Node>) -> bool {
        Arc::ptr_eq(&self.node, node)
    }

    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::SeqCst)
    }

    /// It does not answer, or not as it should.
    pub(super) fn give_up(&self) {
        self.is_lost.store(true, Ordering::SeqCst);
    }

    pub(super) async fn subscribe(
        &self,
        channel: &str,
        deadline: Instant,
    ) -> Result<(), RedisError> {
        self.ask("SSUBSCRIBE", channel, deadline).await
    }

    pub(super) async fn unsubscribe(
        &self,
        channel: &str,
        deadline: Instant,
    ) -> Result<(), RedisError> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).push(channel.to_owned());
        self.ask("SUNSUBSCRIBE", channel, deadline).await
    }

    async fn ask(&self, verb: &str, channel: &str, deadline: Instant) -> Result<(), RedisError> {
        let request = [cmd(verb).arg(channel).to_owned()];
        ask(&mut self.connection.clone(), &request, deadline).await.map(drop)
    }

    /// Whether calls go to another server than this connection: one that is no primary any more may
    /// live on by itself, and say for ever that nothing happens.
    pub(super) async fn is_to_another(&self, deadline: Instant) -> Result<bool, ()> {
        let calls = self.node.look(deadline).await.map_err(drop)?;
        let wakes = ask(&mut self.connection.clone(), &questions(), deadline).await;
        let wakes = wakes.and_then(Info::read).map_err(drop)?;
        Ok(calls.field("run_id") != wakes.field("run_id"))
    }

    /// Epoch and head of these tenants, by their meta keys; none where there is no log of ours.
    pub(super) async fn heads(
        &self,
        keys: impl Iterator<Item = String>,
        deadline: Instant,
    ) -> Result<Vec<(Option<Epoch>, u64)>, ()> {
        // Something before them, for what fails first would fail them all.
        let mut heads = vec![cmd("PING")];
        heads.extend(keys.map(|key| cmd("HMGET").arg(key).arg("epoch").arg("head").to_owned()));
        let answers = ask(&mut self.connection.clone(), &heads, deadline).await.map_err(drop)?;
        answers.into_iter().skip(1).map(head).collect()
    }
}

fn head(answer: Value) -> Result<(Option<Epoch>, u64), ()> {
    match answer {
        // Something foreign at one key is that tenant's affair; anything else is the server's.
        Value::ServerError(error) if error.code() == "WRONGTYPE" => Ok((None, 0)),
        Value::ServerError(_) => Err(()),
        answer => {
            let (epoch, head): (Option<String>, Option<String>) =
                redis::from_redis_value(answer).map_err(drop)?;
            let epoch = epoch.and_then(|epoch| epoch.parse().ok());
            Ok((epoch, head.and_then(|head| head.parse().ok()).unwrap_or(0)))
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
