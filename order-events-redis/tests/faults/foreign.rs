//! Something that is not ours at one of our keys.

use order_events_core::{
    CustomerId, IdempotencyKey, OrderStatus, PublishError, Resume, SubscribeError, TenantId, Update,
};

use crate::support::nodes::{Node, answered, everything, order, remark, told};
use crate::support::redis::{Options, Redis};
use crate::support::resp::Reply;

/// An order that needs every key: a customer's, with an idempotency key, and finished.
fn update(tenant: &TenantId) -> Update {
    Update::create_as(order("42"), OrderStatus::Cancelled)
        .in_tenant(tenant)
        .with_note("left open")
        .with_customer(CustomerId::new("anna").unwrap())
        .with_key(IdempotencyKey::new("key").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn something_foreign_at_a_key_is_named_and_nothing_is_written() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    // Whatever was written is tried, and what is written at other times.
    let all = TenantId::new("all").unwrap();
    node.publish(update(&all)).await;
    let keys = redis.ask(&["KEYS", "oe:{all}:*"]).items().into_iter();
    let mut keys: Vec<_> = keys.map(|key| key.text().split_off("oe:{all}:".len())).collect();
    keys.push("waiting".to_owned());
    println!("{keys:?}");
    assert!(keys.len() >= 12, "{keys:?}");

    for kind in ["SET", "SADD"] {
        for (nth, name) in keys.iter().enumerate() {
            let tenant = TenantId::new(format!("t{nth}-{kind}")).unwrap();
            let key = format!("oe:{{{tenant}}}:{name}");
            redis.ask(&[kind, &key, "not ours"]);
            let before = redis.ask(&["DUMP", &key]);
            let refused = answered(&key, node.hub.publish(update(&tenant))).await;
            let Err(error @ PublishError::Unavailable(_)) = refused else {
                panic!("{key}: {refused:?}")
            };
            assert!(told(&error).contains(&key), "{key} is not named: {}", told(&error));
            assert_eq!(redis.ask(&["DUMP", &key]), before, "{key} was overwritten");
            // A log that was looked at has an epoch, and nothing is in it.
            let meta = format!("oe:{{{tenant}}}:meta");
            let written = redis.ask(&["KEYS", &format!("oe:{{{tenant}}}:*")]).items();
            let written = written.into_iter().map(Reply::text).filter(|name| *name != meta);
            let planted = Some(key.clone()).filter(|key| *key != meta);
            assert_eq!(written.collect::<Vec<_>>(), Vec::from_iter(planted), "{key}");
            if key != meta {
                let head = redis.ask(&["HGET", &meta, "head"]);
                assert!([Reply::Nil, Reply::Text("0".to_owned())].contains(&head), "{key}");
            }
            // Once it is gone, all is well.
            redis.ask(&["DEL", &key]);
            node.publish(update(&tenant)).await;
        }
    }
}

/// A hash is what we have there, too, but this one is somebody else's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn something_foreign_of_our_type_is_not_taken_for_ours() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    redis.ask(&["HSET", "oe:{default}:meta", "name", "not ours", "head", "7"]);
    let before = redis.ask(&["DUMP", "oe:{default}:meta"]);
    let update = update(&TenantId::default());
    let refused = answered("a publish", node.hub.publish(update)).await;
    let Err(error @ PublishError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    assert!(told(&error).contains("oe:{default}:meta"), "{}", told(&error));
    assert_eq!(redis.ask(&["DUMP", "oe:{default}:meta"]), before);
    assert_eq!(redis.ask(&["DBSIZE"]), Reply::Number(1));
}

/// It is seen before anything is written: what fails half way would be there twice when tried again.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_list_of_something_else_is_not_taken_for_ours() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    for (nth, name) in ["s:42", "cs:anna", "keyring"].into_iter().enumerate() {
        let tenant = TenantId::new(format!("t{nth}")).unwrap();
        let key = format!("oe:{{{tenant}}}:{name}");
        redis.ask(&["RPUSH", &key, "not ours"]);
        let refused = answered(&key, node.hub.publish(update(&tenant))).await;
        let Err(error @ PublishError::Unavailable(_)) = refused else {
            panic!("{key}: {refused:?}")
        };
        assert!(told(&error).contains(&key), "{key} is not named: {}", told(&error));
        assert_eq!(redis.ask(&["LRANGE", &key, "0", "-1"]).items().len(), 1, "{key}");
        let head = redis.ask(&["HGET", &format!("oe:{{{tenant}}}:meta"), "head"]);
        assert!([Reply::Nil, Reply::Text("0".to_owned())].contains(&head), "{key}");
        redis.ask(&["DEL", &key]);
        node.publish(update(&tenant)).await;
    }
}

/// As somebody may leave it who looks into it by hand.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_head_that_is_no_number_is_named() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    let orders = node.create(1).await;
    redis.ask(&["HSET", "oe:{default}:meta", "head", "x"]);
    let refused = answered("a publish", node.hub.publish(remark(&orders[0], "k"))).await;
    let Err(error @ PublishError::Unavailable(_)) = refused else { panic!("{refused:?}") };
    assert!(told(&error).contains("oe:{default}:meta"), "{}", told(&error));
    let refused = node.hub.subscribe(everything("anna"), Resume::Fresh);
    let Err(SubscribeError::Engine(error)) = answered("a stream", refused).await else {
        panic!("let in")
    };
    assert!(told(&error).contains("oe:{default}:meta"), "{}", told(&error));
    redis.ask(&["HSET", "oe:{default}:meta", "head", "1"]);
    node.remark(&orders[0], "k").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_reader_is_told_of_something_foreign_too() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    for name in ["meta", "orders"] {
        let key = format!("oe:{{default}}:{name}");
        redis.flush();
        if name != "meta" {
            node.publish(update(&TenantId::default())).await;
            redis.ask(&["DEL", &key]);
        }
        redis.ask(&["SET", &key, "not ours"]);
        let refused = node.hub.subscribe(everything("anna"), Resume::Fresh);
        let Err(SubscribeError::Engine(error)) = answered(&key, refused).await else {
            panic!("{key}: let in")
        };
        assert!(told(&error).contains(&key), "{key} is not named: {}", told(&error));
    }
}

/// The log's own entries: one that we did not write is not passed on as an event.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_foreign_entry_in_the_log_is_named() {
    let redis = Redis::start(Options::forgetful()).await;
    let node = Node::on(&redis.url()).await;
    let orders = node.create(1).await;
    let begin = node.story().await.head;
    node.remark(&orders[0], "ours").await;
    redis.ask(&["DEL", "oe:{default}:log"]);
    redis.ask(&["XADD", "oe:{default}:log", "2-0", "name", "not ours"]);
    let resumed = node.hub.subscribe(everything("anna"), Resume::After(begin));
    let Err(SubscribeError::Engine(error)) = answered("a resume", resumed).await else {
        panic!("let in")
    };
    assert!(told(&error).contains("oe:{default}:log"), "{}", told(&error));
}
