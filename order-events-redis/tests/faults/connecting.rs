//! Passwords, users and TLS, by URL.

use std::path::Path;
use std::process::Command;

use order_events_core::{PublishError, TenantId};
use order_events_redis::RedisEngine;

use crate::on_a_cluster::{self, viewer};
use crate::support::cluster::Cluster;
use crate::support::facts::Story;
use crate::support::nodes::{Node, answered, order, remark, told, viewers};
use crate::support::redis::{Options, Redis};

/// What the README says that a user must be allowed.
const RULES: &str = "~oe:* &oe:* +@all -@dangerous +info";

const TLS_URL: &str = "ORDER_EVENTS_TLS_URL";
/// Follows the address where it is one of a Cluster's.
const CLUSTER: &str = "#cluster";

async fn works(url: &str) {
    let (a, b) = (Node::on(url).await, Node::on(url).await);
    let viewers = viewers(&[&b], 1).await;
    let orders = a.create(1).await;
    a.remark(&orders[0], "heard").await;
    viewers[0].saw_it_all(&b.story().await).await;
}

/// In bounded time; and the error does not repeat the secret.
async fn is_refused(url: &str) {
    let refused = answered("connecting", RedisEngine::builder(url).connect()).await;
    let error = format!("{:?}", refused.map(drop).unwrap_err());
    assert!(!error.contains("wrong"), "the secret is told: {error}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_password_by_url() {
    let redis = Redis::start(Options::forgetful().password("word")).await;
    works(&redis.url()).await;
    is_refused(&format!("redis://:wrong@{}", redis.address())).await;
    is_refused(&format!("redis://{}", redis.address())).await;
}

/// Who may do nothing but what the engine needs, and nothing beside its own keys.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_user_by_url_who_may_do_little_else() {
    let redis = Redis::start(Options::forgetful().user("shop", "word", RULES)).await;
    works(&redis.url()).await;
    is_refused(&format!("redis://shop:wrong@{}", redis.address())).await;
}

/// What a server does not tell of itself is not taken for fine: nobody would know of an eviction.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_that_may_not_be_asked_what_it_is_is_let_go_of_until_it_may() {
    let redis = Redis::start(Options::forgetful().user("shop", "word", RULES)).await;
    let node = Node::on(&redis.url()).await;
    let viewers = viewers(&[&node], 1).await;
    let orders = node.create(1).await;
    redis.ask(&["ACL", "SETUSER", "shop", "-info"]);
    redis.cut_clients("normal");
    node.says_reachable(false).await;
    let refused = answered("a publish", node.hub.publish(remark(&orders[0], "k"))).await;
    let Err(error @ PublishError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    assert!(told(&error).contains("info"), "{}", told(&error));
    is_refused(&redis.url()).await;
    redis.ask(&["ACL", "SETUSER", "shop", "+info"]);
    node.remark(&orders[0], "k").await;
    viewers[0].saw_it_all(&node.story().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn tls_by_url() {
    let redis = Redis::start(Options::forgetful().tls().password("word")).await;
    works_where_trusted(&redis.url(), &redis.certificate()).unwrap();
    let stranger = Redis::start(Options::forgetful().tls()).await;
    let told = works_where_trusted(&redis.url(), &stranger.certificate());
    assert!(told.is_err(), "anybody is trusted");
}

/// The nodes of a Cluster that are not named are reached by TLS, too.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn tls_by_url_on_a_cluster() {
    let known = Redis::start(Options::forgetful().tls()).await;
    let cluster = Cluster::start_with(Options::forgetful().tls_as(&known), 0).await;
    let url = format!("{}{CLUSTER}", cluster.urls()[0]);
    works_where_trusted(&url, &known.certificate()).unwrap();
    for primary in &cluster.primaries {
        assert_ne!(primary.ask(&["DBSIZE"]).number(), 0, "a tenant is on each");
    }
}

/// Whom the system trusts is told to a process, not to a connection; what it said where it failed.
fn works_where_trusted(url: &str, certificates: &Path) -> Result<(), String> {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--ignored", "--exact", "connecting::a_part_of_tls_by_url", "--nocapture"]);
    let done = test.env(TLS_URL, url).env("SSL_CERT_FILE", certificates).output().unwrap();
    let told = || String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok(()) } else { Err(told()) }
}

/// Does nothing by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of `tls_by_url`, which runs it in a process of its own"]
async fn a_part_of_tls_by_url() {
    let Ok(url) = std::env::var(TLS_URL) else { return };
    let Some(url) = url.strip_suffix(CLUSTER) else { return works(&url).await };
    let node = async || Node::of(RedisEngine::builder(url).cluster([])).await;
    let (a, b) = (node().await, node().await);
    // Enough of them to be on every primary.
    for nth in 0..20 {
        let tenant = TenantId::new(format!("shop-{nth}")).unwrap();
        let viewer = viewer([&b, &a], &tenant, "viewer");
        viewer.has_begun().await;
        a.publish(on_a_cluster::told(&tenant, &order("42"), "heard")).await;
        viewer.saw_it_all(&Story::of(&*b.engine, &tenant).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_is_no_url_of_a_redis_is_refused() {
    for url in ["", "http://127.0.0.1:6379", "redis://", "127.0.0.1:notaport"] {
        let refused = answered("connecting", RedisEngine::builder(url).connect()).await;
        assert!(refused.is_err(), "{url:?}");
    }
}
