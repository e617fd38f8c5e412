//! On a Cluster tenants move: to a replica that takes over, and to another primary.

use order_events_core::PublishError;
use order_events_core::engine::EngineError;

use crate::on_a_cluster::{node, tenants, told, viewer};
use crate::support::cluster::Cluster;
use crate::support::facts::Story;
use crate::support::load::Load;
use crate::support::nodes::{order, viewers};
use crate::support::redis::Options;
use crate::support::wait::until;

/// As it is done before a server is maintained. The old primary lives on and says who has its slots.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_primary_that_hands_over_to_its_replica_is_followed_there() {
    let cluster = Cluster::start_with(Options::forgetful(), 1).await;
    let (a, b) = (node(&cluster).await, node(&cluster).await);
    let tenant = &tenants(&cluster)[0];
    let viewer = viewer([&b, &a], tenant, "viewer");
    viewer.has_begun().await;
    for nth in 0..20 {
        a.publish(told(tenant, &order("42"), &format!("before-{nth}"))).await;
    }
    cluster.replicas[0].ask(&["CLUSTER", "FAILOVER"]);
    until("they have changed places", || {
        cluster.replicas[0].info("role") == "master" && cluster.primaries[0].info("role") == "slave"
    })
    .await;
    for nth in 0..20 {
        a.publish(told(tenant, &order("42"), &format!("after-{nth}"))).await;
    }
    let log = Story::of(&*b.engine, tenant).await;
    assert_eq!(log.head.seq, 41);
    viewer.saw_it_all(&log).await;
}

/// As it is done where a primary was added. A tenant that is half here and half there cannot be
/// written, and nothing of it is.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_tenant_that_moves_to_another_primary_goes_on_there() {
    let cluster = Cluster::start().await;
    let (a, b) = (node(&cluster).await, node(&cluster).await);
    let tenant = &tenants(&cluster)[0];
    let viewer = viewer([&b, &a], tenant, "viewer");
    viewer.has_begun().await;
    for nth in 0..20 {
        a.publish(told(tenant, &order("42"), &format!("before-{nth}"))).await;
    }

    let mut count = 0;
    let publish = async || {
        count += 1;
        let update = told(tenant, &order("42"), &format!("while-{count}"));
        let refused = a.hub.publish(update).await.unwrap_err();
        let PublishError::Unavailable(EngineError::Unavailable { .. }) = refused else {
            panic!("{refused:?}")
        };
    };
    cluster.move_slot(&format!("oe:{{{tenant}}}:meta"), [0, 1], publish).await;
    for nth in 0..20 {
        a.publish(told(tenant, &order("42"), &format!("after-{nth}"))).await;
    }
    let log = Story::of(&*b.engine, tenant).await;
    assert_eq!(log.head.seq, 41);
    viewer.saw_it_all(&log).await;
}

/// … and back, and on, while both nodes publish and viewers come and go.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_tenant_that_moves_in_the_midst_of_a_load_loses_nothing() {
    let cluster = Cluster::start().await;
    // Nobody watches on the third, whose tail so hears of nothing.
    let (a, b, c) = (node(&cluster).await, node(&cluster).await, node(&cluster).await);
    let viewers = viewers(&[&a, &b], 6).await;
    viewers[0].reconnect_every(29);
    let orders = a.create(10).await;
    let load = Load::start(&[&a, &b, &c], &orders, 6, "k");
    let mut home = cluster.home_of("oe:{default}:meta");
    for _ in 0..4 {
        load.goes_on(50).await;
        let next = (home + 1) % 3;
        cluster.move_slot("oe:{default}:meta", [home, next], async || ()).await;
        home = next;
    }
    load.goes_on(50).await;
    load.ends_whole(&b, &viewers).await;
}
