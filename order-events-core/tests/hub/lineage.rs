//! A log that may have lost its end, and begins another epoch at what it still has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

use async_trait::async_trait;
use order_events_core::engine::{
    Answer, Append, Appended, Current, Draft, EngineError, Follow, History, HistoryLimit, Log,
    Node, Notice, PageToken, Snapshots, Tail, Wakes,
};
use order_events_core::{
    Cursor, Epoch, Hub, IdempotencyKey, MemoryEngine, OrderId, Resume, Scope, Subscription,
    TenantId, Timestamp, Update,
};

use crate::support::{anna, applied, order, words};

const AFTER: Epoch = Epoch::from_u64(77);

/// The engine in memory, which once says that it is another epoch since some place.
struct Promoted {
    inner: MemoryEngine,
    lineage: Mutex<Vec<Cursor>>,
    tails: Mutex<Vec<Arc<dyn Tail>>>,
    is_reachable: AtomicBool,
}

impl Promoted {
    fn new() -> Arc<Self> {
        let inner = MemoryEngine::builder().retain_events(3).build();
        let (lineage, tails) = (Mutex::default(), Mutex::default());
        Arc::new(Self { inner, lineage, tails, is_reachable: AtomicBool::new(true) })
    }

    /// From now on another epoch, in which cursors of the former one are true up to `kept`.
    fn promote(&self, kept: Cursor) {
        self.lineage.lock().unwrap().push(kept);
        let mut wakes = Wakes::new();
        for tail in &*self.tails.lock().unwrap() {
            tail.interrupted(&mut wakes);
        }
    }

    fn epoch(&self, epoch: Epoch) -> Epoch {
        if self.lineage.lock().unwrap().is_empty() { epoch } else { AFTER }
    }
}

#[async_trait]
impl Log for Promoted {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current> {
        self.inner.read(tenant, order, key, now)
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        let history = self.inner.history(tenant, scope, after, limit).await?;
        let lineage = self.lineage.lock().unwrap().clone();
        Ok(History { epoch: self.epoch(history.epoch), lineage, ..history })
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        let page = self.inner.snapshots(tenant, scope, page, limit).await?;
        Ok(Snapshots { epoch: self.epoch(page.epoch), ..page })
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        self.tails.lock().unwrap().push(Arc::clone(&tail));
        self.inner.follow(tenant, tail)
    }

    fn attend(&self, node: Weak<dyn Node>) {
        self.inner.attend(node);
    }

    fn is_reachable(&self) -> bool {
        self.is_reachable.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Append for Promoted {
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended> {
        self.inner.append(tenant, draft)
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        self.inner.announce(notice).await
    }

    fn replies_can_be_lost(&self) -> bool {
        false
    }
}

/// An order with three events, and who watches it.
async fn watched() -> (Arc<Promoted>, Hub, Subscription) {
    let engine = Promoted::new();
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    let mut watching = hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    applied(hub.publish(Update::create(order("42"))).await.unwrap());
    remark(&hub).await;
    remark(&hub).await;
    assert_eq!(words(&mut watching).len(), 4);
    (engine, hub, watching)
}

async fn remark(hub: &Hub) {
    applied(hub.publish(Update::note(order("42"), "x").public()).await.unwrap());
}

#[tokio::test]
async fn who_has_seen_nothing_that_was_lost_goes_on_in_the_new_epoch() {
    let (engine, hub, mut watching) = watched().await;
    let at = watching.cursor();
    engine.promote(at);
    remark(&hub).await;
    assert_eq!(words(&mut watching), ["42@4 order.note"], "nothing was lost: no reset");
    assert_eq!(watching.cursor(), Cursor { epoch: AFTER, seq: 4 }, "its ids are the new epoch's");

    // So does who was away meanwhile.
    let mut again = hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(again.cursor(), Cursor { epoch: AFTER, seq: 3 });
    assert_eq!(words(&mut again), ["42@4 order.note"]);
}

#[tokio::test]
async fn who_has_seen_what_was_lost_is_reset_though_its_place_was_given_again() {
    let (engine, hub, mut watching) = watched().await;
    let at = watching.cursor();
    // The third event was lost, and what is there now under its number is another.
    engine.promote(Cursor { seq: 2, ..at });
    assert_eq!(words(&mut watching), ["reset future", "snapshot 42@3"]);
    assert_eq!(watching.cursor(), Cursor { epoch: AFTER, seq: 3 });
    let mut again = hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["reset future", "snapshot 42@3"]);
    let before = Resume::After(Cursor { seq: 2, ..at });
    let mut again = hub.subscribe(anna("42"), before).await.unwrap();
    assert_eq!(words(&mut again), ["42@3 order.note"]);
}

/// Deletes the order, and lets the log forget that it did.
async fn delete_and_trim(hub: &Hub) {
    applied(hub.publish(Update::delete(order("42"))).await.unwrap());
    for id in ["1", "2", "3"] {
        applied(hub.publish(Update::create(order(id))).await.unwrap());
    }
}

#[tokio::test]
async fn an_order_that_is_gone_after_a_mere_change_of_epoch_has_ended() {
    let (engine, hub, mut watching) = watched().await;
    engine.promote(watching.cursor());
    delete_and_trim(&hub).await;
    assert_eq!(words(&mut watching), ["reset expired", "position 7", "end final"]);
}

#[tokio::test]
async fn an_order_that_is_gone_with_what_was_lost_may_come_again() {
    let (engine, hub, mut watching) = watched().await;
    engine.promote(Cursor { seq: 2, ..watching.cursor() });
    delete_and_trim(&hub).await;
    assert_eq!(words(&mut watching), ["reset future", "position 7"]);
}

#[tokio::test]
async fn a_log_that_cannot_be_reached_is_marked_as_such() {
    let (engine, hub, _watching) = watched().await;
    assert!(hub.stats().is_log_reachable);
    engine.is_reachable.store(false, Ordering::SeqCst);
    assert!(!hub.stats().is_log_reachable);
}
