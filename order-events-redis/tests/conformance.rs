//! The suite of engines, all of it, on a real server and on a real Cluster.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use order_events_conformance::engine::{self, BoxFuture, Retention, Rig, Subject};
use order_events_core::engine::Log;
use order_events_core::{OrderId, TenantId, Timestamp};
use order_events_redis::{RedisEngine, RedisEngineBuilder};

use crate::support::cluster::Cluster;
use crate::support::proxy::Proxy;
use crate::support::redis::{Options, Redis};
use crate::support::resp::{Reply, Wire};
use crate::support::wait::{CAP, LOOK_AGAIN, in_time};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_keeps_the_contract() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let subject = Servers {
        url: redis.url_by(proxy.address),
        others: None,
        addresses: vec![redis.address()],
        proxy: Some(Arc::new(proxy)),
    };
    engine::run_all(&subject).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_cluster_keeps_the_contract() {
    let cluster = Cluster::start().await;
    let urls = cluster.urls();
    let subject = Servers {
        url: urls[0].clone(),
        others: Some(urls[1..].to_vec()),
        addresses: cluster.addresses(),
        proxy: None,
    };
    engine::run_all(&subject).await;
}

/// Servers that every case shares, with a prefix of its own.
struct Servers {
    url: String,
    /// The other nodes, where it is a Cluster.
    others: Option<Vec<String>>,
    addresses: Vec<SocketAddr>,
    /// What is before the only server.
    proxy: Option<Arc<Proxy>>,
}

impl Servers {
    fn builder(&self, prefix: &str, retention: Retention) -> RedisEngineBuilder {
        let mut engine = RedisEngine::builder(&self.url);
        engine = engine.prefix(prefix).poll(Duration::from_millis(200));
        if let Some(others) = &self.others {
            engine = engine.cluster(others.clone());
        }
        if let Some(events) = retention.events {
            engine = engine.retain_events(events);
        }
        if let Some(age) = retention.age {
            engine = engine.retain_age(age);
        }
        if let Some(keys) = retention.keys {
            engine = engine.max_keys(keys);
        }
        if let Some(window) = retention.key_window {
            engine = engine.key_window(window);
        }
        engine
    }
}

#[async_trait]
impl Subject for Servers {
    async fn open(&self, retention: Retention) -> Option<Rig> {
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let prefix = format!("case-{}", OPENED.fetch_add(1, Ordering::SeqCst));
        let connect = async || {
            let engine = self.builder(&prefix, retention).connect().await;
            Arc::new(engine.unwrap_or_else(|error| panic!("cannot connect: {error:?}")))
        };
        let (engine, other) = (connect().await, connect().await);

        let addresses = self.addresses.clone();
        let lose = move |tenant: TenantId| {
            for address in &addresses {
                forget(*address, &format!("{prefix}:{{{tenant}}}:*"));
            }
            Box::pin(async {}) as BoxFuture<'static, ()>
        };
        let trouble = Arc::new(Trouble::new(&self.addresses, self.proxy.clone()));
        let its = Arc::clone(&engine);
        let disturb = move |begins| {
            let (trouble, engine) = (Arc::clone(&trouble), Arc::clone(&its));
            Box::pin(async move {
                if begins {
                    trouble.begin();
                } else {
                    trouble.end(&engine).await;
                }
            }) as BoxFuture<'static, ()>
        };
        Some(Rig::new(engine).with_other_node(other).with_loss(lose).with_trouble(disturb))
    }

    async fn settle(&self) {
        tokio::time::sleep(LOOK_AGAIN).await;
    }

    fn patience(&self) -> usize {
        (CAP.as_millis() / LOOK_AGAIN.as_millis()) as usize
    }

    /// By the servers' own clock, which is what the engine goes by: they all have this machine's.
    async fn pass(&self, time: Duration) {
        let mut wire = Wire::connect(self.addresses[0]).unwrap();
        let until = clock(&mut wire) + time;
        while clock(&mut wire) < until {
            self.settle().await;
        }
    }

    async fn race(&self, tasks: Vec<BoxFuture<'static, ()>>) {
        let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        for task in tasks {
            // One that panicked has said so; that its result is missing fails the case.
            let _panic = task.await;
        }
    }
}

/// What time a server says it is, since the Unix epoch.
fn clock(wire: &mut Wire) -> Duration {
    let time = wire.ask(&["TIME"]).unwrap().items();
    let numbers: Vec<u64> = time.into_iter().map(|part| part.text().parse().unwrap()).collect();
    Duration::from_secs(numbers[0]) + Duration::from_micros(numbers[1])
}

/// Takes away every key of this pattern that the server has.
fn forget(address: SocketAddr, pattern: &str) {
    let mut wire = Wire::connect(address).unwrap();
    let Reply::List(keys) = wire.ask(&["KEYS", pattern]).unwrap() else { return };
    let keys: Vec<_> = keys.into_iter().map(Reply::text).collect();
    if !keys.is_empty() {
        let mut delete = vec!["DEL"];
        delete.extend(keys.iter().map(String::as_str));
        wire.ask(&delete).unwrap();
    }
}

/// Replies that are lost, connections that are cut, servers that turn everybody away.
struct Trouble {
    addresses: Vec<SocketAddr>,
    proxy: Option<Arc<Proxy>>,
    is_on: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Trouble {
    fn new(addresses: &[SocketAddr], proxy: Option<Arc<Proxy>>) -> Self {
        let (addresses, thread) = (addresses.to_vec(), Mutex::default());
        Self { addresses, proxy, is_on: AtomicBool::new(false), thread }
    }

    fn begin(self: &Arc<Self>) {
        self.is_on.store(true, Ordering::SeqCst);
        let its = Arc::clone(self);
        let thread = std::thread::spawn(move || {
            for round in 0_usize.. {
                if !its.is_on.load(Ordering::SeqCst) {
                    return;
                }
                match &its.proxy {
                    // What only an append says.
                    Some(proxy) if round % 4 != 3 => proxy.lose_reply_to("order.created"),
                    Some(proxy) => proxy.refuse(),
                    None => its.addresses.iter().for_each(|address| throw_out(*address)),
                }
                std::thread::sleep(LOOK_AGAIN);
                its.proxy.iter().for_each(|proxy| proxy.pass());
            }
        });
        *self.thread.lock().unwrap() = Some(thread);
    }

    /// … and waits until the engine is well again.
    async fn end(&self, engine: &RedisEngine) {
        self.is_on.store(false, Ordering::SeqCst);
        self.thread.lock().unwrap().take().unwrap().join().unwrap();
        if let Some(proxy) = &self.proxy {
            proxy.lose_reply_to("what nobody says");
        }
        let (tenant, order) = (TenantId::default(), OrderId::new("42").unwrap());
        let well = async {
            while engine.read(&tenant, &order, None, Timestamp::UNIX_EPOCH).await.is_err() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        in_time("the engine is well again", well).await;
    }
}

fn throw_out(address: SocketAddr) {
    Wire::connect(address).unwrap().ask(&["CLIENT", "KILL", "TYPE", "normal"]).unwrap();
}
