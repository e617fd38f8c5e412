//! Redis is away: what is open stays open, what is asked is answered, and all heals.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use order_events_core::{PublishError, Resume, SubscribeError};
use order_events_redis::RedisEngine;
use order_events_sse::server::{EventBody, Settings};

use crate::support::nodes::{Node, POLL, answered, everything, remark, viewers};
use crate::support::redis::{Options, Redis};
use crate::support::wait::in_time;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn while_redis_is_away_streams_stay_and_publishes_are_answered() {
    let mut redis = Redis::start(Options::kept_always()).await;
    let engine = RedisEngine::builder(redis.url()).timeout(Duration::from_millis(500));
    let node = Node::with(engine.poll(POLL)).await;
    let orders = node.create(1).await;
    let viewers = viewers(&[&node], 3).await;
    let mut stream = Open::on(&node).await;
    assert!(node.hub.stats().is_log_reachable);
    stream.reads("event: snapshot").await;

    for round in 0..2 {
        redis.kill9();
        let took = node.says_reachable(false).await;
        println!("noticed after {took:?}");
        // Connections are refused, so nothing was sent and nothing is committed.
        let key = format!("key-{round}");
        for _ in 0..3 {
            let refused = answered("a publish", node.hub.publish(remark(&orders[0], &key))).await;
            assert!(matches!(refused, Err(PublishError::Unavailable(_))), "{refused:?}");
        }
        let refused = node.hub.subscribe(everything("late"), Resume::Fresh);
        let refused = answered("a subscription", refused).await;
        assert!(matches!(refused, Err(SubscribeError::Engine(_))), "{refused:?}");
        assert_eq!(node.hub.stats().subscriptions, 4, "somebody was thrown out");
        stream.reads(": hb").await;
        stream.reads(": hb").await;

        redis.restart().await;
        let took = node.says_reachable(true).await;
        println!("healed after {took:?}");
        node.remark(&orders[0], &key).await;
        stream.reads(&key).await;
    }
    let log = node.story().await;
    assert_eq!(log.head.seq, 3);
    for viewer in &viewers {
        viewer.is_at(log.head).await;
        assert_eq!(viewer.seen().visits, 1, "a stream was not kept open");
        assert!(viewer.seen().resets.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn while_redis_stands_still_streams_stay_and_publishes_are_answered() {
    let redis = Redis::start(Options::forgetful()).await;
    let engine = RedisEngine::builder(redis.url()).timeout(Duration::from_millis(500));
    let node = Node::with(engine.poll(POLL)).await;
    let orders = node.create(1).await;
    let viewers = viewers(&[&node], 3).await;
    let mut stream = Open::on(&node).await;
    stream.reads("event: snapshot").await;

    redis.pause();
    node.says_reachable(false).await;
    for nth in 0..3 {
        let key = format!("key-{nth}");
        let refused = answered("a publish", node.hub.publish(remark(&orders[0], &key))).await;
        let is_told = matches!(
            refused,
            Err(PublishError::Unavailable(_) | PublishError::Indeterminate { .. })
        );
        assert!(is_told, "{refused:?}");
    }
    stream.reads(": hb").await;
    stream.reads(": hb").await;
    assert_eq!(node.hub.stats().subscriptions, 4, "somebody was thrown out");
    redis.resume();
    node.says_reachable(true).await;
    node.remark(&orders[0], "healed").await;
    stream.reads("healed").await;
    let log = node.story().await;
    for viewer in &viewers {
        viewer.is_at(log.head).await;
        assert_eq!(viewer.seen().visits, 1, "a stream was not kept open");
        assert!(viewer.seen().resets.is_empty());
    }
}

/// A server that answers, but not as a log should: each is `Unavailable`, and nothing is written.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_that_takes_no_writes_is_unavailable() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    let orders = node.create(1).await;
    // What to do to it, and how to undo that.
    let troubles: [(&[&str], &[&str]); 2] = [
        (&["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]),
        (
            &["CONFIG", "SET", "min-replicas-to-write", "3"],
            &["CONFIG", "SET", "min-replicas-to-write", "0"],
        ),
    ];
    for (trouble, cure) in troubles {
        redis.ask(trouble);
        let refused = answered("a publish", node.hub.publish(remark(&orders[0], "k"))).await;
        assert!(matches!(refused, Err(PublishError::Unavailable(_))), "{trouble:?}: {refused:?}");
        redis.ask(cure);
    }
    assert_eq!(node.story().await.head.seq, 1);

    // A replica is read from, and becomes a primary under its nodes.
    let replica = Redis::start(Options::replica_of(redis.address())).await;
    replica.caught_up_with(&redis).await;
    let node = Node::on(&replica.url()).await;
    let refused = answered("a publish", node.hub.publish(remark(&orders[0], "k"))).await;
    assert!(matches!(refused, Err(PublishError::Unavailable(_))), "{refused:?}");
    replica.promote();
    node.remark(&orders[0], "k").await;
    assert_eq!(node.story().await.places("k"), [2]);
}

/// A door's stream, with heartbeats that come soon.
struct Open {
    body: EventBody,
    read: String,
}

impl Open {
    async fn on(node: &Node) -> Self {
        let stream = node.watch("page").await;
        let settings = Settings::default().configure(|settings| {
            settings.heartbeat = Duration::from_millis(100);
        });
        Self { body: EventBody::new(&node.hub, stream, &settings), read: String::new() }
    }

    /// Waits until this has come, and lets go of what came up to it.
    async fn reads(&mut self, text: &str) {
        loop {
            if let Some(at) = self.read.find(text) {
                self.read.drain(..at + text.len());
                return;
            }
            let chunk = poll_fn(|cx| Pin::new(&mut self.body).poll_next(cx));
            let chunk = in_time(text, chunk).await.expect("the stream stays open");
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
