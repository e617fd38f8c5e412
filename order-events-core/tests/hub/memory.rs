//! What the log in memory keeps, and what it lets go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use order_events_core::config::TIMELINE_ENTRIES;
use order_events_core::engine::{Log, Record, Tail, Wakes};
use order_events_core::{CustomerId, MemoryEngine, OrderStatus, Resume, TenantId, Update};

use crate::support::{applied, customer, everything, house, house_with, key, order, staff, words};

#[tokio::test]
async fn trimming_the_log_never_shortens_a_timeline() {
    let house = house_with(MemoryEngine::builder().retain_events(1), |hub| hub);
    house.create("42").await;
    for number in 0..70 {
        house.remark("42", &format!("note {number}")).await;
        house.create(&format!("other {number}")).await;
    }
    assert_eq!(house.engine.counts().events, 1);
    let page = house.hub.snapshots(&staff(), None, 1).await.unwrap();
    let snapshot = page.orders[0].decode::<OrderStatus>().unwrap();
    assert_eq!(snapshot.timeline.len(), TIMELINE_ENTRIES);
    assert_eq!(snapshot.timeline[0].version, 71 - TIMELINE_ENTRIES as u64 + 1);
    assert_eq!(snapshot.timeline[TIMELINE_ENTRIES - 1].version, 71);
}

#[tokio::test]
async fn a_new_life_has_a_timeline_of_its_own() {
    let house = house_with(MemoryEngine::builder().retain_events(2), |hub| hub);
    house.create("42").await;
    house.remark("42", "of the first life").await;
    applied(house.hub.publish(Update::delete(order("42"))).await.unwrap());
    house.create("42").await;
    for number in 0..40 {
        house.remark("42", &number.to_string()).await;
    }
    let page = house.hub.snapshots(&everything(), None, 1).await.unwrap();
    let snapshot = page.orders[0].decode::<OrderStatus>().unwrap();
    assert_eq!(snapshot.timeline[0].version, 4);
    assert_eq!(snapshot.timeline.len(), 41);
}

#[tokio::test]
async fn the_latest_progress_is_in_the_snapshot_however_long_ago() {
    let house = house_with(MemoryEngine::builder().retain_events(2), |hub| hub);
    house.create("42").await;
    for percent in [10, 80] {
        let progress = Update::<OrderStatus>::progress(order("42"), percent, None);
        applied(house.hub.publish(progress).await.unwrap());
    }
    for _ in 0..40 {
        house.remark("42", "x").await;
    }
    let page = house.hub.snapshots(&everything(), None, 1).await.unwrap();
    let snapshot = page.orders[0].decode::<OrderStatus>().unwrap();
    assert_eq!(snapshot.work.unwrap().version, 3);
}

#[tokio::test]
async fn age_trims_as_count_does() {
    let age = Duration::from_secs(60);
    let house = house_with(MemoryEngine::builder().retain_age(age), |hub| hub);
    house.create("1").await;
    house.wait(age - Duration::from_millis(1));
    house.create("2").await;
    assert_eq!(house.engine.counts().events, 2);
    house.wait(Duration::from_millis(1));
    house.create("3").await;
    assert_eq!(house.engine.counts().events, 2);
}

#[tokio::test]
async fn finished_orders_are_forgotten_after_their_last_event_and_their_keys() {
    let (age, window) = (Duration::from_secs(60), Duration::from_secs(600));
    let house = house_with(MemoryEngine::builder().retain_age(age).key_window(window), |hub| hub);
    for (id, status, keyed) in [
        ("cancelled", OrderStatus::Cancelled, false),
        ("delivered", OrderStatus::Delivered, false),
        ("keyed", OrderStatus::Cancelled, true),
        ("open", OrderStatus::Shipped, false),
    ] {
        let mut update =
            Update::create_as(order(id), status).with_customer(customer(&format!("{id}'s")));
        if keyed {
            update = update.with_key(key("k"));
        }
        applied(house.hub.publish(update).await.unwrap());
    }
    let known = || house.engine.counts();
    house.wait(age - Duration::from_millis(1));
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    assert_eq!((known().orders, known().events), (4, 4));
    house.wait(Duration::from_millis(1));
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    assert_eq!((known().orders, known().events, known().keys), (2, 0, 1));
    assert_eq!(known().customers, 2);
    house.wait(window - age);
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    assert_eq!((known().orders, known().keys, known().customers), (1, 0, 1));
    assert!(house.hub.state(&Default::default(), &order("open")).await.unwrap().is_some());
}

