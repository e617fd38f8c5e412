//! A log that is slow or fails holds back its events and nothing else.

use order_events_core::{Principal, Update};
use order_events_sse::server::{EventBody, Settings};
use tokio::time::{Instant, timeout};

use crate::given::{House, Mood, due, heartbeats_every, house_with, next, order, s, text};

/// A reader that its window has lapped while the log is in this mood.
async fn lapped(mood: Mood, settings: &Settings) -> (House, EventBody) {
    let house = house_with(|config| config.window_events = 2).await;
    let mut body = house.begun(settings).await;
    assert_eq!(due(&mut body), None);
    house.engine.turn(mood);
    for n in 0..5 {
        house.remark(&format!("the {n}th")).await;
    }
    (house, body)
}

#[tokio::test(start_paused = true)]
async fn a_lapped_reader_gets_heartbeats_while_the_log_takes_its_time() {
    let (house, mut body) = lapped(Mood::Holds, &heartbeats_every(s(10))).await;
    let since = Instant::now();
    for _ in 0..5 {
        assert_eq!(text(next(&mut body).await), ": hb\n\n");
    }
    assert!((s(40)..=s(60)).contains(&since.elapsed()));

    let since = Instant::now();
    let heals = async { house.engine.turn(Mood::Answers) };
    let (chunk, ()) = tokio::join!(next(&mut body), heals);
    let chunk = text(chunk);
    assert!((0..5).all(|n| chunk.contains(&format!("the {n}th"))), "{chunk}");
    assert_eq!(since.elapsed(), s(0), "as soon as the log answers");
    assert_eq!(house.engine.reads(), 2, "the beginning, and what was missed");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_failed_is_asked_again_at_the_next_heartbeat() {
    let (house, mut body) = lapped(Mood::Fails, &heartbeats_every(s(10))).await;
    for _ in 0..3 {
        assert_eq!(text(next(&mut body).await), ": hb\n\n");
    }
    let reads = house.engine.reads();
    assert!(reads <= 1 + 2 * 4, "{reads} reads: after and before each heartbeat, not more often");
    house.engine.turn(Mood::Answers);
    let since = Instant::now();
    let mut chunk = text(next(&mut body).await);
    if chunk == ": hb\n\n" {
        chunk = text(next(&mut body).await);
    }
    assert!((0..5).all(|n| chunk.contains(&format!("the {n}th"))), "{chunk}");
    assert!(since.elapsed() <= s(12), "{:?}", since.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_a_slow_log_is_told_its_end_at_once() {
    let (house, mut body) = lapped(Mood::Holds, &Settings::default()).await;
    assert_eq!(due(&mut body), None);
    let since = Instant::now();
    let revoke = async { house.hub.revoke(&Principal::new("anna").unwrap()).await.unwrap() };
    let (chunk, _) = tokio::join!(next(&mut body), revoke);
    assert!(text(chunk).contains("revoked"));
    assert_eq!(since.elapsed(), s(0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_log_does_not_prolong_a_life() {
    let settings = heartbeats_every(s(10)).configure(|s| s.lifetime = Some(crate::given::s(60)));
    let (_house, mut body) = lapped(Mood::Holds, &settings).await;
    let all = timeout(s(73), async {
        let mut last = None;
        while let Some(chunk) = next(&mut body).await {
            last = Some(chunk);
        }
        text(last)
    });
    assert!(all.await.expect("it ends").contains("lifetime"));
}

#[tokio::test(start_paused = true)]
async fn what_a_slow_log_held_back_comes_before_the_end_of_a_deleted_order() {
    let (house, mut body) = lapped(Mood::Holds, &Settings::default()).await;
    assert_eq!(due(&mut body), None);
    house.publish(Update::delete(order())).await;
    house.engine.turn(Mood::Answers);
    let chunk = text(next(&mut body).await);
    assert!(chunk.contains("the 4th") && chunk.contains("order.deleted"), "{chunk}");
}
