//! A primary that dies, and a replica that takes its place with all it was given, or less.

use std::sync::{Arc, Mutex, mpsc};

use order_events_core::{
    Cursor, Delivery, EndReason, Hub, OrderId, OrderStatus, Principal, PublishError, Published,
    Update,
};

use crate::many_nodes::end_of;
use crate::support::load::Load;
use crate::support::nodes::{Node, answered, remark, viewers};
use crate::support::proxy::Proxy;
use crate::support::redis::{Options, Redis};
use crate::support::viewer::{Viewer, all_are_reset, all_saw_it_all};
use crate::support::wait::{in_time, until};

/// A primary with a replica, and the one address by which nodes know whoever is primary.
struct Pair {
    primary: Redis,
    replica: Redis,
    /// Between the two.
    link: Proxy,
    /// Before both.
    front: Proxy,
}

impl Pair {
    async fn start(primary: Options) -> Self {
        let primary = Redis::start(primary).await;
        let link = Proxy::before(primary.address());
        let replica = Redis::start(Options::replica_of(link.address)).await;
        replica.caught_up_with(&primary).await;
        let front = Proxy::before(primary.address());
        Self { primary, replica, link, front }
    }

    fn url(&self) -> String {
        self.primary.url_by(self.front.address)
    }

    /// What everybody sees, and the replica does not get.
    async fn will_lose(&self, node: &Node, order: &OrderId, viewers: &[Viewer]) -> Cursor {
        self.replica.caught_up_with(&self.primary).await;
        self.link.hold();
        node.remark(order, "lost").await;
        let lost = node.story().await.head;
        for viewer in viewers {
            viewer.is_at(lost).await;
        }
        lost
    }

    /// The primary dies, and what is still on its way to the replica with it.
    fn fail_over(&mut self) {
        self.primary.kill9();
        self.link.refuse();
        self.replica.promote();
        self.front.aim_at(self.replica.address());
        self.front.cut();
    }
}

/// A pair that forgets, with two nodes on it, viewers on both, and orders.
async fn scene(watching: usize, orders: usize) -> (Pair, [Node; 2], Vec<Viewer>, Vec<OrderId>) {
    let pair = Pair::start(Options::forgetful()).await;
    let nodes = [Node::on(&pair.url()).await, Node::on(&pair.url()).await];
    let viewers = viewers(&[&nodes[0], &nodes[1]], watching).await;
    let orders = nodes[0].create(orders).await;
    (pair, nodes, viewers, orders)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_failover_that_lost_nothing_resets_nobody() {
    let (mut pair, [a, b], viewers, orders) = scene(4, 5).await;
    for nth in 0..50 {
        a.remark(&orders[nth % 5], &format!("before-{nth}")).await;
    }
    pair.replica.caught_up_with(&pair.primary).await;
    pair.fail_over();
    for nth in 0..50 {
        b.remark(&orders[nth % 5], &format!("after-{nth}")).await;
    }
    let log = b.story().await;
    all_saw_it_all(&viewers, &log).await;
}

/// The replica is behind for certain, and the new primary has handed the same numbers out again
/// before anybody comes back: numbers alone cannot tell what was lost.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_failover_to_a_replica_that_was_behind_resets_whoever_saw_what_is_lost() {
    let (mut pair, [a, b], viewers, orders) = scene(6, 5).await;
    let [live, live_too, early, early_too, late, late_too] = &viewers[..] else { panic!() };
    for nth in 0..20 {
        a.remark(&orders[nth % 5], &format!("kept-{nth}")).await;
    }
    let kept = a.story().await.head;
    for viewer in &viewers {
        viewer.is_at(kept).await;
    }
    pair.replica.caught_up_with(&pair.primary).await;
    // These two see nothing that will be lost.
    early.leave().await;
    early_too.leave().await;

    pair.link.hold();
    for nth in 0..20 {
        a.remark(&orders[nth % 5], &format!("lost-{nth}")).await;
    }
    let lost = a.story().await.head;
    for viewer in [live, live_too, late, late_too] {
        viewer.is_at(lost).await;
    }
    late.leave().await;
    late_too.leave().await;
    pair.fail_over();

    for nth in 0..40 {
        b.remark(&orders[nth % 5], &format!("new-{nth}")).await;
    }
    let log = b.story().await;
    assert_eq!(log.head.seq, kept.seq + 40, "what was to be lost was kept");
    assert_ne!(log.head.epoch, lost.epoch);
    for viewer in [early, early_too, late, late_too] {
        viewer.come_back();
    }
    for viewer in [live, live_too, late, late_too] {
        viewer.is_reset(1).await;
        viewer.ends_true(&log).await;
    }
    for viewer in [early, early_too] {
        viewer.saw_it_all(&log).await;
    }
}