#[tokio::test]
async fn an_order_that_its_key_keeps_does_not_keep_those_after_it() {
    let age = Duration::from_secs(60);
    let house = house_with(MemoryEngine::builder().retain_age(age), |hub| hub);
    let done = |id| Update::create_as(order(id), OrderStatus::Cancelled);
    applied(house.hub.publish(done("keyed").with_key(key("k"))).await.unwrap());
    for id in ["1", "2", "3"] {
        applied(house.hub.publish(done(id)).await.unwrap());
    }
    house.wait(age);
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    assert_eq!(house.engine.counts().orders, 1);
    assert!(house.hub.state(&Default::default(), &order("keyed")).await.unwrap().is_some());
}

#[tokio::test]
async fn an_order_that_goes_on_is_not_forgotten() {
    let age = Duration::from_secs(60);
    let house = house_with(MemoryEngine::builder().retain_age(age), |hub| hub);
    let create = Update::create_as(order("42"), OrderStatus::Delivered).with_key(key("k"));
    applied(house.hub.publish(create).await.unwrap());
    house.wait(age);
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    house.move_to("42", OrderStatus::Refunded).await;
    house.wait(order_events_core::config::KEY_WINDOW - age);
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    assert_eq!(house.engine.counts().orders, 0, "its refund is as old as its keys by now");
}

#[tokio::test]
async fn many_orders_once_leave_nothing_but_the_bound() {
    let house = house_with(MemoryEngine::builder().retain_events(100), |hub| hub);
    for number in 0..20_000 {
        let of = customer(&(number % 500).to_string());
        let id = order(&number.to_string());
        applied(
            house.hub.publish(Update::<OrderStatus>::create(&id).with_customer(of)).await.unwrap(),
        );
        house.move_to(id.as_str(), OrderStatus::Cancelled).await;
    }
    let counts = house.engine.counts();
    assert_eq!(counts.events, 100);
    assert!(counts.orders <= 51, "{counts:?}");
    assert!(counts.customers <= 51, "{counts:?}");
    assert_eq!(counts.keys, 0);
}

#[tokio::test]
async fn keys_are_bounded_in_number() {
    let house = house_with(MemoryEngine::builder().max_keys(10), |hub| hub);
    house.create("42").await;
    for number in 0..100 {
        let note = Update::<OrderStatus>::note(order("42"), "x");
        let keyed = note.with_key(key(&number.to_string()));
        applied(house.hub.publish(keyed).await.unwrap());
    }
    assert_eq!(house.engine.counts().keys, 10);
}

#[tokio::test]
async fn a_former_customer_is_told_of_the_end_and_then_forgotten() {
    let house = house_with(MemoryEngine::builder().retain_events(3), |hub| hub);
    let create = |of| Update::<OrderStatus>::create(order("42")).with_customer(customer(of));
    let at = applied(house.hub.publish(create("anna")).await.unwrap()).cursor;
    applied(house.hub.publish(Update::delete(order("42"))).await.unwrap());
    applied(house.hub.publish(create("bert")).await.unwrap());
    let annas = order_events_core::Grant::new(
        crate::support::principal("anna"),
        order_events_core::Scope::Customer(customer("anna")),
    );
    let mut again = house.hub.subscribe(annas.clone(), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["42@2 order.deleted"]);
    let mut fresh = house.hub.subscribe(annas, Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut fresh), ["position 3"], "the new life is another's");
    house.create("other").await;
    for _ in 0..3 {
        house.remark("other", "x").await;
    }
    assert_eq!(house.engine.counts().customers, 1);
}

