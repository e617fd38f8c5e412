//! The whole hub under random schedules of its threads.
//!
//! Run by `scripts/test`: `RUSTFLAGS="--cfg order_events_shuttle" cargo test --test shuttle`.
//! `ORDER_EVENTS_SHUTTLE_ITERATIONS` says how many schedules each test is run under.

#![cfg(order_events_shuttle)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::sync::Arc;
use std::time::Duration;

use order_events_core::{
    Cursor, Delivery, EndReason, Grant, Hub, ManualClock, MemoryEngine, OrderId, OrderStatus,
    Principal, Published, Resume, Scope, SubscribeError, Subscription, Timestamp, Update,
};
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread;

fn check(scenario: impl Fn() + Send + Sync + 'static) {
    let iterations = std::env::var("ORDER_EVENTS_SHUTTLE_ITERATIONS");
    let iterations = iterations.map_or(1_000, |iterations| iterations.parse().unwrap());
    shuttle::check_random(scenario, iterations);
}

fn order() -> OrderId {
    OrderId::new("42").unwrap()
}

fn grant(name: &str) -> Grant {
    Grant::new(Principal::new(name).unwrap(), Scope::Order(order()))
}

fn hub(window: usize) -> Hub {
    Hub::builder()
        .engine(Arc::new(MemoryEngine::new()))
        .configure(|config| config.window_events = window)
        .build()
}

fn note(hub: &Hub) -> Cursor {
    let update = Update::status(order(), OrderStatus::Pending).with_note("x").or_create();
    match block_on(hub.publish(update)) {
        Ok(Published::Applied(applied)) => applied.cursor,
        other => panic!("{other:?}"),
    }
}

fn publisher(hub: &Hub, events: usize) -> thread::JoinHandle<()> {
    let hub = hub.clone();
    thread::spawn(move || {
        (0..events).for_each(|_| {
            note(&hub);
        })
    })
}

/// Reads until it has seen this version, in whatever way it came there.
fn read_up_to(watching: &mut Subscription, last: u64) -> Vec<u64> {
    let mut versions = Vec::new();
    while versions.last().is_none_or(|version| *version < last) {
        match block_on(watching.next()).expect("the stream goes on") {
            Delivery::Event(event) => versions.push(event.version()),
            Delivery::Snapshot(snapshot) => versions.push(snapshot.version()),
            Delivery::Position(_) => {}
            other => panic!("{other:?}"),
        }
    }
    versions
}

fn assert_contiguous(versions: &[u64]) {
    assert!(versions.windows(2).all(|pair| pair[1] == pair[0] + 1), "{versions:?}");
}

#[test]
fn publish_races_subscribe_and_nothing_is_lost_or_comes_twice() {
    check(|| {
        let hub = hub(8);
        let publishers = [publisher(&hub, 2), publisher(&hub, 2)];
        let mut watching = block_on(hub.subscribe(grant("anna"), Resume::Fresh)).unwrap();
        assert_contiguous(&read_up_to(&mut watching, 4));
        for publisher in publishers {
            publisher.join().unwrap();
        }
    });
}

#[test]
fn a_resumed_reader_sees_the_seam_whole() {
    check(|| {
        let hub = hub(8);
        let at = note(&hub);
        let publisher = publisher(&hub, 3);
        let mut again = block_on(hub.subscribe(grant("anna"), Resume::After(at))).unwrap();
        assert_eq!(read_up_to(&mut again, 4), [2, 3, 4]);
        publisher.join().unwrap();
    });
}

#[test]
fn a_lapped_reader_comes_back_without_a_hole() {
    check(|| {
        let hub = hub(1);
        let at = note(&hub);
        let mut watching = block_on(hub.subscribe(grant("anna"), Resume::After(at))).unwrap();
        let publishers = [publisher(&hub, 3), publisher(&hub, 2)];
        assert_eq!(read_up_to(&mut watching, 6), [2, 3, 4, 5, 6]);
        for publisher in publishers {
            publisher.join().unwrap();
        }
    });
}

#[test]
fn who_comes_and_goes_leaves_nothing_behind_and_loses_nothing_for_others() {
    check(|| {
        let hub = hub(8);
        note(&hub);
        let publisher = publisher(&hub, 3);
        let guests: Vec<_> = ["bert", "carl"]
            .into_iter()
            .map(|name| {
                let hub = hub.clone();
                thread::spawn(move || {
                    for _ in 0..2 {
                        drop(block_on(hub.subscribe(grant(name), Resume::Fresh)).unwrap());
                    }
                })
            })
            .collect();
        let mut watching = block_on(hub.subscribe(grant("anna"), Resume::Fresh)).unwrap();
        assert_contiguous(&read_up_to(&mut watching, 4));
        drop(watching);
        publisher.join().unwrap();
        for guest in guests {
            guest.join().unwrap();
        }
        let stats = hub.stats();
        assert_eq!((stats.subscriptions, stats.watch_points), (0, 0));
    });
}

#[test]
fn who_sits_down_as_the_last_one_leaves_is_told_all_the_same() {
    check(|| {
        let hub = hub(8);
        note(&hub);
        let last = block_on(hub.subscribe(grant("bert"), Resume::Fresh)).unwrap();
        let leaving = thread::spawn(move || drop(last));
        let mut watching = block_on(hub.subscribe(grant("anna"), Resume::Fresh)).unwrap();
        leaving.join().unwrap();
        note(&hub);
        assert_contiguous(&read_up_to(&mut watching, 2));
    });
}

