//! Who is found, by whom or what they watch.

use order_events_core::{
    CustomerId, Grant, OrderId, Principal, Resume, Scope, Subscription, TenantId, WatcherFilter,
};

use crate::support::{House, house};

fn tenant(tenant: &str) -> TenantId {
    TenantId::new(tenant).unwrap()
}

fn principal(name: &str) -> Principal {
    Principal::new(name).unwrap()
}

fn order(id: &str) -> Scope {
    Scope::Order(OrderId::new(id).unwrap())
}

fn customer(id: &str) -> Scope {
    Scope::Customer(CustomerId::new(id).unwrap())
}

/// Several people of two tenants; an order and a customer have the same id.
async fn crowd(house: &House) -> Vec<Subscription> {
    let mut crowd = Vec::new();
    for of in ["acme", "bolt"] {
        for (name, scope, is_staff) in [
            ("anna", order("1"), false),
            ("ben", order("1"), false),
            ("sam", order("1"), true),
            ("anna", customer("1"), false),
            ("sam", Scope::Tenant, true),
            ("anna", order("2"), false),
        ] {
            let grant = Grant::new(principal(name), scope).in_tenant(tenant(of));
            let grant = if is_staff { grant.as_staff() } else { grant };
            crowd.push(house.hub.subscribe(grant, Resume::Fresh).await.unwrap());
        }
    }
    crowd
}

/// Which of the crowd are found, by their place in it.
fn found(
    house: &House,
    crowd: &[Subscription],
    of: [Option<&str>; 2],
    on: Option<Scope>,
) -> Vec<usize> {
    let mut filter = WatcherFilter::default();
    let [in_tenant, name] = of;
    filter.tenant = in_tenant.map(tenant);
    filter.principal = name.map(principal);
    filter.scope = on;
    let watchers = house.hub.watchers_of(&filter, 0, usize::MAX);
    let place = |id| crowd.iter().position(|stream| stream.id() == Some(id)).unwrap();
    watchers.iter().map(|watcher| place(watcher.id)).collect()
}

#[tokio::test]
async fn whoever_is_asked_for_is_found_and_nobody_else() {
    let house = house();
    let crowd = crowd(&house).await;
    let everybody: Vec<usize> = (0..12).collect();
    assert_eq!(found(&house, &crowd, [None, None], None), everybody, "oldest first");
    for (of, on, places) in [
        ([Some("bolt"), None], None, &[6, 7, 8, 9, 10, 11][..]),
        ([None, Some("anna")], None, &[0, 3, 5, 6, 9, 11]),
        ([Some("acme"), Some("anna")], None, &[0, 3, 5]),
        ([None, None], Some(order("1")), &[0, 1, 2, 6, 7, 8]),
        ([Some("acme"), None], Some(order("1")), &[0, 1, 2]),
        ([Some("acme"), None], Some(customer("1")), &[3]),
        ([Some("bolt"), None], Some(Scope::Tenant), &[10]),
        ([Some("bolt"), Some("anna")], Some(order("1")), &[6]),
        ([None, Some("sam")], Some(Scope::Tenant), &[4, 10]),
        ([Some("acme"), Some("nobody")], None, &[]),
        ([Some("nowhere"), None], None, &[]),
        ([Some("nowhere"), None], Some(order("1")), &[]),
        ([None, None], Some(order("3")), &[]),
    ] {
        assert_eq!(found(&house, &crowd, of, on.clone()), places, "{of:?} {on:?}");
    }
}

#[tokio::test]
async fn pages_are_the_listing_and_no_longer_than_was_asked() {
    let house = house();
    let _crowd = crowd(&house).await;
    let mut all = WatcherFilter::default();
    for name in [None, Some("anna")] {
        all.principal = name.map(principal);
        let whole = house.hub.watchers_of(&all, 0, usize::MAX);
        for limit in 1..=whole.len() + 1 {
            let (mut pages, mut after) = (Vec::new(), 0);
            loop {
                let page = house.hub.watchers_of(&all, after, limit);
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                after = last.id;
                pages.extend(page);
            }
            assert_eq!(pages, whole, "{limit} at a time");
        }
    }
    assert!(house.hub.watchers_of(&all, 0, 0).is_empty());
}
