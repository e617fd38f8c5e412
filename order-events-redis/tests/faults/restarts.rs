//! A Redis that is killed and started again, with all it had or with nothing.

use crate::support::load::Load;
use crate::support::nodes::{Node, viewers};
use crate::support::redis::{Options, Redis};
use crate::support::viewer::all_are_reset;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_restart_that_kept_everything_resets_nobody() {
    let mut redis = Redis::start(Options::kept_always()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 6).await;
    viewers[0].reconnect_every(37);
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    for _ in 0..3 {
        load.goes_on(100).await;
        redis.kill9();
        redis.restart().await;
    }
    load.goes_on(100).await;
    load.ends_whole(&b, &viewers).await;
}

/// Whether a moment was lost or not is the disk's luck; nobody is left with what is not so.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_restart_that_may_have_lost_a_moment_leaves_nobody_with_it() {
    let mut redis = Redis::start(Options::kept_each_second()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 4).await;
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    load.goes_on(200).await;
    redis.kill9();
    redis.restart().await;
    load.goes_on(200).await;
    load.stop().await;
    let log = b.story().await;
    for viewer in &viewers {
        viewer.ends_true(&log).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_restart_that_kept_nothing_resets_whoever_saw_what_is_lost() {
    let mut redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 6).await;
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "before");
    load.goes_on(200).await;
    viewers[0].leave().await;
    redis.kill9();
    redis.restart().await;
    a.create(10).await;
    load.goes_on(50).await;
    let done = load.stop().await;
    assert!(!done.acknowledged.is_empty());
    viewers[0].come_back();
    let log = b.story().await;
    all_are_reset(&viewers, &log).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_flushed_log_resets_everybody() {
    let redis = Redis::start(Options::kept_always()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 6).await;
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b], &orders, 4, "before");
    load.goes_on(200).await;
    redis.flush();
    a.create(10).await;
    load.goes_on(50).await;
    load.stop().await;
    let log = b.story().await;
    all_are_reset(&viewers, &log).await;
}

/// A live reader is told though nothing is published any more.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_flush_is_noticed_though_nothing_follows() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    a.create(3).await;
    let viewers = viewers(&[&a, &b], 2).await;
    redis.flush();
    for viewer in &viewers {
        viewer.is_reset(1).await;
        assert!(viewer.seen().versions.is_empty());
    }
}

/// The numbers that were lost come again for other events while the reader is away.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn numbers_that_come_again_after_a_flush_are_not_taken_for_the_old_ones() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 2).await;
    let orders = a.create(3).await;
    a.remark(&orders[0], "lost").await;
    let head = a.story().await.head;
    for viewer in &viewers {
        viewer.is_at(head).await;
        viewer.leave().await;
    }
    redis.flush();
    b.create(3).await;
    b.remark(&orders[1], "another").await;
    assert_eq!(b.story().await.head.seq, head.seq);
    let log = b.story().await;
    for viewer in &viewers {
        viewer.come_back();
        viewer.is_reset(1).await;
        viewer.ends_true(&log).await;
    }
}