#[test]
fn no_event_is_taken_after_a_revocation_has_returned() {
    check(|| {
        let hub = hub(8);
        note(&hub);
        let revoked = Arc::new(AtomicBool::new(false));
        let mut watching = block_on(hub.subscribe(grant("anna"), Resume::Fresh)).unwrap();
        let publisher = publisher(&hub, 3);
        let admin = {
            let (hub, revoked) = (hub.clone(), Arc::clone(&revoked));
            thread::spawn(move || {
                let principal = Principal::new("anna").unwrap();
                assert_eq!(block_on(hub.revoke(&principal)).unwrap(), 1);
                revoked.store(true, Ordering::SeqCst);
            })
        };
        loop {
            let was_revoked = revoked.load(Ordering::SeqCst);
            match block_on(watching.next()).expect("its end is told") {
                Delivery::End(end) => {
                    assert_eq!(end.reason, EndReason::Revoked);
                    break;
                }
                other => assert!(!was_revoked, "{other:?} was taken after the revocation"),
            }
        }
        publisher.join().unwrap();
        admin.join().unwrap();
    });
}

#[test]
fn a_drain_misses_nobody() {
    check(|| {
        let hub = hub(8);
        let readers: Vec<_> = ["anna", "bert"]
            .into_iter()
            .map(|name| {
                let hub = hub.clone();
                thread::spawn(move || {
                    let subscribed = block_on(hub.subscribe(grant(name), Resume::Fresh));
                    let mut watching = match subscribed {
                        Ok(watching) => watching,
                        Err(SubscribeError::Draining) => return,
                        Err(other) => panic!("{other}"),
                    };
                    loop {
                        match block_on(watching.next()).expect("its end is told") {
                            Delivery::End(end) => {
                                assert_eq!(end.reason, EndReason::Draining);
                                return;
                            }
                            Delivery::Position(_) => {}
                            other => panic!("{other:?}"),
                        }
                    }
                })
            })
            .collect();
        let publisher = publisher(&hub, 0);
        // Seats that are still being taken are either told to go or refused.
        let drained = block_on(hub.drain(Duration::from_secs(3_600)));
        assert_eq!(drained, 0);
        publisher.join().unwrap();
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(hub.stats().subscriptions, 0);
    });
}

#[test]
fn of_those_who_race_for_one_version_one_wins() {
    check(|| {
        let hub = hub(8);
        block_on(hub.publish(Update::create(order()))).unwrap();
        let racers: Vec<_> = (0..3)
            .map(|_| {
                let hub = hub.clone();
                thread::spawn(move || {
                    let cancel = Update::status(order(), OrderStatus::Cancelled);
                    block_on(hub.publish(cancel.expecting_version(1))).is_ok()
                })
            })
            .collect();
        let won = racers.into_iter().map(|racer| racer.join().unwrap());
        assert_eq!(won.filter(|won| *won).count(), 1);
    });
}

#[test]
fn a_limit_holds_however_many_come_at_once() {
    check(|| {
        let hub = Hub::builder().configure(|config| config.max_per_principal = 1).build();
        let guests: Vec<_> = (0..3)
            .map(|_| {
                let hub = hub.clone();
                thread::spawn(move || block_on(hub.subscribe(grant("anna"), Resume::Fresh)).ok())
            })
            .collect();
        // Kept, so that no seat is free again before all have asked.
        let seated: Vec<_> = guests.into_iter().map(|guest| guest.join().unwrap()).collect();
        assert_eq!(seated.iter().flatten().count(), 1);
        drop(seated);
        assert_eq!(hub.stats().subscriptions, 0);
    });
}

#[test]
fn a_place_that_was_taken_back_is_given_back_once() {
    check(|| {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(9)));
        let limited = Hub::builder().clock(clock.clone());
        let hub = limited.configure(|config| config.max_per_principal = 2).build();
        let stalled: Vec<_> = (0..2)
            .map(|_| {
                let stalled = block_on(hub.subscribe(grant("anna"), Resume::Fresh)).unwrap();
                stalled.will_be_polled_every(Duration::from_secs(1));
                stalled
            })
            .collect();
        for span in [0, 4, 5] {
            clock.advance(Duration::from_secs(span));
            assert!(span == 5 || block_on(hub.subscribe(grant("anna"), Resume::Fresh)).is_err());
        }
        let threads: Vec<_> = stalled
            .into_iter()
            .map(|stalled| thread::spawn(move || drop(stalled)))
            .chain([publisher(&hub, 1)])
            .collect();
        // Refused where the silent ones gave their places back after it was found full, and before
        // it was asked whose could be taken.
        let newer = block_on(hub.subscribe(grant("anna"), Resume::Fresh));
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(hub.stats().subscriptions, usize::from(newer.is_ok()));
        drop(newer);
        let stats = hub.stats();
        assert_eq!((stats.subscriptions, stats.watch_points), (0, 0));
    });
}

#[test]
fn a_final_event_is_given_before_the_end_is_told() {
    check(|| {
        let hub = hub(8);
        let at = note(&hub);
        let publisher = {
            let hub = hub.clone();
            thread::spawn(move || {
                block_on(hub.publish(Update::status(order(), OrderStatus::Cancelled))).unwrap();
            })
        };
        // Whenever it comes back: it has not seen the last of the order, so it is let in.
        let mut again = block_on(hub.subscribe(grant("anna"), Resume::After(at))).unwrap();
        let Some(Delivery::Event(event)) = block_on(again.next()) else {
            panic!("the event comes first")
        };
        assert_eq!(event.version(), 2);
        assert!(matches!(block_on(again.next()), Some(Delivery::End(_))));
        publisher.join().unwrap();
    });
}
