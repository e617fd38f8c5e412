//! The source delivers everything twice, out of order across orders, and restarts in the middle.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use order_events_cdc::{
    Delivered, Failed, Feed, FeedError, Job, Loaded, MemoryPositions, OrderCache, OrderLoader,
    Pipeline, Position, Positions, Provisioned, Provisioner, ProvisioningQueue, Rules, Runner,
    Salesforce, async_trait,
};
use order_events_core::{
    Cursor, Delivery, EventKind, Grant, Hub, OrderId, OrderStatus, Principal, Resume, Scope,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{Bus, Drawer, Refreshed, Service, becomes};

/// The statuses of an order, one after the other, in the words of Salesforce.
const LIVES: [&[&str]; 4] = [
    &["Draft", "Approved", "Shipped", "Delivered", "Refunded"],
    &["Draft", "Cancelled"],
    &["Approved", "Shipped"],
    &["Draft", "Approved", "Refunded"],
];

/// What becomes of orders, in the order in which it is delivered.
#[derive(Debug, Clone)]
struct Story {
    lives: Vec<usize>,
    /// Whose next event comes, and how far back a repetition goes that follows it.
    steps: Vec<(usize, usize)>,
    /// After how many events the process ends, each time.
    restarts: Vec<usize>,
}

fn story() -> impl Strategy<Value = Story> {
    prop::collection::vec(0..LIVES.len(), 1..5).prop_flat_map(|lives| {
        let events: usize = lives.iter().map(|life| LIVES[*life].len()).sum();
        let steps = prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12), events);
        let restarts = prop::collection::vec(1_usize..12, 0..4);
        (Just(lives), steps, restarts).prop_map(|(lives, steps, restarts)| {
            let orders = lives.len();
            let steps =
                steps.into_iter().map(|(whose, back)| (whose.index(orders), back)).collect();
            Story { lives, steps, restarts }
        })
    })
}

impl Story {
    /// Each event twice: when it happens, and again at some time after it.
    fn deliveries(&self) -> Vec<Value> {
        let mut told = vec![0; self.lives.len()];
        let (mut events, mut deliveries) = (Vec::new(), Vec::new());
        for (wanted, back) in &self.steps {
            // Of the orders that have something left, the one that is wanted or the next.
            let left = |order: &usize| told[*order] < LIVES[self.lives[*order]].len();
            let order = (0..told.len()).map(|n| (wanted + n) % told.len()).find(left);
            let Some(order) = order else { break };
            let at = told[order];
            told[order] += 1;
            let status = LIVES[self.lives[order]][at];
            events.push(becomes(&order.to_string(), status, &format!("t-{order}-{at}")));
            deliveries.push(events[events.len() - 1].clone());
            deliveries.push(events[events.len() - 1 - back % events.len()].clone());
        }
        // Whatever was not repeated by chance.
        deliveries.extend(events);
        deliveries
    }
}

/// The orders as they are in Salesforce: ahead of what it tells.
#[derive(Debug, Clone, Default)]
struct Elsewhere(Arc<Mutex<BTreeMap<String, usize>>>);

#[async_trait]
impl OrderLoader for Elsewhere {
    type Order = usize;
    type Error = std::convert::Infallible;

    async fn load(&self, order: &OrderId) -> Result<Loaded<usize>, Self::Error> {
        let order = *self.0.lock().unwrap().get(order.as_str()).unwrap_or(&0);
        Ok(Loaded { order, account: None })
    }
}

/// Before an event is delivered somebody looks, and then it happens: what is cached is as old as can
/// be.
struct Unfolding {
    bus: Bus,
    elsewhere: Elsewhere,
    cache: Arc<OrderCache<Elsewhere>>,
}

#[async_trait]
impl Feed for Unfolding {
    async fn open(&mut self, after: Option<&Position>) -> Result<(), FeedError> {
        self.bus.open(after).await
    }

    async fn next(&mut self) -> Result<Option<Delivered>, FeedError> {
        if let Some(event) = self.bus.events.get(self.bus.next) {
            let order = event["ChangeEventHeader"]["recordIds"][0].as_str().unwrap();
            let _ = self.cache.get(&OrderId::new(order).unwrap()).await;
            happens(&self.elsewhere, event);
        }
        self.bus.next().await
    }
}

/// Counts what is done for each trigger.
#[derive(Clone, Default)]
struct Counting(Arc<Mutex<BTreeMap<String, u32>>>);

#[async_trait]
impl Provisioner for Counting {
    async fn provision(&self, job: &Job, _: u32) -> Result<Provisioned, Failed> {
        *self.0.lock().unwrap().entry(job.trigger.to_string()).or_default() += 1;
        Ok(Provisioned::default())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("ORDER_EVENTS_MODEL_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
    ))]

    #[test]
    fn whatever_comes_twice_each_trigger_is_one_job_versions_are_in_order_and_caches_are_never_older(
        story in story()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(live(&story));
    }
}

