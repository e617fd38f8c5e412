//! A Redis that is full, and one that makes room by throwing out what it was given.

use std::time::Duration;

use order_events_core::engine::{HistoryLimit, Log};
use order_events_core::{
    Audience, CustomerId, Grant, OrderStatus, Principal, PublishError, Resume, Scope, TenantId,
    Update,
};
use order_events_redis::RedisEngine;

use crate::support::load::Load;
use crate::support::nodes::{Node, answered, everything, order, remark, told, viewers};
use crate::support::redis::{Options, Redis};
use crate::support::viewer::{Viewer, all_are_reset, all_saw_it_all};
use crate::support::wait::until;

/// The most that is kept of everything.
pub(crate) const EVERYTHING: HistoryLimit =
    HistoryLimit { audience: Audience::Staff, events: usize::MAX, bytes: usize::MAX };

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_that_may_evict_the_log_is_refused() {
    let redis = Redis::start(Options::forgetful().with("maxmemory", "100mb")).await;
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        redis.ask(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let refused = answered(policy, RedisEngine::builder(redis.url()).connect()).await;
        let error = told(&refused.unwrap_err());
        assert!(error.contains(policy) && error.contains("noeviction"), "{error}");
    }
    // What has no time to live is not evicted by these, and nothing is where there is no bound.
    for policy in ["volatile-lru", "noeviction"] {
        redis.ask(&["CONFIG", "SET", "maxmemory-policy", policy]);
        Node::on(&redis.url()).await.create(1).await;
    }
    redis.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    Node::on(&redis.url()).await.create(1).await;
}

/// By an operator who means well, under nodes that are connected.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_that_begins_to_evict_is_let_go_of_until_it_stops() {
    let redis = Redis::start(Options::forgetful().with("maxmemory", "1gb")).await;
    let node = Node::on(&redis.url()).await;
    let viewers = viewers(&[&node], 3).await;
    let orders = node.create(1).await;
    redis.ask(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    node.says_reachable(false).await;
    let refused = answered("a publish", node.hub.publish(remark(&orders[0], "k"))).await;
    let Err(error @ PublishError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    assert!(told(&error).contains("allkeys-lru"), "{}", told(&error));
    redis.ask(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    node.remark(&orders[0], "k").await;
    let log = node.story().await;
    assert_eq!(log.head.seq, 2);
    all_saw_it_all(&viewers, &log).await;
}

/// It is full in the midst of a load: an event is taken with all that belongs to it, or not at all.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_that_is_full_takes_nothing_by_halves() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 4).await;
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for _ in 0..3 {
        load.goes_on(50).await;
        let used: usize = redis.info("used_memory").parse().unwrap();
        redis.ask(&["CONFIG", "SET", "maxmemory", &(used + 100_000).to_string()]);
        let before = load.failures();
        until("it is full", || load.failures() >= before + 20).await;
        redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    }
    load.goes_on(50).await;
    let done = load.stop().await;
    assert_eq!(done.indeterminate, 0, "a refusal is no doubt");
    let log = b.story().await;
    done.all_in(&log);
    all_saw_it_all(&viewers, &log).await;
    for order in orders {
        let its = log.facts.iter().filter(|fact| fact.order == order).count();
        let scope = Scope::Order(order);
        let found = b.engine.history(&TenantId::default(), &scope, 0, EVERYTHING).await.unwrap();
        assert_eq!((found.records.len(), found.dropped), (its, 0), "{scope:?}");
    }
}

/// As it is where the policy was another for a while: each is told, by a reset or by an error, and
/// nothing that comes next hides it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn whoever_misses_what_was_evicted_is_reset() {
    let redis = Redis::start(Options::forgetful()).await;
    let anna = CustomerId::new("anna").unwrap();
    let of_anna = || Scope::Customer(anna.clone());
    let of_order = || Scope::Order(order("o0"));
    let cases: [(&[&str], Scope, usize); 6] = [
        (&["log"], Scope::Tenant, 1_000),
        (&["s:o0"], of_order(), 1_000),
        (&["cs:anna"], of_anna(), 1_000),
        // Nothing but this knows that the list does not reach back to where she was.
        (&["c:anna"], of_anna(), 1),
        (&["c:anna", "cs:anna"], of_anna(), 1_000),
        (&["o:o0", "s:o0"], of_order(), 1_000),
    ];
    for (gone, scope, history) in cases {
        // How many events of this order come next, and of another.
        for [of_it, others] in [[0, 0], [1, 0], [0, 10]] {
            // Nothing can come next on an order that is not there.
            if gone[0] == "o:o0" && of_it > 0 {
                continue;
            }
            redis.flush();
            let engine = RedisEngine::builder(redis.url()).retain_events(5);
            let node = Node::of(engine.order_history(history)).await;
            let orders = node.create(2).await;
            let viewer = viewer_of(&node, scope.clone()).await;
            viewer.leave().await;
            node.publish(Update::attach(&orders[0], &anna)).await;
            node.remark(&orders[0], "missed").await;
            evict(&redis, gone);
            for (order, count) in orders.iter().zip([of_it, others]) {
                for nth in 0..count {
                    node.remark(order, &format!("next-{nth}")).await;
                }
            }
            println!("without {gone:?}, then {of_it} of it and {others} others");
            viewer.come_back();
            viewer.is_reset(1).await;
        }
    }
}

