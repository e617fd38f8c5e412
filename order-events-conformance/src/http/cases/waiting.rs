//! Whoever waits at a long poll while a stream in its place would end: they are told at once, and
//! go on from where they stood.

use std::time::Duration;

use order_events_core::Principal;
use serde_json::{Value, json};

use crate::http::client::{Connection, Request};
use crate::http::lab::{Lab, Shop, cursor};
use crate::http::people::BRIEF;

/// Somebody who waits, for longer than the suite does, at the place of the order's creation; and what
/// they asked, but for the form.
async fn waits(shop: &Shop, who: &str) -> (Connection, Request) {
    shop.create("anna-1").await;
    let path = format!("/orders/anna-1/events?wait=25&after={}", cursor(1));
    let request = Request::get(path).by(who);
    let mut connection = shop.connect().await;
    connection.send(&request.clone().for_json()).await;
    shop.until_watched_by(1).await;
    (connection, request)
}

/// A page that has nothing but its end.
fn is_ended(page: &Value, reason: &str) {
    let has = (&page["events"], &page["cursor"], &page["more"], &page["end"]["reason"]);
    assert_eq!(has, (&json!([]), &json!(cursor(1)), &json!(false), &json!(reason)), "{page}");
    assert!(page.get("reset").is_none() && page.get("snapshots").is_none(), "{page}");
}

/// The one event since, by the cursor of the page that was ended.
fn goes_on(page: &Value) {
    assert_eq!(page["events"].as_array().map(Vec::len), Some(1), "{page}");
    assert_eq!((&page["events"][0]["id"], &page["cursor"]), (&json!(cursor(2)), &json!(cursor(2))));
    assert!(page.get("end").is_none() && page.get("reset").is_none(), "{page}");
}

pub(super) async fn a_drain_ends_a_long_poll(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    let (mut connection, request) = waits(&shop, "anna").await;
    let drained = shop.hub.drain(Duration::from_secs(60));
    let page = connection.answer(&request).await.json();
    is_ended(&page, "draining");
    assert!(page["end"]["retryMs"].is_u64(), "when to come back: {page}");
    assert_eq!(drained.await, 0);

    let other = lab.another_node(&shop).await;
    other.note("anna-1", "Meanwhile").await;
    goes_on(&other.page(request).await);
}

pub(super) async fn a_revocation_ends_a_long_poll(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    let (mut connection, request) = waits(&shop, "anna").await;
    let anna = Principal::new("anna").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(shop.hub.revoke(&anna).await.ok(), Some(1));
    shop.note("anna-1", "Not by that grant").await;
    is_ended(&connection.answer(&request).await.json(), "revoked");
    shop.until_watched_by(0).await;
    goes_on(&shop.page(request).await);
}

pub(super) async fn an_expiry_ends_a_long_poll(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    let (mut connection, request) = waits(&shop, "brief").await;
    shop.clock.advance(BRIEF);
    shop.note("anna-1", "Not by that grant").await;
    is_ended(&connection.answer(&request).await.json(), "expired");
    shop.until_watched_by(0).await;
    goes_on(&shop.page(request).await);
}
