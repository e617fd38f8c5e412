//! The suite of engines, against a real server.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use order_events_conformance::engine::{self, BoxFuture, Retention, Rig, Subject};
use order_events_redis::RedisEngine;

struct Subjected {
    url: String,
    cluster: bool,
}

#[async_trait]
impl Subject for Subjected {
    async fn open(&self, retention: Retention) -> Option<Rig> {
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let number = OPENED.fetch_add(1, Ordering::SeqCst);
        let prefix = format!("t{}-{number}", std::process::id());
        let connect = async || {
            let mut engine =
                RedisEngine::builder(&self.url).prefix(&prefix).poll(Duration::from_millis(200));
            if self.cluster {
                engine = engine.cluster([]);
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
            Arc::new(engine.connect().await.unwrap())
        };
        let (engine, other) = (connect().await, connect().await);
        Some(Rig::new(engine).with_other_node(other))
    }

    async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }

    fn patience(&self) -> usize {
        5_000
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn race(&self, tasks: Vec<BoxFuture<'static, ()>>) {
        let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        for task in tasks {
            let _panic = task.await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_server_keeps_the_contract() {
    let url = std::env::var("REDIS").unwrap_or("redis://127.0.0.1:16390".to_owned());
    let subject = Subjected { url, cluster: std::env::var("CLUSTER").is_ok() };
    let report = match std::env::var("CASE") {
        Ok(case) => engine::run_some(&subject, |its| its.name.contains(&case)).await,
        Err(_) => {
            engine::run_all(&subject).await;
            return;
        }
    };
    println!("{:?}{report}", report.passed);
    assert!(report.failed.is_empty());
}
