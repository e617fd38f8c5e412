//! A Redis that is full, and one that makes room by throwing out what it was given.

use order_events_core::engine::{HistoryLimit, Log};
use order_events_core::{
    Audience, CustomerId, Grant, Principal, PublishError, Resume, Scope, TenantId, Update,
};
use order_events_redis::RedisEngine;

use crate::support::load::Load;
use crate::support::nodes::{Node, answered, everything, order, remark, told, viewers};
use crate::support::redis::{Options, Redis};
use crate::support::viewer::{Viewer, all_saw_it_all};
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

/// As it is where the policy was another for a while: each is told, by a reset or by an error.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn whoever_misses_what_was_evicted_is_reset() {
    let redis = Redis::start(Options::forgetful()).await;
    let anna = CustomerId::new("anna").unwrap();
    let of_anna = || Scope::Customer(anna.clone());
    for (gone, scope, history) in [
        ("log", Scope::Tenant, 1_000),
        ("s:o0", Scope::Order(order("o0")), 1_000),
        ("cs:anna", of_anna(), 1_000),
        // Nothing but this knows that the list does not reach back to where she was.
        ("c:anna", of_anna(), 1),
    ] {
        redis.flush();
        let node = Node::of(RedisEngine::builder(redis.url()).order_history(history)).await;
        let orders = node.create(1).await;
        let grant = Grant::new(Principal::new("viewer").unwrap(), scope);
        let viewer = Viewer::of(vec![node.hub.clone()], grant.as_staff(), gone);
        viewer.has_begun().await;
        viewer.leave().await;
        node.publish(Update::attach(&orders[0], &anna)).await;
        node.remark(&orders[0], "missed").await;
        redis.ask(&["DEL", &format!("oe:{{default}}:{gone}")]);
        viewer.come_back();
        viewer.is_reset(1).await;
    }
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
    // A log whose meta is gone is not begun again over the one that there is.
    redis.ask(&["DEL", "oe:{default}:meta"]);
    let refused = node.hub.subscribe(everything("anna"), Resume::Fresh);
    let refused = answered("a stream", refused).await;
    assert!(told(&refused.unwrap_err()).contains("oe:{default}:log"));
}
