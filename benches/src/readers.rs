//! A runtime full of readers, and a publisher that waits until the last of them has counted.

use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;

use order_events_core::{Delivery, Grant, Hub, JsonCodec, OrderId, Principal, Resume, Scope};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Notify, broadcast};

thread_local! {
    /// Deliveries that are still missing. All contenders live on one thread and run one by one.
    static MISSING: Cell<usize> = const { Cell::new(0) };
}

static DONE: Notify = Notify::const_new();

/// Counts what a reader was given. Inlined, so that it costs every contender as little as if it
/// stood in the program.
#[inline]
pub fn delivered(bytes: &[u8]) {
    black_box(bytes);
    let missing = MISSING.get() - 1;
    MISSING.set(missing);
    if missing == 0 {
        DONE.notify_one();
    }
}

/// A current-thread runtime with a task per reader.
#[derive(Debug)]
pub struct Readers {
    runtime: Runtime,
    count: usize,
}

impl Readers {
    /// Nobody yet.
    pub fn none() -> Self {
        Self { runtime: Builder::new_current_thread().build().expect("a runtime"), count: 0 }
    }

    /// Adds a reader of ours, a principal of its own, who watches an order and takes each frame.
    pub fn watch(&mut self, hub: &Hub, order: OrderId) {
        let principal = Principal::new(format!("user-{}", self.count)).expect("a valid name");
        let hub = hub.clone();
        self.spawn(async move {
            let grant = Grant::new(principal, Scope::Order(order));
            let mut watching = hub.subscribe(grant, Resume::Fresh).await.expect("a seat");
            while let Some(delivery) = watching.next().await {
                if let Delivery::Event(event) = delivery {
                    delivered(&event.frame(&JsonCodec));
                }
            }
        });
    }

    /// Adds a reader of a channel, which must call [`delivered`] with each.
    pub fn receive<T: Clone + Send + 'static>(
        &mut self,
        mut receiver: broadcast::Receiver<T>,
        take: impl Fn(T) + Send + 'static,
    ) {
        self.spawn(async move {
            while let Ok(item) = receiver.recv().await {
                take(item);
            }
        });
    }

    fn spawn(&mut self, reader: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(reader);
        self.count += 1;
    }

    /// Lets every reader come to its first wait.
    pub fn settle(&self) {
        self.runtime.block_on(async {
            for _ in 0..self.count {
                tokio::task::yield_now().await;
            }
        });
    }

    /// So many times: publishes, and waits until so many deliveries have been counted.
    pub fn drive(&self, times: usize, deliveries: usize, mut publish: impl FnMut()) {
        self.runtime.block_on(async {
            for _ in 0..times {
                MISSING.set(deliveries);
                publish();
                DONE.notified().await;
            }
        });
    }
}
