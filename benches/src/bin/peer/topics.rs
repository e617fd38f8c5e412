//! One broadcast per order, made at first sight by whoever comes first.

use std::convert::Infallible;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{Stream, stream};
use hashbrown::HashMap;
use order_events_core::{Clock, SystemClock};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::event::Event;

/// What is kept for slow readers, of each order. The memory for it is taken at once: ours keeps up
/// to 256, but takes them as they come.
const CAPACITY: usize = 64;

/// What is looked at by many threads and hardly ever changed, so a lock that readers share; and
/// the fastest hasher at hand, which is also ours.
pub(crate) struct Topics<T> {
    topics: RwLock<HashMap<String, Topic<T>>>,
    published: AtomicU64,
}

struct Topic<T> {
    sender: broadcast::Sender<T>,
    version: AtomicU64,
}

impl<T: Clone> Default for Topics<T> {
    fn default() -> Self {
        Self { topics: RwLock::default(), published: AtomicU64::new(0) }
    }
}

impl<T: Clone> Topics<T> {
    /// Everything that is published on an order from now on.
    pub(crate) fn watch(&self, order: &str) -> broadcast::Receiver<T> {
        self.with(order, |topic| topic.sender.subscribe())
    }

    /// Publishes a note, as `make` would have it sent round; its number.
    pub(crate) fn publish(&self, order: String, note: String, make: impl Fn(Event) -> T) -> String {
        let seq = self.published.fetch_add(1, Ordering::Relaxed) + 1;
        self.with(&order.clone(), |topic| {
            let version = topic.version.fetch_add(1, Ordering::Relaxed) + 1;
            let event = Event { seq, order_id: order, version, timestamp: SystemClock.now(), note };
            // An error says that nobody watches.
            let _nobody = topic.sender.send(make(event));
        });
        seq.to_string()
    }

    fn with<R>(&self, order: &str, act: impl FnOnce(&Topic<T>) -> R) -> R {
        let topics = self.topics.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(topic) = topics.get(order) {
            return act(topic);
        }
        drop(topics);
        let mut topics = self.topics.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let topic = || Topic { sender: broadcast::Sender::new(CAPACITY), version: 0.into() };
        act(topics.entry_ref(order).or_insert_with(topic))
    }
}

/// Ready bytes as they come. The future that waits lives inside the stream: an item costs neither
/// an allocation nor the detour through a box that `tokio-stream`'s wrapper takes.
pub(crate) fn frames(
    receiver: broadcast::Receiver<Bytes>,
) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::unfold(receiver, async |mut receiver| {
        loop {
            match receiver.recv().await {
                Ok(frame) => return Some((Ok(frame), receiver)),
                // What was missed is lost.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    })
}
