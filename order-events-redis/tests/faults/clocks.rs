//! Clocks that are set, forwards and backwards: of a node, and of the server. Nothing is ordered by
//! them, and what is young stays.

use std::sync::Arc;
use std::time::Duration;

use order_events_core::engine::Log;
use order_events_core::{
    EndReason, Hub, ManualClock, Principal, Published, Scope, TenantId, Timestamp,
};
use order_events_redis::RedisEngine;

use crate::many_nodes::end_of;
use crate::support::load::Load;
use crate::support::nodes::{Node, POLL, remark, viewers};
use crate::support::proxy::Proxy;
use crate::support::redis::{Options, Redis};
use crate::support::viewer::all_saw_it_all;
use crate::support::wait::in_time;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much of the log the tenant no longer has.
async fn dropped(node: &Node) -> u64 {
    let everything = crate::memory::EVERYTHING;
    let log = node.engine.history(&TenantId::default(), &Scope::Tenant, 0, everything).await;
    log.unwrap().dropped
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn nodes_whose_clocks_are_days_apart_are_heard_in_one_order() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 4).await;
    viewers[0].reconnect_every(17);
    let orders = a.create(3).await;
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let askew = Hub::builder().engine(Arc::clone(&b.engine)).clock(clock.clone()).build();
    let now = Timestamp::from_millis(1_800_000_000_000);
    for nth in 0..60 {
        let order = &orders[nth % 3];
        let there = [now, Timestamp::UNIX_EPOCH, Timestamp::MAX][nth % 3];
        clock.set(there);
        a.remark(order, &format!("a-{nth}")).await;
        let told = askew.publish(remark(order, &format!("b-{nth}"))).await;
        assert!(matches!(told, Ok(Published::Applied(_))), "{told:?}");
        // A key is remembered by the server's clock.
        clock.set(now);
        let told = askew.publish(remark(order, &format!("b-{nth}"))).await;
        assert!(matches!(told, Ok(Published::Duplicate(_))), "{told:?}");
    }
    let log = a.story().await;
    assert_eq!(log.head.seq, 123);
    all_saw_it_all(&viewers, &log).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_whose_clock_is_set_back_and_forth_loses_nothing_young() {
    let redis = Redis::start(Options::forgetful().with_a_clock()).await;
    let engine = || RedisEngine::builder(redis.url()).retain_age(DAY);
    let (a, b) = (Node::of(engine()).await, Node::of(engine()).await);
    let viewers = viewers(&[&a, &b], 4).await;
    viewers[0].reconnect_every(17);
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for hours in [-5, 7, -23, 0, 23, -1000, 0] {
        load.goes_on(50).await;
        redis.set_clock(HOUR.as_micros() as i64 * hours);
    }
    load.goes_on(50).await;
    load.ends_whole(&b, &viewers).await;
    assert_eq!(dropped(&a).await, 0, "something young was trimmed");
    // What was said with a key is still known, though the clock was set back since.
    let again = b.hub.publish(remark(&orders[0], "k-0-0")).await;
    assert!(matches!(again, Ok(Published::Duplicate(_))), "{again:?}");
}

/// What is old by the server's clock goes, a few with each append, and the rest stays; whatever a
/// clock that was wrong for a while has written in between.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_is_old_goes_and_what_is_young_stays_whatever_the_clock_was() {
    let redis = Redis::start(Options::forgetful().with_a_clock()).await;
    let node = Node::with(RedisEngine::builder(redis.url()).retain_age(DAY).poll(POLL)).await;
    let orders = node.create(1).await;
    let day = DAY.as_micros() as i64;
    for nth in 0..20 {
        node.remark(&orders[0], &format!("old-{nth}")).await;
    }
    // An hour of which is in the future of all that follows, and half a day in their past.
    redis.set_clock(day + day / 24);
    node.remark(&orders[0], "ahead").await;
    redis.set_clock(day / 2);
    for nth in 0..20 {
        node.remark(&orders[0], &format!("young-{nth}")).await;
    }
    let trimmed = dropped(&node).await;
    assert!(trimmed <= 21, "{trimmed}: one that is half a day old is gone");
    redis.set_clock(day + day / 4);
    for nth in 0..20 {
        node.remark(&orders[0], &format!("now-{nth}")).await;
    }
    assert_eq!(dropped(&node).await, 21, "what is older than a day is gone, and nothing else");
}

/// A failover may lose the last of them, to a server whose clock is behind: what is revoked next would
/// be in the past of nodes that go by its ids.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_revocation_is_heard_though_the_last_was_lost_and_the_clock_is_behind() {
    let redis = Redis::start(Options::forgetful().with_a_clock()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    for (nth, name) in ["anna", "bob", "carol"].into_iter().enumerate() {
        let mut there = b.watch(name).await;
        let principal = Principal::new(name).unwrap();
        in_time("it is announced", a.hub.revoke(&principal)).await.unwrap();
        assert_eq!(end_of(&mut there).await, EndReason::Revoked);
        redis.flush();
        redis.set_clock(-(HOUR.as_micros() as i64) * (nth as i64 + 1));
    }
}

/// … and what is revoked after that, when the clock is right again, does not hide it from a node that
/// was cut off meanwhile.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_revocation_by_a_clock_that_is_behind_reaches_a_node_that_was_cut_off() {
    let redis = Redis::start(Options::forgetful().with_a_clock()).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url()).await;
    let b = Node::on(&redis.url_by(proxy.address)).await;
    let revoke = async |name: &str| {
        let principal = Principal::new(name).unwrap();
        in_time("it is announced", a.hub.revoke(&principal)).await.unwrap();
    };
    let (mut anna, mut bob) = (b.watch("anna").await, b.watch("bob").await);
    revoke("bob").await;
    assert_eq!(end_of(&mut bob).await, EndReason::Revoked);
    proxy.refuse();
    b.says_reachable(false).await;
    redis.flush();
    redis.set_clock(-(HOUR.as_micros() as i64));
    revoke("anna").await;
    redis.set_clock(0);
    revoke("carol").await;
    proxy.pass();
    assert_eq!(end_of(&mut anna).await, EndReason::Revoked);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn times_without_end_are_kept() {
    let redis = Redis::start(Options::forgetful()).await;
    let engine = RedisEngine::builder(redis.url()).retain_age(Duration::MAX);
    let engine = engine.key_window(Duration::MAX).max_keys(usize::MAX).retain_events(usize::MAX);
    let node = Node::of(engine).await;
    let orders = node.create(1).await;
    for _ in 0..3 {
        node.remark(&orders[0], "k").await;
    }
    assert_eq!(node.story().await.places("k"), [2]);
}
