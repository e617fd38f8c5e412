//! Passwords, users and TLS, by URL.

use std::process::Command;

use order_events_redis::RedisEngine;

use crate::support::nodes::{Node, bounded, viewers};
use crate::support::redis::{Options, Redis};

const TLS_URL: &str = "ORDER_EVENTS_TLS_URL";

async fn works(url: &str) {
    let (a, b) = (Node::on(url).await, Node::on(url).await);
    let viewers = viewers(&[&b], 1).await;
    let orders = a.create(1).await;
    a.remark(&orders[0], "heard").await;
    viewers[0].saw_it_all(&b.story().await).await;
}

/// In bounded time; and the error does not repeat the secret.
async fn is_refused(url: &str) {
    let refused = bounded("connecting", RedisEngine::builder(url).connect()).await;
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
    let rules = "~oe:* &oe:* +@all -@dangerous +info";
    let redis = Redis::start(Options::forgetful().user("shop", "word", rules)).await;
    works(&redis.url()).await;
    is_refused(&format!("redis://shop:wrong@{}", redis.address())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn tls_by_url() {
    let redis = Redis::start(Options::forgetful().tls().password("word")).await;
    // Whom the system trusts is told to a process, not to a connection.
    let with = |certificate| {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--ignored", "--exact", "connecting::a_part_of_tls_by_url", "--nocapture"]);
        test.env(TLS_URL, redis.url()).env("SSL_CERT_FILE", certificate).output().unwrap()
    };
    let trusted = with(redis.certificate());
    let told = String::from_utf8_lossy(&trusted.stderr);
    assert!(trusted.status.success(), "{told}");
    let stranger = Redis::start(Options::forgetful().tls()).await;
    assert!(!with(stranger.certificate()).status.success(), "anybody is trusted");
}

/// Does nothing by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of `tls_by_url`, which runs it in a process of its own"]
async fn a_part_of_tls_by_url() {
    if let Ok(url) = std::env::var(TLS_URL) {
        works(&url).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_is_no_url_of_a_redis_is_refused() {
    for url in ["", "http://127.0.0.1:6379", "redis://", "127.0.0.1:notaport"] {
        let refused = bounded("connecting", RedisEngine::builder(url).connect()).await;
        assert!(refused.is_err(), "{url:?}");
    }
}