/// Exactly as many as were lost are handed out again, and then nothing more: the head alone says
/// that all is well.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_head_that_is_where_it_was_does_not_hide_a_failover() {
    let (mut pair, [a, b], viewers, orders) = scene(4, 2).await;
    let lost = pair.will_lose(&a, &orders[0], &viewers).await;
    viewers[0].leave().await;
    viewers[1].leave().await;
    pair.fail_over();
    b.remark(&orders[1], "new").await;
    let log = b.story().await;
    assert_eq!(log.head.seq, lost.seq);
    for viewer in &viewers {
        viewer.come_back();
        viewer.is_reset(1).await;
        viewer.ends_true(&log).await;
    }
}

/// The new primary publishes nothing: the reader's place is beyond the head.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_cursor_beyond_the_head_after_a_failover_is_not_waited_for() {
    let (mut pair, [a, b], viewers, orders) = scene(4, 2).await;
    pair.will_lose(&a, &orders[0], &viewers).await;
    viewers[0].leave().await;
    pair.fail_over();
    viewers[0].come_back();
    for viewer in &viewers {
        viewer.is_reset(1).await;
    }
    let log = b.story().await;
    for viewer in &viewers {
        viewer.ends_true(&log).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_failover_in_the_midst_of_a_load_leaves_nobody_with_what_is_not_so() {
    let (mut pair, [a, b], viewers, orders) = scene(6, 10).await;
    viewers[0].reconnect_every(29);
    pair.replica.caught_up_with(&pair.primary).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    load.goes_on(200).await;
    pair.link.hold();
    load.goes_on(100).await;
    pair.fail_over();
    load.goes_on(300).await;
    load.stop().await;
    let log = b.story().await;
    all_are_reset(&viewers, &log).await;
}

/// The order is as far again as it was when it was planned on, but by another event.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_was_planned_on_a_lost_event_is_planned_anew() {
    let (mut pair, [a, b], viewers, orders) = scene(2, 1).await;
    pair.will_lose(&a, &orders[0], &viewers).await;

    // The guard is asked between the reading of the order and the append.
    let (asked, mut is_asked) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, goes_on) = mpsc::channel();
    let goes_on = Mutex::new(goes_on);
    let hub = Hub::builder().engine(Arc::clone(&a.engine)).guard(move |_| {
        asked.send(()).map_err(|_| "nobody listens")?;
        Ok(tokio::task::block_in_place(|| goes_on.lock().unwrap().recv())
            .map_err(|_| "it is over")?)
    });
    let hub = hub.build();
    let update = Update::status(&orders[0], OrderStatus::Processing);
    let publishing = tokio::spawn(async move { hub.publish(update).await });
    in_time("the guard is asked", is_asked.recv()).await;
    pair.fail_over();
    b.publish(Update::status(&orders[0], OrderStatus::Cancelled)).await;
    // The connection that the append will go by is to the new primary, for this was read there.
    let told = a.publish(Update::status(&orders[0], OrderStatus::Cancelled)).await;
    assert!(matches!(told, Published::Unchanged(_)), "{told:?}");
    go_on.send(()).unwrap();
    drop(go_on);
    let refused = in_time("it is answered", publishing).await.unwrap();
    assert!(matches!(refused, Err(PublishError::IllegalTransition(_))), "{refused:?}");
    let log = b.story().await;
    assert_eq!(log.head.seq, 2);
    for viewer in &viewers {
        viewer.is_reset(1).await;
        viewer.ends_true(&log).await;
    }
}

