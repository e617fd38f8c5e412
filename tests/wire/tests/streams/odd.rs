//! Visitors who do what they may, and nobody does.

use std::pin::pin;

use order_events_wire_tests::{Kind, in_time};
use tokio::select;

use crate::shop::Shop;
use crate::{NAME, STREAM};

/// Its answer is a head and nothing else.
const NOWHERE: &str = "GET /nowhere HTTP/1.1\r\nhost: shop.test\r\n\r\n";

#[tokio::test]
async fn who_asks_without_end_keeps_nobody_waiting() {
    for kind in [Kind::Axum, Kind::Actix] {
        let shop = Shop::open(kind);
        let (mut flood, mut visitor) = (shop.visitor().await, shop.visitor().await);
        let mut flood = pin!(flood.ask_without_end(NOWHERE));
        // Some of it is under way before anybody else asks.
        let first = in_time("it has asked for long", async {
            select! {
                () = &mut flood => {}
                () = async { for _ in 0..1000 { tokio::task::yield_now().await } } => {}
            }
        });
        first.await;
        let answered = async {
            visitor.ask(NAME).await;
            visitor.hears("a shop").await
        };
        let answer = in_time("another is answered", async {
            select! {
                () = &mut flood => unreachable!("it has no end"),
                answer = answered => answer,
            }
        });
        assert!(answer.await.starts_with("HTTP/1.1 200 OK\r\n"), "{kind:?}");
    }
}

#[tokio::test]
async fn who_asks_for_nothing_more_hears_an_answer_to_its_end() {
    // From stock axum not.
    for kind in [Kind::Axum, Kind::Actix, Kind::StockActix] {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask("GET /long HTTP/1.1\r\nhost: shop.test\r\n\r\n").await;
        visitor.hears("\r\n\r\n").await;
        visitor.asks_nothing_more().await;
        visitor.hears("The end.").await;
    }
}

#[tokio::test]
async fn of_who_does_not_read_nothing_more_is_read() {
    let shop = Shop::open(Kind::Actix);
    let (mut greedy, mut visitor) = (shop.visitor().await, shop.visitor().await);
    greedy.ask(&"GET /long HTTP/1.1\r\nhost: shop.test\r\n\r\n".repeat(8)).await;
    greedy.hears("\r\n\r\n").await;
    // Of the one worker, which has its turns for both.
    for _ in 0..50 {
        visitor.ask(NAME).await;
        visitor.hears("a shop").await;
    }
    visitor.ask("GET /read HTTP/1.1\r\nhost: shop.test\r\n\r\n").await;
    visitor.hears("read 1 times").await;
    for _ in 0..8 {
        greedy.hears("The end.").await;
    }
}

#[tokio::test]
async fn what_was_said_behind_a_request_does_not_hide_that_a_visitor_left() {
    for kind in [Kind::Axum, Kind::Actix] {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask(STREAM).await;
        shop.say("data: 1\n\n");
        visitor.hears("data: 1\n\n\r\n").await;
        visitor.ask(NAME).await;
        shop.say("data: 2\n\n");
        visitor.hears("data: 2\n\n\r\n").await;
        drop(visitor);
        in_time("its body is dropped", shop.chunks.closed()).await;
    }
}
