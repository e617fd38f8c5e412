//! Places of those whose driver does not poll as it promised go to who asks for them.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use order_events_core::config::WhenFull;
use order_events_core::{Config, Grant, Resume, Scope, Subscription};

use crate::limits::{full, limited};
use crate::reading::Woken;
use crate::support::{House, anna, order, principal, words};

const HEARTBEAT: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one that is woken has to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Lets so much time pass that whoever does not poll is gone, and tries now and then.
async fn fall_silent(house: &House, id: &str) {
    full(house, id).await;
    house.wait(PATIENCE);
    full(house, id).await;
    house.wait(ANSWER);
}

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
        house.wait(PATIENCE);
        full(&house, "1").await;
        house.wait(ANSWER - Duration::from_secs(1));
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
    fall_silent(&house, "1").await;
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
    fall_silent(&house, "1").await;
    drop(house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap());
    assert_eq!(house.hub.drain(Duration::from_secs(5)).await, 0);
    drop(stalled);
}

#[tokio::test]
async fn places_that_were_taken_back_do_not_pile_up() {
    let limits: [fn(&mut Config); 4] = [
        |config| config.max_per_principal = 2,
        |config| {
            config.max_per_principal = 2;
            config.when_principal_is_full = WhenFull::ReplaceOldest;
        },
        |config| config.max_per_scope = 2,
        |config| config.max_subscriptions = 2,
    ];
    for limit in limits {
        let house = limited(limit);
        let mut stuck = Vec::new();
        for _ in 0..100 {
            while let Ok(watching) = house.hub.subscribe(anna("1"), Resume::Fresh).await {
                watching.will_be_polled_every(HEARTBEAT);
                stuck.push(watching);
            }
            house.wait(PATIENCE);
        }
        assert_eq!(stuck.len(), 4, "as many again as are allowed, and no more");
        stuck.clear();
        assert!(house.hub.subscribe(anna("1"), Resume::Fresh).await.is_ok());
    }
}

#[tokio::test]
async fn a_clock_that_jumps_costs_nobody_who_is_well_the_place() {
    let house = limited(|config| config.max_per_principal = 2);
    let mut well = [silent(&house, "1").await, silent(&house, "1").await];
    full(&house, "1").await;
    // A machine that slept, or a process that was frozen.
    house.wait(Duration::from_secs(9_000));
    full(&house, "1").await;
    for watching in &mut well {
        assert_eq!(words(watching), [""; 0], "it was woken, and asks");
    }
    house.wait(ANSWER);
    full(&house, "1").await;
    assert_eq!(house.hub.stats().reclaimed, 0);
}

#[tokio::test]
async fn who_was_silent_is_woken_before_the_place_is_lost() {
    let house = limited(|config| config.max_per_principal = 1);
    let mut watching = silent(&house, "1").await;
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(watching.poll_delivery(&mut Context::from_waker(&waker)).is_pending());
    full(&house, "1").await;
    house.wait(PATIENCE);
    assert_eq!(woken.times(), 0);
    full(&house, "1").await;
    assert_eq!(woken.times(), 1);
}
