//! How many may watch, and what is said of those who do.

use order_events_core::config::WhenFull;
use order_events_core::{Config, Limit, MemoryEngine, Principal, Resume, SubscribeError, TenantId};

use crate::support::{House, anna, drain, house, house_with, word, words};

pub(crate) fn limited(change: impl FnOnce(&mut Config)) -> House {
    house_with(MemoryEngine::builder(), |hub| hub.configure(change))
}

pub(crate) async fn full(house: &House, id: &str) -> (Limit, usize) {
    match house.hub.subscribe(anna(id), Resume::Fresh).await {
        Err(SubscribeError::Full { what, limit }) => (what, limit),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_limit_refuses_and_is_free_again() {
    type Change = fn(&mut Config);
    let limits: [(Limit, Change); 3] = [
        (Limit::Principal, |config| config.max_per_principal = 2),
        (Limit::Scope, |config| config.max_per_scope = 2),
        (Limit::Total, |config| config.max_subscriptions = 2),
    ];
    for (limit, change) in limits {
        let house = limited(change);
        let one = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
        let _two = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
        assert_eq!(full(&house, "1").await, (limit, 2));
        assert_eq!(house.hub.stats().refused, 1);
        drop(one);
        let _again = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
        assert_eq!(full(&house, "1").await, (limit, 2));
    }
}

/// A user who is signed in to two shops is one, and so are two users who are named alike.
#[tokio::test]
async fn a_principal_is_one_in_all_tenants() {
    let house = limited(|config| config.max_per_principal = 1);
    let other = anna("1").in_tenant(TenantId::new("other").unwrap());
    let mut one = house.hub.subscribe(other, Resume::Fresh).await.unwrap();
    assert_eq!(full(&house, "1").await, (Limit::Principal, 1));
    house.hub.revoke(&Principal::new("anna").unwrap()).await.unwrap();
    assert_eq!(words(&mut one), ["end revoked"]);
}

#[tokio::test]
async fn a_limit_of_none_leaves_nothing_behind() {
    let house = limited(|config| config.max_per_scope = 0);
    assert_eq!(full(&house, "1").await, (Limit::Scope, 0));
    let stats = house.hub.stats();
    assert_eq!((stats.subscriptions, stats.watch_points), (0, 0));
}

#[tokio::test]
async fn the_oldest_can_make_room_for_the_newest() {
    let house = limited(|config| {
        config.max_per_principal = 2;
        config.when_principal_is_full = WhenFull::ReplaceOldest;
    });
    let mut streams = Vec::new();
    for id in ["1", "2", "3"] {
        streams.push(house.hub.subscribe(anna(id), Resume::Fresh).await.unwrap());
    }
    let said: Vec<_> = streams.iter_mut().map(words).collect();
    assert_eq!(said, [vec!["end replaced"], vec!["position 0"], vec!["position 0"]]);
}

#[tokio::test]
async fn a_stream_that_has_ended_is_out_of_the_limits_before_it_is_dropped() {
    let house = limited(|config| config.max_per_principal = 1);
    let mut over = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    assert!(house.hub.close(over.id().unwrap()));
    assert_eq!(words(&mut over), ["end revoked"]);
    let _next = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
}

#[tokio::test]
async fn the_listing_shows_who_watches_what_and_how_far_behind() {
    let house =
        house_with(MemoryEngine::builder(), |hub| hub.configure(|config| config.window_events = 2));
    house.create("42").await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut watching);
    let _pending = crate::support::poll(&mut watching);
    house.remark("42", "x").await;
    let listed = house.hub.watchers().pop().unwrap();
    assert_eq!(Some(listed.id), watching.id());
    assert_eq!(listed.principal.as_str(), "anna");
    assert_eq!(listed.scope, *watching.scope());
    assert_eq!(listed.cursor, watching.cursor());
    assert_eq!(listed.since, crate::support::START);
    assert_eq!(listed.behind, Some(1));
    for _ in 0..2 {
        house.remark("42", "x").await;
    }
    assert_eq!(house.hub.watchers().pop().unwrap().behind, None, "it was lapped");
    drain(&mut watching);
    assert_eq!(house.hub.watchers().pop().unwrap().behind, Some(0));
    assert_eq!(house.hub.watchers().pop().unwrap().cursor.seq, 4);
}

#[tokio::test]
async fn closing_ends_one_stream_and_no_other() {
    let house = house();
    let mut one = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    let mut other = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    drain(&mut other);
    let id = one.id().unwrap();
    assert!(house.hub.close(id));
    assert!(house.hub.close(id), "it is there until it has taken note");
    assert!(!house.hub.close(9_999));
    assert_eq!(words(&mut one), ["end revoked"]);
    assert!(!house.hub.close(id), "it is gone");
    assert_eq!(one.id(), None);
    assert!(matches!(crate::support::poll(&mut one), std::task::Poll::Ready(None)));
    house.create("1").await;
    assert_eq!(words(&mut other), ["1@1 order.created"]);
}

#[tokio::test]
async fn a_driver_can_end_a_stream_that_has_lived_long_enough() {
    let house = house();
    let mut watching = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    let end = watching.finish(order_events_core::EndReason::Lifetime).unwrap();
    assert_eq!(word(&end), "end lifetime");
    assert!(watching.finish(order_events_core::EndReason::Lifetime).is_none());
    assert_eq!(house.hub.stats().subscriptions, 0);
}

#[tokio::test]
async fn replaced_streams_that_nobody_drives_do_not_pile_up() {
    let house = limited(|config| {
        config.max_per_principal = 2;
        config.when_principal_is_full = WhenFull::ReplaceOldest;
    });
    let mut stuck = Vec::new();
    for _ in 0..4 {
        stuck.push(house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap());
    }
    assert_eq!(full(&house, "1").await, (Limit::Principal, 2));
    drop(stuck.remove(0));
    let _again = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
}

#[tokio::test]
async fn the_numbers_count_what_there_is() {
    let house = house();
    let mut there = Vec::new();
    for id in ["1", "1", "2"] {
        there.push(house.hub.subscribe(anna(id), Resume::Fresh).await.unwrap());
    }
    there.push(house.hub.subscribe(anna("2").as_staff(), Resume::Malformed).await.unwrap());
    let stats = house.hub.stats();
    assert_eq!((stats.subscriptions, stats.watch_points), (4, 3), "each audience is its own");
    assert_eq!((stats.fresh, stats.resumed, stats.replayed), (3, 0, 0));
    let resets: u64 = stats.resets.iter().map(|(_, count)| count).sum();
    assert_eq!(resets, 1);
    assert!(stats.resets.contains(&(order_events_core::ResetReason::Malformed, 1)));
}

#[tokio::test]
async fn a_refusal_says_whose_limit_and_how_many() {
    let house = limited(|config| config.max_per_principal = 1);
    let _one = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    let error = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap_err();
    assert_eq!(error.to_string(), "too many subscriptions of this principal: at most 1");
}
