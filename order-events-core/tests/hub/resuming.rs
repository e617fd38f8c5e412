//! Going on from a cursor: live, replay, or a reset that says why.

use std::time::Duration;

use order_events_core::{Cursor, Epoch, MemoryEngine, OrderStatus, Resume, SubscribeError, Update};

use crate::support::{anna, applied, everything, house, house_with, order, staff, tenant, words};

#[tokio::test]
async fn a_resumed_reader_is_given_what_it_missed_once_and_in_order() {
    let house = house();
    let at = house.create("42").await.cursor;
    house.move_to("42", OrderStatus::Processing).await;
    house.create("7").await;
    house.move_to("42", OrderStatus::Shipped).await;
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert!(again.is_resumed());
    // Committed between the reading of the log and its end: in the window, not in the log's answer.
    house.move_to("42", OrderStatus::Delivered).await;
    assert_eq!(words(&mut again), ["42@2 order.status", "42@3 order.status", "42@4 order.status"]);
}

#[tokio::test]
async fn a_reader_that_missed_nothing_goes_on_live() {
    let house = house();
    let at = house.create("42").await.cursor;
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), [""; 0]);
    assert_eq!(again.cursor(), at, "the presented cursor is repeated");
    assert_eq!(house.hub.stats().resumed, 1);
}

#[tokio::test]
async fn any_node_on_the_same_log_resumes_the_cursor() {
    let house = house();
    let at = house.create("42").await.cursor;
    house.move_to("42", OrderStatus::Processing).await;
    let mut again = house.second_hub().subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["42@2 order.status"]);
}

#[tokio::test]
async fn a_bad_cursor_is_told_by_a_reset_never_by_an_error() {
    let house = house();
    let at = house.create("42").await.cursor;
    let elsewhere = Update::<OrderStatus>::create(order("42")).in_tenant(tenant("other"));
    let foreign = applied(house.hub.publish(elsewhere).await.unwrap()).cursor;
    let future = Cursor { seq: 9, ..at };
    let cases = [
        (Resume::parse(b"nonsense"), "reset malformed"),
        (Resume::parse(&[0xff, 0xfe]), "reset malformed"),
        (Resume::parse(&[b'9'; 100_000]), "reset malformed"),
        (Resume::parse(format!("{}.99999999999999999999", at.epoch).as_bytes()), "reset malformed"),
        (Resume::After(Cursor { epoch: Epoch::from_u64(1), seq: 1 }), "reset foreign"),
        (Resume::After(foreign), "reset foreign"),
        (Resume::After(future), "reset future"),
    ];
    for (resume, reset) in cases {
        let mut again = house.hub.subscribe(anna("42"), resume).await.unwrap();
        assert!(!again.is_resumed());
        assert_eq!(words(&mut again), [reset, "snapshot 42@1"]);
    }
}

#[tokio::test]
async fn a_cursor_older_than_the_log_is_reset_never_given_a_part() {
    let house = house_with(MemoryEngine::builder().retain_events(3), |hub| hub);
    let at = house.create("42").await.cursor;
    for _ in 0..4 {
        house.remark("42", "x").await;
    }
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["reset expired", "snapshot 42@5"]);
}

#[tokio::test]
async fn a_quiet_order_in_a_busy_tenant_has_missed_nothing() {
    let house = house_with(MemoryEngine::builder().retain_events(3), |hub| hub);
    let at = house.create("42").await.cursor;
    house.create("busy").await;
    for _ in 0..20 {
        house.remark("busy", "x").await;
    }
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), [""; 0]);
    // The tenant as a whole has.
    let mut board = house.hub.subscribe(everything(), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut board), ["reset expired", "snapshot 42@1", "snapshot busy@21"]);
}

#[tokio::test]
async fn a_huge_backlog_is_capped_by_events_and_by_bytes() {
    for (events, bytes) in [(5, usize::MAX), (usize::MAX, 600)] {
        let house = house_with(MemoryEngine::builder(), |hub| {
            hub.configure(|config| {
                config.replay_events = events;
                config.replay_bytes = bytes;
            })
        });
        let at = house.create("42").await.cursor;
        for _ in 0..6 {
            house.remark("42", "a hundred bytes or so, each of them").await;
        }
        let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
        assert_eq!(words(&mut again), ["reset behind", "snapshot 42@7"]);
    }
}

