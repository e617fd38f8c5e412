//! What becomes of a connection on which a stream was sent: hyper writes its head, we the rest.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::future::pending;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::StreamExt;
use futures_util::stream::{iter, unfold};
use order_events_axum::{Hub, Listener, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// However slow the machine: what takes longer does not happen.
const PATIENCE: Duration = Duration::from_secs(60);

type Chunk = Result<Bytes, std::io::Error>;

/// A shop with one stream, which gives what the test sends.
struct Shop {
    address: SocketAddr,
    chunks: mpsc::UnboundedSender<Chunk>,
    /// Resolves once the stream has been asked for.
    asked: oneshot::Receiver<()>,
}

impl Shop {
    async fn open() -> Self {
        Self::open_until(pending()).await.0
    }

    async fn open_until(stop: impl Future<Output = ()> + Send + 'static) -> (Self, JoinHandle<()>) {
        let (chunks, given) = mpsc::unbounded_channel::<Chunk>();
        let (asks, asked) = oneshot::channel();
        let given = Arc::new(Mutex::new(Some((given, asks))));
        let stream = any(async move |method: Method| {
            let (given, asks) = given.lock().unwrap().take().unwrap();
            let _nobody_waits = asks.send(());
            let chunks =
                unfold(given, async |mut given| given.recv().await.map(|chunk| (chunk, given)));
            let kind = [("content-type", "text/event-stream")];
            // What a `HEAD` is answered is never sent, and nobody may wait for it.
            let body = match method {
                Method::HEAD => Body::from_stream(chunks.take(0)),
                _ => Body::from_stream(chunks),
            };
            (kind, body).into_response()
        });
        let router = Router::new()
            .route("/stream", stream)
            .route("/name", get(async || "a shop"))
            .route("/brief", get(brief))
            .route("/echo", post(async |body: Bytes| -> Response { body.into_response() }));
        let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let served = tokio::spawn(async move {
            serve(listener, router, &Hub::builder().build(), stop, PATIENCE).await;
        });
        (Self { address, chunks, asked }, served)
    }

    fn say(&self, chunk: impl Into<Bytes>) {
        self.chunks.send(Ok(chunk.into())).unwrap();
    }

    async fn visitor(&self) -> Visitor {
        Visitor { socket: TcpStream::connect(self.address).await.unwrap(), heard: String::new() }
    }
}

/// A stream that has an end.
async fn brief() -> impl IntoResponse {
    let chunks = iter(["data: a\n\n", "data: b\n\n"]).map(|chunk| Chunk::Ok(chunk.into()));
    ([("content-type", "text/event-stream")], Body::from_stream(chunks))
}

struct Visitor {
    socket: TcpStream,
    heard: String,
}

impl Visitor {
    async fn ask(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads on until it has heard this; gives what came before it and with it, and forgets that.
    async fn hears(&mut self, what: &str) -> String {
        timeout(PATIENCE, self.read_until(what)).await.expect("it is never said")
    }

    async fn read_until(&mut self, what: &str) -> String {
        let mut looked_at = 0;
        loop {
            if let Some(at) = self.heard[looked_at..].find(what) {
                let rest = self.heard.split_off(looked_at + at + what.len());
                return std::mem::replace(&mut self.heard, rest);
            }
            looked_at = self.heard.len().saturating_sub(what.len());
            let mut some = [0; 4096];
            let count = self.socket.read(&mut some).await.unwrap();
            assert_ne!(count, 0, "closed before {what:?} was said, after {:?}", self.heard);
            self.heard.push_str(std::str::from_utf8(&some[..count]).unwrap());
        }
    }

    /// What comes until the connection is closed, and whether it was in good order.
    async fn hears_the_end(mut self) -> String {
        let mut rest = Vec::new();
        match timeout(PATIENCE, self.socket.read_to_end(&mut rest)).await.expect("no end comes") {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
        self.heard + std::str::from_utf8(&rest).unwrap()
    }
}

const STREAM: &str = "GET /stream HTTP/1.1\r\nhost: shop.test\r\n\r\n";
const BRIEF: &str = "GET /brief HTTP/1.1\r\nhost: shop.test\r\n\r\n";
const NAME: &str = "GET /name HTTP/1.1\r\nhost: shop.test\r\n\r\n";

#[tokio::test]
async fn the_first_chunk_comes_with_the_head_and_the_others_one_by_one() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor().await;
    shop.say("data: 1\n\n");
    visitor.ask(STREAM).await;
    let head = visitor.hears("9\r\ndata: 1\n\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
    for (say, hears) in
        [("data: 2\n\n", "9\r\ndata: 2\n\n\r\n"), ("", ""), (": hb\n\n", "6\r\n: hb\n\n\r\n")]
    {
        shop.say(say);
        assert_eq!(visitor.hears(hears).await, hears);
    }
}

#[tokio::test]
async fn a_connection_serves_on_after_a_stream_has_ended() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor().await;
    // Of everything that may come before it.
    visitor.ask(NAME).await;
    visitor.hears("a shop").await;
    visitor.ask("POST /echo HTTP/1.1\r\nhost: shop.test\r\ncontent-length: 7\r\n\r\nno line").await;
    visitor.hears("no line").await;
    visitor.ask(STREAM).await;
    shop.say("data: 1\n\n");
    visitor.hears("data: 1\n\n\r\n").await;
    drop(shop.chunks);
    assert_eq!(visitor.hears("0\r\n\r\n").await, "0\r\n\r\n");
    visitor.ask(NAME).await;
    visitor.hears("a shop").await;
}

#[tokio::test]
async fn a_request_that_waits_behind_a_stream_is_answered_after_it() {
    let later = format!("{STREAM}{NAME}");
    // Together with the stream's, or while it runs; with what hyper has in its hands, or not.
    for (at_once, meanwhile) in [(later.as_str(), ""), (STREAM, NAME), (&later[..70], &later[70..])]
    {
        let shop = Shop::open().await;
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

#[tokio::test]
async fn each_request_is_answered_in_its_turn_however_they_are_cut() {
    let asked = [NAME, BRIEF, NAME, BRIEF, BRIEF, NAME];
    let text = asked.concat();
    for cut in 1..text.len() {
        let shop = Shop::open().await;
        let mut visitor = shop.visitor().await;
        let first = cut / NAME.len();
        visitor.ask(&text[..cut]).await;
        // The rest comes once what is whole has been answered, or before.
        if cut % 2 == 0 && first > 0 && cut < NAME.len() * 2 {
            visitor.hears("a shop").await;
            visitor.heard.insert_str(0, "a shop");
        }
        visitor.ask(&text[cut..]).await;
        for request in asked {
            let (last, other) = match request == NAME {
                true => ("a shop", "data"),
                false => ("9\r\ndata: b\n\n\r\n0\r\n\r\n", "a shop"),
            };
            let answer = visitor.hears(last).await;
            assert!(!answer.contains(other), "cut at {cut}: {answer}");
        }
    }
}

#[tokio::test]
async fn who_asks_for_one_answer_only_is_closed_after_it() {
    let shop = Shop::open().await;
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

#[tokio::test]
async fn whoever_knows_no_chunks_is_sent_none() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor().await;
    visitor.ask("GET /stream HTTP/1.0\r\nhost: shop.test\r\n\r\n").await;
    shop.say("data: 1\n\n");
    visitor.hears("\r\n\r\ndata: 1\n\n").await;
    shop.say("data: 2\n\n");
    drop(shop.chunks);
    assert_eq!(visitor.hears_the_end().await, "data: 2\n\n");
}

#[tokio::test]
async fn a_head_of_a_stream_is_nothing_but_a_head() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor().await;
    visitor.ask("HEAD /stream HTTP/1.1\r\nhost: shop.test\r\n\r\n").await;
    visitor.hears("\r\n\r\n").await;
    visitor.ask(NAME).await;
    assert!(visitor.hears("a shop").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_reader_that_is_slow_is_given_every_byte() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor().await;
    visitor.ask(STREAM).await;
    // Each of them, the first too, which hyper sends, more than the buffers of both ends hold.
    let mut told = String::new();
    for number in (0..100_000).collect::<Vec<_>>().chunks(20_000) {
        let chunk: String = number.iter().map(|number| format!("data: {number:060}\n\n")).collect();
        told += &chunk;
        shop.say(chunk);
    }
    drop(shop.chunks);
    let sent = visitor.hears("\r\n0\r\n\r\n").await;
    let heard: String = sent.split("\r\n").filter(|line| line.starts_with("data")).collect();
    assert!(heard == told, "{} bytes are not the {} that were sent", heard.len(), told.len());
}

#[tokio::test]
async fn a_stream_that_breaks_off_does_not_look_whole() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor().await;
    visitor.ask(STREAM).await;
    shop.say("data: 1\n\n");
    visitor.hears("data: 1\n\n\r\n").await;
    shop.chunks.send(Err(ErrorKind::Other.into())).unwrap();
    assert_eq!(visitor.hears_the_end().await, "", "its last chunk was never told");
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
    let (stop, stopped) = oneshot::channel::<()>();
    let (mut shop, served) = Shop::open_until(async { drop(stopped.await) }).await;
    let mut visitor = shop.visitor().await;
    visitor.ask(STREAM).await;
    timeout(PATIENCE, &mut shop.asked).await.expect("it is never asked for").unwrap();
    let mut other = shop.visitor().await;
    other.ask(NAME).await;
    other.hears("a shop").await;
    drop(stop);
    assert_eq!(other.hears_the_end().await, "");
    shop.say("data: bye\n\n");
    drop(shop.chunks);
    assert!(visitor.hears_the_end().await.ends_with("data: bye\n\n\r\n0\r\n\r\n"));
    timeout(PATIENCE, served).await.expect("it does not stop").unwrap();
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_visitor_who_leaves_ends_the_stream() {
    let shop = Shop::open().await;
    let mut visitor = shop.visitor().await;
    visitor.ask(STREAM).await;
    shop.say("data: 1\n\n");
    visitor.hears("data: 1\n\n\r\n").await;
    drop(visitor);
    timeout(PATIENCE, shop.chunks.closed()).await.expect("its body is never dropped");
}
