//! Publishers who do not give up: what fails is published again with its key.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use order_events_core::{Cursor, OrderId, PublishError, Published};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::support::facts::Story;
use crate::support::nodes::{Node, remark};
use crate::support::viewer::{Viewer, all_saw_it_all};
use crate::support::wait::{LOOK_AGAIN, in_time, until};

/// Runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Shared {
    acknowledged: Mutex<Vec<(String, Cursor)>>,
    unavailable: AtomicUsize,
    indeterminate: AtomicUsize,
    is_over: AtomicBool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Done {
    /// Every key with the place that its publisher was told.
    pub(crate) acknowledged: Vec<(String, Cursor)>,
    pub(crate) unavailable: usize,
    pub(crate) indeterminate: usize,
}

impl Load {
    /// So many publishers, in turns on these nodes, each going round all orders.
    pub(crate) fn start(
        nodes: &[&Node],
        orders: &[OrderId],
        publishers: usize,
        name: &str,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        for publisher in 0..publishers {
            let node = nodes[publisher % nodes.len()].clone();
            let (orders, shared) = (orders.to_vec(), Arc::clone(&shared));
            let name = format!("{name}-{publisher}");
            tasks.spawn(async move {
                for (nth, order) in orders.iter().cycle().enumerate() {
                    if shared.is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    shared.publish(&node, order, format!("{name}-{nth}")).await;
                }
            });
        }
        Self { shared, tasks }
    }

    /// How many are acknowledged.
    pub(crate) fn count(&self) -> usize {
        self.shared.acknowledged.lock().unwrap().len()
    }

    /// Waits until so many more are acknowledged.
    pub(crate) async fn goes_on(&self, more: usize) {
        let count = self.count() + more;
        let took = until("publishing goes on", || self.count() >= count).await;
        println!("{more} more events after {took:?}");
    }

    /// How many calls failed so far, whatever the error.
    pub(crate) fn failures(&self) -> usize {
        self.shared.unavailable.load(Ordering::SeqCst)
            + self.shared.indeterminate.load(Ordering::SeqCst)
    }

    /// Ends it, once whatever was begun is acknowledged.
    pub(crate) async fn stop(self) -> Done {
        self.shared.is_over.store(true, Ordering::SeqCst);
        in_time("whatever was begun is acknowledged", self.tasks.join_all()).await;
        let done = Done {
            acknowledged: std::mem::take(&mut *self.shared.acknowledged.lock().unwrap()),
            unavailable: self.shared.unavailable.load(Ordering::SeqCst),
            indeterminate: self.shared.indeterminate.load(Ordering::SeqCst),
        };
        println!(
            "{} acknowledged, {} times unavailable, {} times indeterminate",
            done.acknowledged.len(),
            done.unavailable,
            done.indeterminate
        );
        done
    }

    /// Ends it: everything that was acknowledged is in the log, once, as a node has it, and every
    /// viewer saw all of that.
    pub(crate) async fn ends_whole(self, node: &Node, viewers: &[Viewer]) {
        let done = self.stop().await;
        let log = node.story().await;
        done.all_in(&log);
        all_saw_it_all(viewers, &log).await;
    }
}

impl Shared {
    async fn publish(&self, node: &Node, order: &OrderId, key: String) {
        loop {
            match node.hub.publish(remark(order, &key)).await {
                Ok(Published::Applied(told) | Published::Duplicate(told)) => {
                    self.acknowledged.lock().unwrap().push((key, told.cursor));
                    return;
                }
                Err(PublishError::Unavailable(_)) => {
                    self.unavailable.fetch_add(1, Ordering::SeqCst);
                }
                Err(PublishError::Indeterminate { .. }) => {
                    self.indeterminate.fetch_add(1, Ordering::SeqCst);
                }
                // Others were always faster.
                Err(PublishError::Conflict { .. }) => {}
                // A log that was lost does not know its orders any more.
                Err(PublishError::UnknownOrder) => {
                    self.unavailable.fetch_add(1, Ordering::SeqCst);
                    if self.is_over.load(Ordering::SeqCst) {
                        return;
                    }
                }
                other => panic!("{key}: {other:?}"),
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}

impl Done {
    /// Each was acknowledged for one event, which is where its publisher was told.
    pub(crate) fn all_in(&self, log: &Story) {
        for (key, place) in &self.acknowledged {
            assert_eq!(log.places(key), [place.seq], "{key} was said to be at {place}");
        }
    }
}
