//! Ends: expiry, revocation, drain.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use order_events_core::{
    Cursor, Delivery, EndReason, Grant, MemoryEngine, OrderStatus, Resume, Scope, SubscribeError,
    Subscription,
};

use crate::support::{
    House, START, anna, drain, everything, house, house_with, order, poll, principal, words,
};

#[tokio::test]
async fn no_event_is_taken_after_the_grant_expires() {
    let house = house();
    house.create("42").await;
    let until = START.saturating_add(Duration::from_secs(60));
    let mut watching = house.hub.subscribe(anna("42").until(until), Resume::Fresh).await.unwrap();
    assert_eq!(watching.deadline(), Some(until));
    assert_eq!(words(&mut watching), ["snapshot 42@1"]);
    house.move_to("42", OrderStatus::Processing).await;
    house.wait(Duration::from_secs(60));
    assert_eq!(words(&mut watching), ["end expired"]);
    let late = house.hub.subscribe(anna("42").until(until), Resume::Fresh).await;
    assert!(matches!(late, Err(SubscribeError::Expired)));
}

#[tokio::test]
async fn an_expired_grant_ends_a_replay_halfway() {
    let house = house();
    let at = house.create("42").await.cursor;
    house.remark("42", "one").await;
    house.remark("42", "two").await;
    let until = START.saturating_add(Duration::from_secs(60));
    let grant = anna("42").until(until);
    let mut again = house.hub.subscribe(grant, Resume::After(at)).await.unwrap();
    assert!(matches!(poll(&mut again), Poll::Ready(Some(Delivery::Event(_)))));
    house.wait(Duration::from_secs(60));
    assert_eq!(words(&mut again), ["end expired"]);
}

#[tokio::test]
async fn no_event_is_taken_after_a_revocation_wherever_the_stream_stands() {
    let house = house();
    let at = house.create("42").await.cursor;
    house.remark("42", "missed").await;
    let mut live = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut live);
    let mut replaying = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    let mut fresh = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    let mut others = house.hub.subscribe(everything(), Resume::Fresh).await.unwrap();
    drain(&mut others);
    house.remark("42", "in the window").await;
    assert_eq!(house.hub.revoke(&principal("anna")).await.unwrap(), 3);
    house.remark("42", "after").await;
    for stream in [&mut live, &mut replaying, &mut fresh] {
        assert_eq!(words(stream), ["end revoked"]);
    }
    assert_eq!(words(&mut others).len(), 2);
}

#[tokio::test]
async fn revoking_on_one_node_ends_the_streams_on_another() {
    let house = house();
    let other = house.second_hub();
    let mut there = other.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    let waiting = tokio::spawn(async move {
        there.next().await;
        there.next().await
    });
    tokio::task::yield_now().await;
    assert_eq!(house.hub.revoke(&principal("anna")).await.unwrap(), 0);
    let Some(Delivery::End(end)) = waiting.await.unwrap() else { panic!() };
    assert_eq!(end.reason, EndReason::Revoked);
}

