//! How a reader goes on, or is told why it cannot.

use order_events_core::{Cursor, Epoch, Update};

use crate::http::client::Request;
use crate::http::lab::{EPOCH, Lab, Shop, cursor, customer, order};

/// A shop whose one order has five events.
async fn five_events(lab: &Lab<'_>) -> Shop {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    for text in ["two", "three", "four", "five"] {
        shop.note("anna-1", text).await;
    }
    shop
}

fn at(query: &str) -> Request {
    Request::get(format!("/orders/anna-1/events{query}")).by("anna")
}

pub(super) async fn a_reader_goes_on_from_header_or_query(lab: &Lab<'_>) {
    let shop = five_events(lab).await;
    let from = cursor(3);
    for request in [
        at("").after(&from),
        at(&format!("?last_event_id={from}")),
        at(&format!("?after={from}")),
        at(&format!("?attempt=3&last_event_id={from}")).after(""),
    ] {
        let mut events = shop.watch(request).await;
        events.resumed(&from).await;
        for seq in [4, 5] {
            assert_eq!(events.event("order.note").await.id, Some(cursor(seq)));
        }
    }
    // Nothing missed, and then live without anything in between.
    let mut events = shop.watch(at("").after(cursor(5))).await;
    events.resumed(&cursor(5)).await;
    shop.note("anna-1", "six").await;
    assert_eq!(events.event("order.note").await.id, Some(cursor(6)));
}

pub(super) async fn the_header_wins_over_the_query(lab: &Lab<'_>) {
    let shop = five_events(lab).await;
    let query = format!("?last_event_id={}&after={}", cursor(1), cursor(2));
    let mut events = shop.watch(at(&query).after(cursor(4))).await;
    events.resumed(&cursor(4)).await;
    assert_eq!(events.event("order.note").await.id, Some(cursor(5)));
}

pub(super) async fn what_is_no_cursor_is_malformed(lab: &Lab<'_>) {
    let shop = five_events(lab).await;
    let overlong = "x".repeat(4000);
    let overflowing = format!("{EPOCH}.18446744073709551616");
    let padded = format!("{EPOCH}.05");
    let good_in_the_query = format!("?after={}", cursor(5));
    for bad in ["nonsense".as_bytes(), b"\xff\xfe\x80", overlong.as_bytes(), b"42", b"."] {
        let mut events = shop.watch(at(&good_in_the_query).after(bad)).await;
        events.reset("malformed").await;
        assert_eq!(events.event("snapshot").await.id, Some(cursor(5)));
    }
    for bad in [&*overflowing, &*padded, "%00", "%FF", "-1"] {
        let mut events = shop.watch(at(&format!("?last_event_id={bad}"))).await;
        events.reset("malformed").await;
        assert_eq!(events.event("snapshot").await.id, Some(cursor(5)));
    }
}

pub(super) async fn a_cursor_of_another_log_is_foreign(lab: &Lab<'_>) {
    let shop = five_events(lab).await;
    let foreign = Cursor { epoch: Epoch::from_u64(42), seq: 3 };
    let mut events = shop.watch(at("").after(foreign.to_string())).await;
    events.reset("foreign").await;
    assert_eq!(events.event("snapshot").await.id, Some(cursor(5)));
}

pub(super) async fn a_cursor_ahead_of_the_log_is_of_the_future(lab: &Lab<'_>) {
    let shop = five_events(lab).await;
    for seq in [6, u64::MAX] {
        let mut events = shop.watch(at("").after(cursor(seq))).await;
        events.reset("future").await;
        assert_eq!(events.event("snapshot").await.id, Some(cursor(5)));
    }
}

pub(super) async fn a_cursor_from_before_the_log_has_expired(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.retain_events = Some(3)).await;
    shop.create("anna-1").await;
    shop.create("bob-1").await;
    for text in ["one", "two", "three", "four", "five", "six"] {
        shop.note("bob-1", text).await;
    }
    let mut bobs = shop.watch(Request::events_of("bob-1").by("bob").after(cursor(3))).await;
    bobs.reset("expired").await;
    assert_eq!(bobs.event("snapshot").await.id, Some(cursor(8)));
    // A quiet order in a busy tenant has missed nothing.
    let mut annas = shop.watch(at("").after(cursor(1))).await;
    annas.resumed(&cursor(1)).await;
}

pub(super) async fn who_missed_too_much_is_behind(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.config.replay_events = 3).await;
    shop.create("anna-1").await;
    for text in ["two", "three", "four", "five"] {
        shop.note("anna-1", text).await;
    }
    let mut events = shop.watch(at("").after(cursor(1))).await;
    events.reset("behind").await;
    assert_eq!(events.event("snapshot").await.id, Some(cursor(5)));
    let mut events = shop.watch(at("").after(cursor(2))).await;
    events.resumed(&cursor(2)).await;
    for seq in [3, 4, 5] {
        assert_eq!(events.event("order.note").await.id, Some(cursor(seq)));
    }
}

pub(super) async fn a_large_scope_is_told_where_to_page(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.config.inline_snapshots = 2).await;
    for id in ["anna-1", "anna-2", "anna-3"] {
        shop.publish(Update::create(order(id)).with_customer(customer("anna"))).await;
    }
    for (path, who, link) in [
        ("/customers/anna/events", "anna", "../../orders?customer=anna"),
        ("/events", "admin", "orders"),
    ] {
        let mut events = shop.watch(Request::get(path).by(who)).await;
        let reset = events.reset("large").await;
        assert_eq!(reset["orders"], link);
        // Pages follow the link, events the stream: from here on, and not before.
        assert_eq!(events.block().await.text, format!("id: {}\n\n", cursor(3)));
    }
    let page = shop.page(Request::get("/orders?customer=anna").by("anna")).await;
    assert_eq!(page["orders"].as_array().map(Vec::len), Some(3));
    assert_eq!(page["cursor"], cursor(3));
}
