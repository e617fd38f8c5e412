//! Live: order, once, bounded, encoded once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use bytes::Bytes;
use order_events_core::{
    Codec, Cursor, Delivery, Grant, JsonCodec, MemoryEngine, OrderStatus, Resume, Scope,
    Subscription, Update,
};

use crate::support::{
    anna, applied, drain, everything, house, house_with, order, poll, principal, staff, words,
};

#[tokio::test]
async fn a_fresh_reader_begins_with_the_state_of_things() {
    let house = house();
    house.create("42").await;
    house.move_to("42", OrderStatus::Processing).await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut watching), ["snapshot 42@2"]);
    house.move_to("42", OrderStatus::Shipped).await;
    assert_eq!(words(&mut watching), ["42@3 order.status"]);
}

#[tokio::test]
async fn no_cursor_is_ahead_of_the_reader() {
    let house = house();
    for id in ["1", "2", "3"] {
        house.create(id).await;
    }
    let mut watching = house.hub.subscribe(everything(), Resume::Fresh).await.unwrap();
    let cursors: Vec<_> = drain(&mut watching)
        .into_iter()
        .map(|delivery| match delivery {
            Delivery::Snapshot(snapshot) => snapshot.cursor().map(|cursor| cursor.seq),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(cursors, [None, None, Some(3)], "only the last snapshot completes the picture");
}

#[tokio::test]
async fn an_empty_beginning_still_says_where_the_reader_stands() {
    let house = house();
    house.create("1").await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut watching), ["position 1"]);
    house.create("42").await;
    assert_eq!(words(&mut watching), ["42@1 order.created"]);
}

#[tokio::test]
async fn every_subscriber_sees_the_same_order_of_events() {
    let house = house();
    let grants = [staff(), everything(), staff()];
    let mut readers = Vec::new();
    for grant in grants {
        readers.push(house.hub.subscribe(grant, Resume::Fresh).await.unwrap());
    }
    for id in ["1", "2", "1", "3"] {
        let update = Update::status(order(id), OrderStatus::Pending);
        house.hub.publish(update.with_note("x").or_create()).await.unwrap();
    }
    for reader in &mut readers {
        assert_eq!(
            words(reader),
            [
                "position 0",
                "1@1 order.created",
                "2@1 order.created",
                "1@2 order.note",
                "3@1 order.created"
            ]
        );
    }
}

#[tokio::test]
async fn lag_is_per_reader() {
    let house =
        house_with(MemoryEngine::builder(), |hub| hub.configure(|config| config.window_events = 4));
    house.create("42").await;
    let mut quick = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    let mut frozen = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut quick);
    drain(&mut frozen);
    for _ in 0..10 {
        house.remark("42", "x").await;
        assert_eq!(words(&mut quick).len(), 1);
    }
    // Behind the window it is served from the log, nothing lost and nothing twice.
    let expected: Vec<_> = (2..=11).map(|version| format!("42@{version} order.note")).collect();
    assert_eq!(words(&mut frozen), expected);
    assert_eq!(house.hub.stats().fell_behind, 1);
}

#[tokio::test]
async fn too_far_behind_is_told_and_brought_to_the_present() {
    let house = house_with(MemoryEngine::builder(), |hub| {
        hub.configure(|config| {
            config.window_events = 2;
            config.replay_events = 5;
        })
    });
    house.create("42").await;
    let mut frozen = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut frozen);
    for _ in 0..6 {
        house.remark("42", "x").await;
    }
    assert_eq!(words(&mut frozen), ["reset behind", "snapshot 42@7"]);
    house.remark("42", "x").await;
    assert_eq!(words(&mut frozen), ["42@8 order.note"]);
}

#[tokio::test]
async fn a_reader_frozen_at_its_very_beginning_still_gets_everything() {
    let house =
        house_with(MemoryEngine::builder(), |hub| hub.configure(|config| config.window_events = 1));
    house.create("42").await;
    let mut late = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    for _ in 0..3 {
        house.remark("42", "x").await;
    }
    let expected = ["snapshot 42@1", "42@2 order.note", "42@3 order.note", "42@4 order.note"];
    assert_eq!(words(&mut late), expected);
}

