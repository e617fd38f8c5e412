//! Odd names and great numbers, on their way through Redis and its scripts.

use order_events_core::{
    Cursor, CustomerId, Delivery, EventKind, EventName, Grant, IdempotencyKey, OrderEvent,
    Principal, Published, Resume, Scope, Subscription, TenantId, Update,
};
use order_events_redis::{RedisEngine, RedisEngineBuilder};
use serde_json::{Value, json};

use crate::support::cluster::Cluster;
use crate::support::nodes::{Node, order};
use crate::support::redis::{Options, Redis};
use crate::support::wait::in_time;

/// Whatever means something to Redis, to Lua or to a Cluster, and is no brace.
const PREFIX: &str = "a b:%7B*?[^]\r\n$1\"☃'";
const NAME: &str = "№ {42}}{:o:%7D*?[^] $1 \"☃'\\";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn odd_names_and_great_numbers_are_told_as_they_were_published() {
    let redis = Redis::start(Options::forgetful()).await;
    go_through(|| RedisEngine::builder(redis.url())).await;
    // Another service on the same Redis, whose names are parts of the first one's.
    let other = Node::of(RedisEngine::builder(redis.url()).prefix("a b:")).await;
    assert_eq!(other.story().await.head.seq, 0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn odd_names_and_great_numbers_are_told_as_they_were_published_on_a_cluster() {
    let cluster = Cluster::start().await;
    let urls = cluster.urls();
    go_through(|| RedisEngine::builder(urls[0].as_str()).cluster(urls.clone())).await;
}

async fn go_through(engine: impl Fn() -> RedisEngineBuilder) {
    let node = async || Node::of(engine().prefix(PREFIX)).await;
    let (a, b) = (node().await, node().await);
    let (tenant, order) = (TenantId::new(NAME).unwrap(), order(NAME));
    let anna = CustomerId::new(NAME).unwrap();
    a.publish(Update::create(&order).in_tenant(&tenant).with_customer(&anna)).await;
    let scopes = [Scope::Tenant, Scope::Order(order.clone()), Scope::Customer(anna)];
    let grants = scopes.map(|scope| {
        Grant::new(Principal::new(NAME).unwrap(), scope).in_tenant(&tenant).as_staff()
    });
    let mut live = Vec::new();
    for grant in &grants {
        live.push(b.hub.subscribe(grant.clone(), Resume::Fresh).await.unwrap());
    }
    let numbers = json!({ "beyond": (1_u64 << 53) + 1, "most": u64::MAX, "least": i64::MIN });
    let name = EventName::custom("parcel weighed").unwrap();
    let update = Update::custom(&order, name, numbers.clone()).in_tenant(&tenant);
    let update = update.with_key(IdempotencyKey::new(NAME).unwrap());
    let Published::Applied(first) = a.publish(update.clone()).await else { panic!("not applied") };
    let Published::Duplicate(again) = b.publish(update).await else { panic!("not known") };
    assert_eq!((again.cursor, again.event), (first.cursor, first.event));

    let before = Cursor { seq: first.cursor.seq - 1, ..first.cursor };
    let later = node().await;
    for (grant, mut live) in grants.into_iter().zip(live) {
        assert_eq!(numbers_of(&mut live).await, numbers);
        let mut resumed = later.hub.subscribe(grant, Resume::After(before)).await.unwrap();
        assert_eq!(numbers_of(&mut resumed).await, numbers);
    }
}

/// The data of the next event.
async fn numbers_of(stream: &mut Subscription) -> Value {
    loop {
        match in_time("it is told", stream.next()).await {
            Some(Delivery::Event(event)) => {
                let event: OrderEvent = event.decode();
                let EventKind::Custom { data, .. } = event.kind else { panic!("{event:?}") };
                return data;
            }
            Some(Delivery::Snapshot(_) | Delivery::Position(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}
