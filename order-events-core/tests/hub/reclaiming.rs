//! Places of those whose driver does not poll as it promised go to who asks for them.

use std::time::Duration;

use order_events_core::{Config, Grant, Resume, Scope, Subscription};

use crate::limits::{full, limited};
use crate::support::{House, anna, order, principal, words};

const HEARTBEAT: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(60);

/// A stream whose driver promised to poll it, and does so no more.
async fn silent(house: &House, id: &str) -> Subscription {
    let mut watching = house.hub.subscribe(anna(id), Resume::Fresh).await.unwrap();
    watching.will_be_polled_every(HEARTBEAT);
    words(&mut watching);
    watching
}

#[tokio::test]
async fn who_is_not_polled_as_promised_loses_the_place_to_who_asks_for_it() {
    let limits: [fn(&mut Config); 3] = [
        |config| config.max_per_principal = 1,
        |config| config.max_per_scope = 1,
        |config| config.max_subscriptions = 1,
    ];
    for limit in limits {
        let house = limited(limit);
        let mut stalled = silent(&house, "1").await;
        full(&house, "1").await;
        house.wait(PATIENCE - Duration::from_secs(1));
        full(&house, "1").await;
        house.wait(Duration::from_secs(1));
        let mut newer = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
        let stats = house.hub.stats();
        assert_eq!((stats.subscriptions, stats.reclaimed), (1, 1));
        assert_eq!(house.hub.watchers().len(), 1, "the listing shows who has a place");

        house.create("1").await;
        assert_eq!(words(&mut stalled), ["end lifetime"]);
        assert_eq!(words(&mut newer), ["position 0", "1@1 order.created"]);
        drop(stalled);
        assert_eq!(house.hub.stats().subscriptions, 1, "its place was given back once");
        full(&house, "1").await;
        drop(newer);
        assert_eq!(house.hub.stats().subscriptions, 0);
        assert_eq!(house.hub.stats().watch_points, 0);
    }
}

#[tokio::test]
async fn who_is_polled_keeps_the_place_and_so_does_who_promised_nothing() {
    let house = limited(|config| config.max_per_principal = 2);
    let mut polled = silent(&house, "1").await;
    let _promised_nothing = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    for _ in 0..10 {
        full(&house, "1").await;
        house.wait(HEARTBEAT);
        assert_eq!(words(&mut polled), [""; 0]);
    }
    full(&house, "1").await;
}

#[tokio::test]
async fn the_silent_of_others_make_room_where_the_whole_is_full() {
    let house = limited(|config| config.max_subscriptions = 3);
    let first = silent(&house, "1").await;
    let second = silent(&house, "2").await;
    let bob = Grant::new(principal("bob"), Scope::Order(order("1")));
    let mut reading = house.hub.subscribe(bob.clone(), Resume::Fresh).await.unwrap();
    reading.will_be_polled_every(HEARTBEAT);
    full(&house, "1").await;
    house.wait(PATIENCE);
    words(&mut reading);
    let _third = house.hub.subscribe(bob, Resume::Fresh).await.unwrap();
    assert_eq!(house.hub.stats().reclaimed, 2);
    assert_eq!(house.hub.stats().subscriptions, 2);
    drop((first, second));
    assert_eq!(house.hub.stats().subscriptions, 2);
}

#[tokio::test]
async fn a_drained_hub_does_not_wait_for_places_that_were_taken_back() {
    let house = limited(|config| config.max_per_principal = 1);
    let stalled = silent(&house, "1").await;
    full(&house, "1").await;
    house.wait(PATIENCE);
    drop(house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap());
    assert_eq!(house.hub.drain(Duration::from_secs(5)).await, 0);
    drop(stalled);
}
