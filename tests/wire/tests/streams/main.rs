//! What becomes of a connection on which a stream was sent, behind each server. Ours of either
//! framework take it over once its head is out.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod odd;
mod shop;
mod visitor;

use std::io::ErrorKind;
use std::panic::{set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};

use order_events_wire_tests::{Kind, in_time, until};
use shop::Shop;
use tokio::sync::oneshot;

const STREAM: &str = "GET /stream HTTP/1.1\r\nhost: shop.test\r\n\r\n";
const BRIEF: &str = "GET /brief HTTP/1.1\r\nhost: shop.test\r\n\r\n";
const NAME: &str = "GET /name HTTP/1.1\r\nhost: shop.test\r\n\r\n";
const ECHO: &str = "POST /echo HTTP/1.1\r\nhost: shop.test\r\ncontent-length: 7\r\n\r\nno line";
/// It has no business to have a body.
const BODIED: &str = "GET /brief HTTP/1.1\r\nhost: shop.test\r\ncontent-length: 7\r\n\r\nignored";
const CHUNKED: &str = "POST /echo HTTP/1.1\r\nhost: shop.test\r\ntransfer-encoding: chunked\r\n\r\n\
     3\r\nby \r\n6\r\npieces\r\n0\r\n\r\n";

#[tokio::test]
async fn the_first_chunk_comes_with_the_head_and_the_others_one_by_one() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        shop.say("data: 1\n\n");
        visitor.ask(STREAM).await;
        let head = visitor.hears("9\r\ndata: 1\n\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
        for (say, hears) in
            [("data: 2\n\n", "9\r\ndata: 2\n\n\r\n"), (": hb\n\n", "6\r\n: hb\n\n\r\n")]
        {
            shop.say(say);
            assert_eq!(visitor.hears(hears).await, hears);
        }
    }
}

#[tokio::test]
async fn a_chunk_of_nothing_is_not_the_last() {
    // On stock actix it is.
    for kind in [Kind::Axum, Kind::StockAxum, Kind::Actix] {
        // Whatever came before on the connection.
        for before in ["", NAME, ECHO, BRIEF] {
            let shop = Shop::open(kind);
            let mut visitor = shop.visitor().await;
            visitor.ask(before).await;
            visitor.ask(STREAM).await;
            for chunk in ["", "data: 1\n\n", "", "data: 2\n\n"] {
                shop.say(chunk);
                visitor.hears(chunk).await;
            }
            drop(shop.chunks);
            assert_eq!(visitor.hears("0\r\n\r\n").await, "\r\n0\r\n\r\n", "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_serves_on_after_a_stream_has_ended() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        // Of everything that may come before it.
        visitor.ask(NAME).await;
        visitor.hears("a shop").await;
        visitor.ask(ECHO).await;
        visitor.hears("no line").await;
        visitor.ask(STREAM).await;
        shop.say("data: 1\n\n");
        visitor.hears("data: 1\n\n\r\n").await;
        drop(shop.chunks);
        assert_eq!(visitor.hears("0\r\n\r\n").await, "0\r\n\r\n");
        visitor.ask(NAME).await;
        visitor.hears("a shop").await;
    }
}

#[tokio::test]
async fn a_request_that_waits_behind_a_stream_is_answered_after_it() {
    for kind in Kind::ALL {
        let later = format!("{STREAM}{NAME}");
        // Together with the stream's, or while it runs; with what the framework has read, or not.
        for (at_once, meanwhile) in
            [(later.as_str(), ""), (STREAM, NAME), (&later[..70], &later[70..])]
        {
            let shop = Shop::open(kind);
            let mut visitor = shop.visitor().await;
            visitor.ask(at_once).await;
            shop.say("data: 1\n\n");
            visitor.hears("data: 1\n\n\r\n").await;
            visitor.ask(meanwhile).await;
            shop.say("data: 2\n\n");
            visitor.hears("data: 2\n\n\r\n").await;
            drop(shop.chunks);
            visitor.hears("0\r\n\r\n").await;
            visitor.hears("a shop").await;
        }
    }
}

#[tokio::test]
async fn each_request_is_answered_in_its_turn_however_they_are_cut() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let asked = [NAME, BRIEF, ECHO, BODIED, BRIEF, NAME, CHUNKED, BRIEF, NAME];
        let text = asked.concat();
        for cut in 1..text.len() {
            let mut visitor = shop.visitor().await;
            visitor.ask(&text[..cut]).await;
            let mut heard = String::new();
            // The rest comes once what is whole has been answered, or before.
            if cut % 2 == 0 && (NAME.len()..NAME.len() * 2).contains(&cut) {
                heard = visitor.hears("a shop").await;
            }
            visitor.ask(&text[cut..]).await;
            visitor.hears_first(heard);
            for request in asked {
                let end = end_of_answer(request);
                let answer = visitor.hears(end).await;
                for other in [NAME, BRIEF, ECHO, CHUNKED].map(end_of_answer) {
                    let is_of_another = other != end && answer.contains(other);
                    assert!(!is_of_another, "{kind:?}, cut at {cut}: {answer}");
                }
            }
        }
    }
}

fn end_of_answer(request: &str) -> &'static str {
    match request {
        NAME => "a shop",
        BRIEF | BODIED => "9\r\ndata: b\n\n\r\n0\r\n\r\n",
        ECHO => "no line",
        _ => "by pieces",
    }
}

