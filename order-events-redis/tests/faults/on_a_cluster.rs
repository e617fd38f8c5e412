//! The same on a Redis Cluster: tenants on several primaries, one of which fails.

use order_events_core::{Grant, IdempotencyKey, OrderId, Principal, Scope, TenantId, Update};
use order_events_redis::RedisEngine;

use crate::support::cluster::Cluster;
use crate::support::facts::{Story, assert_same};
use crate::support::load::Load;
use crate::support::nodes::{Node, order, viewers};
use crate::support::redis::Options;
use crate::support::viewer::Viewer;
use crate::support::wait::until;

pub(crate) async fn node(cluster: &Cluster) -> Node {
    let urls = cluster.urls();
    Node::of(RedisEngine::builder(urls[0].as_str()).cluster(urls)).await
}

/// A tenant at home on each of the primaries.
pub(crate) fn tenants(cluster: &Cluster) -> Vec<TenantId> {
    (0..3)
        .map(|primary| {
            let names = (0..).map(|nth| format!("shop-{nth}"));
            let mut at_home =
                names.filter(|name| cluster.home_of(&format!("oe:{{{name}}}:meta")) == primary);
            TenantId::new(at_home.next().unwrap()).unwrap()
        })
        .collect()
}

/// A remark in a tenant; its order is created where it is not there yet.
pub(crate) fn told(tenant: &TenantId, order: &OrderId, key: &str) -> Update {
    let id = IdempotencyKey::new(key).unwrap();
    Update::note(order, key).public().with_key(id).in_tenant(tenant).or_create()
}

pub(crate) fn viewer(nodes: [&Node; 2], tenant: &TenantId, name: &str) -> Viewer {
    let grant = Grant::new(Principal::new(name).unwrap(), Scope::Tenant);
    let hubs = nodes.iter().map(|node| node.hub.clone()).collect();
    Viewer::of(hubs, grant.in_tenant(tenant).as_staff(), name)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn tenants_on_every_primary_are_heard_on_every_node() {
    let cluster = Cluster::start().await;
    let (a, b) = (node(&cluster).await, node(&cluster).await);
    let tenants = tenants(&cluster);
    let mut viewers = Vec::new();
    for tenant in &tenants {
        for nodes in [[&a, &b], [&b, &a]] {
            let viewer = viewer(nodes, tenant, "viewer");
            viewer.has_begun().await;
            viewers.push((tenant, viewer));
        }
    }
    for nth in 0..60 {
        let node = if nth % 2 == 0 { &a } else { &b };
        for tenant in &tenants {
            node.publish(told(tenant, &order(&format!("o{}", nth % 7)), &format!("k-{nth}"))).await;
        }
    }
    for (tenant, viewer) in &viewers {
        let log = Story::of(&*b.engine, tenant).await;
        assert_eq!(log.head.seq, 67);
        viewer.saw_it_all(&log).await;
    }
}

/// The replica has everything: what it begins is another epoch, and nobody is reset for that.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_primary_that_fails_is_followed_by_its_replica_and_nobody_is_reset() {
    let mut cluster = Cluster::start_with(Options::forgetful(), 1).await;
    let (a, b) = (node(&cluster).await, node(&cluster).await);
    let tenants = tenants(&cluster);
    let mut viewers = Vec::new();
    for tenant in &tenants {
        let viewer = viewer([&b, &a], tenant, "viewer");
        viewer.has_begun().await;
        viewers.push((tenant, viewer));
    }
    for nth in 0..20 {
        for tenant in &tenants {
            a.publish(told(tenant, &order("42"), &format!("before-{nth}"))).await;
        }
    }
    cluster.replicas[0].caught_up_with(&cluster.primaries[0]).await;
    cluster.fail_over(0).await;
    for nth in 0..20 {
        for tenant in &tenants {
            b.publish(told(tenant, &order("42"), &format!("after-{nth}"))).await;
        }
    }
    for (tenant, viewer) in &viewers {
        let log = Story::of(&*a.engine, tenant).await;
        assert_eq!(log.head.seq, 41);
        viewer.saw_it_all(&log).await;
    }
}

/// The replica may be behind: whoever saw what it does not have is told, and nobody else.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_primary_that_fails_in_the_midst_of_a_load_leaves_nobody_with_what_is_not_so() {
    let mut cluster = Cluster::start_with(Options::forgetful(), 1).await;
    let (a, b) = (node(&cluster).await, node(&cluster).await);
    let viewers = viewers(&[&a, &b], 4).await;
    viewers[0].reconnect_every(31);
    let orders = a.create(10).await;
    let home = cluster.home_of("oe:{default}:meta");
    cluster.replicas[home].caught_up_with(&cluster.primaries[home]).await;
    let load = Load::start(&[&a, &b], &orders, 4, "k");
    load.goes_on(200).await;
    cluster.fail_over(home).await;
    load.goes_on(200).await;
    load.stop().await;
    let log = b.story().await;
    for viewer in &viewers {
        viewer.ends_true(&log).await;
    }
}

/// Nobody asks for anything that is that primary's, so nothing but the engine itself can find out.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_primary_without_tenants_of_ours_is_seen_to_be_back() {
    let mut cluster = Cluster::start().await;
    let a = node(&cluster).await;
    let tenants = tenants(&cluster);
    for tenant in &tenants {
        a.publish(told(tenant, &order("42"), "before")).await;
    }
    cluster.primaries[0].kill9();
    let refused = a.hub.publish(told(&tenants[0], &order("42"), "meanwhile")).await;
    assert!(refused.is_err(), "{refused:?}");
    assert!(!a.hub.stats().is_log_reachable);
    cluster.primaries[0].restart().await;
    until("it is seen to be back", || a.hub.stats().is_log_reachable).await;
}

/// A primary that stands still concerns its own tenants and nobody else's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_primary_that_stands_still_holds_up_its_own_tenants_only() {
    let cluster = Cluster::start().await;
    let a = node(&cluster).await;
    let tenants = tenants(&cluster);
    let viewer = viewer([&a, &a], &tenants[1], "viewer");
    viewer.has_begun().await;
    for tenant in &tenants {
        a.publish(told(tenant, &order("42"), "before")).await;
    }
    cluster.primaries[0].pause();
    let refused = a.hub.publish(told(&tenants[0], &order("42"), "meanwhile")).await;
    assert!(refused.is_err(), "{refused:?}");
    // Before the others agree that it has failed, and close the whole cluster for that.
    let passed = a.hub.publish(told(&tenants[1], &order("42"), "meanwhile")).await;
    println!("another primary's tenant: {passed:?}");
    cluster.primaries[0].resume();
    cluster.is_ok().await;
    for tenant in &tenants {
        a.publish(told(tenant, &order("42"), "after")).await;
    }
    let log = Story::of(&*a.engine, &tenants[1]).await;
    until("it has it all", || viewer.seen().facts.len() == log.facts.len()).await;
    assert_same("the viewer", &viewer.seen().facts, &log.facts);
}
