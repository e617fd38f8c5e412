//! While a reader is busy with the log: one that takes its time, one that fails, and how often it
//! is asked.

use std::future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use async_trait::async_trait;
use order_events_core::config::REPLAY_CHUNK;
use order_events_core::engine::{
    Answer, Append, Appended, Current, Draft, EngineError, Follow, History, HistoryLimit, Log,
    Node, Notice, PageToken, Snapshots, Tail,
};
use order_events_core::{
    Grant, Hub, IdempotencyKey, MemoryEngine, OrderId, OrderStatus, PublishError, ResetReason,
    Resume, Scope, SubscribeError, Subscription, TenantId, Timestamp, Update,
};

use crate::support::{anna, applied, drain, key, order, principal, word};

/// What becomes of whoever reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Answers,
    /// Never says what was missed.
    HoldsHistory,
    /// Never says how things stand.
    HoldsSnapshots,
    Fails,
    /// Cannot say whether what it knows of a key is safe.
    IsUnsure,
}

/// The engine in memory, but for its reads: these are counted, held, or fail. All else goes
/// through at once, so that whoever ends a stream meanwhile is not held himself.
struct Moody {
    inner: MemoryEngine,
    mood: Mutex<Mood>,
    histories: AtomicUsize,
    /// Tails that are fed.
    follows: Arc<AtomicUsize>,
}

impl Moody {
    fn new() -> Arc<Self> {
        let (inner, mood) = (MemoryEngine::new(), Mutex::new(Mood::Answers));
        Arc::new(Self { inner, mood, histories: AtomicUsize::new(0), follows: Arc::default() })
    }

    fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    async fn hold(&self, held: Mood) -> Result<(), EngineError> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Fails => Err(EngineError::unavailable("on purpose")),
            mood if mood == held => future::pending().await,
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Log for Moody {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current> {
        if *self.mood.lock().unwrap() == Mood::IsUnsure {
            let what = "on purpose".to_owned();
            return Answer::now(Err(EngineError::Indeterminate { what, source: None }));
        }
        self.inner.read(tenant, order, key, now)
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        self.histories.fetch_add(1, Ordering::Relaxed);
        self.hold(Mood::HoldsHistory).await?;
        self.inner.history(tenant, scope, after, limit).await
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        self.hold(Mood::HoldsSnapshots).await?;
        self.inner.snapshots(tenant, scope, page, limit).await
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        let follow = self.inner.follow(tenant, tail);
        let follows = Arc::clone(&self.follows);
        follows.fetch_add(1, Ordering::Relaxed);
        Follow::new(move || {
            drop(follow);
            follows.fetch_sub(1, Ordering::Relaxed);
        })
    }

    fn attend(&self, node: Weak<dyn Node>) {
        self.inner.attend(node);
    }
}

#[async_trait]
impl Append for Moody {
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended> {
        self.inner.append(tenant, draft)
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        self.inner.announce(notice).await
    }

