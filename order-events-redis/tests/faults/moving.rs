//! On a Cluster tenants move: to a replica that takes over, and to another primary.

use order_events_core::PublishError;
use order_events_core::engine::EngineError;

use crate::on_a_cluster::{node, tenants, told, viewer};
use crate::support::cluster::Cluster;
use crate::support::facts::Story;
use crate::support::nodes::order;
use crate::support::redis::{Options, Redis};
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

    let [from, to, _] = &cluster.primaries[..] else { panic!("three primaries") };
    let slot = from.ask(&["CLUSTER", "KEYSLOT", &format!("oe:{{{tenant}}}:meta")]);
    let slot = slot.number().to_string();
    let id = |server: &Redis| server.ask(&["CLUSTER", "MYID"]).text();
    to.ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
    from.ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
    let keys = from.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]).items();
    let (host, port) = (to.address().ip().to_string(), to.address().port().to_string());
    for (nth, key) in keys.into_iter().enumerate() {
        from.ask(&["MIGRATE", &host, &port, &key.text(), "0", "5000"]);
        let key = format!("while-{nth}");
        let refused = a.hub.publish(told(tenant, &order("42"), &key)).await.unwrap_err();
        let PublishError::Unavailable(EngineError::Unavailable { .. }) = refused else {
            panic!("{refused:?}")
        };
    }
    for server in [to, from, &cluster.primaries[2]] {
        server.ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &id(to)]);
    }
    for nth in 0..20 {
        a.publish(told(tenant, &order("42"), &format!("after-{nth}"))).await;
    }
    let log = Story::of(&*b.engine, tenant).await;
    assert_eq!(log.head.seq, 41);
    viewer.saw_it_all(&log).await;
}
