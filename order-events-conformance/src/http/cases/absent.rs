//! Orders that are not there: not yet, or not any more.

use order_events_core::Update;

use crate::http::client::Request;
use crate::http::lab::{Lab, cursor, order};

pub(super) async fn an_order_may_be_waited_for_where_the_grant_allows(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("bob-1").await;
    let request = Request::events_of("anna-1");
    shop.ask(request.clone().by("anna")).await.refuses(404, "not-found");
    let head = shop.ask(Request::head("/orders/anna-1/events").by("early")).await;
    assert_eq!(head.status(), 200);

    // The page after the checkout opens its stream while the order is being created.
    let mut events = shop.watch(request.clone().by("early")).await;
    events.ready().await;
    assert_eq!(events.block().await.text, format!("id: {}\n\n", cursor(1)));
    shop.create("anna-1").await;
    let created = events.event("order.created").await;
    assert_eq!(created.json()["version"], 1);
    assert_eq!(created.id, Some(cursor(2)));

    let page = shop.page(Request::events_of("anna-2").by("early")).await;
    assert_eq!((&page["events"], &page["cursor"]), (&serde_json::json!([]), &cursor(2).into()));
    // As it stands there is nothing to show, whoever asks.
    shop.ask(Request::get("/orders/anna-2").by("early")).await.refuses(404, "not-found");
}

pub(super) async fn an_order_deleted_meanwhile_is_told_and_then_not_there(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    shop.create("anna-2").await;
    let mut watching = shop.watch_order("anna-1", "anna").await;
    for id in ["anna-1", "anna-2"] {
        shop.publish(Update::delete(order(id))).await;
    }
    assert_eq!(watching.event("order.deleted").await.id, Some(cursor(3)));
    watching.ends("final").await;

    let request = Request::events_of("anna-2").by("anna");
    let mut away = shop.watch(request.clone().after(cursor(2))).await;
    away.resumed(&cursor(2)).await;
    assert_eq!(away.event("order.deleted").await.id, Some(cursor(4)));
    away.ends("final").await;
    let page = shop.page(request.clone().after(cursor(2))).await;
    assert_eq!(page["events"][0]["event"], "order.deleted");
    assert_eq!(page["end"]["reason"], "final");

    // Who has been told, and who never knew it, is answered as if it had never been.
    shop.ask(request.clone().after(cursor(4))).await.refuses(404, "not-found");
    shop.ask(request).await.refuses(404, "not-found");
    shop.ask(Request::get("/orders/anna-2").by("anna")).await.refuses(404, "not-found");
}
