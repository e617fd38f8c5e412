//! The reply to a publish is lost, and its publisher tries again.

use order_events_core::{Cursor, IdempotencyKey, PublishError, Published, Update};

use crate::support::nodes::{Node, remark, viewers};
use crate::support::proxy::Proxy;
use crate::support::redis::{Options, Redis};
use crate::support::wait::in_time;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_publish_whose_reply_was_lost_is_one_event_however_often_it_is_tried_again() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url_by(proxy.address)).await;
    let b = Node::on(&redis.url()).await;
    let viewers = viewers(&[&a, &b], 2).await;
    let orders = a.create(1).await;

    // The text is in the append alone, the key in the look before it, too.
    let text = "the text of it";
    let key = IdempotencyKey::new("the-key").unwrap();
    let update = Update::note(&orders[0], text).public().with_key(key.clone());
    proxy.lose_reply_to(text);
    let lost = in_time("it is given up", a.hub.publish(update.clone())).await;
    let Err(PublishError::Indeterminate { key: told, .. }) = lost else { panic!("{lost:?}") };
    assert_eq!((told, proxy.lost()), (key, 1));

    let mut places = Vec::new();
    for nth in 0..5 {
        let node = if nth % 2 == 0 { &a } else { &b };
        places.push(duplicate(node.publish(update.clone()).await));
    }
    let log = b.story().await;
    assert_eq!(log.head.seq, 2, "one creation and one remark");
    assert_eq!(places, vec![log.head; 5]);
    for viewer in &viewers {
        viewer.is_at(log.head).await;
        assert!(viewer.seen().resets.is_empty());
        assert_eq!(viewer.seen().repeats, 0);
    }
}

/// The replies to the retries are lost as well, each at the look for the key.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn retries_may_lose_their_replies_too() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url_by(proxy.address)).await;
    let orders = a.create(1).await;
    for nth in 0..5 {
        proxy.lose_reply_to("the-key");
        let before = proxy.lost();
        let tried = in_time("it ends", a.hub.publish(remark(&orders[0], "the-key"))).await;
        assert_eq!(proxy.lost(), before + 1, "try {nth}: {tried:?}");
    }
    let told = a.publish(remark(&orders[0], "the-key")).await;
    let (Published::Applied(told) | Published::Duplicate(told)) = told else { panic!("{told:?}") };
    let log = a.story().await;
    assert_eq!(log.places("the-key"), [told.cursor.seq]);
}

/// Without a key of the caller's, the error names the one that was minted.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_lost_reply_names_the_key_that_was_minted() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = Proxy::before(redis.address());
    let a = Node::on(&redis.url_by(proxy.address)).await;
    let orders = a.create(1).await;
    let update = Update::note(&orders[0], "nobody knows").public();
    proxy.lose_reply_to("nobody knows");
    let lost = in_time("it is given up", a.hub.publish(update.clone())).await;
    let Err(PublishError::Indeterminate { key, .. }) = lost else { panic!("{lost:?}") };
    let told = duplicate(a.publish(update.with_key(key)).await);
    assert_eq!(told.seq, 2);
}

/// Five at once try again with the key of what was lost.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn retries_that_race_are_one_event() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let orders = a.create(1).await;
    for nth in 0..50 {
        let key = format!("key-{nth}");
        let mut tasks = tokio::task::JoinSet::new();
        for racer in 0..5 {
            let node = if racer % 2 == 0 { a.clone() } else { b.clone() };
            let update = remark(&orders[0], &key);
            tasks.spawn(async move { node.publish(update).await });
        }
        let came = in_time("all are answered", tasks.join_all()).await;
        let applied = came.iter().filter(|came| matches!(came, Published::Applied(_))).count();
        let places: Vec<_> = came
            .into_iter()
            .map(|came| match came {
                Published::Applied(told) | Published::Duplicate(told) => told.cursor.seq,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!((applied, places), (1, vec![nth + 2; 5]));
    }
    assert_eq!(a.story().await.head.seq, 51);
}

fn duplicate(published: Published) -> Cursor {
    match published {
        Published::Duplicate(told) => told.cursor,
        other => panic!("not a duplicate: {other:?}"),
    }
}
