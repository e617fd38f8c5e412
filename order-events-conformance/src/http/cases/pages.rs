//! The same cursor as JSON, by pages and long polls.

use std::time::Duration;

use order_events_core::{OrderStatus, Update};
use serde_json::{Value, json};

use crate::http::client::Request;
use crate::http::lab::{Lab, Shop, cursor, customer, order};

fn ids(page: &Value) -> Vec<&str> {
    page["events"].as_array().into_iter().flatten().filter_map(|e| e["id"].as_str()).collect()
}

async fn with_events(shop: &Shop, count: usize) {
    shop.create("anna-1").await;
    for number in 1..count {
        shop.note("anna-1", &format!("number {number}")).await;
    }
}

pub(super) async fn a_page_has_what_a_stream_would_give(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    with_events(&shop, 3).await;
    let request = Request::events_of("anna-1").by("anna");

    // Fresh: the present, and where it was taken.
    let fresh = shop.page(request.clone()).await;
    assert_eq!((&fresh["events"], &fresh["more"]), (&json!([]), &json!(false)));
    assert_eq!(fresh["cursor"], cursor(3));
    assert!(fresh.get("reset").is_none() && fresh.get("end").is_none(), "{fresh}");
    let mut stream = shop.watch(request.clone()).await;
    stream.ready().await;
    assert_eq!(fresh["snapshots"], json!([stream.event("snapshot").await.json()]));

    // Resumed: the events, each in the shape it has on the stream.
    for resumed in [
        request.clone().after(cursor(1)),
        Request::get(format!("/orders/anna-1/events?after={}", cursor(1))).by("anna"),
    ] {
        let page = shop.page(resumed).await;
        assert!(page.get("snapshots").is_none() && page.get("reset").is_none(), "{page}");
        let mut stream = shop.watch(request.clone().after(cursor(1))).await;
        stream.resumed(&cursor(1)).await;
        let mut events = Vec::new();
        for _ in 0..2 {
            let block = stream.block().await;
            events.push(json!({"id": block.id, "event": block.name, "data": block.json()}));
        }
        assert_eq!(page["events"], json!(events));
        assert_eq!((&page["cursor"], &page["more"]), (&cursor(3).into(), &json!(false)));
    }
    let nothing = shop.page(request.after(cursor(3))).await;
    assert_eq!(nothing, json!({"events": [], "cursor": cursor(3), "more": false}));
    // Of pages nothing is left; the first stream is still there.
    shop.until_watched_by(1).await;
}

pub(super) async fn a_full_page_says_that_there_is_more(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.settings.page_events = 3).await;
    with_events(&shop, 8).await;
    let mut from = cursor(0);
    for (seqs, more) in [(1..=3, true), (4..=6, true), (7..=8, false)] {
        let page = shop.page(Request::events_of("anna-1").by("anna").after(&from)).await;
        let expected: Vec<_> = seqs.map(cursor).collect();
        assert_eq!(
            (ids(&page), &page["more"]),
            (expected.iter().map(|c| &**c).collect(), &json!(more))
        );
        from = page["cursor"].as_str().unwrap_or_default().to_owned();
        assert_eq!(Some(&from), expected.last());
    }

    // Bytes fill a page as well; one event is given however large it is.
    let shop = lab.shop_with(|setup| setup.settings.page_bytes = 10).await;
    with_events(&shop, 2).await;
    let page = shop.page(Request::events_of("anna-1").by("anna").after(cursor(0))).await;
    assert_eq!((ids(&page), &page["more"]), (vec![&*cursor(1)], &json!(true)));
}

pub(super) async fn a_page_after_a_bad_cursor_begins_anew(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    with_events(&shop, 3).await;
    for (bad, reason) in
        [(&b"nonsense"[..], "malformed"), (b"\xff", "malformed"), (cursor(9).as_bytes(), "future")]
    {
        let page = shop.page(Request::events_of("anna-1").by("anna").after(bad)).await;
        assert_eq!(page["reset"], json!({"reason": reason}));
        assert_eq!(page["snapshots"][0]["version"], 3);
        assert_eq!((&page["events"], &page["cursor"]), (&json!([]), &cursor(3).into()));
    }
}

pub(super) async fn a_page_of_a_large_scope_says_where_to_page(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.config.inline_snapshots = 1).await;
    for id in ["anna-1", "anna-2"] {
        shop.publish(Update::create(order(id)).with_customer(customer("anna"))).await;
    }
    let page = shop.page(Request::get("/customers/anna/events").by("anna")).await;
    let reset = json!({"reason": "large", "orders": "../../orders?customer=anna"});
    assert_eq!((&page["reset"], &page["snapshots"]), (&reset, &json!([])));
    assert_eq!(page["cursor"], cursor(2));
}

pub(super) async fn a_page_tells_the_end(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    with_events(&shop, 1).await;
    shop.walk("anna-1", &[OrderStatus::Cancelled]).await;
    let request = Request::events_of("anna-1").by("anna");
    for (from, events) in [(cursor(1), 1), (cursor(2), 0)] {
        let page = shop.page(request.clone().after(from)).await;
        assert_eq!(ids(&page).len(), events);
        assert_eq!((&page["end"], &page["more"]), (&json!({"reason": "final"}), &json!(false)));
        assert_eq!(page["cursor"], cursor(2));
    }
    let fresh = shop.page(request).await;
    assert_eq!(fresh["snapshots"][0]["status"], "CANCELLED");
    assert_eq!(fresh["end"], json!({"reason": "final"}));
}

pub(super) async fn a_long_poll_waits_for_an_event(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    with_events(&shop, 1).await;
    let path = format!("/orders/anna-1/events?wait=25&after={}", cursor(1));
    let request = Request::get(path).by("anna").for_json();
    let mut connection = shop.connect().await;
    connection.send(&request).await;
    shop.until_watched_by(1).await;
    shop.note("anna-1", "Worth the wait").await;
    let page = connection.answer(&request).await.json();
    assert_eq!(ids(&page), [&cursor(2)]);
    assert_eq!(page["cursor"], cursor(2));
    shop.until_watched_by(0).await;
    // What is there already is not waited for.
    assert_eq!(ids(&connection.ask(&request).await.json()), [&cursor(2)]);
}

pub(super) async fn a_long_poll_that_waits_in_vain_is_empty(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.settings.max_wait = Duration::from_millis(20)).await;
    with_events(&shop, 1).await;
    let path = format!("/orders/anna-1/events?wait=3600&after={}", cursor(1));
    let page = shop.page(Request::get(path).by("anna")).await;
    assert_eq!(page, json!({"events": [], "cursor": cursor(1), "more": false}));
    shop.until_watched_by(0).await;
}
