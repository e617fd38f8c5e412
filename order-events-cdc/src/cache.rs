//! Orders as they stand elsewhere, kept for a while.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use moka::future::Cache;
use order_events_core::{CustomerId, Lifecycle, OrderId};

use crate::config::{CACHE_AGE, CACHE_ORDERS, CACHE_STRIPES};
use crate::decision::Decision;

/// Loads an order from where it is.
#[async_trait]
pub trait OrderLoader: Send + Sync + 'static {
    /// An order, as the service has it. One that may not be there is an `Option`.
    type Order: Clone + Send + Sync + 'static;
    /// Why it could not be loaded. Nothing is kept then.
    type Error: Send + Sync + 'static;

    /// Loads it.
    async fn load(&self, order: &OrderId) -> Result<Loaded<Self::Order>, Self::Error>;
}

/// An order, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded<T> {
    /// The order.
    pub order: T,
    /// The account by which it is invalidated as well.
    pub account: Option<CustomerId>,
}

/// Orders of one tenant, read through and kept until they are invalidated.
///
/// - Readers of one order share one load, however many they are.
/// - A load that was under way when its order or its account was invalidated is given to those who
///   asked before, and to nobody who asks after.
/// - What fails is told to all who waited, and is not kept.
///
/// Nothing is looked for by account: an entry knows when its load began, and order and account when
/// they were invalidated. Those moments are kept in a fixed number of places that many orders share,
/// so memory is bounded, and now and then an order is loaded again that need not be. They are counted
/// and not read from a clock.
pub struct OrderCache<T: OrderLoader> {
    loader: Arc<T>,
    /// By the order, and by the moment before which a load is of no use.
    entries: Cache<(OrderId, u64), Entry<T::Order>>,
    moments: Moments,
}

#[derive(Debug, Clone)]
struct Entry<V> {
    loaded: Loaded<V>,
    /// When its load began.
    since: u64,
}

struct Moments {
    now: AtomicU64,
    all: AtomicU64,
    orders: Box<[AtomicU64]>,
    accounts: Box<[AtomicU64]>,
    hasher: RandomState,
}

impl<T: OrderLoader> fmt::Debug for OrderCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrderCache").field("entries", &self.entries.entry_count()).finish()
    }
}

impl<T: OrderLoader> OrderCache<T> {
    /// An empty cache of [`CACHE_ORDERS`] orders, each kept for [`CACHE_AGE`] at most.
    pub fn new(loader: T) -> Self {
        Self::with(loader, CACHE_ORDERS, CACHE_AGE)
    }

    /// An empty cache of so many orders, each kept for so long at most.
    pub fn with(loader: T, orders: u64, age: Duration) -> Self {
        let places = || (0..CACHE_STRIPES).map(|_| AtomicU64::new(0)).collect();
        Self {
            loader: Arc::new(loader),
            entries: Cache::builder().max_capacity(orders).time_to_live(age).build(),
            moments: Moments {
                now: AtomicU64::new(0),
                all: AtomicU64::new(0),
                orders: places(),
                accounts: places(),
                hasher: RandomState::new(),
            },
        }
    }

    /// The order, from the cache or from where it is.
    pub async fn get(&self, order: &OrderId) -> Result<T::Order, Arc<T::Error>> {
        let moments = &self.moments;
        let asked = moments.now.load(Ordering::SeqCst);
        let mut floor = moments.of_order(order);
        loop {
            // Who asks after an invalidation asks for another entry, so that nobody waits for, or
            // keeps, what began before it.
            let entry = self.entries.try_get_with((order.clone(), floor), self.load(order)).await?;
            let needed = moments.of_account(entry.loaded.account.as_ref());
            // What began after this reader came is good enough for it, whatever happened since.
            if entry.since >= needed.min(asked) {
                return Ok(entry.loaded.order);
            }
            floor = needed;
        }
    }

    async fn load(&self, order: &OrderId) -> Result<Entry<T::Order>, T::Error> {
        let since = self.moments.now.load(Ordering::SeqCst);
        let loaded = self.loader.load(order).await?;
        Ok(Entry { loaded, since })
    }

    /// What is kept of this order is not true any more.
    pub async fn invalidate(&self, order: &OrderId) {
        let moments = &self.moments;
        let place = moments.place(&moments.orders, order);
        let before = moments.of_order(order);
        moments.mark(place);
        // Nobody asks for it any more.
        self.entries.invalidate(&(order.clone(), before)).await;
    }

    /// What is kept of this account's orders is not true any more.
    pub fn invalidate_account(&self, account: &CustomerId) {
        self.moments.mark(self.moments.place(&self.moments.accounts, account));
    }

    /// Nothing that is kept is true any more.
    pub fn invalidate_all(&self) {
        self.moments.mark(&self.moments.all);
        self.entries.invalidate_all();
    }

    /// Forgets what a decision says is to be forgotten. To be done before others are told.
    pub async fn heed<L: Lifecycle>(&self, decision: &Decision<L>) {
        match decision {
            Decision::Invalidate { order, account } => {
                self.invalidate(order).await;
                if let Some(account) = account {
                    self.invalidate_account(account);
                }
            }
            Decision::Refresh { .. } => self.invalidate_all(),
            _ => {}
        }
    }
}

impl Moments {
    fn of_order(&self, order: &OrderId) -> u64 {
        let all = self.all.load(Ordering::SeqCst);
        self.place(&self.orders, order).load(Ordering::SeqCst).max(all)
    }

    fn of_account(&self, account: Option<&CustomerId>) -> u64 {
        account.map_or(0, |account| self.place(&self.accounts, account).load(Ordering::SeqCst))
    }

    fn place<'a>(&'a self, places: &'a [AtomicU64], id: &impl Hash) -> &'a AtomicU64 {
        // As many places as a power of two, and a hash whose bits are as good as each other. What had
        // no place would be forgotten with everything.
        places.get(self.hasher.hash_one(id) as usize % places.len()).unwrap_or(&self.all)
    }

    /// The moment goes up before it is marked, so that a load that sees the mark began after it.
    fn mark(&self, place: &AtomicU64) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        place.fetch_max(now, Ordering::SeqCst);
    }
}
