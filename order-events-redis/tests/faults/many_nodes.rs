//! Several nodes on one log.

use std::sync::Arc;

use order_events_core::{
    CustomerId, Delivery, EndReason, Grant, OrderId, OrderStatus, Principal, PublishError,
    Published, Resume, Scope, TenantId, Update,
};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::support::facts::assert_same;
use crate::support::load::Load;
use crate::support::nodes::{Node, everything, remark, viewers};
use crate::support::redis::{Options, Redis};
use crate::support::viewer::{Viewer, all_saw_it_all};
use crate::support::wait::{in_time, until};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn two_nodes_that_publish_at_once_are_heard_in_one_order_everywhere() {
    const ORDERS: usize = 100;
    const EVENTS_EACH: usize = 10_000;
    const PUBLISHERS: usize = 16;
    let redis = Redis::start(Options::forgetful()).await;
    let nodes = [Node::on(&redis.url()).await, Node::on(&redis.url()).await];
    let [a, b] = &nodes;
    let viewers = viewers(&[a, b], 8).await;
    viewers[0].reconnect_every(501);
    viewers[1].reconnect_every(333);
    let orders = a.create(ORDERS).await;
    let of_one: Vec<_> = (0..ORDERS)
        .step_by(10)
        .map(|nth| {
            let grant =
                Grant::new(Principal::new("page").unwrap(), Scope::Order(orders[nth].clone()));
            let hubs = vec![nodes[nth / 10 % 2].hub.clone(), nodes[1 - nth / 10 % 2].hub.clone()];
            (nth, Viewer::of(hubs, grant, &format!("the page of order {nth}")))
        })
        .collect();
    for (_, viewer) in &of_one {
        viewer.has_begun().await;
    }

    let since = std::time::Instant::now();
    let mut tasks = JoinSet::new();
    for (name, node) in ["a", "b"].iter().zip(&nodes) {
        for publisher in 0..PUBLISHERS {
            let (node, orders) = (node.clone(), orders.clone());
            tasks.spawn(async move {
                for nth in (publisher..EVENTS_EACH).step_by(PUBLISHERS) {
                    let key = format!("{name}-{nth}");
                    let told = node.hub.publish(remark(&orders[nth * 7 % ORDERS], &key)).await;
                    assert!(matches!(told, Ok(Published::Applied(_))), "{key}: {told:?}");
                }
            });
        }
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    println!("2 x {EVENTS_EACH} events published in {:?}", since.elapsed());

    let log = b.story().await;
    assert_eq!(log.facts.len(), ORDERS + 2 * EVENTS_EACH);
    all_saw_it_all(&viewers, &log).await;
    for (nth, viewer) in &of_one {
        let story: Vec<_> =
            log.facts.iter().filter(|fact| fact.order == orders[*nth]).cloned().collect();
        // Its creation came as a snapshot, for a page begins with one.
        let story = &story[1..];
        until("the page has it all", || viewer.seen().facts.len() == story.len()).await;
        let seen = viewer.seen();
        assert!(seen.resets.is_empty() && seen.holes.is_empty(), "{seen:?}");
        assert_same(&format!("the page of order {nth}"), &seen.facts, story);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn of_a_hundred_racers_on_four_nodes_one_wins() {
    let redis = Redis::start(Options::forgetful()).await;
    let mut nodes = Vec::new();
    for _ in 0..4 {
        nodes.push(Node::on(&redis.url()).await);
    }
    let viewers = viewers(&nodes.iter().collect::<Vec<_>>(), 4).await;
    let orders = nodes[0].create(10).await;
    for order in &orders {
        let start = Arc::new(Barrier::new(100));
        let mut racers = JoinSet::new();
        for racer in 0..100 {
            let (node, start) = (nodes[racer % 4].clone(), Arc::clone(&start));
            let update = Update::status(order, OrderStatus::Cancelled).expecting_version(1);
            racers.spawn(async move {
                start.wait().await;
                node.hub.publish(update).await
            });
        }
        let mut won = 0;
        for came in in_time("all racers are answered", racers.join_all()).await {
            match came {
                Ok(Published::Applied(_)) => won += 1,
                Err(PublishError::Conflict { .. } | PublishError::IllegalTransition(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(won, 1);
    }
    let log = nodes[3].story().await;
    let moves = log.facts.iter().filter(|fact| fact.kind == "order.status").count();
    assert_eq!(moves, orders.len());
    all_saw_it_all(&viewers, &log).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_revocation_on_one_node_ends_the_streams_on_another() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    a.create(1).await;
    let mut here = a.watch("anna").await;
    let mut there = b.watch("anna").await;
    let _bob = b.watch("bob").await;
    let anna = Principal::new("anna").unwrap();
    let since = std::time::Instant::now();
    assert_eq!(in_time("it is announced", a.hub.revoke(&anna)).await.unwrap(), 1);
    for stream in [&mut here, &mut there] {
        assert_eq!(end_of(stream).await, EndReason::Revoked);
    }
    println!("the other node's stream has ended after {:?}", since.elapsed());
    assert_eq!(b.hub.stats().subscriptions, 1, "bob stays");
}

/// A node that heard nothing for a while learns of it when it hears again.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_revocation_reaches_a_node_that_was_cut_off() {
    let redis = Redis::start(Options::forgetful()).await;
    let proxy = crate::support::proxy::Proxy::before(redis.address());
    let a = Node::on(&redis.url()).await;
    let b = Node::on(&redis.url_by(proxy.address)).await;
    a.create(1).await;
    let mut there = b.watch("anna").await;
    proxy.refuse();
    b.says_reachable(false).await;
    let anna = Principal::new("anna").unwrap();
    in_time("it is announced", a.hub.revoke(&anna)).await.unwrap();
    proxy.pass();
    assert_eq!(end_of(&mut there).await, EndReason::Revoked);
}

/// A node that comes later is not told of what was revoked before it was there.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_revocation_does_not_end_the_streams_of_a_later_node() {
    let redis = Redis::start(Options::forgetful()).await;
    let a = Node::on(&redis.url()).await;
    let orders = a.create(1).await;
    let anna = Principal::new("anna").unwrap();
    in_time("it is announced", a.hub.revoke(&anna)).await.unwrap();
    let later = Node::on(&redis.url()).await;
    let viewer = Viewer::of(vec![later.hub.clone()], everything("anna"), "anna");
    viewer.has_begun().await;
    // A second one, which is told, shows that the first would have been told by now.
    let mut bob = later.watch("bob").await;
    in_time("it is announced", a.hub.revoke(&Principal::new("bob").unwrap())).await.unwrap();
    assert_eq!(end_of(&mut bob).await, EndReason::Revoked);
    a.remark(&orders[0], "still there").await;
    viewer.is_at(a.story().await.head).await;
    assert!(viewer.seen().ends.is_empty());
}

/// What nodes tell each other is lost with the rest, and what they tell next is heard.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_revocation_is_heard_after_a_flush() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    for name in ["anna", "bob", "carol"] {
        let mut there = b.watch(name).await;
        let principal = Principal::new(name).unwrap();
        in_time("it is announced", a.hub.revoke(&principal)).await.unwrap();
        assert_eq!(end_of(&mut there).await, EndReason::Revoked);
        redis.flush();
    }
}

/// One reader alone, so that a tenant is followed and let go of again and again.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_reader_that_hops_between_nodes_loses_nothing() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let viewers = viewers(&[&a, &b], 1).await;
    viewers[0].reconnect_every(3);
    let orders = a.create(5).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    load.goes_on(1_000).await;
    load.stop().await;
    let log = b.story().await;
    viewers[0].saw_it_all(&log).await;
    println!("{} connections", viewers[0].seen().visits);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn however_many_watch_a_node_has_two_connections() {
    const TENANTS: usize = 100;
    let redis = Redis::start(Options::forgetful()).await;
    let a = Node::on(&redis.url()).await;
    let b = Node::on(&redis.url()).await;
    let tenants = (0..TENANTS).map(|nth| TenantId::new(format!("t{nth}")).unwrap());
    let tenants: Vec<_> = tenants.collect();
    let mut streams = Vec::new();
    for tenant in &tenants {
        for order in ["x", "y"] {
            let scope = Scope::Order(OrderId::new(order).unwrap());
            let grant = Grant::new(Principal::new("page").unwrap(), scope).in_tenant(tenant);
            streams.push(b.hub.subscribe(grant, Resume::Fresh).await.unwrap());
        }
    }
    for tenant in &tenants {
        for order in ["x", "y"] {
            let update = Update::create(OrderId::new(order).unwrap()).in_tenant(tenant);
            a.publish(update).await;
        }
    }
    for stream in &mut streams {
        loop {
            match in_time("it is told", stream.next()).await {
                Some(Delivery::Event(event)) => {
                    assert_eq!(event.version(), 1);
                    break;
                }
                Some(Delivery::Position(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    // The test's own connection is one.
    assert!(redis.clients("addr=") <= 2 + 2 + 1, "{}", redis.ask(&["CLIENT", "LIST"]).text());
    let channels = |redis: &Redis| redis.ask(&["PUBSUB", "SHARDCHANNELS", "oe:*"]).items().len();
    assert_eq!(channels(&redis), TENANTS);
    // What nobody watches any more is not followed.
    drop(streams);
    until("nothing is followed", || channels(&redis) == 0).await;
}

/// A customer's stream on one node carries what another node publishes, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_customer_sees_on_one_node_what_another_publishes() {
    let redis = Redis::start(Options::forgetful()).await;
    let (a, b) = (Node::on(&redis.url()).await, Node::on(&redis.url()).await);
    let orders = a.create(2).await;
    let anna = CustomerId::new("anna").unwrap();
    let grant = Grant::new(Principal::new("anna").unwrap(), Scope::Customer(anna.clone()));
    let mut stream = b.hub.subscribe(grant, Resume::Fresh).await.unwrap();
    a.publish(Update::attach(&orders[0], &anna)).await;
    a.remark(&orders[1], "not-hers").await;
    a.remark(&orders[0], "hers").await;
    let mut names = Vec::new();
    while names.len() < 2 {
        match in_time("she is told", stream.next()).await {
            Some(Delivery::Event(event)) => {
                assert_eq!(event.order(), &orders[0]);
                names.push(event.name().to_owned());
            }
            Some(Delivery::Position(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(names, ["order.customer", "order.note"]);
}

pub(crate) async fn end_of(stream: &mut order_events_core::Subscription) -> EndReason {
    loop {
        match in_time("the stream ends", stream.next()).await {
            Some(Delivery::End(end)) => return end.reason,
            Some(_) => {}
            None => panic!("it ended without a word"),
        }
    }
}
