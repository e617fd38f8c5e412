//! Orders are loaded once, and never given to who asks after they were invalidated.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use order_events_cdc::{Decision, Loaded, OrderCache, OrderLoader, Uncertain, async_trait};
use order_events_core::{CustomerId, OrderId, OrderStatus};
use tokio::sync::Semaphore;

/// An order elsewhere: its value counts up when it changes.
#[derive(Clone)]
struct Elsewhere {
    value: Arc<AtomicU32>,
    loads: Arc<AtomicU32>,
    is_broken: Arc<AtomicBool>,
    begun: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

#[async_trait]
impl OrderLoader for Elsewhere {
    type Order = u32;
    type Error = &'static str;

    async fn load(&self, _: &OrderId) -> Result<Loaded<u32>, &'static str> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let order = self.value.load(Ordering::SeqCst);
        self.begun.add_permits(1);
        self.go_on.acquire().await.unwrap().forget();
        if self.is_broken.load(Ordering::SeqCst) {
            return Err("no line");
        }
        Ok(Loaded { order, account: Some(ada()) })
    }
}

impl Elsewhere {
    fn open() -> (Self, Arc<OrderCache<Self>>) {
        let elsewhere = Self {
            value: Arc::default(),
            loads: Arc::default(),
            is_broken: Arc::default(),
            begun: Arc::new(Semaphore::new(0)),
            go_on: Arc::new(Semaphore::new(1_000_000)),
        };
        let cache = Arc::new(OrderCache::new(elsewhere.clone()));
        (elsewhere, cache)
    }

    /// Loads stand still until they are let.
    fn held() -> (Self, Arc<OrderCache<Self>>) {
        let (elsewhere, cache) = Self::open();
        elsewhere.go_on.forget_permits(1_000_000);
        (elsewhere, cache)
    }

    fn loads(&self) -> u32 {
        self.loads.load(Ordering::SeqCst)
    }

    fn changes(&self) {
        self.value.fetch_add(1, Ordering::SeqCst);
    }

    async fn has_begun(&self) {
        within(self.begun.acquire()).await.unwrap().forget();
    }
}

/// However slow the machine: what takes longer does not happen.
async fn within<T>(patience: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), patience).await.expect("it does not happen")
}

fn order() -> OrderId {
    OrderId::new("1").unwrap()
}

fn ada() -> CustomerId {
    CustomerId::new("ada").unwrap()
}

fn reader(cache: &Arc<OrderCache<Elsewhere>>) -> tokio::task::JoinHandle<u32> {
    let cache = Arc::clone(cache);
    tokio::spawn(async move { cache.get(&order()).await.unwrap() })
}

