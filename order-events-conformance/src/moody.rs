//! An engine that keeps its readers waiting, or fails them, for as long as a test likes.

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Poll, Waker};

use async_trait::async_trait;
use order_events_core::engine::{
    Answer, Append, Appended, Cause, Current, Draft, Engine, EngineError, Follow, History,
    HistoryLimit, Log, Node, Notice, PageToken, Snapshots, Tail, Wakes,
};
use order_events_core::{IdempotencyKey, OrderId, Scope, TenantId, Timestamp};

use crate::engine::BoxFuture;

/// What becomes of whoever reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mood {
    /// They are answered.
    Answers,
    /// They wait, until the mood changes.
    Holds,
    /// They wait for what was missed, and are told how things stand.
    HoldsHistory,
    /// They wait for how things stand, and are told what was missed.
    HoldsSnapshots,
    /// They are answered; who has something to tell other nodes waits.
    HoldsNotices,
    /// They fail as [`EngineError::Unavailable`].
    Fails,
    /// … and this is why.
    FailsBecause(Cause),
    /// They fail as [`EngineError::Indeterminate`]: what is known of a key may not be safe yet.
    IsUnsure,
}

/// Any engine, whose readers are subject to a [`Mood`]; those of [`Log::history`] and
/// [`Log::snapshots`] are counted. All else goes through at once. Who publishes reads as well: a hub
/// on the engine [`beneath`](Self::beneath) is not held. [`Faulty`](crate::faulty::Faulty) fails by
/// chance; this one when it is told to.
pub struct Moody<E> {
    inner: Arc<E>,
    mood: Mutex<Mood>,
    held: Mutex<Vec<Waker>>,
    then: Mutex<Option<BoxFuture<'static, ()>>>,
    tails: Mutex<Vec<Weak<dyn Tail>>>,
    histories: AtomicUsize,
    snapshots: AtomicUsize,
    follows: Arc<AtomicUsize>,
}

impl<E: Engine> Moody<E> {
    /// An engine that answers, as yet.
    pub fn new(inner: E) -> Self {
        Self {
            inner: Arc::new(inner),
            mood: Mutex::new(Mood::Answers),
            held: Mutex::default(),
            then: Mutex::default(),
            tails: Mutex::default(),
            histories: AtomicUsize::new(0),
            snapshots: AtomicUsize::new(0),
            follows: Arc::default(),
        }
    }

    /// The engine that answers whatever the mood: for those who publish meanwhile.
    pub fn beneath(&self) -> Arc<E> {
        Arc::clone(&self.inner)
    }

    /// Another mood from now on, also for those who wait.
    pub fn turn(&self, mood: Mood) {
        *lock(&self.mood) = mood;
        // Woken outside of the lock, for they may come back at once.
        let held = std::mem::take(&mut *lock(&self.held));
        held.into_iter().for_each(Waker::wake);
    }

    /// What happens when the next history has been read and not yet been given.
    pub fn after_the_next_history(&self, then: impl Future<Output = ()> + Send + 'static) {
        *lock(&self.then) = Some(Box::pin(then));
    }

    /// Tells every tail that something may be missing, though nothing is.
    pub fn interrupt(&self) {
        let tails: Vec<_> = lock(&self.tails).iter().filter_map(Weak::upgrade).collect();
        let mut wakes = Wakes::new();
        for tail in tails {
            tail.interrupted(&mut wakes);
        }
    }

    /// How often a history was asked for.
    pub fn histories(&self) -> usize {
        self.histories.load(Ordering::SeqCst)
    }

    /// How often anything was asked for that moods concern.
    pub fn reads(&self) -> usize {
        self.histories() + self.snapshots.load(Ordering::SeqCst)
    }

    /// Tails that are fed.
    pub fn follows(&self) -> usize {
        self.follows.load(Ordering::SeqCst)
    }

    /// Waits while the mood is one of those that hold this reader.
    async fn answers(&self, held_by: Mood) -> Result<(), EngineError> {
        poll_fn(|cx| {
            let mood = lock(&self.mood);
            match *mood {
                Mood::Fails => Poll::Ready(Err(EngineError::unavailable("it is in that mood"))),
                Mood::FailsBecause(cause) => {
                    let error = EngineError::unavailable("it is in that mood");
                    Poll::Ready(Err(error.because(cause)))
                }
                Mood::IsUnsure => Poll::Ready(Err(EngineError::Indeterminate {
                    what: "it is in that mood".to_owned(),
                    source: None,
                })),
                mood if mood == Mood::Holds || mood == held_by => {
                    // Before the mood can change, which wakes who is here.
                    let mut held = lock(&self.held);
                    if !held.iter().any(|waker| waker.will_wake(cx.waker())) {
                        held.push(cx.waker().clone());
                    }
                    Poll::Pending
                }
                _ => Poll::Ready(Ok(())),
            }
        })
        .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl<E: Engine> Log for Moody<E> {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current> {
        Answer::later(async move {
            self.answers(Mood::Holds).await?;
            self.inner.read(tenant, order, key, now).await
        })
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        self.histories.fetch_add(1, Ordering::SeqCst);
        self.answers(Mood::HoldsHistory).await?;
        let answer = self.inner.history(tenant, scope, after, limit).await;
        let then = lock(&self.then).take();
        if let Some(then) = then {
            then.await;
        }
        answer
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        self.snapshots.fetch_add(1, Ordering::SeqCst);
        self.answers(Mood::HoldsSnapshots).await?;
        self.inner.snapshots(tenant, scope, page, limit).await
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        {
            let mut tails = lock(&self.tails);
            tails.retain(|tail| tail.strong_count() > 0);
            tails.push(Arc::downgrade(&tail));
        }
        let follow = self.inner.follow(tenant, tail);
        let follows = Arc::clone(&self.follows);
        follows.fetch_add(1, Ordering::SeqCst);
        Follow::new(move || {
            drop(follow);
            follows.fetch_sub(1, Ordering::SeqCst);
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
impl<E: Engine> Append for Moody<E> {
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended> {
        self.inner.append(tenant, draft)
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        if *lock(&self.mood) == Mood::HoldsNotices {
            self.answers(Mood::HoldsNotices).await?;
        }
        self.inner.announce(notice).await
    }

    fn replies_can_be_lost(&self) -> bool {
        self.inner.replies_can_be_lost()
    }
}

impl<E: fmt::Debug> fmt::Debug for Moody<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moody")
            .field("inner", &self.inner)
            .field("mood", &*lock(&self.mood))
            .finish_non_exhaustive()
    }
}
