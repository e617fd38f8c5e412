//! What these tests stand on does what it says: the servers, and the proxy.

use crate::support::cluster::Cluster;
use crate::support::proxy::Proxy;
use crate::support::redis::{Options, Redis};
use crate::support::resp::{Reply, Wire};
use crate::support::wait::until;

fn text(text: &str) -> Reply {
    Reply::Text(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_killed_server_comes_back_with_what_it_kept() {
    for (options, kept) in [(Options::kept_always(), text("1")), (Options::forgetful(), Reply::Nil)]
    {
        let mut redis = Redis::start(options).await;
        let address = redis.address();
        redis.ask(&["SET", "a", "1"]);
        redis.kill9();
        assert!(Wire::connect(address).is_err());
        redis.restart().await;
        assert_eq!((redis.address(), redis.ask(&["GET", "a"])), (address, kept));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_replica_whose_link_is_held_is_behind_for_certain() {
    let mut primary = Redis::start(Options::forgetful()).await;
    let link = Proxy::before(primary.address());
    let replica = Redis::start(Options::replica_of(link.address)).await;
    replica.caught_up_with(&primary).await;
    primary.ask(&["SET", "a", "kept"]);
    replica.caught_up_with(&primary).await;
    link.hold();
    primary.ask(&["SET", "a", "lost"]);
    primary.kill9();
    link.refuse();
    replica.promote();
    assert_eq!(replica.ask(&["GET", "a"]), text("kept"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_cluster_is_whole_and_survives_a_primary() {
    let mut cluster = Cluster::start_with(Options::forgetful(), 1).await;
    assert_eq!(cluster.home_of("foo"), 2);
    cluster.primaries[2].ask(&["SET", "foo", "1"]);
    cluster.replicas[2].caught_up_with(&cluster.primaries[2]).await;
    cluster.fail_over(2).await;
    assert_eq!(cluster.replicas[2].ask(&["GET", "foo"]), text("1"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_lost_reply_is_lost_after_the_deed() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let mut wire = Wire::connect(proxy.address).unwrap();
    proxy.lose_reply_to("a-word");
    assert_eq!(wire.ask(&["SET", "b", "another"]).unwrap(), text("OK"));
    wire.ask(&["SET", "a", "a-word"]).unwrap_err();
    assert_eq!((redis.ask(&["GET", "a"]), proxy.lost()), (text("a-word"), 1));
    // Once, and not again.
    let mut wire = Wire::connect(proxy.address).unwrap();
    assert_eq!(wire.ask(&["SET", "a", "a-word"]).unwrap(), text("OK"));
    proxy.refuse();
    wire.ask(&["PING"]).unwrap_err();
    proxy.pass();
    let mut wire = Wire::connect(proxy.address).unwrap();
    assert_eq!(wire.ask(&["PING"]).unwrap(), text("PONG"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_ends_with_its_test_though_that_panics() {
    let (told, address) = std::sync::mpsc::channel();
    let failed = tokio::spawn(async move {
        let redis = Redis::start(Options::forgetful().password("word")).await;
        redis.pause();
        told.send(redis.address()).unwrap();
        panic!("on purpose: the server must end with this");
    });
    assert!(failed.await.unwrap_err().is_panic());
    let address = address.recv().unwrap();
    until("it is gone", || Wire::connect(address).is_err()).await;
}