/// Counts what it encodes.
#[derive(Default)]
struct CountingCodec(Arc<AtomicUsize>);

impl Codec for CountingCodec {
    fn encode(&self, cursor: Cursor, name: &str, data: &str) -> Bytes {
        self.0.fetch_add(1, Ordering::Relaxed);
        format!("{cursor} {name} {data}").into()
    }
}

fn frame(subscription: &mut Subscription, codec: &impl Codec) -> Bytes {
    match drain(subscription).pop() {
        Some(Delivery::Event(event)) => event.frame(codec),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_event_is_encoded_once_per_audience_and_shared() {
    let encoded = Arc::new(AtomicUsize::new(0));
    let codec = CountingCodec(Arc::clone(&encoded));
    let house = house();
    let customers_page = Grant::new(principal("anna"), Scope::Order(order("42")));
    let mut readers = Vec::new();
    for grant in [customers_page.clone(), customers_page.as_staff(), everything(), staff()] {
        readers.push(house.hub.subscribe(grant, Resume::Fresh).await.unwrap());
    }
    let update = Update::create(order("42")).with_actor("anna");
    applied(house.hub.publish(update).await.unwrap());
    let frames: Vec<_> = readers.iter_mut().map(|reader| frame(reader, &codec)).collect();
    assert_eq!(encoded.load(Ordering::Relaxed), 2, "once for the public, once for staff");
    assert_eq!(frames[0].as_ptr(), frames[2].as_ptr(), "the public shares its bytes");
    assert_eq!(frames[1].as_ptr(), frames[3].as_ptr(), "staff share theirs");
    assert_ne!(frames[0], frames[1]);

    // Where both may read the same, both share one.
    house.move_to("42", OrderStatus::Processing).await;
    let frames: Vec<_> = readers.iter_mut().map(|reader| frame(reader, &codec)).collect();
    assert_eq!(encoded.load(Ordering::Relaxed), 3);
    assert!(frames.iter().all(|frame| frame.as_ptr() == frames[0].as_ptr()));

    // Who comes later from the log shares them too.
    let late = Resume::After(Cursor { seq: 1, ..readers[0].cursor() });
    let mut late = house.hub.subscribe(everything(), late).await.unwrap();
    assert_eq!(frame(&mut late, &codec).as_ptr(), frames[0].as_ptr());
}

#[tokio::test]
async fn two_codecs_in_one_process_do_not_get_each_others_frames() {
    let house = house();
    let mut readers = Vec::new();
    for _ in 0..3 {
        readers.push(house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap());
    }
    house.create("42").await;
    let counting = CountingCodec::default();
    let first = frame(&mut readers[0], &counting);
    assert!(frame(&mut readers[1], &JsonCodec).starts_with(b"{"));
    assert_eq!(frame(&mut readers[2], &counting).as_ptr(), first.as_ptr());
}

#[tokio::test]
async fn a_hub_goes_with_its_last_subscription() {
    let crate::support::House { hub, engine, .. } = house();
    let watching = [
        hub.subscribe(anna("1"), Resume::Fresh).await.unwrap(),
        hub.subscribe(anna("2"), Resume::Fresh).await.unwrap(),
    ];
    drop(hub);
    assert!(Arc::strong_count(&engine) > 1);
    drop(watching);
    assert_eq!(Arc::strong_count(&engine), 1, "nobody holds the log any more");
}

#[tokio::test]
async fn subscriptions_dropped_unpolled_leave_no_trace() {
    let house = house_with(MemoryEngine::builder(), |hub| {
        hub.configure(|config| config.max_per_principal = usize::MAX)
    });
    house.create("42").await;
    let mut dropped = Vec::new();
    for number in 0..10_000 {
        let id = (number % 100).to_string();
        dropped.push(house.hub.subscribe(anna(&id), Resume::Fresh).await.unwrap());
    }
    assert_eq!(house.hub.stats().subscriptions, 10_000);
    drop(dropped);
    let stats = house.hub.stats();
    assert_eq!((stats.subscriptions, stats.watch_points), (0, 0));
    assert!(house.hub.watchers().is_empty());
}

#[tokio::test]
async fn a_waiting_reader_is_woken() {
    let house = house();
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut watching);
    let waiting = tokio::spawn(async move { watching.next().await });
    tokio::task::yield_now().await;
    house.create("42").await;
    assert!(matches!(waiting.await.unwrap(), Some(Delivery::Event(_))));
}

#[tokio::test]
async fn a_lost_log_resets_live_readers() {
    let house = house();
    house.create("42").await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut watching);
    let before = watching.cursor();
    house.engine.lose(&Default::default());
    assert_eq!(words(&mut watching), ["reset foreign", "position 0"]);
    assert_ne!(watching.cursor().epoch, before.epoch);
    house.create("42").await;
    assert_eq!(words(&mut watching), ["42@1 order.created"]);
}

