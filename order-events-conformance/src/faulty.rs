//! An engine that fails on purpose, around one that does not.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use order_events_core::engine::{
    Answer, Append, Appended, Current, Draft, Engine, EngineError, Follow, History, HistoryLimit,
    Log, Node, Notice, PageToken, Record, Snapshots, Tail, Wakes,
};
use order_events_core::{CustomerId, IdempotencyKey, OrderId, Scope, TenantId, Timestamp};

use crate::engine::yield_now;

/// How often what goes wrong: each rate is out of a thousand calls. [`Default`] is never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Faults {
    /// Calls that give way to others before the engine is asked.
    pub delay_before: u32,
    /// Calls that give way to others after the engine has answered.
    pub delay_after: u32,
    /// How often such a call gives way, at most.
    pub most_yields: u32,
    /// Reads of any kind that fail as [`EngineError::Unavailable`].
    pub read_unavailable: u32,
    /// Appends that fail as [`EngineError::Unavailable`] without having been tried.
    pub append_unavailable: u32,
    /// Appends that fail as [`EngineError::Indeterminate`] without having been tried.
    pub request_lost: u32,
    /// Appends that fail as [`EngineError::Indeterminate`] though the engine has answered.
    pub reply_lost: u32,
    /// Appends after which every tail of the tenant is told that something may be missing.
    pub interrupted: u32,
}

impl Faults {
    /// Nothing fails, but most calls give way to others before, after, or both.
    pub fn delays() -> Self {
        Self { delay_before: 600, delay_after: 600, most_yields: 3, ..Self::default() }
    }

    /// Everything goes wrong now and then: at this rate, out of a thousand.
    pub fn everything(rate: u32) -> Self {
        Self {
            read_unavailable: rate,
            append_unavailable: rate,
            request_lost: rate,
            reply_lost: rate,
            interrupted: rate,
            ..Self::delays()
        }
    }
}

/// How often what went wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Injected {
    /// Calls that gave way to others.
    pub delays: u64,
    /// Calls that failed as unavailable.
    pub unavailable: u64,
    /// Appends that were never tried and whose failure did not say so.
    pub requests_lost: u64,
    /// Appends whose answer was lost.
    pub replies_lost: u64,
    /// Tails that were interrupted, one by one.
    pub interruptions: u64,
}

/// Any engine, with [`Faults`] that are drawn from a seed. They can be changed, and switched off
/// and on, at any time.
///
/// What it says is true: it fails only in ways that the contract allows, so that whatever stands on
/// an engine must get along with it.
pub struct Faulty<E> {
    inner: Arc<E>,
    is_on: AtomicBool,
    faults: Mutex<Faults>,
    seed: u64,
    rolled: AtomicU64,
    injected: Mutex<Injected>,
    tails: Mutex<Vec<(TenantId, Weak<Guarded>)>>,
}

impl<E: Engine> Faulty<E> {
    /// Wraps an engine. The same seed makes the same draws, though callers who race share them out
    /// in whatever order they come.
    pub fn new(inner: E, seed: u64, faults: Faults) -> Self {
        Self::over(Arc::new(inner), seed, faults)
    }

    /// Wraps an engine that others use as well: another node, or a test that looks past the faults.
    pub fn over(inner: Arc<E>, seed: u64, faults: Faults) -> Self {
        Self {
            inner,
            is_on: AtomicBool::new(true),
            faults: Mutex::new(faults),
            seed,
            rolled: AtomicU64::new(0),
            injected: Mutex::default(),
            tails: Mutex::default(),
        }
    }

    /// The engine inside, which does not fail.
    pub fn inner(&self) -> &Arc<E> {
        &self.inner
    }