#[tokio::test]
async fn a_long_body_before_a_stream_is_read_whole() {
    let body = "No line is lost. ".repeat(10_000);
    let head = format!("host: shop.test\r\ncontent-length: {}\r\n", body.len());
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        for expect in ["", "expect: 100-continue\r\n"] {
            visitor.ask(&format!("POST /echo HTTP/1.1\r\n{head}{expect}\r\n")).await;
            if !expect.is_empty() {
                visitor.hears("HTTP/1.1 100 Continue\r\n\r\n").await;
            }
            visitor.ask(&body).await;
            visitor.hears("\r\n\r\n").await;
            assert!(visitor.hears(&body).await == body, "{kind:?}");
        }
        visitor.ask(BRIEF).await;
        visitor.hears("data: b\n\n\r\n0\r\n\r\n").await;
    }
}

#[tokio::test]
async fn who_asks_for_one_answer_only_is_closed_after_it() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        let asks = "GET /stream HTTP/1.1\r\nhost: shop.test\r\nConnection: TE, Close\r\n\r\n";
        visitor.ask(asks).await;
        shop.say("data: 1\n\n");
        let head = visitor.hears("data: 1\n\n\r\n").await;
        assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
        shop.say("data: 2\n\n");
        drop(shop.chunks);
        assert_eq!(visitor.hears_the_end().await, "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    }
}

#[tokio::test]
async fn whoever_knows_no_chunks_is_sent_none() {
    // Stock actix sends them all the same.
    for kind in [Kind::Axum, Kind::StockAxum, Kind::Actix] {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask("GET /stream HTTP/1.0\r\nhost: shop.test\r\n\r\n").await;
        shop.say("data: 1\n\n");
        visitor.hears("\r\n\r\ndata: 1\n\n").await;
        shop.say("data: 2\n\n");
        drop(shop.chunks);
        assert_eq!(visitor.hears_the_end().await, "data: 2\n\n");
    }
}

#[tokio::test]
async fn a_head_of_a_stream_is_nothing_but_a_head() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask("HEAD /stream HTTP/1.1\r\nhost: shop.test\r\n\r\n").await;
        visitor.hears("\r\n\r\n").await;
        visitor.ask(NAME).await;
        assert!(visitor.hears("a shop").await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn a_reader_that_is_slow_is_given_every_byte() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask(STREAM).await;
        // Each of them, the first too, which the framework sends, more than the buffers of both ends hold.
        let mut told = String::new();
        for number in (0..100_000).collect::<Vec<_>>().chunks(20_000) {
            let chunk: String =
                number.iter().map(|number| format!("data: {number:060}\n\n")).collect();
            told += &chunk;
            shop.say(chunk);
        }
        drop(shop.chunks);
        let sent = visitor.hears("\r\n0\r\n\r\n").await;
        let heard: String = sent.split("\r\n").filter(|line| line.starts_with("data")).collect();
        assert!(heard == told, "{} bytes are not the {} that were sent", heard.len(), told.len());
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_does_not_look_whole() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask(STREAM).await;
        shop.say("data: 1\n\n");
        visitor.hears("data: 1\n\n\r\n").await;
        shop.chunks.send(Err(ErrorKind::Other.into())).unwrap();
        assert_eq!(visitor.hears_the_end().await, "", "its last chunk was never told");
    }
}

/// Panics of tasks are nobody's otherwise.
static PANICS: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn a_stop_that_comes_before_a_stream_has_begun_closes_after_it() {
    let report = take_hook();
    set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        report(info);
    }));
    for kind in Kind::ALL {
        let (stop, stopped) = oneshot::channel::<()>();
        let mut shop = Shop::open_until(kind, async { drop(stopped.await) });
        let mut visitor = shop.visitor().await;
        visitor.ask(STREAM).await;
        in_time("it is asked for", &mut shop.asked).await.unwrap();
        let mut other = shop.visitor().await;
        other.ask(NAME).await;
        other.hears("a shop").await;
        drop(stop);
        assert_eq!(other.hears_the_end().await, "", "{kind:?}");
        shop.say("data: bye\n\n");
        drop(shop.chunks);
        let heard = visitor.hears_the_end().await;
        assert!(heard.ends_with("data: bye\n\n\r\n0\r\n\r\n"), "{kind:?}: {heard}");
        until("it stops", || shop.served.is_finished()).await;
        assert_eq!(PANICS.load(Ordering::Relaxed), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_visitor_who_leaves_before_it_is_answered_ends_the_stream() {
    for kind in Kind::ALL {
        let mut shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask(STREAM).await;
        in_time("it is asked for", &mut shop.asked).await.unwrap();
        drop(visitor);
        in_time("its body is dropped", shop.chunks.closed()).await;
    }
}

#[tokio::test]
async fn a_visitor_who_leaves_ends_the_stream() {
    for kind in Kind::ALL {
        let shop = Shop::open(kind);
        let mut visitor = shop.visitor().await;
        visitor.ask(STREAM).await;
        shop.say("data: 1\n\n");
        visitor.hears("data: 1\n\n\r\n").await;
        drop(visitor);
        in_time("its body is dropped", shop.chunks.closed()).await;
    }
}
