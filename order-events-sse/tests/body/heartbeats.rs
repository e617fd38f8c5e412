//! Silence is filled, and nothing else is.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use order_events_core::Resume;
use order_events_sse::server::{EventBody, Settings};
use tokio::time::{Instant, advance};

use crate::given::{Woken, anna, heartbeats_every, house, ms, next, request, s, text};

const HEARTBEAT: &str = ": hb\n\n";

/// How far beats are apart, at which heartbeats leave, where silences last for ten seconds or more.
const BEAT: Duration = Duration::from_millis(128);

/// What the first block says of the heartbeat.
fn promised(first: &str) -> Duration {
    let (_, rest) = first.split_once("\"heartbeatMs\":").expect("it is said");
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    Duration::from_millis(digits.parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_comes_after_silence_as_promised() {
    let house = house().await;
    let mut body = house.stream(Resume::Fresh, &Settings::default()).await;
    let every = promised(&text(next(&mut body).await));
    for _ in 0..3 {
        let silent_since = Instant::now();
        assert_eq!(text(next(&mut body).await), HEARTBEAT);
        assert_heartbeat_came(silent_since.elapsed(), every);
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeats_of_many_streams_leave_together() {
    let house = house().await;
    let mut bodies = Vec::new();
    for _ in 0..60 {
        bodies.push(house.begun(&heartbeats_every(s(10))).await);
    }
    let mut at = Vec::new();
    for millisecond in 0..12_200 {
        advance(ms(1)).await;
        for body in &mut bodies {
            if poll(body, Waker::noop()).is_ready() {
                at.push(millisecond);
            }
        }
    }
    assert!(at.len() >= bodies.len(), "{} heartbeats", at.len());
    at.dedup();
    assert!(at.len() <= 33, "the server is woken {} times: {at:?}", at.len());
}

#[tokio::test(start_paused = true)]
async fn heartbeats_are_spread_by_a_fifth() {
    let house = house().await;
    let mut seen = HashSet::new();
    for _ in 0..200 {
        let mut body = house.stream(Resume::Fresh, &heartbeats_every(s(10))).await;
        let every = promised(&text(next(&mut body).await));
        assert!((s(8)..=s(12)).contains(&every), "{every:?}");
        seen.insert(every);
    }
    assert!(seen.len() > 150, "only {} different ones", seen.len());
}

#[tokio::test(start_paused = true)]
async fn an_event_postpones_the_heartbeat() {
    let house = house().await;
    let mut body = house.stream(Resume::Fresh, &heartbeats_every(s(10))).await;
    let every = promised(&text(next(&mut body).await));
    for _ in 0..5 {
        advance(s(7)).await;
        house.remark("still at it").await;
        assert!(text(next(&mut body).await).contains("still at it"));
    }
    let silent_since = Instant::now();
    assert_eq!(text(next(&mut body).await), HEARTBEAT);
    assert_heartbeat_came(silent_since.elapsed(), every);
}

#[tokio::test(start_paused = true)]
async fn a_named_heartbeat_says_how_far_the_stream_was_served() {
    let house = house().await;
    let asked = request("/orders/42/events?heartbeat=named", "text/event-stream");
    let mut body = asked.open_with(&house.hub, anna(), &Settings::default()).await.into_body();
    next(&mut body).await;
    let cursor = house.remark("a word").await.cursor;
    next(&mut body).await;
    let expected = format!("event: heartbeat\ndata: {{\"cursor\":\"{cursor}\"}}\n\n");
    assert_eq!(text(next(&mut body).await), expected);
}

#[tokio::test(start_paused = true)]
async fn the_timer_is_not_set_again_for_events() {
    let house = house().await;
    let mut body = house.stream(Resume::Fresh, &heartbeats_every(s(10))).await;
    let every = promised(&text(next(&mut body).await));
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(poll(&mut body, &waker).is_pending());

    advance(s(1)).await;
    for _ in 0..10_000 {
        house.remark("busy").await;
        assert!(poll(&mut body, &waker).is_ready());
        assert!(poll(&mut body, &waker).is_pending());
    }
    assert_eq!(woken.times(), 10_000, "once for each event");

    // The timer stands where it stood before the events: had it been set for any of them, it would
    // not fire until a second later.
    advance(every - s(1) + BEAT).await;
    assert_eq!(woken.times(), 10_001);
    assert!(poll(&mut body, &waker).is_pending(), "there was no silence yet");
    advance(s(1)).await;
    assert_eq!(woken.times(), 10_002);
    assert!(poll(&mut body, &waker).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_polled_for_its_heartbeats_and_for_nothing_else() {
    let house = house().await;
    let settings = heartbeats_every(s(10)).configure(|settings| settings.lifetime = None);
    let mut body = house.begun(&settings).await;
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut heartbeats = 0;
    for _ in 0..60 * 60 {
        while poll(&mut body, &waker).is_ready() {
            heartbeats += 1;
        }
        advance(s(1)).await;
    }
    assert!((290..=450).contains(&heartbeats), "{heartbeats} in an hour");
    assert!(woken.times() <= heartbeats + 1, "{} for {heartbeats}", woken.times());
}

#[tokio::test(start_paused = true)]
async fn spans_of_any_length_are_taken() {
    let house = house().await;
    for span in [Duration::ZERO, Duration::MAX] {
        let settings = Settings::default().configure(|settings| {
            settings.heartbeat = span;
            settings.lifetime = Some(Duration::MAX);
            settings.retry = span;
        });
        let mut body = house.begun(&settings).await;
        house.remark("a word").await;
        assert!(text(next(&mut body).await).contains("a word"));
        // One that was asked to speak without a pause still makes one.
        assert!(poll(&mut body, Waker::noop()).is_pending(), "{span:?}");
    }
}

/// After the silence that was promised, not before, and with the beat that follows it.
fn assert_heartbeat_came(silence: Duration, every: Duration) {
    // Tokio's timers are for whole milliseconds.
    assert!((every..=every + BEAT + ms(1)).contains(&silence), "{silence:?}, promised {every:?}");
}

fn poll(body: &mut EventBody, waker: &Waker) -> Poll<Option<bytes::Bytes>> {
    Pin::new(body).poll_next(&mut Context::from_waker(waker))
}

#[tokio::test(start_paused = true)]
async fn a_body_that_another_task_polls_wakes_that_one() {
    let house = house().await;
    let mut body = house.stream(Resume::Fresh, &heartbeats_every(s(10))).await;
    next(&mut body).await;
    let tasks = [Arc::new(Woken::default()), Arc::new(Woken::default())];
    for task in &tasks {
        let waker = Waker::from(Arc::clone(task));
        let polled = Pin::new(&mut body).poll_next(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    advance(s(12)).await;
    assert_eq!(tasks.each_ref().map(|task| task.times()), [0, 1]);
    assert_eq!(text(next(&mut body).await), HEARTBEAT);
}
