//! Where a case works: a log of its own, a clock, and the patience to wait for things.

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use order_events_core::engine::{
    Appended, Current, Draft, Engine, EngineError, Follow, History, HistoryLimit, PageToken,
    Record, Snapshot, Snapshots, State, Tail,
};
use order_events_core::plan::{Plan, plan};
use order_events_core::{
    Audience, Clock, CustomerId, Epoch, IdempotencyKey, ManualClock, OrderId, OrderState,
    OrderStatus, Scope, SystemClock, TenantId, Timestamp, Update,
};

use super::subject::{Retention, Rig, Subject};
use super::{BoxFuture, Skipped};

/// What a [`Case`](super::Case) is given.
pub struct Lab<'a> {
    subject: &'a dyn Subject,
    clock: ManualClock,
}

/// One tenant's log as one node reaches it, with the steps that cases are made of. Whatever goes
/// wrong in one is a failure of the case.
#[derive(Clone)]
pub(super) struct Shop {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) tenant: TenantId,
    clock: ManualClock,
    rig: Rig,
}

impl fmt::Debug for Lab<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl<'a> Lab<'a> {
    pub(super) fn new(subject: &'a impl Subject) -> Self {
        Self { subject, clock: ManualClock::new(SystemClock.now()) }
    }

    /// A log of the engine's own retention.
    pub(super) async fn open(&self) -> Result<Shop, Skipped> {
        self.open_with(Retention::default()).await
    }

    pub(super) async fn open_with(&self, retention: Retention) -> Result<Shop, Skipped> {
        let rig = self.subject.open(retention).await;
        let rig = rig.ok_or_else(|| Skipped(format!("no engine with {retention:?}")))?;
        Ok(Shop {
            engine: Arc::clone(&rig.node),
            tenant: TenantId::default(),
            clock: self.clock.clone(),
            rig,
        })
    }

    pub(super) async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.subject.pass(time).await;
    }

    pub(super) async fn settle(&self) {
        self.subject.settle().await;
    }

    /// Looks until there is an answer.
    pub(super) async fn until<T, F>(&self, what: &str, mut look: impl FnMut() -> F) -> T
    where
        F: Future<Output = Option<T>>,
    {
        for _ in 0..self.subject.patience() {
            if let Some(found) = look().await {
                return found;
            }
            self.settle().await;
        }
        panic!("waited in vain until {what}")
    }

    /// Drives a future for as long as patience lasts: for those that may hang.
    pub(super) async fn finish<T>(&self, what: &str, future: impl Future<Output = T>) -> T {
        match self.poll_at_most(self.subject.patience(), future).await {
            Some(done) => done,
            None => panic!("{what} does not come to an end"),
        }
    }

    /// Polls a future so often and then drops it, unless it is done before.
    pub(super) async fn poll_at_most<T>(
        &self,
        polls: usize,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        let mut future = Box::pin(future);
        for _ in 0..polls {
            let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
            if let Poll::Ready(done) = polled {
                return Some(done);
            }
            self.settle().await;
        }
        None
    }

    /// Runs these side by side and gathers what came of each, in their order.
    pub(super) async fn race<T: Send + 'static, F>(&self, racers: Vec<F>) -> Vec<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let results: Vec<_> = racers.iter().map(|_| Arc::new(Mutex::new(None))).collect();
        let tasks = racers.into_iter().zip(&results).map(|(racer, result)| {
            let result = Arc::clone(result);
            Box::pin(async move {
                let done = racer.await;
                *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            }) as BoxFuture<'static, ()>
        });
        self.subject.race(tasks.collect()).await;
        let take = |result: &Arc<Mutex<Option<T>>>| {
            result.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        results.iter().map(|result| take(result).expect("a racer came to its end")).collect()
    }

    /// Publishes to an order that nobody looks at, until the log no longer has `seq`.
    pub(super) async fn trim_past(&self, shop: &Shop, seq: u64) {
        const AT_MOST: usize = 4_000;
        for round in 0..AT_MOST {
            shop.fill(1).await;
            if shop.dropped(&Scope::Tenant).await >= seq {
                return;
            }
            if round % 32 == 31 {
                self.settle().await;
            }
        }
        panic!("event {seq} was not trimmed though {AT_MOST} events came after it")
    }
}

impl Shop {
    /// The same log through the other node.
    pub(super) fn elsewhere(&self) -> Self {
        Self { engine: Arc::clone(&self.rig.other), ..self.clone() }
    }

    /// Another tenant of the same engine.
    pub(super) fn of(&self, tenant: &str) -> Self {
        Self { tenant: TenantId::new(tenant).expect("a tenant's id"), ..self.clone() }
    }

    pub(super) async fn lose(&self) -> Result<(), Skipped> {
        let Some(lose) = &self.rig.lose else {
            return Err(Skipped("this engine's log cannot be lost on purpose".to_owned()));
        };
        lose(self.tenant.clone()).await;
        Ok(())
    }

