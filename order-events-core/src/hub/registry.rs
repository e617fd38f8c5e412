//! Which scopes are watched, and the way of a committed event to those who watch.
//!
//! # Lock order
//!
//! principal → tenants → (the engine's own) → points → seats. Each is taken while those to its left
//! may be held, never the other way round; the engine calls [`Tail`] with its own lock held and so
//! enters in the middle. Nobody is woken, and no waker is dropped, under any of them, and nothing
//! of a user's runs there but the clone of a waker; [`sync`](crate::sync) says why that one may.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::delivery::EndReason;
use super::shared::Shared;
use super::watch::{Item, WatchPoint};
use crate::cursor::Epoch;
use crate::engine::{Engine, Follow, Record, Tail, Wakes};
use crate::event::Audience;
use crate::grant::Scope;
use crate::id::{CustomerId, Principal, TenantId};
use crate::sync::Mutex;
use crate::time::Timestamp;

/// How many locks guard the table of tenants.
const SHARDS: usize = 16;

pub(crate) struct Registry {
    engine: Arc<dyn Engine>,
    window: usize,
    shards: Box<[Mutex<Shard>]>,
    hasher: DefaultHashBuilder,
}

#[derive(Default)]
struct Shard {
    tenants: HashMap<TenantId, Arc<TenantWatch>, DefaultHashBuilder>,
    closed: bool,
}

/// The watched scopes of one tenant: the tail that its engine feeds.
pub(crate) struct TenantWatch {
    /// What its subscriptions share, so that not each of them must know it. The circle is broken
    /// when the last one leaves: a tenant that nobody watches is in no table.
    pub(crate) shared: Arc<Shared>,
    pub(crate) tenant: TenantId,
    window: usize,
    points: Mutex<Points>,
    follow: Mutex<Option<Follow>>,
    /// The epoch that was last read, for those who list the watchers.
    epoch: AtomicU64,
}

#[derive(Default)]
struct Points {
    /// Orders and customers.
    table: HashTable<Arc<Point>>,
    hasher: DefaultHashBuilder,
    /// The tenant as a whole, for each audience.
    whole: [Option<Arc<Point>>; 2],
}

/// One watched scope, for one audience: staff's events never enter a public window.
pub(crate) struct Point {
    pub(crate) watch: Arc<TenantWatch>,
    pub(crate) scope: Scope,
    pub(crate) audience: Audience,
    pub(crate) seats: WatchPoint<Arc<Record>, Owner, EndReason>,
}

/// Whose seat it is.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) id: u64,
    pub(crate) principal: Principal,
    pub(crate) since: Timestamp,
}

impl Item for Arc<Record> {
    fn seq(&self) -> u64 {
        Record::seq(self)
    }
}

/// Why no seat was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoSeat {
    Closed,
    Full,
}

impl Registry {
    pub(crate) fn new(engine: Arc<dyn Engine>, window: usize) -> Self {
        Self {
            engine,
            window,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "a remainder by how many there are")]
    fn shard(&self, tenant: &TenantId) -> &Mutex<Shard> {
        &self.shards[(self.hasher.hash_one(tenant) >> 32) as usize % SHARDS]
    }

    /// Takes a seat at the scope's watch point, which is made where there is none. Every event
    /// committed from now on passes it.
    pub(crate) fn join(
        &self,
        shared: &Arc<Shared>,
        tenant: &TenantId,
        scope: &Scope,
        audience: Audience,
        owner: Owner,
        limit: usize,
    ) -> Result<(Arc<Point>, u32), NoSeat> {
        let mut shard = self.shard(tenant).lock();
        if shard.closed {
            return Err(NoSeat::Closed);
        }
        if limit == 0 {
            return Err(NoSeat::Full);
        }
        let watch = match shard.tenants.get(tenant) {
            Some(watch) => Arc::clone(watch),
            None => {
                let watch = Arc::new(TenantWatch {
                    shared: Arc::clone(shared),
                    tenant: tenant.clone(),
                    window: self.window,
                    points: Mutex::default(),
                    follow: Mutex::new(None),
                    epoch: AtomicU64::new(0),
                });
                let follow = self.engine.follow(tenant, Arc::clone(&watch) as Arc<dyn Tail>);
                *watch.follow.lock() = Some(follow);
                shard.tenants.insert(tenant.clone(), Arc::clone(&watch));
                watch
            }
        };
        let mut points = watch.points.lock();
        let point = match points.find(scope, audience) {
            Some(point) => Arc::clone(point),
            None => {
                let point = Arc::new(Point {
                    watch: Arc::clone(&watch),
                    scope: scope.clone(),
                    audience,
                    seats: WatchPoint::new(),
                });
                points.insert(Arc::clone(&point));
                point
            }
        };
        // A new watch point has room for one, so none is left behind empty.
        let seat = point.seats.join(owner, limit).ok_or(NoSeat::Full)?;
        Ok((point, seat))
    }

    /// Gives a seat back, and with the last one the watch point, and with the last of those the
    /// tenant.
    pub(crate) fn leave(&self, point: &Arc<Point>, seat: u32) {
        if point.seats.leave(seat) {
            self.remove(point);
        }
    }