#[tokio::test]
async fn what_was_loaded_is_kept_until_it_is_invalidated() {
    let (elsewhere, cache) = Elsewhere::open();
    for _ in 0..3 {
        assert_eq!(cache.get(&order()).await, Ok(0));
    }
    assert_eq!(elsewhere.loads(), 1);
    elsewhere.changes();
    cache.invalidate(&order()).await;
    for _ in 0..3 {
        assert_eq!(cache.get(&order()).await, Ok(1));
    }
    assert_eq!(elsewhere.loads(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_readers_after_an_invalidation_are_one_load() {
    let (elsewhere, cache) = Elsewhere::open();
    cache.get(&order()).await.unwrap();
    elsewhere.go_on.forget_permits(1_000_000);
    for by_account in [false, true] {
        let before = elsewhere.loads();
        elsewhere.changes();
        if by_account {
            cache.invalidate_account(&ada());
        } else {
            cache.invalidate(&order()).await;
        }
        let value = elsewhere.value.load(Ordering::SeqCst);
        let readers: Vec<_> = (0..1_000).map(|_| reader(&cache)).collect();
        elsewhere.has_begun().await;
        elsewhere.go_on.add_permits(1);
        for reader in readers {
            assert_eq!(within(reader).await.unwrap(), value);
        }
        assert_eq!(elsewhere.loads(), before + 1, "by account: {by_account}");
        elsewhere.begun.forget_permits(1_000_000);
    }
}

#[tokio::test]
async fn a_load_that_was_under_way_when_its_order_was_invalidated_is_not_kept() {
    let (elsewhere, cache) = Elsewhere::held();
    let early = reader(&cache);
    elsewhere.has_begun().await;
    elsewhere.changes();
    cache.invalidate(&order()).await;
    // Asks after it, and so does not wait for what began before it.
    let late = reader(&cache);
    elsewhere.has_begun().await;
    elsewhere.go_on.add_permits(2);
    assert_eq!(within(early).await.unwrap(), 0);
    assert_eq!(within(late).await.unwrap(), 1);
    assert_eq!(cache.get(&order()).await, Ok(1));
    assert_eq!(elsewhere.loads(), 2);
}

#[tokio::test]
async fn a_load_that_was_under_way_when_its_account_was_invalidated_is_not_kept() {
    let (elsewhere, cache) = Elsewhere::held();
    let early = reader(&cache);
    elsewhere.has_begun().await;
    elsewhere.changes();
    // Nobody knows yet that the order is theirs.
    cache.invalidate_account(&ada());
    elsewhere.go_on.add_permits(2);
    assert_eq!(within(early).await.unwrap(), 0);
    assert_eq!(cache.get(&order()).await, Ok(1));
    assert_eq!(elsewhere.loads(), 2);
}

#[tokio::test]
async fn another_account_does_not_matter() {
    let (elsewhere, cache) = Elsewhere::open();
    cache.get(&order()).await.unwrap();
    // A place is shared by one in 16,384.
    for n in 0..10 {
        cache.invalidate_account(&CustomerId::new(format!("bob{n}")).unwrap());
    }
    cache.get(&order()).await.unwrap();
    assert!(elsewhere.loads() <= 2);
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_waited_and_not_kept() {
    let (elsewhere, cache) = Elsewhere::held();
    elsewhere.is_broken.store(true, Ordering::SeqCst);
    let readers: Vec<_> = (0..10)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { cache.get(&order()).await })
        })
        .collect();
    elsewhere.has_begun().await;
    elsewhere.go_on.add_permits(1);
    for reader in readers {
        assert_eq!(*within(reader).await.unwrap().unwrap_err(), "no line");
    }
    assert_eq!(elsewhere.loads(), 1);
    elsewhere.is_broken.store(false, Ordering::SeqCst);
    elsewhere.go_on.add_permits(1);
    assert_eq!(cache.get(&order()).await, Ok(0));
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_its_load_to_the_others() {
    let (elsewhere, cache) = Elsewhere::held();
    let first = reader(&cache);
    elsewhere.has_begun().await;
    let second = reader(&cache);
    tokio::task::yield_now().await;
    first.abort();
    elsewhere.go_on.add_permits(2);
    assert_eq!(within(second).await.unwrap(), 0);
}

#[tokio::test]
async fn decisions_are_heeded() {
    let (elsewhere, cache) = Elsewhere::open();
    let (other, account) = (OrderId::new("2").unwrap(), Some(ada()));
    let decisions: [Decision<OrderStatus>; 3] = [
        Decision::Invalidate { order: order(), account: None },
        // By its account, though another order is named.
        Decision::Invalidate { order: other, account },
        Decision::Refresh { entity: "Order".to_owned(), why: Uncertain::Overflow },
    ];
    for (n, decision) in (0..).zip(&decisions) {
        assert_eq!(cache.get(&order()).await, Ok(n));
        elsewhere.changes();
        cache.heed(decision).await;
        assert_eq!(cache.get(&order()).await, Ok(n + 1), "{decision:?}");
    }
}

#[tokio::test]
async fn an_order_that_is_too_old_is_loaded_again() {
    let (elsewhere, _) = Elsewhere::open();
    let cache = OrderCache::with(elsewhere.clone(), 10, Duration::ZERO);
    cache.get(&order()).await.unwrap();
    cache.get(&order()).await.unwrap();
    assert_eq!(elsewhere.loads(), 2);
}
