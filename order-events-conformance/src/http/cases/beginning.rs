//! How a stream begins, and how it says that it is still there.

use std::time::Duration;

use order_events_core::Update;

use crate::http::client::Request;
use crate::http::lab::{Lab, cursor, customer, order};

pub(super) async fn a_stream_has_the_head_of_a_stream(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    for accept in ["text/event-stream", "*/*"] {
        let request = Request::events_of("anna-1").by("anna").with("accept", accept);
        let events = shop.watch(request).await;
        for (name, value) in [
            ("cache-control", "no-store, no-transform"),
            ("content-encoding", "identity"),
            ("vary", "accept"),
            ("x-accel-buffering", "no"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(events.head.header(name), value, "{name}");
        }
    }
}

pub(super) async fn ready_comes_first_and_at_once(lab: &Lab<'_>) {
    // An hour without a word, so that nothing but `ready` itself can bring it about.
    let shop = lab
        .shop_with(|setup| {
            setup.settings.heartbeat = Duration::from_secs(3600);
            setup.settings.retry = Duration::from_secs(2);
        })
        .await;
    shop.create("anna-1").await;
    let cursor = cursor(1);
    let mut events = shop.watch(Request::events_of("anna-1").by("anna").after(&cursor)).await;
    let ready = events.ready().await;
    assert_eq!(ready["schema"], 1);
    assert_eq!(ready["resumed"], cursor);
    let heartbeat = ready["heartbeatMs"].as_u64().unwrap_or_default();
    assert!((2_880_000..=4_320_000).contains(&heartbeat), "an hour, a fifth up or down: {ready}");
    let retry = events.retry().unwrap_or_default();
    assert!((2..=4).contains(&retry.as_secs()), "{retry:?}");
}

pub(super) async fn the_present_comes_first_and_then_what_happens(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    shop.note("anna-1", "Thank you").await;
    let mut events = shop.watch(Request::events_of("anna-1").by("anna")).await;
    assert!(events.ready().await.get("resumed").is_none());
    let snapshot = events.event("snapshot").await;
    assert_eq!(snapshot.id, Some(cursor(2)));
    let json = snapshot.json();
    assert_eq!((&json["orderId"], &json["version"]), (&"anna-1".into(), &2.into()));
    for (seq, text) in [(3, "Soon"), (4, "Now")] {
        shop.note("anna-1", text).await;
        let event = events.event("order.note").await;
        assert_eq!(event.id, Some(cursor(seq)));
        assert_eq!((&event.json()["note"], &event.json()["version"]), (&text.into(), &seq.into()));
    }
}

pub(super) async fn of_several_snapshots_only_the_last_has_an_id(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    for id in ["anna-1", "anna-2", "anna-3"] {
        shop.publish(Update::create(order(id)).with_customer(customer("anna"))).await;
    }
    let mut events = shop.watch(Request::get("/customers/anna/events").by("anna")).await;
    events.ready().await;
    for id in [None, None, Some(cursor(3))] {
        assert_eq!(events.event("snapshot").await.id, id);
        let stands_at = id.unwrap_or_default();
        assert_eq!(events.last_event_id(), stands_at, "nobody is ahead of what they were given");
    }
}

pub(super) async fn an_empty_beginning_still_says_where_the_reader_stands(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("bob-1").await;
    let mut events = shop.watch(Request::get("/customers/anna/events").by("anna")).await;
    events.ready().await;
    let block = events.block().await;
    assert_eq!(block.text, format!("id: {}\n\n", cursor(1)), "an id alone, which nobody is shown");
    assert_eq!(block.name, "");
    assert_eq!(events.last_event_id(), cursor(1));
    shop.publish(Update::create(order("anna-1")).with_customer(customer("anna"))).await;
    assert_eq!(events.event("order.created").await.id, Some(cursor(2)));
}

pub(super) async fn no_text_of_a_user_ends_a_line(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut events = shop.watch_order("anna-1", "anna").await;
    for text in [
        "a\n\nevent: end\ndata: {\"reason\":\"final\"}\n\n",
        "b\rdata: x\r\nid: 9\r\n\r\n: hb",
        "c\u{2028}\u{2029}\u{85}\u{b}\u{c}\u{feff}",
    ] {
        shop.note("anna-1", text).await;
        assert_eq!(events.event("order.note").await.json()["note"], text);
    }
}

pub(super) async fn a_silent_stream_says_that_it_is_there(lab: &Lab<'_>) {
    let beat = Duration::from_millis(20);
    let shop = lab.shop_with(|setup| setup.settings.heartbeat = beat).await;
    lab.is_not_recorded();
    shop.create("anna-1").await;
    let mut events = shop.watch_order("anna-1", "anna").await;
    for _ in 0..3 {
        let block = events.block().await;
        assert_eq!((&*block.text, &*block.name), (": hb\n\n", ""));
    }
    assert_eq!(events.last_event_id(), cursor(1), "a comment moves nobody");
    shop.note("anna-1", "Thank you").await;
    while events.block().await.name != "order.note" {}
}

pub(super) async fn a_heartbeat_that_has_a_name_says_how_far_the_stream_was_served(lab: &Lab<'_>) {
    let beat = Duration::from_millis(20);
    let shop = lab.shop_with(|setup| setup.settings.heartbeat = beat).await;
    lab.is_not_recorded();
    shop.create("anna-1").await;
    let request = Request::get("/orders/anna-1/events?heartbeat=named").by("anna");
    let mut events = shop.watch(request.after(cursor(1))).await;
    events.resumed(&cursor(1)).await;
    let first = events.event("heartbeat").await;
    assert_eq!(first.json()["cursor"], cursor(1));
    assert_eq!(first.id, None, "it has no id, for it is no place in the log");
    shop.note("anna-1", "Thank you").await;
    while events.block().await.name != "order.note" {}
    assert_eq!(events.event("heartbeat").await.json()["cursor"], cursor(2));
}