async fn live(story: &Story) {
    let elsewhere = Elsewhere::default();
    let cache = Arc::new(OrderCache::new(elsewhere.clone()));
    let too_old = Arc::new(Mutex::new(Vec::new()));
    let hub = watched(&cache, &too_old);
    let service = Service { hub, ..Service::new() };
    let positions = MemoryPositions::default();
    let deliveries = story.deliveries();

    // The process ends after so many events, whose last position is lost half the time.
    let mut restarts = story.restarts.iter();
    let mut delivered = 0;
    while delivered < deliveries.len() {
        let end = restarts.next().map_or(deliveries.len(), |more| delivered + more);
        let end = end.min(deliveries.len());
        let pipeline: Pipeline = Pipeline::new(
            Salesforce,
            Rules::salesforce(),
            service.hub.clone(),
            Arc::clone(&service.queue) as _,
            Drawer::default(),
            Refreshed::default(),
        )
        .forgetting(Arc::clone(&cache) as _);
        let bus = Bus::of(deliveries[..end].to_vec());
        let mut bus = Unfolding { bus, elsewhere: elsewhere.clone(), cache: Arc::clone(&cache) };
        pipeline.run(&mut bus, &positions, |_| {}).await.unwrap();
        delivered = end;
        if end < deliveries.len() && end >= 2 && end.is_multiple_of(2) {
            let before = i64::try_from(end - 2).unwrap();
            positions.save(&Position::Number(before)).await.unwrap();
        }
    }

    for (order, life) in story.lives.iter().enumerate() {
        let seen = statuses(&service.hub, order).await;
        assert_eq!(seen, of_life(LIVES[*life]), "order {order}");
    }
    let counting = Counting::default();
    let queue = Arc::clone(&service.queue) as Arc<dyn ProvisioningQueue>;
    let runner = Runner::new(queue, service.hub.clone(), counting.clone());
    while runner.run_once(Duration::ZERO).await.unwrap().is_some() {}
    let expected: BTreeMap<_, _> = story
        .lives
        .iter()
        .enumerate()
        .filter(|(_, life)| LIVES[**life].contains(&"Approved"))
        .map(|(order, _)| (format!("provision/default/{order}/1"), 1))
        .collect();
    assert_eq!(*counting.0.lock().unwrap(), expected);
    assert_eq!(*too_old.lock().unwrap(), Vec::<String>::new());
}

/// A hub on which somebody reads the cache the moment that an event is in the log.
fn watched(cache: &Arc<OrderCache<Elsewhere>>, too_old: &Arc<Mutex<Vec<String>>>) -> Hub {
    let (cache, too_old) = (Arc::clone(cache), Arc::clone(too_old));
    Hub::builder()
        .after_commit(move |applied| {
            let order = &applied.event.order_id;
            let Some(status) = applied.event.kind.status() else { return };
            let cached = pin!(cache.get(order)).poll(&mut Context::from_waker(Waker::noop()));
            // A panic would be caught by the hub.
            let Poll::Ready(Ok(cached)) = cached else {
                return too_old.lock().unwrap().push(format!("{order}: not loaded at once"));
            };
            if cached < usize::try_from(applied.event.version).unwrap() {
                let told = applied.event.version;
                too_old.lock().unwrap().push(format!("{order}: {cached} after {told} ({status})"));
            }
        })
        .build()
}

/// Salesforce has committed it.
fn happens(elsewhere: &Elsewhere, event: &Value) {
    let header = &event["ChangeEventHeader"];
    let order = header["recordIds"][0].as_str().unwrap().to_owned();
    let transaction = header["transactionKey"].as_str().unwrap();
    let at: usize = transaction.rsplit('-').next().unwrap().parse().unwrap();
    let mut orders = elsewhere.0.lock().unwrap();
    let version = orders.entry(order).or_default();
    *version = (*version).max(at + 1);
}

fn of_life(words: &[&str]) -> Vec<OrderStatus> {
    words.iter().map(|word| Rules::salesforce().statuses[*word]).collect()
}

/// The order's statuses, in the order of its versions, as a customer sees them.
async fn statuses(hub: &Hub, order: usize) -> Vec<OrderStatus> {
    let order = OrderId::new(order.to_string()).unwrap();
    let grant = Grant::new(Principal::new("ada").unwrap(), Scope::Order(order));
    let mut fresh = hub.subscribe(grant.clone(), Resume::Fresh).await.unwrap();
    fresh.next().await;
    let beginning = Resume::After(Cursor { seq: 0, ..fresh.cursor() });
    let mut watching = hub.subscribe(grant, beginning).await.unwrap();
    let (mut statuses, mut version) = (Vec::new(), 0);
    // Looks at all that there is, and waits for nothing.
    while let Ok(Some(given)) = tokio::time::timeout(Duration::ZERO, watching.next()).await {
        let Delivery::Event(event) = given else { continue };
        let event = event.decode::<OrderStatus>();
        assert!(event.version > version, "{event:?}");
        version = event.version;
        if let EventKind::Created { status, .. } | EventKind::Status { status, .. } = event.kind {
            statuses.push(status);
        }
    }
    statuses
}
