//! Connections that are cut, servers that stand still, and messages that are lost.

use std::time::Duration;

use order_events_core::{EventName, Resume, TenantId, Update};
use order_events_redis::RedisEngine;

use crate::support::load::Load;
use crate::support::nodes::{Node, POLL, everything, viewers};
use crate::support::proxy::Proxy;
use crate::support::redis::{Options, Redis};
use crate::support::viewer::all_saw_it_all;
use crate::support::wait::until;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn connections_cut_in_the_midst_of_a_load_lose_nothing() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let url = redis.url_by(proxy.address);
    let (a, b) = (Node::on(&url).await, Node::on(&url).await);
    let viewers = viewers(&[&a, &b], 6).await;
    viewers[0].reconnect_every(23);
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for _ in 0..10 {
        load.goes_on(30).await;
        proxy.cut();
    }
    load.goes_on(30).await;
    load.ends_whole(&b, &viewers).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn clients_that_redis_throws_out_lose_nothing() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 4).await;
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for kind in ["pubsub", "normal", "pubsub", "normal"] {
        load.goes_on(50).await;
        redis.cut_clients(kind);
        // Scripts that it knew are forgotten as well.
        load.goes_on(50).await;
        redis.ask(&["SCRIPT", "FLUSH"]);
    }
    load.goes_on(50).await;
    load.ends_whole(&b, &viewers).await;
}

/// A node that does not read as fast as it is told: Redis does not keep what is for it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_node_that_redis_throws_out_for_being_slow_loses_nothing() {
    let bounded = Options::forgetful().with("client-output-buffer-limit", "pubsub 64kb 0 0");
    let redis = Redis::start(bounded).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url()).await;
    // Nothing is polled while this test runs.
    let engine = RedisEngine::builder(redis.url_by(proxy.address));
    let b = Node::with(engine.poll(Duration::from_secs(600))).await;
    let viewers = viewers(&[&b], 3).await;
    let orders = a.create(1).await;
    viewers[0].is_at(a.story().await.head).await;
    assert_eq!(redis.clients(" ssub=1 "), 1);
    proxy.hold();
    let name = EventName::custom("parcel scanned").unwrap();
    let much = serde_json::json!({ "much": "x".repeat(60_000) });
    let mut events = 0;
    while redis.clients(" ssub=1 ") > 0 {
        a.publish(Update::custom(&orders[0], name.clone(), much.clone())).await;
        events += 1;
        assert!(events < 2_000, "it is never thrown out");
    }
    println!("thrown out after {events} events");
    proxy.pass();
    a.remark(&orders[0], "the-last-word").await;
    let log = a.story().await;
    all_saw_it_all(&viewers, &log).await;
}

/// Nobody is told that a connection is dead: that it is must be found out.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn connections_that_fall_silent_are_replaced() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url()).await;
    let url = redis.url_by(proxy.address);
    let engine = RedisEngine::builder(url).timeout(Duration::from_millis(500)).poll(POLL);
    let b = Node::with(engine).await;
    let viewers = viewers(&[&b], 3).await;
    let orders = a.create(10).await;
    for (round, order) in orders.iter().take(3).enumerate() {
        proxy.silence();
        // Read on one node alone, and published on the other: nothing but the tail of the first
        // could notice.
        a.remark(order, &format!("quiet-{round}")).await;
        viewers[0].is_at(a.story().await.head).await;
        // … and published through it.
        proxy.silence();
        b.remark(order, &format!("loud-{round}")).await;
    }
    let log = a.story().await;
    all_saw_it_all(&viewers, &log).await;
}

/// Publishes fail in bounded time meanwhile; what they began is there once, or not at all.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_redis_that_stands_still_for_longer_than_the_time_out_loses_nothing() {
    let redis = Redis::start(Options::forgetful()).await;
    let engine =
        || RedisEngine::builder(redis.url()).timeout(Duration::from_millis(500)).poll(POLL);
    let (a, b) = (Node::with(engine()).await, Node::with(engine()).await);
    let viewers = viewers(&[&a, &b], 6).await;
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for _ in 0..2 {
        load.goes_on(100).await;
        let before = load.failures();
        redis.pause();
        // Each of the four has failed more than once, so that it stood still for longer than one
        // call may take.
        until("publishes fail", || load.failures() >= before + 12).await;
        redis.resume();
    }
    load.goes_on(100).await;
    let done = load.stop().await;
    assert!(done.indeterminate > 0, "no answer was late: {done:?}");
    let log = b.story().await;
    done.all_in(&log);
    all_saw_it_all(&viewers, &log).await;
}

/// Replies are late, for longer than is waited for, and then come all at once.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn replies_that_are_late_are_nobody_elses() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let url = redis.url_by(proxy.address);
    let engine = || RedisEngine::builder(&url).timeout(Duration::from_millis(500)).poll(POLL);
    let (a, b) = (Node::with(engine()).await, Node::with(engine()).await);
    let viewers = viewers(&[&a, &b], 4).await;
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for _ in 0..3 {
        load.goes_on(50).await;
        let before = load.failures();
        proxy.hold();
        until("publishes fail", || load.failures() >= before + 8).await;
        proxy.pass();
    }
    load.goes_on(50).await;
    load.ends_whole(&b, &viewers).await;
}

/// The connection that wakes goes with what the server does not let go of, and others are woken by a
/// new one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_tenant_that_cannot_be_let_go_of_is_left_with_its_connection() {
    let rules = "~oe:* &oe:* +@all -@dangerous +info -sunsubscribe";
    let redis = Redis::start(Options::forgetful().user("shop", "word", rules)).await;
    let node = Node::on(&redis.url()).await;
    let viewers = viewers(&[&node], 2).await;
    let orders = node.create(1).await;
    let grant = everything("passer-by").in_tenant(TenantId::new("other").unwrap());
    let passer_by = node.hub.subscribe(grant, Resume::Fresh).await.unwrap();
    let channels = || redis.ask(&["PUBSUB", "SHARDCHANNELS", "oe:*"]).items().len();
    assert_eq!(channels(), 2);
    drop(passer_by);
    until("one tenant is followed", || channels() == 1).await;
    node.remark(&orders[0], "heard").await;
    all_saw_it_all(&viewers, &node.story().await).await;
}

/// The word of the last event is lost, and nothing follows that would show the gap.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_lost_last_word_is_noticed_though_nothing_follows() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url()).await;
    let b = Node::on(&redis.url_by(proxy.address)).await;
    let viewers = viewers(&[&b], 2).await;
    let orders = a.create(1).await;
    viewers[0].is_at(a.story().await.head).await;
    proxy.swallow("the-last-word");
    a.remark(&orders[0], "the-last-word").await;
    until("the word is lost", || proxy.lost() == 1).await;
    let log = a.story().await;
    all_saw_it_all(&viewers, &log).await;
}

/// … and the one that is not the last is healed before what follows is told.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_lost_word_is_healed_before_the_next_is_told() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url()).await;
    let engine = RedisEngine::builder(redis.url_by(proxy.address));
    // Nothing is polled while this test runs.
    let b = Node::with(engine.poll(Duration::from_secs(600))).await;
    let viewers = viewers(&[&b], 2).await;
    let orders = a.create(1).await;
    for nth in 0..10 {
        viewers[0].is_at(a.story().await.head).await;
        let word = format!("lost-{nth}");
        proxy.swallow(&word);
        a.remark(&orders[0], &word).await;
        until("the word is lost", || proxy.lost() == nth + 1).await;
        a.remark(&orders[0], &format!("next-{nth}")).await;
    }
    let log = a.story().await;
    all_saw_it_all(&viewers, &log).await;
}