    pub(super) async fn disturb(&self, begins: bool) -> Result<(), Skipped> {
        let Some(disturb) = &self.rig.disturb else {
            return Err(Skipped("this engine cannot be made to fail on purpose".to_owned()));
        };
        disturb(begins).await;
        Ok(())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn current(&self, order: &OrderId, key: Option<&IdempotencyKey>) -> Current {
        let current = self.engine.read(&self.tenant, order, key, self.now()).await;
        current.expect("an order can be read")
    }

    pub(super) async fn state(&self, order: &OrderId) -> Option<State> {
        self.current(order, None).await.state
    }

    pub(super) async fn version(&self, order: &OrderId) -> u64 {
        self.state(order).await.map_or(0, |state| state.version)
    }

    /// What an update comes to at present.
    pub(super) async fn draft(&self, order: &OrderId, update: Update) -> Draft {
        let state =
            self.state(order).await.map(|state| OrderState::<OrderStatus>::of(order, state));
        let state = state.transpose().expect("a status of ours");
        match plan(state.as_ref(), &update, self.now()) {
            Ok(Plan::Append(planned)) => planned.draft,
            other => panic!("the update {update:?} should make an event, not {other:?}"),
        }
    }

    pub(super) async fn try_append(&self, draft: Draft) -> Result<Appended, EngineError> {
        self.engine.append(&self.tenant, draft).await
    }

    pub(super) async fn append(&self, draft: Draft) -> Appended {
        self.try_append(draft).await.expect("a draft can be appended")
    }

    pub(super) async fn commit(&self, draft: Draft) -> Arc<Record> {
        match self.append(draft).await {
            Appended::Committed { record, .. } => record,
            other => panic!("it should have been committed, not {other:?}"),
        }
    }

    /// As a hub publishes: reads, plans, appends, and begins again where it lost a race.
    pub(super) async fn publish(&self, order: &OrderId, update: Update) -> Arc<Record> {
        for _ in 0..500 {
            let draft = self.draft(order, update.clone()).await;
            match self.append(draft).await {
                Appended::Committed { record, .. } => return record,
                Appended::Conflict { .. } => {}
                other => panic!("it should have been committed, not {other:?}"),
            }
        }
        panic!("500 races lost in a row")
    }

    /// So many events of an order that nobody looks at.
    pub(super) async fn fill(&self, events: usize) {
        let order = order("busy");
        for _ in 0..events {
            self.publish(&order, Update::progress(&order, 50, None).or_create()).await;
        }
    }

    pub(super) async fn history_within(
        &self,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> History {
        let history = self.engine.history(&self.tenant, scope, after, limit).await;
        let history = history.expect("a history can be read");
        for former in &history.lineage {
            assert_ne!(former.epoch, history.epoch, "the present epoch is no former one");
            assert!(former.seq <= history.head, "{former} is said to be held, beyond the head");
        }
        history
    }

    /// Everything after a place that staff may see.
    pub(super) async fn history(&self, scope: &Scope, after: u64) -> History {
        let history = self.history_within(scope, after, NO_LIMIT).await;
        assert!(history.complete, "nothing limits a history of {scope} but it is incomplete");
        history
    }

    pub(super) async fn dropped(&self, scope: &Scope) -> u64 {
        self.history(scope, u64::MAX).await.dropped
    }

    /// The seqs of a scope after a place.
    pub(super) async fn seqs(&self, scope: &Scope, after: u64) -> Vec<u64> {
        self.history(scope, after).await.records.iter().map(|record| record.seq()).collect()
    }

    pub(super) async fn head(&self) -> u64 {
        self.history(&Scope::Tenant, u64::MAX).await.head
    }

    pub(super) async fn epoch(&self) -> Epoch {
        self.history(&Scope::Tenant, u64::MAX).await.epoch
    }

    pub(super) async fn page(
        &self,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Snapshots {
        let page = self.engine.snapshots(&self.tenant, scope, page, limit).await;
        page.expect("snapshots can be read")
    }

    /// Every order of a scope, by pages of this size.
    pub(super) async fn snapshots(&self, scope: &Scope, page_size: usize) -> Vec<Snapshot> {
        let mut orders = Vec::new();
        let mut next = None;
        for _ in 0..10_000 {
            let page = self.page(scope, next.as_ref(), page_size).await;
            assert!(page.orders.len() <= page_size, "a page is longer than {page_size}");
            orders.extend(page.orders);
            next = page.next;
            if next.is_none() {
                return orders;
            }
        }
        panic!("the pages of {scope} do not come to an end")
    }

    pub(super) async fn snapshot(&self, order: &OrderId) -> Option<Snapshot> {
        let mut orders = self.snapshots(&Scope::Order(order.clone()), 10).await;
        assert!(orders.len() <= 1, "an order has more than one snapshot");
        orders.pop()
    }

    pub(super) fn follow(&self, tail: &Arc<impl Tail + 'static>) -> Follow {
        self.engine.follow(&self.tenant, Arc::clone(tail) as Arc<dyn Tail>)
    }
}

/// Everything, for staff.
pub(super) const NO_LIMIT: HistoryLimit =
    HistoryLimit { audience: Audience::Staff, events: 1_000_000, bytes: 1 << 40 };

/// One event whatever the order is: its creation, or a public remark.
pub(super) fn word(order: &OrderId) -> Update {
    Update::status(order, OrderStatus::Pending).with_note("word").or_create()
}

pub(super) fn order(text: &str) -> OrderId {
    OrderId::new(text).expect("an order's id")
}

pub(super) fn customer(text: &str) -> CustomerId {
    CustomerId::new(text).expect("a customer's id")
}

pub(super) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text).expect("a key")
}