#[tokio::test]
async fn a_drain_ends_every_stream_and_lets_nobody_in() {
    let house = house();
    let mut streams = Vec::new();
    for id in ["1", "2", "3"] {
        streams.push(house.hub.subscribe(anna(id), Resume::Fresh).await.unwrap());
    }
    let mut drain = pin!(house.hub.drain(Duration::from_secs(5)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(drain.as_mut().poll(&mut cx).is_pending());
    for stream in &mut streams {
        assert_eq!(words(stream), ["end draining"]);
    }
    // An ended stream has left, whether its owner has dropped it or not.
    assert_eq!(drain.as_mut().poll(&mut cx), Poll::Ready(0));
    let late = house.hub.subscribe(anna("1"), Resume::Fresh).await;
    assert!(matches!(late, Err(SubscribeError::Draining)));
    assert_eq!(house.hub.stats().subscriptions, 0);
}

#[tokio::test]
async fn a_drain_wakes_when_the_last_stream_is_gone() {
    let house = house();
    let watching = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    let drained = tokio::spawn(house.hub.drain(Duration::from_secs(5)));
    tokio::task::yield_now().await;
    drop(watching);
    assert_eq!(drained.await.unwrap(), 0);
}

#[tokio::test]
async fn a_drain_does_not_wait_beyond_its_deadline() {
    let house = house();
    let _unpolled = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    let mut drain = pin!(house.hub.drain(Duration::from_secs(5)));
    let mut cx = Context::from_waker(Waker::noop());
    house.wait(Duration::from_millis(4_999));
    assert!(drain.as_mut().poll(&mut cx).is_pending());
    house.wait(Duration::from_millis(1));
    assert_eq!(drain.as_mut().poll(&mut cx), Poll::Ready(1));
}

#[tokio::test]
async fn ten_thousand_drained_readers_come_back_spread_out() {
    let house = house_with(MemoryEngine::builder(), |hub| {
        hub.configure(|config| config.max_per_principal = usize::MAX)
    });
    let mut streams = Vec::new();
    for _ in 0..10_000 {
        let grant = Grant::new(principal("all"), Scope::Order(order("42")));
        streams.push(house.hub.subscribe(grant, Resume::Fresh).await.unwrap());
    }
    drop(house.hub.drain(Duration::from_secs(5)));
    let mut per_second: HashMap<u64, u32> = HashMap::new();
    for stream in &mut streams {
        let Some(Delivery::End(end)) = drain(stream).pop() else { panic!() };
        *per_second.entry(end.retry.unwrap().as_secs()).or_default() += 1;
    }
    let span = order_events_core::config::DRAIN_SPREAD.as_secs();
    let mean = 10_000 / span as u32;
    let peak = per_second.values().max().unwrap();
    assert!(*peak <= 3 * mean, "peak {peak}, mean {mean}");
    assert_eq!(per_second.len() as u64, span, "every second of the span is used");
}

#[tokio::test]
async fn an_expired_grant_reads_no_pages() {
    let house = house();
    house.create("42").await;
    let grant = everything().until(START.saturating_add(Duration::from_secs(60)));
    assert_eq!(house.hub.snapshots(&grant, None, 0).await.unwrap().orders.len(), 1);
    house.wait(Duration::from_secs(60));
    let late = house.hub.snapshots(&grant, None, 10).await;
    assert!(matches!(late, Err(SubscribeError::Expired)));
}

#[tokio::test]
async fn a_revocation_ends_that_principals_streams_and_no_others() {
    let house = house();
    let mut streams = Vec::new();
    for number in 0..2_000 {
        let name = principal(&number.to_string());
        let grant = Grant::new(name.clone(), Scope::Order(order("42")));
        streams.push((name, house.hub.subscribe(grant, Resume::Fresh).await.unwrap()));
    }
    for (name, _) in &streams {
        assert_eq!(house.hub.revoke(name).await.unwrap(), 1, "{name}");
        assert_eq!(house.hub.revoke(name).await.unwrap(), 0, "{name}");
    }
}

#[tokio::test]
async fn whichever_stream_of_a_principal_went_the_others_are_revoked() {
    for gone in 0..3 {
        let house = house();
        house.create("42").await;
        let mut streams = Vec::new();
        // On one order, and on others at equal seats.
        for id in ["42", "42", "42", "43", "44"] {
            streams.push(house.hub.subscribe(anna(id), Resume::Fresh).await.unwrap());
        }
        drop(streams.remove(gone));
        assert_eq!(house.hub.revoke(&principal("anna")).await.unwrap(), 4);
        for stream in &mut streams {
            assert_eq!(words(stream), ["end revoked"]);
        }
    }
}

/// Anna, let in for a minute, back from a cursor whose past is let go of; and that cursor.
async fn back_from_before_the_log() -> (House, Subscription, Cursor) {
    let house = house_with(MemoryEngine::builder().retain_events(1), |hub| hub);
    let at = house.create("42").await.cursor;
    house.move_to("42", OrderStatus::Processing).await;
    house.move_to("42", OrderStatus::Shipped).await;
    let until = START.saturating_add(Duration::from_secs(60));
    let resume = Resume::After(at);
    let again = house.hub.subscribe(anna("42").until(until), resume).await.unwrap();
    (house, again, at)
}

#[tokio::test]
async fn who_is_ended_before_its_reset_was_told_stands_where_it_stood() {
    let (house, mut again, at) = back_from_before_the_log().await;
    house.wait(Duration::from_secs(60));
    assert_eq!(words(&mut again), ["end expired"]);
    assert_eq!(again.cursor(), at, "nothing was let go of");
}

#[tokio::test]
async fn who_is_ended_between_its_reset_and_what_there_is_now_stands_nowhere() {
    let (house, mut again, _) = back_from_before_the_log().await;
    assert!(matches!(poll(&mut again), Poll::Ready(Some(Delivery::Reset(_)))));
    house.wait(Duration::from_secs(60));
    assert_eq!(words(&mut again), ["end expired"]);
    assert_eq!(again.cursor().seq, 0, "what it had was let go of, and nothing came for it");
}
