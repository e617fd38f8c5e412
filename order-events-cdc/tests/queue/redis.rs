//! The queue on real servers, and on a real Cluster.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use order_events_cdc::{Enqueued, ProvisioningQueue, QueueError, RedisQueue, RedisQueueBuilder};

use crate::support::cluster::Cluster;
use crate::support::redis::{Options, Redis};
use crate::support::resp::Reply;
use crate::support::wait::{CAP, until};
use crate::{contract, job};

/// Long enough for a loaded machine to do a few steps within, short enough to wait for.
pub(crate) const LEASE: Duration = Duration::from_millis(1500);

const TLS_URL: &str = "ORDER_EVENTS_CDC_TLS_URL";

/// Queues that have nothing of each other.
async fn of_its_own(queue: RedisQueueBuilder) -> Arc<dyn ProvisioningQueue> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let prefix = format!("q{}", COUNT.fetch_add(1, Ordering::Relaxed));
    Arc::new(queue.prefix(prefix).lease(LEASE).connect().await.unwrap())
}

async fn queue_at(redis: &Redis, prefix: &str) -> RedisQueue {
    RedisQueue::builder(redis.url()).prefix(prefix).lease(LEASE).connect().await.unwrap()
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_queue_on_redis_keeps_the_contract() {
    let redis = Redis::start(Options::forgetful()).await;
    contract::holds(async || of_its_own(RedisQueue::builder(redis.url())).await).await;
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_queue_on_a_cluster_keeps_the_contract() {
    let cluster = Cluster::start().await;
    // Begins at one that has not the queue's slot.
    let home = cluster.home_of("oe-jobs:{jobs}:stream");
    let first = cluster.urls()[(home + 1) % 3].clone();
    let queue = || RedisQueue::builder(&first).cluster([cluster.urls()[home].clone()]);
    contract::holds(async || of_its_own(queue()).await).await;
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn nodes_share_a_queue_and_a_trigger() {
    let redis = Redis::start(Options::forgetful()).await;
    let (one, other) = (queue_at(&redis, "shared").await, queue_at(&redis, "shared").await);
    assert_eq!(one.enqueue(job("1", 1)).await.unwrap(), Enqueued::New);
    assert_eq!(other.enqueue(job("1", 1)).await.unwrap(), Enqueued::Known);
    let lease = other.take(LEASE).await.unwrap().unwrap();
    assert_eq!(one.take(Duration::ZERO).await.unwrap(), None);
    // Its own receipts are not those of the other.
    assert!(one.extend(&lease).await.unwrap());
    other.done(&lease).await.unwrap();
    assert!(!one.extend(&lease).await.unwrap());
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn who_waits_is_told_of_a_job_and_holds_nobody_up() {
    let redis = Redis::start(Options::forgetful()).await;
    let queue = Arc::new(queue_at(&redis, "waiting").await);
    let worker = Arc::clone(&queue);
    let waiter = tokio::spawn(async move { worker.take(CAP).await.unwrap().unwrap() });
    until("the worker waits", || redis.info("blocked_clients") == "1").await;
    queue.enqueue(job("1", 1)).await.unwrap();
    let lease = waiter.await.unwrap();
    assert_eq!((&lease.job, lease.attempt), (&job("1", 1), 1));
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn who_goes_away_while_waiting_takes_no_job_along() {
    let redis = Redis::start(Options::forgetful()).await;
    let queue = Arc::new(queue_at(&redis, "leaving").await);
    let worker = Arc::clone(&queue);
    let waiter = tokio::spawn(async move { worker.take(CAP).await });
    until("the worker waits", || redis.info("blocked_clients") == "1").await;
    waiter.abort();
    assert!(waiter.await.unwrap_err().is_cancelled());
    queue.enqueue(job("1", 1)).await.unwrap();
    let lease = queue.take(Duration::ZERO).await.unwrap().expect("it is with nobody");
    assert_eq!(lease.attempt, 1);
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn who_waits_is_told_of_a_job_after_the_connection_was_lost() {
    let redis = Redis::start(Options::forgetful()).await;
    let queue = Arc::new(queue_at(&redis, "cut").await);
    let worker = Arc::clone(&queue);
    let waiter = tokio::spawn(async move { worker.take(CAP).await });
    until("the worker waits", || redis.info("blocked_clients") == "1").await;
    redis.cut_clients("normal");
    // A call that was lost may say so, and is made again.
    while queue.enqueue(job("1", 1)).await.is_err() {
        tokio::task::yield_now().await;
    }
    let taken = match waiter.await.unwrap() {
        Ok(taken) => taken,
        Err(QueueError::Unavailable { .. }) => queue.take(CAP).await.unwrap(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(taken.unwrap().job, job("1", 1));
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn nothing_is_left_of_jobs_that_are_done_but_their_triggers() {
    let redis = Redis::start(Options::forgetful()).await;
    let queue = queue_at(&redis, "left").await;
    for order in ["1", "2"] {
        queue.enqueue(job(order, 1)).await.unwrap();
        let lease = queue.take(LEASE).await.unwrap().unwrap();
        queue.done(&lease).await.unwrap();
    }
    for key in ["leases", "tries", "waiting", "dead"] {
        let name = format!("left:{{jobs}}:{key}");
        assert_eq!(redis.ask(&["EXISTS", &name]), Reply::Number(0), "{key}");
    }
    assert_eq!(redis.ask(&["XLEN", "left:{jobs}:stream"]), Reply::Number(0));
    let seconds = redis.ask(&["TTL", "left:{jobs}:t:provision/default/1/1"]).number();
    assert!((1..=30 * 24 * 60 * 60).contains(&seconds), "{seconds}");
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_is_no_job_is_kept_apart_and_holds_nobody_up() {
    let redis = Redis::start(Options::forgetful()).await;
    let queue = queue_at(&redis, "foreign").await;
    redis.ask(&["XADD", "foreign:{jobs}:stream", "*", "job", "{}"]);
    queue.enqueue(job("1", 1)).await.unwrap();
    assert_eq!(queue.take(LEASE).await.unwrap().unwrap().job, job("1", 1));
    assert_eq!(redis.ask(&["XLEN", "foreign:{jobs}:dead"]), Reply::Number(1));
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_that_is_gone_is_said_to_be() {
    let redis = Redis::start(Options::forgetful()).await;
    let queue = queue_at(&redis, "gone").await;
    drop(redis);
    let error = queue.enqueue(job("1", 1)).await.unwrap_err();
    let QueueError::Unavailable { what, .. } = error else { panic!("{error}") };
    assert_eq!(what, "enqueue a job");
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_refused_and_its_password_is_not_repeated() {
    for (url, prefix) in [("redis://:word@", "jobs"), ("redis://:word@127.0.0.1:1", "{jobs}")] {
        let refused = RedisQueue::builder(url).prefix(prefix).connect().await.unwrap_err();
        assert!(!format!("{refused:?}").contains("word"), "{refused:?}");
    }
}

#[tokio::test]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_user_who_may_do_little_else_and_tls_by_url() {
    let rules = "~oe-jobs:* +@all -@dangerous +info";
    let redis = Redis::start(Options::forgetful().tls().user("shop", "word", rules)).await;
    works_where_trusted(&redis.url(), &redis.certificate()).unwrap();
    let stranger = Redis::start(Options::forgetful().tls()).await;
    let told = works_where_trusted(&redis.url(), &stranger.certificate());
    assert!(told.is_err(), "anybody is trusted");
}

/// Whom the system trusts is told to a process, not to a connection; what it said where it failed.
fn works_where_trusted(url: &str, certificates: &Path) -> Result<(), String> {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--ignored", "--exact", "redis::a_part_of_tls_by_url", "--nocapture"]);
    let done = test.env(TLS_URL, url).env("SSL_CERT_FILE", certificates).output().unwrap();
    let told = || String::from_utf8_lossy(&done.stderr).into_owned();
    if done.status.success() { Ok(()) } else { Err(told()) }
}

/// Does nothing by itself.
#[tokio::test]
#[ignore = "a part of `a_user_who_may_do_little_else_and_tls_by_url`, in a process of its own"]
async fn a_part_of_tls_by_url() {
    let Ok(url) = std::env::var(TLS_URL) else { return };
    let queue = Arc::new(RedisQueue::builder(url).connect().await.unwrap());
    let worker = Arc::clone(&queue);
    let waiter = tokio::spawn(async move { worker.take(CAP).await.unwrap().unwrap() });
    queue.enqueue(job("1", 1)).await.unwrap();
    let lease = waiter.await.unwrap();
    assert!(queue.extend(&lease).await.unwrap());
    assert!(queue.bury(&lease, "why").await.unwrap());
    assert_eq!(queue.dead(1).await.unwrap().len(), 1);
}
