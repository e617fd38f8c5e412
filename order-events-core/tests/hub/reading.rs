//! While a reader is busy with the log: one that takes its time, one that fails, and how often it
//! is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use order_events_conformance::moody::{Mood, Moody};
use order_events_core::config::REPLAY_CHUNK;
use order_events_core::{
    Grant, Hub, MemoryEngine, OrderStatus, PublishError, ResetReason, Resume, Scope,
    SubscribeError, Subscription, Timestamp, Update,
};

use crate::support::{anna, applied, drain, key, order, poll, principal, word};

/// Counts how often it is woken.
#[derive(Default)]
pub(crate) struct Woken(AtomicUsize);

impl Woken {
    pub(crate) fn times(&self) -> usize {
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
async fn lapped() -> (Arc<Moody<MemoryEngine>>, Hub, Subscription) {
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
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

/// How many readers are behind, how many of them are catching up, and how far the first in the
/// listing is behind.
fn lag(hub: &Hub) -> (usize, usize, Option<u64>) {
    let lag = hub.lag();
    let watchers = hub.watchers();
    let first = watchers.first().unwrap();
    (lag.streams, lag.catching_up, first.behind)
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
            assert!(engine.histories() > 0, "{mood:?}: it is reading");
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
        let shop = Hub::builder().engine(engine.beneath()).build();
        engine.turn(mood);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        for times in 1..=2 {
            assert!(watching.poll_delivery(&mut cx).is_pending(), "{mood:?}");
            remark(&shop, 1).await;
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
        let engine = Arc::new(Moody::new(MemoryEngine::new()));
        let hub = Hub::builder().engine(Arc::clone(&engine)).build();
        let at = applied(hub.publish(Update::create(order("42"))).await.unwrap()).cursor;
        remark(&hub, missed).await;
        let mut again = hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
        assert_eq!(drain(&mut again).len(), missed);
        assert_eq!(engine.histories(), reads, "{missed} were missed");
    }
}

#[tokio::test]
async fn whoever_is_refused_counts_as_refused_and_as_nothing_else() {
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
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
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    let follows = || engine.follows();
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
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    engine.turn(Mood::IsUnsure);
    let update = Update::create(order("42"));
    let told = hub.publish(update.clone().with_key(key("k"))).await;
    assert!(matches!(told, Err(PublishError::Indeterminate { key: its, .. }) if its == key("k")));
    // Without a key there is nothing to try again with, and nothing was tried.
    let told = hub.publish(update).await;
    assert!(matches!(told, Err(PublishError::Unavailable(_))), "{told:?}");
}

#[tokio::test]
async fn a_reader_that_waits_for_the_log_is_behind_until_it_has_everything() {
    for mood in MOODS {
        let (engine, hub, mut watching) = lapped().await;
        assert_eq!(lag(&hub), (1, 1, None), "it was lapped");
        engine.turn(mood);
        assert!(poll(&mut watching).is_pending(), "{mood:?}");
        assert_eq!(lag(&hub), (1, 1, None), "{mood:?}");
        // What comes meanwhile is in its window, of which it takes nothing yet.
        remark(&Hub::builder().engine(engine.beneath()).build(), 1).await;
        assert_eq!(lag(&hub), (1, 1, None), "{mood:?}");
        engine.turn(Mood::Answers);
        let Poll::Ready(Some(_first)) = poll(&mut watching) else { panic!("{mood:?}") };
        assert_eq!(lag(&hub), (1, 1, None), "{mood:?}: it is given the rest");
        drain(&mut watching);
        assert_eq!(lag(&hub), (0, 0, Some(0)), "{mood:?}");
        remark(&hub, 1).await;
        assert_eq!(lag(&hub), (1, 0, Some(1)), "{mood:?}");
    }
}

#[tokio::test]
async fn whoever_waits_for_a_beginning_is_behind() {
    let (engine, hub, watching) = lapped().await;
    drop(watching);
    let mut begins = Box::pin(hub.subscribe(anna("42"), Resume::Fresh));
    let mut cx = Context::from_waker(Waker::noop());
    engine.turn(Mood::HoldsSnapshots);
    assert!(begins.as_mut().poll(&mut cx).is_pending());
    assert_eq!(lag(&hub), (1, 1, None));
    engine.turn(Mood::Answers);
    let mut watching = begins.await.unwrap();
    assert_eq!(lag(&hub), (1, 1, None), "it was given none of it");
    drain(&mut watching);
    assert_eq!(lag(&hub), (0, 0, Some(0)));
}