/// The last revocation is lost, so that nodes go back to the one before it, which they know; a node
/// that came after it is not told of it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_was_revoked_before_a_lost_revocation_is_not_told_again() {
    let (mut pair, [a, _], _, orders) = scene(0, 1).await;
    let revoke = async |name: &str| {
        let principal = Principal::new(name).unwrap();
        in_time("it is announced", a.hub.revoke(&principal)).await.unwrap();
    };
    revoke("anna").await;
    let later = Node::on(&pair.url()).await;
    let (mut anna, mut bob) = (later.watch("anna").await, later.watch("bob").await);
    let mut carol = later.watch("carol").await;
    pair.replica.caught_up_with(&pair.primary).await;
    pair.link.hold();
    revoke("bob").await;
    assert_eq!(end_of(&mut bob).await, EndReason::Revoked);
    pair.fail_over();
    a.remark(&orders[0], "new").await;
    revoke("carol").await;
    assert_eq!(end_of(&mut carol).await, EndReason::Revoked);
    a.remark(&orders[0], "still there").await;
    let mut versions = 0;
    while versions < 3 {
        match in_time("she is told", anna.next()).await {
            Some(Delivery::Event(event)) => versions = event.version(),
            Some(Delivery::End(end)) => panic!("her stream has ended: {:?}", end.reason),
            Some(_) => {}
            None => panic!("her stream has ended"),
        }
    }
}

/// Two primaries at once, each with nodes that believe in it, and then one log again.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn what_a_former_primary_took_meanwhile_is_lost_and_told() {
    let pair = Pair::start(Options::forgetful()).await;
    let behind = Proxy::before(pair.primary.address());
    let a = Node::on(&pair.primary.url_by(behind.address)).await;
    let b = Node::on(&pair.url()).await;
    let on_a = viewers(&[&a], 2).await;
    let on_b = viewers(&[&b], 2).await;
    let orders = a.create(5).await;
    let kept = a.story().await.head;
    for viewer in on_a.iter().chain(&on_b) {
        viewer.is_at(kept).await;
    }
    pair.replica.caught_up_with(&pair.primary).await;
    pair.link.refuse();
    pair.replica.promote();
    pair.front.aim_at(pair.replica.address());
    pair.front.cut();
    for nth in 0..10 {
        a.remark(&orders[nth % 5], &format!("lost-{nth}")).await;
        b.remark(&orders[nth % 5], &format!("new-{nth}")).await;
    }
    for viewer in &on_a {
        viewer.is_at(a.story().await.head).await;
    }
    // The former primary is seen to be none.
    behind.aim_at(pair.replica.address());
    behind.cut();
    a.remark(&orders[0], "one log again").await;
    let log = b.story().await;
    assert_eq!(log.head.seq, kept.seq + 11);
    for viewer in &on_a {
        viewer.is_reset(1).await;
        viewer.ends_true(&log).await;
    }
    for viewer in &on_b {
        viewer.saw_it_all(&log).await;
    }
}

/// Calls go to the new primary already, while the connection that wakes the node is still open to the
/// former one, which lives on by itself and says that nothing has happened.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_former_primary_that_lives_on_does_not_keep_a_node_from_the_news() {
    let pair = Pair::start(Options::forgetful()).await;
    let b = Node::on(&pair.url()).await;
    let viewers = viewers(&[&b], 2).await;
    let orders = b.create(2).await;
    pair.replica.caught_up_with(&pair.primary).await;
    pair.link.refuse();
    pair.replica.promote();
    pair.front.aim_at(pair.replica.address());
    pair.primary.cut_clients("normal");
    // On a node that knows the new primary alone.
    let a = Node::on(&pair.replica.url()).await;
    a.remark(&orders[0], "news").await;
    let log = a.story().await;
    all_saw_it_all(&viewers, &log).await;
}

/// Where writes need a replica, an event that only one server would have is not taken.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_primary_that_lost_its_replicas_takes_nothing() {
    let options = Options::forgetful().min_replicas(1).with("min-replicas-max-lag", "1");
    let pair = Pair::start(options).await;
    let a = Node::on(&pair.url()).await;
    let orders = a.create(1).await;
    pair.link.refuse();
    until("the primary misses its replica", || pair.primary.info("connected_slaves") == "0").await;
    let refused = answered("without a replica", a.hub.publish(remark(&orders[0], "k"))).await;
    assert!(matches!(refused, Err(PublishError::Unavailable(_))), "{refused:?}");
    pair.link.pass();
    a.remark(&orders[0], "k").await;
    assert_eq!(a.story().await.places("k"), [2]);
}