    /// Other faults from now on.
    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.faults) = faults;
    }

    /// Without any fault while it is off.
    pub fn switch(&self, on: bool) {
        self.is_on.store(on, Ordering::SeqCst);
    }

    /// What was injected so far.
    pub fn injected(&self) -> Injected {
        *lock(&self.injected)
    }

    fn faults(&self) -> Faults {
        if self.is_on.load(Ordering::SeqCst) { *lock(&self.faults) } else { Faults::default() }
    }

    fn draw(&self) -> u64 {
        // splitmix64 over a counter, which needs no lock.
        let place = self.rolled.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut z = self.seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn happens(&self, rate: u32) -> bool {
        rate > 0 && self.draw() % 1_000 < u64::from(rate)
    }

    async fn delay(&self, rate: u32) {
        if !self.happens(rate) {
            return;
        }
        lock(&self.injected).delays += 1;
        let yields = 1 + self.draw() % u64::from(self.faults().most_yields.max(1));
        for _ in 0..yields {
            yield_now().await;
        }
    }

    fn may_fail(&self, rate: u32) -> Result<(), EngineError> {
        if !self.happens(rate) {
            return Ok(());
        }
        lock(&self.injected).unavailable += 1;
        Err(EngineError::unavailable("injected"))
    }

    /// A read: before it, after it, and whether at all.
    async fn reading<T>(
        &self,
        read: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        self.delay(self.faults().delay_before).await;
        self.may_fail(self.faults().read_unavailable)?;
        let answer = read.await;
        self.delay(self.faults().delay_after).await;
        answer
    }

    fn interrupt(&self, tenant: &TenantId) {
        let tails: Vec<_> = lock(&self.tails)
            .iter()
            .filter(|(its, _)| its == tenant)
            .filter_map(|(_, tail)| tail.upgrade())
            .collect();
        for tail in tails {
            let mut wakes = Wakes::new();
            tail.interrupted(&mut wakes);
            wakes.wake();
            lock(&self.injected).interruptions += 1;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lost() -> EngineError {
    EngineError::Indeterminate { what: "injected".to_owned(), source: None }
}

/// Passes everything on, and sees to it that an interruption neither meets an event nor comes after
/// the end.
struct Guarded(Mutex<Option<Arc<dyn Tail>>>);

impl Tail for Guarded {
    fn committed(&self, record: &Arc<Record>, customer: Option<&CustomerId>, wakes: &mut Wakes) {
        if let Some(tail) = &*lock(&self.0) {
            tail.committed(record, customer, wakes);
        }
    }

    fn interrupted(&self, wakes: &mut Wakes) {
        if let Some(tail) = &*lock(&self.0) {
            tail.interrupted(wakes);
        }
    }
}

#[async_trait]
impl<E: Engine> Log for Faulty<E> {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current> {
        Answer::later(async move { self.reading(self.inner.read(tenant, order, key, now)).await })
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        self.reading(self.inner.history(tenant, scope, after, limit)).await
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        self.reading(self.inner.snapshots(tenant, scope, page, limit)).await
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        let guarded = Arc::new(Guarded(Mutex::new(Some(tail))));
        {
            let mut tails = lock(&self.tails);
            tails.retain(|(_, tail)| tail.strong_count() > 0);
            tails.push((tenant.clone(), Arc::downgrade(&guarded)));
        }
        let follow = self.inner.follow(tenant, Arc::clone(&guarded) as Arc<dyn Tail>);
        Follow::new(move || {
            drop(follow);
            // Dropped after the lock: it may be the last owner of much.
            let _gone = lock(&guarded.0).take();
        })
    }

    fn attend(&self, node: Weak<dyn Node>) {
        self.inner.attend(node);
    }

    fn is_reachable(&self) -> bool {
        self.inner.is_reachable()
    }
}

#[async_trait]
impl<E: Engine> Append for Faulty<E> {
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended> {
        Answer::later(async move {
            self.delay(self.faults().delay_before).await;
            self.may_fail(self.faults().append_unavailable)?;
            if self.happens(self.faults().request_lost) {
                lock(&self.injected).requests_lost += 1;
                return Err(lost());
            }
            let answer = self.inner.append(tenant, draft).await;
            if self.happens(self.faults().interrupted) {
                self.interrupt(tenant);
            }
            self.delay(self.faults().delay_after).await;
            if self.happens(self.faults().reply_lost) {
                lock(&self.injected).replies_lost += 1;
                return Err(lost());
            }
            answer
        })
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        self.delay(self.faults().delay_before).await;
        self.inner.announce(notice).await
    }

    fn replies_can_be_lost(&self) -> bool {
        true
    }
}

impl<E: fmt::Debug> fmt::Debug for Faulty<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty")
            .field("inner", &self.inner)
            .field("faults", &*lock(&self.faults))
            .field("injected", &*lock(&self.injected))
            .finish_non_exhaustive()
    }
}
