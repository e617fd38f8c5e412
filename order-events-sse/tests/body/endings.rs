//! A stream ends in time, says why, and leaves nothing behind.

use order_events_core::{ManualClock, MemoryEngine, OrderStatus, Principal, Resume, Update};
use order_events_sse::server::{EventBody, Settings};
use tokio::time::{Instant, advance};

use crate::given::{
    START, anna, due, heartbeats_every, house, house_on, house_with, next, order, s, text,
};

/// Everything from here on, and how long it took.
async fn rest(body: &mut EventBody) -> (Vec<String>, std::time::Duration) {
    let since = Instant::now();
    let mut chunks = Vec::new();
    while let Some(chunk) = next(body).await {
        chunks.push(text(Some(chunk)));
    }
    (chunks, since.elapsed())
}

fn lives(seconds: u64) -> Settings {
    Settings::default().configure(|settings| settings.lifetime = Some(s(seconds)))
}

/// Whether this is the block that ends a stream, and when it says to come back.
fn end(chunk: &str, reason: &str) -> Option<u64> {
    let data = format!("event: end\ndata: {{\"reason\":\"{reason}\"}}\n\n");
    let before = chunk.strip_suffix(&data).unwrap_or_else(|| panic!("{chunk:?} does not end so"));
    before.strip_prefix("retry: ").map(|retry| retry.trim_end().parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_lifetime_ends_with_a_word_and_a_retry() {
    let house = house().await;
    let mut body = house.begun(&lives(100)).await;
    let (chunks, took) = rest(&mut body).await;
    let (last, heartbeats) = chunks.split_last().unwrap();
    assert!(end(last, "lifetime").is_some_and(|retry| retry <= 4_000), "{last}");
    assert!(heartbeats.iter().all(|chunk| chunk == ": hb\n\n") && heartbeats.len() >= 4);
    assert!((s(80)..=s(120)).contains(&took), "{took:?}");
    assert_eq!(house.hub.stats().subscriptions, 0, "its place is free before it is dropped");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_always_behind_does_not_outlive_its_lifetime() {
    let house = house().await;
    let settings = lives(100).configure(|settings| settings.frame_bytes = 1);
    let mut body = house.stream(Resume::Fresh, &settings).await;
    for second in 0..=121 {
        house.remark("one").await;
        house.remark("and one more than it takes").await;
        let chunk = text(next(&mut body).await);
        if chunk.contains("event: end") {
            assert!(end(&chunk, "lifetime").is_some() && second >= 80);
            assert_eq!(next(&mut body).await, None);
            return;
        }
        advance(s(1)).await;
    }
    panic!("it lives on");
}

#[tokio::test(start_paused = true)]
async fn an_expired_grant_ends_the_stream_on_time() {
    let house = house().await;
    let grant = anna().until(START.saturating_add(s(40)));
    let subscription = house.hub.subscribe(grant, Resume::Fresh).await.unwrap();
    let mut body = EventBody::new(&house.hub, subscription, &Settings::default());
    // Events that come before do not put it off.
    for _ in 0..4 {
        assert!(next(&mut body).await.is_some());
        advance(s(8)).await;
        house.remark("a word").await;
    }
    assert!(text(next(&mut body).await).contains("a word"));
    let (chunks, took) = rest(&mut body).await;
    assert_eq!((chunks.len(), took), (1, s(8)));
    assert_eq!(end(&chunks[0], "expired"), None);
}

#[tokio::test(start_paused = true)]
async fn expiry_is_by_the_hubs_clock() {
    let clock = ManualClock::new(START);
    let house = house_on(clock.clone(), MemoryEngine::new(), |_| {}).await;
    let grant = anna().until(START.saturating_add(s(40)));
    let subscription = house.hub.subscribe(grant, Resume::Fresh).await.unwrap();
    let mut body = EventBody::new(&house.hub, subscription, &heartbeats_every(s(10)));
    next(&mut body).await;
    // However long the runtime waits: by the hub's clock it is still then.
    for _ in 0..50 {
        assert_eq!(text(next(&mut body).await), ": hb\n\n");
    }
    clock.advance(s(41));
    let (chunks, took) = rest(&mut body).await;
    assert_eq!(end(chunks.last().unwrap(), "expired"), None);
    assert!(took <= s(12), "looked at no later than for the next heartbeat: {took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_delivered_while_it_is_watched_goes_quiet_on_time() {
    let house = house_with(|config| config.quiet_grace = Some(s(5))).await;
    let mut body = house.begun(&Settings::default()).await;
    assert_eq!(due(&mut body), None, "it waits for a heartbeat");
    advance(s(1)).await;
    house.deliver().await;
    assert!(text(next(&mut body).await).contains("DELIVERED"));
    let (chunks, took) = rest(&mut body).await;
    assert_eq!((chunks.len(), took), (1, s(5)));
    assert_eq!(end(&chunks[0], "quiet"), Some(600_000));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_has_been_delivered_goes_quiet_after_its_grace() {
    let house = house_with(|config| config.quiet_grace = Some(s(60))).await;
    house.deliver().await;
    let mut body = house.begun(&Settings::default()).await;
    let (chunks, took) = rest(&mut body).await;
    assert_eq!(took, s(60));
    assert_eq!(end(chunks.last().unwrap(), "quiet"), Some(600_000));
}

#[tokio::test(start_paused = true)]
async fn a_final_order_ends_with_the_last_event() {
    let house = house().await;
    let mut body = house.begun(&Settings::default()).await;
    house.publish(Update::status(order(), OrderStatus::Cancelled)).await;
    let chunk = text(next(&mut body).await);
    assert!(chunk.contains("CANCELLED"));
    let (_, last) = chunk.split_at(chunk.find("event: end").unwrap());
    assert_eq!(end(last, "final"), None);
    assert_eq!(next(&mut body).await, None);
    assert_eq!(next(&mut body).await, None, "and stays over");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_stream_is_told_of_a_drain_and_of_a_revocation_at_once() {
    let house = house().await;
    let (mut revoked, mut drained) =
        (house.begun(&Settings::default()).await, house.begun(&Settings::default()).await);
    let since = Instant::now();
    let revoke = async { house.hub.revoke(&Principal::new("anna").unwrap()).await.unwrap() };
    let (chunk, ended) = tokio::join!(next(&mut revoked), revoke);
    assert_eq!((end(&text(chunk), "revoked"), ended), (None, 2));
    assert!(end(&text(next(&mut drained).await), "revoked").is_none());

    let mut drained = house.begun(&Settings::default()).await;
    let drain = async { house.hub.drain(s(9)).await };
    let (chunk, left) = tokio::join!(next(&mut drained), drain);
    assert!(end(&text(chunk), "draining").is_some_and(|retry| retry <= 10_000));
    assert_eq!(left, 0);
    assert_eq!(since.elapsed(), s(0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_body_leaves_nothing() {
    let house = house().await;
    let unpolled = house.stream(Resume::Fresh, &Settings::default()).await;
    let begun = house.begun(&Settings::default()).await;
    let mut waiting = house.begun(&Settings::default()).await;
    assert_eq!(due(&mut waiting), None);
    house.remark("not taken by anybody").await;
    assert_eq!(house.hub.stats().subscriptions, 3);
    drop((unpolled, begun, waiting));
    let stats = house.hub.stats();
    assert_eq!((stats.subscriptions, stats.watch_points), (0, 0));
}