/// What her hash said of the places that her list had let go of is lost, and the list is not full.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_hash_that_is_written_anew_does_not_hide_what_was_trimmed() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::of(RedisEngine::builder(redis.url()).retain_events(5)).await;
    let orders = node.create(2).await;
    let anna = CustomerId::new("anna").unwrap();
    let viewer = viewer_of(&node, Scope::Customer(anna.clone())).await;
    viewer.leave().await;
    node.publish(Update::attach(&orders[0], &anna)).await;
    for nth in 0..6 {
        node.remark(&orders[1], &format!("not-hers-{nth}")).await;
    }
    node.remark(&orders[0], "hers").await;
    assert_eq!(redis.ask(&["LLEN", "oe:{default}:cs:anna"]).number(), 1, "it was trimmed");
    evict(&redis, &["c:anna"]);
    node.remark(&orders[0], "next").await;
    viewer.come_back();
    viewer.is_reset(1).await;
}

/// A list that has more than the hash knows of has nothing missing.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_hash_that_is_behind_its_list_resets_nobody() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    let orders = node.create(1).await;
    let viewer = viewer_of(&node, Scope::Order(orders[0].clone())).await;
    viewer.leave().await;
    node.remark(&orders[0], "missed").await;
    redis.ask(&["HSET", "oe:{default}:o:o0", "seq", "1"]);
    viewer.come_back();
    until("it has come", || viewer.seen().versions.get(&orders[0]) == Some(&2)).await;
    assert!(viewer.seen().resets.is_empty());
}

/// Her last order is forgotten while her last event, of one that was deleted, is still in the log.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_customer_whose_list_was_evicted_is_not_forgotten_too_early() {
    let redis = Redis::start(Options::forgetful()).await;
    let engine = RedisEngine::builder(redis.url()).retain_events(3);
    let node = Node::of(engine.key_window(Duration::ZERO)).await;
    let viewer = with_a_customer(&node, &redis, false).await;
    node.remark(&order("x"), "ask").await;
    until("her order is forgotten", || !is_there(&redis, "o:o1")).await;
    viewer.come_back();
    viewer.is_reset(1).await;
}

/// She has no orders any more, and what she had is forgotten with her.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn whoever_misses_what_a_customer_had_whose_list_was_evicted_is_reset() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::of(RedisEngine::builder(redis.url()).retain_events(3)).await;
    let viewer = with_a_customer(&node, &redis, true).await;
    let mut asked = 0;
    while is_there(&redis, "c:anna") {
        node.remark(&order("x"), &format!("ask-{asked}")).await;
        asked += 1;
    }
    viewer.come_back();
    viewer.is_reset(1).await;
}

/// Anna's orders are over while her viewer is away, one or both are deleted, and the list of her
/// places is gone. Each remark on the order `x` asks who may be forgotten.
async fn with_a_customer(node: &Node, redis: &Redis, are_both_deleted: bool) -> Viewer {
    let anna = CustomerId::new("anna").unwrap();
    let over = |id: &str| Update::create_as(order(id), OrderStatus::Cancelled);
    node.publish(over("o1").with_customer(anna.clone())).await;
    node.publish(over("x")).await;
    node.publish(Update::create(order("o0")).with_customer(anna.clone())).await;
    let viewer = viewer_of(node, Scope::Customer(anna)).await;
    viewer.leave().await;
    if are_both_deleted {
        node.publish(Update::delete(order("o1"))).await;
    }
    node.publish(Update::delete(order("o0"))).await;
    evict(redis, &["cs:anna"]);
    viewer
}

/// An order whose state is gone would begin again at its first version, which no viewer would take.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn an_order_whose_state_was_evicted_does_not_begin_again() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    let orders = node.create(1).await;
    redis.ask(&["DEL", "oe:{default}:o:o0"]);
    let refused = answered("a publish", node.hub.publish(Update::create(&orders[0]))).await;
    let Err(error @ PublishError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    assert!(told(&error).contains("oe:{default}:s:o0"), "{}", told(&error));
    // Nor where nothing but the list of all knows of it.
    redis.ask(&["DEL", "oe:{default}:s:o0"]);
    let refused = answered("a publish", node.hub.publish(Update::create(&orders[0]))).await;
    let Err(error @ PublishError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    assert!(told(&error).contains("oe:{default}:orders"), "{}", told(&error));
    // A log whose meta is gone is not begun again over the one that there is.
    redis.ask(&["DEL", "oe:{default}:meta"]);
    let refused = node.hub.subscribe(everything("anna"), Resume::Fresh);
    let refused = answered("a stream", refused).await;
    assert!(told(&refused.unwrap_err()).contains("oe:{default}:log"));
}

/// The way out that the README names: it begins again for everybody.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn an_order_whose_state_was_evicted_begins_again_in_another_epoch() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    let orders = node.create(2).await;
    node.remark(&orders[0], "second").await;
    let viewers = viewers(&[&node], 2).await;
    viewers[0].leave().await;
    evict(&redis, &["o:o0"]);
    evict(&redis, &["s:o0", "t:o0"]);
    redis.ask(&["ZREM", "oe:{default}:orders", "o0"]);
    redis.ask(&["HSET", "oe:{default}:meta", "epoch", "0123456789abc"]);
    node.publish(Update::create(&orders[0])).await;
    viewers[0].come_back();
    all_are_reset(&viewers, &node.story().await).await;
}

/// A viewer that has begun.
async fn viewer_of(node: &Node, scope: Scope) -> Viewer {
    let name = format!("{scope:?}");
    let grant = Grant::new(Principal::new("viewer").unwrap(), scope);
    let viewer = Viewer::of(vec![node.hub.clone()], grant.as_staff(), &name);
    viewer.has_begun().await;
    viewer
}

fn evict(redis: &Redis, names: &[&str]) {
    for name in names {
        assert!(is_there(redis, name), "{name}");
        redis.ask(&["DEL", &key(name)]);
    }
}

fn is_there(redis: &Redis, name: &str) -> bool {
    redis.ask(&["EXISTS", &key(name)]).number() == 1
}

fn key(name: &str) -> String {
    format!("oe:{{default}}:{name}")
}