#[tokio::test]
async fn a_clock_that_was_far_ahead_once_holds_nothing_back() {
    let house = house_with(MemoryEngine::builder(), |hub| hub);
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    house.wait(year);
    let ahead = Update::create_as(order("ahead"), OrderStatus::Cancelled).with_key(key("ahead"));
    applied(house.hub.publish(ahead).await.unwrap());
    house.clock.set(crate::support::START);
    for number in 0..100 {
        let id = number.to_string();
        let done = Update::create_as(order(&id), OrderStatus::Cancelled).with_key(key(&id));
        applied(house.hub.publish(done).await.unwrap());
    }
    house.wait(order_events_core::config::RETAIN_AGE);
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    let counts = house.engine.counts();
    assert_eq!((counts.events, counts.orders, counts.keys), (0, 0, 0));
}

#[tokio::test]
async fn a_page_token_is_of_its_log() {
    let house = house_with(MemoryEngine::builder(), |hub| hub);
    for id in ["1", "2"] {
        house.create(id).await;
    }
    let token = house.hub.snapshots(&staff(), None, 1).await.unwrap().next.unwrap();
    assert_eq!(house.hub.snapshots(&staff(), Some(&token), 1).await.unwrap().orders.len(), 1);
    house.engine.lose(&Default::default());
    let error = house.hub.snapshots(&staff(), Some(&token), 1).await.unwrap_err();
    assert_eq!(error.to_string(), "not a page token of this log");
}

#[tokio::test]
async fn an_open_order_does_not_hold_on_to_what_the_log_let_go() {
    let house = house_with(MemoryEngine::builder().retain_events(100), |hub| hub);
    for id in ["reports", "remarks"] {
        house.create(id).await;
    }
    for _ in 0..1_000 {
        let report = Update::<OrderStatus>::progress(order("reports"), 50, None);
        applied(house.hub.publish(report).await.unwrap());
        house.remark("remarks", "x").await;
    }
    // Then others are busy, and nobody touches these two.
    for number in 0..100 {
        house.create(&number.to_string()).await;
    }
    let others = 100;
    let held = house.engine.counts().held - others;
    assert!(held <= (2 + 16) + (TIMELINE_ENTRIES + 16), "{held} are held");
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    assert_eq!(house.engine.counts().held - others, 2 + TIMELINE_ENTRIES);
}

#[tokio::test]
async fn the_public_keeps_its_latest_progress_when_staffs_is_newer() {
    let house = house_with(MemoryEngine::builder().retain_events(2), |hub| hub);
    house.create("42").await;
    let progress = |percent| Update::<OrderStatus>::progress(order("42"), percent, None);
    applied(house.hub.publish(progress(40)).await.unwrap());
    applied(house.hub.publish(progress(50).staff_only()).await.unwrap());
    for _ in 0..40 {
        house.create("other").await;
        house.hub.publish(Update::delete(order("other"))).await.unwrap();
    }
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    for (grant, version) in [(everything(), 2), (staff(), 3)] {
        let page = house.hub.snapshots(&grant, None, 1).await.unwrap();
        let snapshot = page.orders[0].decode::<OrderStatus>().unwrap();
        assert_eq!(snapshot.work.unwrap().version, version);
    }
}

/// Counts what it is told.
#[derive(Default)]
struct Heard(AtomicUsize);

impl Tail for Heard {
    fn committed(&self, _: &Arc<Record>, _: Option<&CustomerId>, _: &mut Wakes) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn interrupted(&self, _: &mut Wakes) {}
}

#[tokio::test]
async fn who_stops_following_after_a_loss_takes_nobody_elses_place() {
    let house = house();
    let tenant = TenantId::default();
    let before = Arc::new(Heard::default());
    let _follow = house.engine.follow(&tenant, Arc::clone(&before) as Arc<dyn Tail>);
    house.engine.lose(&tenant);
    drop(house.engine.follow(&tenant, Arc::new(Heard::default())));
    house.create("42").await;
    assert_eq!(before.0.load(Ordering::Relaxed), 1);
}