#[tokio::test]
async fn one_frozen_reader_among_many_is_noticed_by_nobody() {
    const READERS: usize = 99;
    // The full figure takes a release build a while: `scripts/test-all` asks for it.
    let events: u64 = match std::env::var("ORDER_EVENTS_FROZEN_EVENTS") {
        Ok(events) => events.parse().unwrap(),
        Err(_) => 20_000,
    };
    let house = house_with(MemoryEngine::builder().retain_events(1_000), |hub| hub);
    house.create("42").await;
    let mut frozen = house.hub.subscribe(anna("42").as_staff(), Resume::Fresh).await.unwrap();
    let mut others = Vec::new();
    for number in 0..READERS {
        let grant = Grant::new(principal(&number.to_string()), Scope::Order(order("42")));
        others.push(house.hub.subscribe(grant.as_staff(), Resume::Fresh).await.unwrap());
    }
    others.iter_mut().for_each(|reader| drop(drain(reader)));
    let mut taken = [0_u64; READERS];
    let mut flat = 0;
    for event in 1..=events {
        house.remark("42", "x").await;
        for (reader, taken) in others.iter_mut().zip(&mut taken) {
            let std::task::Poll::Ready(Some(Delivery::Event(next))) = poll(reader) else {
                panic!("a reader that keeps up has event {event} at once");
            };
            assert_eq!(next.version(), event + 1);
            *taken += 1;
        }
        if event == 2_000 {
            flat = resident_kib();
        }
    }
    assert_eq!(taken, [events; READERS]);
    if events >= 100_000 {
        let grown = resident_kib().saturating_sub(flat);
        assert!(grown < 4_096, "memory grew by {grown} KiB over {events} events");
    }
    let thawed = words(&mut frozen);
    assert_eq!(thawed, ["snapshot 42@1", "reset expired", &format!("snapshot 42@{}", events + 1)]);
}

/// What the process holds, as the system sees it.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn whoever_leaves_takes_nobody_along() {
    let house = house();
    let mut first = house.hub.subscribe(anna("1"), Resume::Fresh).await.unwrap();
    let mut second = house.hub.subscribe(anna("2"), Resume::Fresh).await.unwrap();
    drain(&mut first);
    drain(&mut second);
    drop(first);
    house.create("2").await;
    assert_eq!(words(&mut second), ["2@1 order.created"]);
    let mut board = house.hub.subscribe(everything(), Resume::Fresh).await.unwrap();
    drain(&mut board);
    drop(second);
    house.remark("2", "still seen").await;
    assert_eq!(words(&mut board), ["2@2 order.note"]);
    drop(board);
    assert_eq!(house.hub.stats().watch_points, 0);
    // Who comes after everybody has left is told as well.
    let mut third = house.hub.subscribe(anna("2"), Resume::Fresh).await.unwrap();
    drain(&mut third);
    house.remark("2", "again").await;
    assert_eq!(words(&mut third), ["2@3 order.note"]);
}

#[tokio::test]
async fn a_listing_shows_what_was_taken_a_moment_ago() {
    let house = house();
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut watching);
    let cursors = [house.create("42").await.cursor, house.remark("42", "more").await.cursor];
    for (taken, cursor) in cursors.into_iter().enumerate() {
        assert!(matches!(poll(&mut watching), Poll::Ready(Some(Delivery::Event(_)))));
        let watcher = house.hub.watchers().pop().unwrap();
        assert_eq!((watcher.cursor, watcher.behind), (cursor, Some(1 - taken as u64)));
    }
}