#[tokio::test]
async fn a_scope_too_large_to_come_inline_is_to_be_paged() {
    let house = house_with(MemoryEngine::builder(), |hub| {
        hub.configure(|config| config.inline_snapshots = 2)
    });
    for id in ["1", "2", "3"] {
        house.create(id).await;
    }
    let mut board = house.hub.subscribe(everything(), Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut board), ["reset large paged", "position 3"]);
    let mut pages = Vec::new();
    let mut next = None;
    loop {
        let page = house.hub.snapshots(&everything(), next.as_ref(), 2).await.unwrap();
        pages.push(page.orders.iter().map(|order| order.order().to_string()).collect::<Vec<_>>());
        match page.next {
            Some(token) => next = Some(token),
            None => break,
        }
    }
    assert_eq!(pages, [vec!["1", "2"], vec!["3"]]);
    let mut again = house.hub.subscribe(everything(), Resume::parse(b"?")).await.unwrap();
    assert_eq!(words(&mut again), ["reset malformed paged", "position 3"]);
}

#[tokio::test]
async fn a_final_order_ends_its_stream_and_is_not_opened_again() {
    let house = house();
    house.create("42").await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    house.move_to("42", OrderStatus::Cancelled).await;
    assert_eq!(words(&mut watching), ["snapshot 42@1", "42@2 order.status", "end final"]);
    let at = watching.cursor();
    let again = house.hub.subscribe(anna("42"), Resume::After(at)).await;
    assert!(matches!(again, Err(SubscribeError::Finished)), "{again:?}");
    assert_eq!(house.hub.stats().subscriptions, 0);

    // Who has not seen the last of it is shown that first.
    house.remark("42", "refunded by hand").await;
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["42@3 order.note", "end final"]);
    let mut fresh = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut fresh), ["snapshot 42@3", "end final"]);
    // A board goes on.
    let mut board = house.hub.subscribe(everything(), Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut board), ["snapshot 42@3"]);
}

#[tokio::test]
async fn a_delivered_order_goes_quiet_after_its_grace() {
    let grace = Duration::from_secs(600);
    let house = house_with(MemoryEngine::builder(), |hub| {
        hub.configure(|config| config.quiet_grace = Some(grace))
    });
    let shipped = Update::create_as(order("42"), OrderStatus::Shipped);
    applied(house.hub.publish(shipped).await.unwrap());
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    let delivered = house.move_to("42", OrderStatus::Delivered).await;
    assert_eq!(words(&mut watching), ["snapshot 42@1", "42@2 order.status"]);
    assert_eq!(watching.deadline(), Some(delivered.event.timestamp.saturating_add(grace)));
    house.wait(grace - Duration::from_millis(1));
    assert_eq!(words(&mut watching), [""; 0]);
    house.wait(Duration::from_millis(1));
    let at = watching.cursor();
    let mut end = crate::support::drain(&mut watching);
    let Some(order_events_core::Delivery::End(end)) = end.pop() else { panic!("{end:?}") };
    assert_eq!(end.reason.as_str(), "quiet");
    assert_eq!(end.retry, Some(order_events_core::config::QUIET_RETRY));
    // Looking in again later finds it quiet again, or that a refund came.
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["end quiet"]);
    house.move_to("42", OrderStatus::Refunded).await;
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["42@3 order.status", "end final"]);
}

#[tokio::test]
async fn an_order_that_is_deleted_is_told_and_gone_after_a_reset() {
    let house = house();
    let at = house.create("42").await.cursor;
    applied(house.hub.publish(Update::delete(order("42"))).await.unwrap());
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["42@2 order.deleted", "end final"]);
    let mut board = house.hub.subscribe(staff(), Resume::Malformed).await.unwrap();
    assert_eq!(words(&mut board), ["reset malformed", "position 2"]);
    house.create("42").await;
    assert_eq!(words(&mut board), ["42@3 order.created"]);
}

#[tokio::test]
async fn an_order_that_was_forgotten_and_came_again_does_not_hide_what_was_trimmed() {
    let age = Duration::from_secs(60);
    let house = house_with(MemoryEngine::builder().retain_age(age), |hub| hub);
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut watching), ["position 0"]);
    let at = watching.cursor();
    let refund = Update::status(order("42"), OrderStatus::Refunded);
    let refund = refund.assuming(OrderStatus::Delivered);
    applied(house.hub.publish(refund).await.unwrap());
    house.wait(age);
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    house.create("42").await;
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["reset expired", "snapshot 42@1"]);
}

#[tokio::test]
async fn a_long_replay_comes_whole_though_it_is_held_in_parts() {
    let house = house();
    let at = house.create("42").await.cursor;
    for _ in 0..500 {
        house.remark("42", "x").await;
    }
    let mut again = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    let expected: Vec<_> = (2..=501).map(|version| format!("42@{version} order.note")).collect();
    assert_eq!(words(&mut again), expected);
    assert_eq!(house.hub.stats().fell_behind, 0);
}