    fn replies_can_be_lost(&self) -> bool {
        self.inner.replies_can_be_lost()
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Woken {
    fn times(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

async fn remark(hub: &Hub, times: usize) {
    for _ in 0..times {
        applied(hub.publish(Update::note(order("42"), "x").public()).await.unwrap());
    }
}

/// A reader that fell so far behind that it needs the log's history and then its snapshots, neither
/// of which it has asked for yet.
async fn lapped() -> (Arc<Moody>, Hub, Subscription) {
    let engine = Moody::new();
    let hub = Hub::builder().engine(Arc::clone(&engine)).configure(|config| {
        config.window_events = 1;
        config.replay_events = 2;
    });
    let hub = hub.build();
    applied(hub.publish(Update::create(order("42"))).await.unwrap());
    let mut watching = hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut watching);
    remark(&hub, 3).await;
    (engine, hub, watching)
}

const MOODS: [Mood; 3] = [Mood::HoldsHistory, Mood::HoldsSnapshots, Mood::Fails];

#[tokio::test]
async fn a_reader_that_waits_for_the_log_is_told_its_end_at_once() {
    for mood in MOODS {
        for by in ["close", "revoke", "drain"] {
            let (engine, hub, mut watching) = lapped().await;
            engine.turn(mood);
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let mut cx = Context::from_waker(&waker);
            assert!(watching.poll_delivery(&mut cx).is_pending(), "{mood:?}");
            assert!(engine.histories.load(Ordering::Relaxed) > 0, "{mood:?}: it is reading");
            assert_eq!(woken.times(), 0);
            let end = match by {
                "close" => {
                    assert!(hub.close(watching.id().unwrap()));
                    "end revoked"
                }
                "revoke" => {
                    assert_eq!(hub.revoke(&principal("anna")).await.unwrap(), 1);
                    "end revoked"
                }
                _ => {
                    drop(hub.drain(Duration::ZERO));
                    "end draining"
                }
            };
            assert_eq!(woken.times(), 1, "{mood:?}, {by}: it is woken");
            let Poll::Ready(Some(told)) = watching.poll_delivery(&mut cx) else {
                panic!("{mood:?}, {by}: the log is not waited for")
            };
            assert_eq!(word(&told), end);
            assert_eq!(hub.stats().subscriptions, 0);
        }
    }
}

#[tokio::test]
async fn an_event_that_comes_while_the_log_is_read_does_not_hide_the_end() {
    for mood in MOODS {
        let (engine, hub, mut watching) = lapped().await;
        engine.turn(mood);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        for times in 1..=2 {
            assert!(watching.poll_delivery(&mut cx).is_pending(), "{mood:?}");
            remark(&hub, 1).await;
            assert_eq!(woken.times(), times, "{mood:?}");
        }
        assert!(watching.poll_delivery(&mut cx).is_pending(), "{mood:?}");
        assert!(hub.close(watching.id().unwrap()));
        assert_eq!(woken.times(), 3, "{mood:?}");
        let Poll::Ready(Some(told)) = watching.poll_delivery(&mut cx) else { panic!("{mood:?}") };
        assert_eq!(word(&told), "end revoked");
    }
}

#[tokio::test]
async fn a_replay_reads_the_log_once_per_chunk() {
    for (missed, reads) in [(REPLAY_CHUNK - 1, 1), (REPLAY_CHUNK, 1), (REPLAY_CHUNK + 1, 2)] {
        let engine = Moody::new();
        let hub = Hub::builder().engine(Arc::clone(&engine)).build();
        let at = applied(hub.publish(Update::create(order("42"))).await.unwrap()).cursor;
        remark(&hub, missed).await;
        let mut again = hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
        assert_eq!(drain(&mut again).len(), missed);
        assert_eq!(engine.histories.load(Ordering::Relaxed), reads, "{missed} were missed");
    }
}

#[tokio::test]
async fn whoever_is_refused_counts_as_refused_and_as_nothing_else() {
    let engine = Moody::new();
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    let create = Update::create_as(order("42"), OrderStatus::Cancelled);
    let at = applied(hub.publish(create).await.unwrap()).cursor;
    let late = anna("42").until(Timestamp::UNIX_EPOCH);
    let subscribe = |grant: Grant| hub.subscribe(grant, Resume::After(at));

    let finished = subscribe(anna("42")).await;
    assert!(matches!(finished, Err(SubscribeError::Finished)), "{finished:?}");
    assert_eq!((hub.stats().resumed, hub.stats().refused), (0, 1));
    let expired = subscribe(late).await;
    assert!(matches!(expired, Err(SubscribeError::Expired)), "{expired:?}");
    engine.turn(Mood::Fails);
    let failed = subscribe(anna("42")).await;
    assert!(matches!(failed, Err(SubscribeError::Engine(_))), "{failed:?}");
    drop(hub.drain(Duration::ZERO));
    let drained = subscribe(anna("42")).await;
    assert!(matches!(drained, Err(SubscribeError::Draining)), "{drained:?}");

    let stats = hub.stats();
    assert_eq!((stats.refused, stats.fresh, stats.resumed, stats.replayed), (4, 0, 0, 0));
    assert!(stats.resets.iter().all(|(_, count)| *count == 0));
    assert_eq!(stats.subscriptions, 0);
}

#[tokio::test]
async fn a_tenant_is_followed_for_as_long_as_somebody_watches_it() {
    let engine = Moody::new();
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    let follows = || engine.follows.load(Ordering::Relaxed);
    let board = Grant::new(principal("board"), Scope::Tenant);
    for round in 1..=2 {
        assert_eq!(follows(), 0, "round {round}");
        let anna = hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
        let board = hub.subscribe(board.clone(), Resume::Fresh).await.unwrap();
        assert_eq!(follows(), 1, "round {round}: one tail for all");
        drop(anna);
        assert_eq!(follows(), 1, "round {round}: the board is still there");
        drop(board);
    }
    assert_eq!(follows(), 0);
}

#[tokio::test]
async fn the_numbers_say_how_readers_began_and_how_they_fared() {
    let (engine, hub, mut watching) = lapped().await;
    let began = |hub: &Hub| {
        let stats = hub.stats();
        (stats.fresh, stats.resumed, stats.replayed)
    };
    assert_eq!(began(&hub), (1, 0, 0));
    // More was missed than is replayed.
    engine.turn(Mood::Fails);
    drain(&mut watching);
    assert!(hub.stats().log_failures > 0);
    engine.turn(Mood::Answers);
    drain(&mut watching);
    let stats = hub.stats();
    assert_eq!(stats.fell_behind, 1);
    let behind = stats.resets.iter().find(|(reason, _)| *reason == ResetReason::Behind).unwrap();
    assert_eq!(behind.1, 1);

    let at = watching.cursor();
    let current = hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(began(&hub), (1, 1, 0));
    remark(&hub, 1).await;
    let missed = hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(began(&hub), (1, 1, 1));
    drop((current, missed));
}

#[tokio::test]
async fn a_key_whose_event_is_not_safe_yet_is_indeterminate_and_named() {
    let engine = Moody::new();
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    engine.turn(Mood::IsUnsure);
    let update = Update::create(order("42"));
    let told = hub.publish(update.clone().with_key(key("k"))).await;
    assert!(matches!(told, Err(PublishError::Indeterminate { key: its, .. }) if its == key("k")));
    // Without a key there is nothing to try again with, and nothing was tried.
    let told = hub.publish(update).await;
    assert!(matches!(told, Err(PublishError::Unavailable(_))), "{told:?}");
}
