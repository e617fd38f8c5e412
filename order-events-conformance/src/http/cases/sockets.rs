//! What only a socket shows: who is gone, who is slow, what shares a connection.

use std::collections::BTreeMap;

use order_events_core::{OrderStatus, Update};

use crate::http::client::{Block, Request};
use crate::http::lab::{Lab, cursor, customer, order};

pub(super) async fn several_requests_share_a_connection(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut connection = shop.connect().await;
    let order = Request::get("/orders/anna-1").by("anna");
    let etag = connection.ask(&order).await.header("etag").to_owned();
    for (request, status) in [
        (order.clone().with("if-none-match", etag), 304),
        (Request::events_of("anna-1").by("anna").for_json(), 200),
        (Request::events_of("anna-2").by("anna"), 404),
        (Request::head("/orders/anna-1/events").by("anna"), 200),
        (Request::head("/orders/anna-1").by("anna"), 200),
        (Request::events_of("anna-1"), 401),
        (Request::new("PUT", "/orders/anna-1").by("anna"), 405),
        (order, 200),
    ] {
        assert_eq!(connection.ask(&request).await.status(), status);
    }
    // A stream that was answered to its end leaves the connection as it was; one that goes on takes
    // it along.
    let mut events = connection.watch(&Request::events_of("anna-1").by("anna")).await;
    events.ready().await;
    events.event("snapshot").await;
}

pub(super) async fn a_long_head_is_read(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    lab.is_not_recorded();
    shop.create("anna-1").await;
    // Cookies add up.
    let cookie = format!("theme=dark; basket={}", "x".repeat(20 * 1024));
    let request = Request::get("/orders/anna-1").by("anna").with("cookie", cookie);
    assert_eq!(shop.ask(request).await.status(), 200);
}

pub(super) async fn a_peer_that_closes_a_silent_stream_is_gone_at_once(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    lab.is_not_recorded();
    shop.create("anna-1").await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(shop.watch_order("anna-1", "anna").await);
    }
    shop.until_watched_by(50).await;
    drop(streams);
    // Nothing is published that the server could fail to write.
    shop.until_watched_by(0).await;
}

pub(super) async fn a_peer_that_closes_its_half_is_gone(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut events = shop.watch_order("anna-1", "anna").await;
    shop.until_watched_by(1).await;
    events.close_half().await;
    shop.until_watched_by(0).await;
}

pub(super) async fn a_peer_that_leaves_a_long_poll_is_gone(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let path = format!("/orders/anna-1/events?wait=25&after={}", cursor(1));
    let mut connection = shop.connect().await;
    connection.send(&Request::get(path).by("anna").for_json()).await;
    shop.until_watched_by(1).await;
    drop(connection);
    shop.until_watched_by(0).await;
}

pub(super) async fn a_burst_comes_whole_and_in_order(lab: &Lab<'_>) {
    const BURST: u64 = 300;
    let shop = lab.shop_with(|setup| setup.settings.frame_bytes = 4096).await;
    lab.is_not_recorded();
    shop.create("anna-1").await;
    let mut live = shop.watch_order("anna-1", "anna").await;
    for number in 0..BURST {
        shop.note("anna-1", &"x".repeat(1 + number as usize % 97)).await;
    }
    let mut missed = shop.watch(Request::events_of("anna-1").by("anna").after(cursor(1))).await;
    missed.resumed(&cursor(1)).await;
    for seq in 2..BURST + 2 {
        for events in [&mut live, &mut missed] {
            let event = events.event("order.note").await;
            assert_eq!(event.json()["version"], seq);
            assert_eq!(event.id, Some(cursor(seq)));
        }
    }
}

pub(super) async fn a_reader_that_stops_comes_back_to_the_true_state(lab: &Lab<'_>) {
    const ORDERS: u64 = 4;
    const NOTES: u64 = 2_000;
    let shop = lab
        .shop_with(|setup| {
            setup.config.window_events = 16;
            setup.config.replay_events = 100;
        })
        .await;
    lab.is_not_recorded();
    for number in 0..ORDERS {
        let update = Update::create(order(&format!("anna-{number}")));
        shop.publish(update.with_customer(customer("anna"))).await;
    }
    let request = Request::get("/customers/anna/events").by("anna");
    let mut events = shop.connect_narrow().await.watch(&request).await;
    let mut picture = Picture::default();
    for _ in 0..=ORDERS {
        picture.take(&events.block().await);
    }

    // Far more than sockets hold, so that the server cannot but stop writing.
    let text = "x".repeat(2_000);
    for number in 0..NOTES {
        shop.note(&format!("anna-{}", number % ORDERS), &text).await;
    }
    shop.publish(Update::delete(order("anna-0"))).await;
    shop.walk("anna-1", &[OrderStatus::Processing]).await;
    shop.walk("anna-2", &[OrderStatus::Cancelled]).await;
    let last = shop.note("anna-3", "The last word").await.to_string();

    while events.last_event_id() != last {
        picture.take(&events.block().await);
    }
    assert!(shop.hub.stats().fell_behind > 0, "it did stop: {:?}", shop.hub.stats());
    let truth = shop.page(Request::get("/orders?customer=anna").by("anna")).await;
    let truth = truth["orders"].as_array().into_iter().flatten();
    let truth: BTreeMap<_, _> = truth
        .map(|order| (order["orderId"].to_string(), order["version"].as_u64().unwrap_or_default()))
        .collect();
    assert_eq!(picture.versions, truth);
}

/// What a client knows: the version of each order.
#[derive(Default)]
struct Picture {
    versions: BTreeMap<String, u64>,
}

impl Picture {
    fn take(&mut self, block: &Block) {
        match &*block.name {
            "" | "ready" => return,
            "reset" => return self.versions.clear(),
            _ => {}
        }
        let json = block.json();
        let (order, version) = (json["orderId"].to_string(), json["version"].as_u64());
        let version = version.unwrap_or_default();
        let known = self.versions.get(&order).copied();
        match &*block.name {
            "snapshot" => {}
            "order.deleted" => {
                self.versions.remove(&order);
                return;
            }
            // Between a reset and its last snapshot nothing else comes, so an order that is known
            // goes on without a hole: everything here is public.
            name => {
                let known = known.unwrap_or_else(|| panic!("{name} of an order nobody told of"));
                assert_eq!(version, known + 1, "a hole that was not announced, at {name}");
            }
        }
        self.versions.insert(order, version);
    }
}
