//! A log whose beginning goes while somebody reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use order_events_core::engine::{History, HistoryLimit, Log};
use order_events_core::{Cursor, OrderStatus, Scope, TenantId, Update};
use order_events_redis::RedisEngine;
use tokio::task::JoinSet;

use crate::memory::EVERYTHING;
use crate::support::load::Load;
use crate::support::nodes::{Node, order, viewers};
use crate::support::redis::{Options, Redis};
use crate::support::wait::in_time;

async fn history(node: &Node, after: u64, limit: HistoryLimit) -> History {
    let (tenant, scope) = (TenantId::default(), Scope::Tenant);
    node.engine.history(&tenant, &scope, after, limit).await.unwrap()
}

/// Viewers who come and go, some too late: each has every event or is reset, and is left with what
/// is so.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_log_that_is_trimmed_under_its_viewers_leaves_nobody_with_a_hole() {
    let redis = Redis::start(Options::forgetful()).await;
    let engine = || RedisEngine::builder(redis.url()).retain_events(40);
    let (a, b) = (Node::of(engine()).await, Node::of(engine()).await);
    let viewers = viewers(&[&a, &b], 5).await;
    viewers[0].reconnect_every(3);
    viewers[1].reconnect_every(31);
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for _ in 0..5 {
        viewers[2].leave().await;
        load.goes_on(30).await;
        viewers[2].come_back();
        viewers[3].leave().await;
        load.goes_on(100).await;
        viewers[3].come_back();
    }
    load.stop().await;

    let log = history(&b, u64::MAX, EVERYTHING).await;
    let there = b.engine.snapshots(&TenantId::default(), &Scope::Tenant, None, 100).await.unwrap();
    let truth: BTreeMap<_, _> =
        there.orders.into_iter().map(|order| (order.order, order.state.version)).collect();
    for viewer in &viewers {
        viewer.is_at(Cursor { epoch: log.epoch, seq: log.head }).await;
        let seen = viewer.seen();
        assert!(seen.holes.is_empty() && seen.repeats == 0, "{seen:?}");
        assert_eq!(seen.versions, truth);
    }
    assert!(!viewers[3].seen().resets.is_empty(), "nobody came too late");
    assert!(viewers[4].seen().resets.is_empty(), "who stayed was reset");
}

/// As an operator may do it who needs room: whoever missed what is gone is told, and nobody else.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_was_deleted_of_the_log_by_hand_is_told_to_who_missed_it() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    let deletions: [&[&str]; 3] = [&["XDEL", "4-0"], &["XDEL", "6-0"], &["XTRIM", "MINID", "5-0"]];
    for deletion in deletions {
        redis.flush();
        let orders = node.create(2).await;
        let viewers = viewers(&[&node], 2).await;
        let [early, late] = &viewers[..] else { panic!("two") };
        early.leave().await;
        for nth in 0..4 {
            node.remark(&orders[0], &format!("k-{nth}")).await;
        }
        late.is_at(node.story().await.head).await;
        late.leave().await;
        redis.ask(&[&deletion[..1], &["oe:{default}:log"], &deletion[1..]].concat());
        late.come_back();
        node.remark(&orders[1], "next").await;
        early.come_back();
        early.is_reset(1).await;
        let head = history(&node, u64::MAX, EVERYTHING).await;
        late.is_at(Cursor { epoch: head.epoch, seq: 7 }).await;
        assert!(late.seen().resets.is_empty(), "{deletion:?}: who missed nothing was reset");
        assert!(early.seen().holes.is_empty(), "{:?}", early.seen());
    }
}

/// As many publishers as there may be, each of whose events finishes an order.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_is_finished_is_forgotten_as_fast_as_it_comes() {
    const ORDERS: usize = 4_000;
    const PUBLISHERS: usize = 64;
    let redis = Redis::start(Options::forgetful()).await;
    let engine = RedisEngine::builder(redis.url()).retain_events(100);
    let node = Node::of(engine.key_window(Duration::from_millis(1))).await;
    let mut publishers = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let node = node.clone();
        publishers.spawn(async move {
            for nth in (publisher..ORDERS).step_by(PUBLISHERS) {
                let order = order(&format!("o{nth}"));
                node.publish(Update::create_as(order, OrderStatus::Cancelled)).await;
            }
        });
    }
    in_time("all are published", publishers.join_all()).await;
    let left = redis.ask(&["ZCARD", "oe:{default}:orders"]).number();
    println!("{left} orders of {ORDERS} are left");
    assert!(left < ORDERS as i64 / 5, "{left} orders of {ORDERS} are left");
}

/// A history of several calls, between which its beginning moves.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_history_that_is_trimmed_while_it_is_read_has_no_hole() {
    const RETAINED: usize = 2_500;
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::of(RedisEngine::builder(redis.url()).retain_events(RETAINED)).await;
    let orders = node.create(10).await;
    let load = Load::start(&[&node], &orders, 16, "k");
    load.goes_on(RETAINED + 100).await;
    for _ in 0..10 {
        let begun = load.count();
        let read = history(&node, 0, EVERYTHING).await;
        assert!(read.complete && read.dropped > 0);
        let seqs: Vec<_> = read.records.iter().map(|record| record.seq()).collect();
        assert_eq!(seqs, (read.dropped + 1..=read.head).collect::<Vec<_>>());
        println!("{} events, {} more meanwhile", seqs.len(), load.count() - begun);
    }
    load.stop().await;
}
