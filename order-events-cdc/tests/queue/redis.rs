//! The queue on a real `redis-server`.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use order_events_cdc::{Enqueued, ProvisioningQueue, QueueError, RedisQueue};

use crate::{contract, job};

/// Long enough for a loaded machine to do a few steps within, short enough to wait for.
const LEASE: Duration = Duration::from_millis(1500);

/// A server of the test's own, which keeps nothing. Ends with the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    async fn start() -> Self {
        // Somebody else may take the port before the server does.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let address = format!("redis://127.0.0.1:{port}");
            let child = Command::new("redis-server")
                .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
                .args(["--save", "", "--appendonly", "no", "--dir", "/tmp"])
                .stdout(Stdio::null())
                .spawn()
                .expect("redis-server is installed");
            let mut server = Self { child, address };
            if server.is_up().await {
                return server;
            }
        }
        panic!("redis-server does not start");
    }

    async fn is_up(&mut self) -> bool {
        while self.child.try_wait().unwrap().is_none() {
            if self.connection().await.is_ok() {
                return true;
            }
            tokio::task::yield_now().await;
        }
        false
    }

    async fn connection(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(self.address.as_str())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
    }

    /// Queues that have nothing of each other.
    async fn queue(&self) -> RedisQueue {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let prefix = format!("q{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.queue_at(&prefix).await
    }

    async fn queue_at(&self, prefix: &str) -> RedisQueue {
        let queue = RedisQueue::connect(&self.address).await.unwrap();
        queue.with_prefix(prefix).with_lease(LEASE)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "wants redis-server"]
async fn a_queue_on_redis_keeps_the_contract() {
    let server = Server::start().await;
    contract::holds(async || Arc::new(server.queue().await) as Arc<dyn ProvisioningQueue>).await;
}

#[tokio::test]
#[ignore = "wants redis-server"]
async fn nodes_share_a_queue_and_a_trigger() {
    let server = Server::start().await;
    let (one, other) = (server.queue_at("shared").await, server.queue_at("shared").await);
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
#[ignore = "wants redis-server"]
async fn nothing_is_left_of_jobs_that_are_done_but_their_triggers() {
    let server = Server::start().await;
    let queue = server.queue_at("left").await;
    for order in ["1", "2"] {
        queue.enqueue(job(order, 1)).await.unwrap();
        let lease = queue.take(LEASE).await.unwrap().unwrap();
        queue.done(&lease).await.unwrap();
    }
    let mut connection = server.connection().await.unwrap();
    let mut ask = async |words: &[&str]| -> redis::Value {
        let (verb, arguments) = words.split_first().unwrap();
        redis::cmd(verb).arg(arguments).query_async(&mut connection).await.unwrap()
    };
    for key in ["leases", "tries", "waiting", "dead"] {
        let name = format!("left:{{jobs}}:{key}");
        assert_eq!(ask(&["EXISTS", &name]).await, redis::Value::Int(0), "{key}");
    }
    assert_eq!(ask(&["XLEN", "left:{jobs}:stream"]).await, redis::Value::Int(0));
    let trigger = "left:{jobs}:t:provision/default/1/1";
    let redis::Value::Int(seconds) = ask(&["TTL", trigger]).await else { panic!("a number") };
    assert!((1..=30 * 24 * 60 * 60).contains(&seconds), "{seconds}");
}

#[tokio::test]
#[ignore = "wants redis-server"]
async fn what_is_no_job_is_kept_apart_and_holds_nobody_up() {
    let server = Server::start().await;
    let queue = server.queue_at("foreign").await;
    let mut connection = server.connection().await.unwrap();
    let mut add = redis::cmd("XADD");
    add.arg(&["foreign:{jobs}:stream", "*", "job", "{}"]);
    add.exec_async(&mut connection).await.unwrap();
    queue.enqueue(job("1", 1)).await.unwrap();
    assert_eq!(queue.take(LEASE).await.unwrap().unwrap().job, job("1", 1));
    let mut length = redis::cmd("XLEN");
    let length: usize =
        length.arg("foreign:{jobs}:dead").query_async(&mut connection).await.unwrap();
    assert_eq!(length, 1);
}

#[tokio::test]
#[ignore = "wants redis-server"]
async fn a_server_that_is_gone_is_said_to_be() {
    let server = Server::start().await;
    let queue = server.queue().await;
    drop(server);
    let error = queue.enqueue(job("1", 1)).await.unwrap_err();
    let QueueError::Unavailable { what, .. } = error else { panic!("{error}") };
    assert_eq!(what, "enqueue a job");
}
