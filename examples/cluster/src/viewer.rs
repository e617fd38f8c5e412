//! Somebody who watches through nginx, and comes back with their cursor whatever happens.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;
use order_events_sse::{Decoder, Message};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::parts::LOOK_AGAIN;
use crate::{Result, http};

/// What happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) order: String,
    pub(crate) version: u64,
    pub(crate) status: String,
}

/// Watches until it is dropped.
pub(crate) struct Viewer {
    pub(crate) name: String,
    pub(crate) path: String,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

/// What a viewer has come to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) facts: Vec<Fact>,
    /// The node of each of their connections.
    pub(crate) nodes: Vec<String>,
    /// How often they had to begin anew.
    pub(crate) resets: usize,
    /// Events that they knew already.
    pub(crate) repeats: usize,
    versions: HashMap<String, u64>,
    pub(crate) is_connected: bool,
}

impl Viewer {
    pub(crate) fn new(at: SocketAddr, name: &str, path: &str, token: String) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let reader = Reader { at, path: path.to_owned(), token, seen: Arc::clone(&seen) };
        let task = tokio::spawn(reader.run());
        Self { name: name.to_owned(), path: path.to_owned(), seen, task }
    }

    pub(crate) fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Reader {
    at: SocketAddr,
    path: String,
    token: String,
    seen: Arc<Mutex<Seen>>,
}

impl Reader {
    async fn run(self) {
        let mut cursor = String::new();
        loop {
            let watched = self.watch(&mut cursor).await;
            lock(&self.seen).is_connected = false;
            // What the server said, once it said so.
            sleep(watched.unwrap_or(LOOK_AGAIN * 10)).await;
        }
    }

    /// One connection, from its beginning to its end, and how long to wait after it.
    async fn watch(&self, cursor: &mut String) -> Result<std::time::Duration> {
        let answer = http::watch(self.at, &self.path, &self.token, cursor).await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("refused: {}", answer.status()).into());
        }
        let node = answer.headers().get("x-node").and_then(|node| node.to_str().ok());
        lock(&self.seen).nodes.push(node.unwrap_or("?").to_owned());
        let mut decoder = Decoder::new();
        // However it ends: what was read counts.
        let _ended = self.read(answer.into_body(), &mut decoder, cursor).await;
        Ok(decoder.retry().unwrap_or(LOOK_AGAIN * 10))
    }

    async fn read(
        &self,
        mut body: Incoming,
        decoder: &mut Decoder,
        cursor: &mut String,
    ) -> Result<()> {
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else { continue };
            let mut rest = &bytes[..];
            while let Some(message) = decoder.decode(&mut rest)? {
                lock(&self.seen).take(&message)?;
            }
            // Also the id of a block without data.
            if !decoder.last_event_id().is_empty() {
                *cursor = decoder.last_event_id().to_owned();
            }
        }
        Ok(())
    }
}

impl Seen {
    /// What a page does with a message: it applies by version.
    fn take(&mut self, message: &Message) -> Result<()> {
        let data: Value = serde_json::from_str(&message.data)?;
        match &*message.event {
            "ready" => self.is_connected = true,
            "reset" => {
                self.resets += 1;
                self.versions.clear();
                self.facts.clear();
            }
            "snapshot" => {
                let fact = Fact::of(&data);
                self.versions.insert(fact.order, fact.version);
            }
            "order.created" | "order.status" => {
                let fact = Fact::of(&data);
                let known = self.versions.insert(fact.order.clone(), fact.version);
                if known.is_some_and(|known| fact.version <= known) {
                    self.repeats += 1;
                } else {
                    self.facts.push(fact);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Fact {
    fn of(data: &Value) -> Self {
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        let version = data["version"].as_u64().unwrap_or(0);
        Self { order: text("orderId"), version, status: text("status") }
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
