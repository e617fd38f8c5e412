//! What leaves together.

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use order_events_core::config::{MAX_NOTE_BYTES, TIMELINE_ENTRIES};
use order_events_core::{Cursor, Delivery, Resume, Subscription};
use order_events_sse::server::Settings;
use order_events_sse::{Decoder, SseCodec};
use serde_json::Value;

use crate::given::{House, anna, due, house, next};

/// The frames that a reader with the same cursor is given.
fn frames(subscription: &mut Subscription) -> Vec<Bytes> {
    let mut frames = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(delivery)) = subscription.poll_delivery(&mut cx) {
        let Delivery::Event(event) = delivery else { panic!("{delivery:?}") };
        frames.push(event.frame(&SseCodec));
    }
    frames
}

/// Somebody who has seen everything so far.
async fn beside(house: &House, cursor: Cursor) -> Subscription {
    house.hub.subscribe(anna(), Resume::After(cursor)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_event_by_itself_leaves_as_its_own_bytes() {
    let house = house().await;
    let mut body = house.begun(&Settings::default()).await;
    let before = house.remark("before").await.cursor;
    assert!(due(&mut body).is_some());
    let mut beside = beside(&house, before).await;
    house.remark("a word").await;
    let chunk = due(&mut body).unwrap();
    let [frame] = &frames(&mut beside)[..] else { panic!() };
    assert_eq!(chunk, frame);
    assert_eq!(chunk.as_ptr(), frame.as_ptr(), "shared, not copied");
    assert_eq!(due(&mut body), None);
}

#[tokio::test(start_paused = true)]
async fn events_that_are_due_together_leave_as_one_chunk() {
    let house = house().await;
    let mut body = house.begun(&Settings::default()).await;
    let before = house.remark("before").await.cursor;
    assert!(due(&mut body).is_some());
    for count in [2, 3, 17, 40] {
        let mut beside = beside(&house, before).await;
        frames(&mut beside);
        for n in 0..count {
            house.remark(&format!("the {n}th")).await;
        }
        let chunk = due(&mut body).unwrap();
        assert_eq!(chunk, frames(&mut beside).concat());
        assert_eq!(due(&mut body), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_replay_leaves_in_chunks_of_bounded_size() {
    let house = house().await;
    let from = house.remark("from here").await.cursor;
    for n in 0..500 {
        house.remark(&format!("{n:0>200}")).await;
    }
    let expected = frames(&mut beside(&house, from).await);
    let longest = expected.iter().map(Bytes::len).max().unwrap();
    for frame_bytes in [0, 1, 1_000, 16 * 1024] {
        let settings = Settings::default().configure(|s| s.frame_bytes = frame_bytes);
        let mut body = house.stream(Resume::After(from), &settings).await;
        let mut chunks = Vec::new();
        while let Some(chunk) = due(&mut body) {
            assert!(chunk.len() < frame_bytes.max(1) + longest, "{} bytes", chunk.len());
            chunks.push(chunk);
        }
        let all = chunks.concat();
        let events = all.windows(7).position(|at| at == b"event: ").unwrap();
        assert!(all[events..].starts_with(b"event: ready\n"));
        assert!(all.ends_with(&expected.concat()));
        if frame_bytes <= 1 {
            assert_eq!(chunks.len(), 501, "ready, and each event by itself");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_event_above_the_bound_is_given_whole() {
    let house = house().await;
    let settings = Settings::default().configure(|settings| settings.frame_bytes = 100);
    let mut body = house.begun(&settings).await;
    house.remark(&"x".repeat(4_000)).await;
    house.remark("the next").await;
    assert!(due(&mut body).unwrap().len() > 4_000);
    assert!(due(&mut body).unwrap().len() < 400);
    assert_eq!(due(&mut body), None);
}

#[tokio::test(start_paused = true)]
async fn the_longest_snapshot_is_read_by_our_own_decoder() {
    let house = house().await;
    // What JSON makes longest of what may be said.
    let note = "\u{1b}".repeat(MAX_NOTE_BYTES);
    for _ in 0..TIMELINE_ENTRIES {
        house.remark(&note).await;
    }
    let mut body = house.stream(Resume::Fresh, &Settings::default()).await;
    let mut decoder = Decoder::new();
    let mut told = Vec::new();
    let chunk = next(&mut body).await.unwrap();
    let mut rest = &chunk[..];
    while let Some(message) = decoder.decode(&mut rest).unwrap() {
        told.push(message);
    }
    let snapshot: Value = serde_json::from_str(&told[1].data).unwrap();
    assert_eq!(snapshot["timeline"].as_array().unwrap().len(), TIMELINE_ENTRIES);
}