    fn remove(&self, point: &Arc<Point>) {
        let watch = &point.watch;
        let mut shard = self.shard(&watch.tenant).lock();
        let mut points = watch.points.lock();
        // Somebody may have sat down meanwhile.
        if !point.seats.is_empty() {
            return;
        }
        points.remove(point);
        if !points.is_empty() {
            return;
        }
        let is_ours =
            shard.tenants.get(&watch.tenant).is_some_and(|other| Arc::ptr_eq(other, watch));
        if is_ours {
            shard.tenants.remove(&watch.tenant);
        }
        drop(points);
        let follow = watch.follow.lock().take();
        drop(shard);
        // Ending it enters the engine, which may hold its own lock while it waits for ours.
        drop(follow);
    }

    /// Whether seats are given no more.
    pub(crate) fn is_closed(&self, tenant: &TenantId) -> bool {
        self.shard(tenant).lock().closed
    }

    /// No more seats, and every seat there is ends.
    pub(crate) fn close(&self, why: EndReason, wakes: &mut Wakes) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.closed = true;
            for watch in shard.tenants.values() {
                watch.points.lock().each(|point| point.seats.end_all(why, wakes));
            }
        }
    }

    /// Shows every watch point. No lock but the seats' may be taken by `show`.
    pub(crate) fn each(&self, show: impl FnMut(&Arc<Point>)) {
        self.each_of(None, None, show);
    }

    /// Shows the watch points of a tenant and of a scope, where they are named: a scope's are found
    /// without a look at any other. No lock but the seats' may be taken by `show`.
    pub(crate) fn each_of(
        &self,
        tenant: Option<&TenantId>,
        scope: Option<&Scope>,
        mut show: impl FnMut(&Arc<Point>),
    ) {
        let mut show_of = |watch: &TenantWatch| {
            let points = watch.points.lock();
            match scope {
                Some(scope) => {
                    let of = |audience| points.find(scope, audience);
                    let found = [Audience::Public, Audience::Staff].into_iter().filter_map(of);
                    found.for_each(&mut show);
                }
                None => points.each(&mut show),
            }
        };
        if let Some(tenant) = tenant {
            let watch = self.shard(tenant).lock().tenants.get(tenant).cloned();
            watch.iter().for_each(|watch| show_of(watch));
            return;
        }
        for shard in &self.shards {
            let watches: Vec<_> = shard.lock().tenants.values().cloned().collect();
            watches.iter().for_each(|watch| show_of(watch));
        }
    }
}

impl TenantWatch {
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch::from_u64(self.epoch.load(Ordering::Relaxed))
    }

    pub(crate) fn set_epoch(&self, epoch: Epoch) {
        self.epoch.store(epoch.as_u64(), Ordering::Relaxed);
    }
}

impl Tail for TenantWatch {
    fn committed(&self, record: &Arc<Record>, customer: Option<&CustomerId>, wakes: &mut Wakes) {
        let points = self.points.lock();
        let publish = |point: &Arc<Point>, wakes: &mut Wakes| {
            if record.is_visible_to(point.audience) {
                point.seats.publish(Arc::clone(record), self.window, wakes);
            }
        };
        for point in points.whole.iter().flatten() {
            publish(point, wakes);
        }
        if points.table.is_empty() {
            return;
        }
        for point in points.table.iter_hash(points.hasher.hash_one(record.order().as_str())) {
            if matches!(&point.scope, Scope::Order(order) if order == record.order()) {
                publish(point, wakes);
            }
        }
        if let Some(customer) = customer {
            for point in points.table.iter_hash(points.hasher.hash_one(customer.as_str())) {
                if matches!(&point.scope, Scope::Customer(other) if other == customer) {
                    publish(point, wakes);
                }
            }
        }
    }

    fn interrupted(&self, wakes: &mut Wakes) {
        self.points.lock().each(|point| point.seats.interrupt(wakes));
    }
}

/// An order and a customer may have the same id; the table compares whole scopes.
fn hash(hasher: &DefaultHashBuilder, scope: &Scope) -> u64 {
    hasher.hash_one(match scope {
        Scope::Order(order) => order.as_str(),
        Scope::Customer(customer) => customer.as_str(),
        Scope::Tenant => "",
    })
}

impl Points {
    fn find(&self, scope: &Scope, audience: Audience) -> Option<&Arc<Point>> {
        if *scope == Scope::Tenant {
            return self.whole.get(audience as usize)?.as_ref();
        }
        self.table.find(hash(&self.hasher, scope), |point| {
            point.scope == *scope && point.audience == audience
        })
    }

    fn insert(&mut self, point: Arc<Point>) {
        if point.scope == Scope::Tenant {
            if let Some(place) = self.whole.get_mut(point.audience as usize) {
                *place = Some(point);
            }
            return;
        }
        let Self { table, hasher, .. } = self;
        let place = hash(hasher, &point.scope);
        table.insert_unique(place, point, |point| hash(hasher, &point.scope));
    }

    fn remove(&mut self, point: &Arc<Point>) {
        for place in &mut self.whole {
            place.take_if(|other| Arc::ptr_eq(other, point));
        }
        let place = hash(&self.hasher, &point.scope);
        if let Ok(entry) = self.table.find_entry(place, |other| Arc::ptr_eq(other, point)) {
            entry.remove();
        }
    }

    fn is_empty(&self) -> bool {
        self.table.is_empty() && self.whole.iter().all(Option::is_none)
    }

    fn each(&self, mut show: impl FnMut(&Arc<Point>)) {
        self.whole.iter().flatten().chain(self.table.iter()).for_each(&mut show);
    }
}
