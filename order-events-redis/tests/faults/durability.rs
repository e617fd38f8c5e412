//! What an acknowledged publish means, where more is asked than the memory of one server.

use std::time::Duration;

use order_events_core::{PublishError, Published};
use order_events_redis::{Durability, RedisEngine};

use crate::support::nodes::{Node, answered, order, remark, viewers};
use crate::support::proxy::Proxy;
use crate::support::redis::{Options, Redis};
use crate::support::viewer::all_saw_it_all;
use crate::support::wait::{CAP, in_time, until};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn an_event_that_no_replica_has_is_not_acknowledged_until_one_has() {
    let primary = Redis::start(Options::forgetful()).await;
    let link = Proxy::before(primary.address());
    let replica = Redis::start(Options::replica_of(link.address)).await;
    replica.caught_up_with(&primary).await;
    let within = Duration::from_millis(300);
    let asked = Durability::Replicated { replicas: 1, within };
    let node = Node::of(RedisEngine::builder(primary.url()).durability(asked)).await;
    let viewers = viewers(&[&node], 1).await;
    let orders = node.create(1).await;

    link.hold();
    for _ in 0..3 {
        let told = answered("a publish", node.hub.publish(remark(&orders[0], "k"))).await;
        assert!(matches!(told, Err(PublishError::Indeterminate { .. })), "{told:?}");
    }
    link.pass();
    let told = node.remark(&orders[0], "k").await;
    assert!(matches!(told, Published::Duplicate(_)), "{told:?}");
    let log = node.story().await;
    assert_eq!((log.places("k"), log.head.seq), (&[2][..], 2));
    viewers[0].saw_it_all(&log).await;
}

/// A wait holds up the connection that it came by: others have connections of their own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn publishers_who_wait_do_not_hold_up_each_other() {
    let primary = Redis::start(Options::forgetful()).await;
    let link = Proxy::before(primary.address());
    let replica = Redis::start(Options::replica_of(link.address)).await;
    replica.caught_up_with(&primary).await;
    // Longer than a test waits for anything.
    let asked = Durability::Replicated { replicas: 1, within: CAP * 10 };
    let node = Node::of(RedisEngine::builder(primary.url()).durability(asked)).await;
    node.create(8).await;
    let head = || primary.ask(&["HGET", "oe:{default}:meta", "head"]).text();
    assert_eq!(head(), "8");

    link.hold();
    let publish = async |node: Node, nth: usize| {
        node.hub.publish(remark(&order(&format!("o{nth}")), &format!("k-{nth}"))).await
    };
    let publishing: Vec<_> = (0..8).map(|nth| tokio::spawn(publish(node.clone(), nth))).collect();
    until("all are in the log", || head() == "16").await;
    assert!(publishing.iter().all(|publishing| !publishing.is_finished()), "nobody has it yet");
    link.pass();
    for publishing in publishing {
        let told = in_time("it is acknowledged", publishing).await.unwrap();
        assert!(matches!(told, Ok(Published::Applied(_))), "{told:?}");
    }
}

/// What was acknowledged so survives the primary, however soon it dies.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_a_replica_has_acknowledged_survives_the_primary() {
    let mut primary = Redis::start(Options::forgetful()).await;
    let replica = Redis::start(Options::replica_of(primary.address())).await;
    replica.caught_up_with(&primary).await;
    let front = Proxy::before(primary.address());
    let asked = Durability::Replicated { replicas: 1, within: Duration::from_secs(1) };
    let engine = RedisEngine::builder(primary.url_by(front.address)).durability(asked);
    let node = Node::of(engine).await;
    let viewers = viewers(&[&node], 2).await;
    let orders = node.create(1).await;
    for nth in 0..50 {
        node.remark(&orders[0], &format!("k-{nth}")).await;
    }
    primary.kill9();
    replica.promote();
    front.aim_at(replica.address());
    front.cut();
    // It has no replica of its own now, so this node would wait in vain.
    let later = Node::on(&replica.url()).await;
    later.remark(&orders[0], "after").await;
    let log = later.story().await;
    assert_eq!(log.head.seq, 52);
    all_saw_it_all(&viewers, &log).await;
}

/// A server that is too old for it is refused when connecting; one that can is waited for.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_the_server_cannot_promise_is_refused_at_once() {
    let mut redis = Redis::start(Options::kept_each_second()).await;
    let version = redis.info("redis_version");
    let knows = version.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    let asked = Durability::OnDisk { replicas: 0, within: Duration::from_millis(300) };
    let engine = || RedisEngine::builder(redis.url()).durability(asked);
    let connected = answered("connecting", engine().connect()).await;
    assert_eq!(connected.is_ok(), knows >= vec![7, 2], "Redis {version}: {connected:?}");
    if connected.is_err() {
        return;
    }

    let node = Node::of(engine()).await;
    let orders = node.create(1).await;
    // Nobody writes to the disk any more.
    redis.ask(&["CONFIG", "SET", "appendfsync", "no"]);
    let told = answered("a publish", node.hub.publish(remark(&orders[0], "k"))).await;
    assert!(matches!(told, Err(PublishError::Indeterminate { .. })), "{told:?}");
    redis.ask(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let told = node.remark(&orders[0], "k").await;
    assert!(matches!(told, Published::Duplicate(_)), "{told:?}");
    let log = node.story().await;
    redis.kill9();
    redis.restart().await;
    let node = Node::on(&redis.url()).await;
    assert_eq!(node.story().await.places("k"), log.places("k"));
}
