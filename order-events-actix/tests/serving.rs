//! What our `serve` bounds, and what it passes on.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::{self, System};
use actix_web::web::{self, Bytes, Payload, ServiceConfig};
use actix_web::{App, HttpResponse};
use futures_util::stream::iter;
use order_events_actix::{Hub, Listener, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// However slow the machine: what takes longer does not happen.
const PATIENCE: Duration = Duration::from_secs(60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server whose one slow answer waits for the test.
struct Shop {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: rt::task::JoinHandle<()>,
    asked: Arc<Notify>,
    answer: Arc<Notify>,
}

impl Shop {
    fn open(set_up: impl FnOnce(Listener) -> Listener) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (asked, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (asks, answers) = (Arc::clone(&asked), Arc::clone(&answer));
        let listener = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
        let listener = set_up(Listener::bind(listener).unwrap().workers(1));
        let address = listener.local_addr().unwrap();
        let served = rt::spawn(async move {
            let app = move || App::new().configure(routes(&asks, &answers));
            let stopped = async { drop(stopped.await) };
            serve(listener, app, &Hub::builder().build(), stopped, DAY).await.unwrap();
        });
        Self { address, stop, served, asked, answer }
    }

    async fn peer(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

fn routes(asks: &Arc<Notify>, answers: &Arc<Notify>) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let (asks, answers) = (Arc::clone(asks), Arc::clone(answers));
    move |config| {
        let slow = move || {
            let (asks, answers) = (Arc::clone(&asks), Arc::clone(&answers));
            async move {
                asks.notify_one();
                answers.notified().await;
                "at last"
            }
        };
        config
            .route("/name", web::get().to(async || "a shop"))
            .route("/slow", web::get().to(slow))
            .route("/stream", web::get().to(async || stream(["data: a\n\n", "data: b\n\n"])))
            .route("/talk", web::get().to(talk));
    }
}

fn stream(chunks: impl IntoIterator<Item = &'static str, IntoIter: 'static>) -> HttpResponse {
    let chunks = iter(chunks.into_iter().map(|chunk| std::io::Result::Ok(Bytes::from(chunk))));
    HttpResponse::Ok().content_type("text/event-stream").streaming(chunks)
}

/// Says everything again, by another protocol.
async fn talk(said: Payload) -> HttpResponse {
    HttpResponse::SwitchingProtocols().upgrade("websocket").streaming(said)
}

fn run(test: impl Future<Output = ()>) {
    System::new().block_on(async { timeout(PATIENCE, test).await.expect("it never ends") });
}

async fn read_to(peer: &mut TcpStream, text: &str) -> String {
    let mut heard = String::new();
    while !heard.ends_with(text) {
        let mut some = [0; 1024];
        let count = peer.read(&mut some).await.unwrap();
        assert_ne!(count, 0, "closed before {text:?}, after {heard:?}");
        heard += std::str::from_utf8(&some[..count]).unwrap();
    }
    heard
}

async fn read_to_the_end(peer: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let _reset = peer.read_to_end(&mut heard).await;
    String::from_utf8(heard).unwrap()
}

const NAME: &str = "GET /name HTTP/1.1\r\nhost: shop.test\r\n\r\n";
const STREAM: &str = "GET /stream HTTP/1.1\r\nhost: shop.test\r\n\r\n";
const END: &str = "0\r\n\r\n";

#[test]
fn a_peer_that_has_asked_nothing_does_not_hold_a_stop_back() {
    for said in ["", "G", "PRI", "GET /slow HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        run(async {
            let shop = Shop::open(|listener| listener.head_timeout(DAY));
            let mut silent = shop.peer().await;
            silent.write_all(said.as_bytes()).await.unwrap();
            // Taken in after it.
            let mut peer = shop.peer().await;
            peer.write_all(NAME.as_bytes()).await.unwrap();
            read_to(&mut peer, "a shop").await;
            drop(shop.stop);
            shop.served.await.unwrap();
        });
    }
}

#[test]
fn a_request_under_way_is_answered_after_a_stop() {
    run(async {
        let shop = Shop::open(|listener| listener);
        let mut peer = shop.peer().await;
        peer.write_all(b"GET /slow HTTP/1.1\r\nhost: shop.test\r\n\r\n").await.unwrap();
        shop.asked.notified().await;
        let mut resting = shop.peer().await;
        resting.write_all(NAME.as_bytes()).await.unwrap();
        read_to(&mut resting, "a shop").await;
        drop(shop.stop);
        // By then it is known.
        read_to_the_end(&mut resting).await;
        shop.answer.notify_one();
        let answer = read_to_the_end(&mut peer).await;
        assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        assert!(answer.ends_with("at last"), "{answer}");
        shop.served.await.unwrap();
    });
}

#[test]
fn a_peer_that_does_not_ask_is_let_go_of() {
    run(async {
        let shop = Shop::open(|listener| listener.head_timeout(Duration::ZERO));
        for said in ["", "P", "PRI * HTTP/2.0\r\n", "GET /name HTTP/1.1\r\n"] {
            let mut peer = shop.peer().await;
            peer.write_all(said.as_bytes()).await.unwrap();
            let answer = read_to_the_end(&mut peer).await;
            assert!(!answer.starts_with("HTTP/1.1 200"), "{said:?}: {answer}");
        }
    });
}

#[test]
fn a_connection_that_rests_is_let_go_of() {
    run(async {
        let shop = Shop::open(|listener| listener.keep_alive(Duration::from_nanos(1)));
        for (request, answer) in [(NAME, "a shop"), (STREAM, END)] {
            let mut peer = shop.peer().await;
            peer.write_all(request.as_bytes()).await.unwrap();
            read_to(&mut peer, answer).await;
            assert_eq!(read_to_the_end(&mut peer).await, "", "nobody was asked anything");
        }
    });
}

#[test]
fn a_connection_that_may_not_rest_has_one_request() {
    run(async {
        let shop = Shop::open(|listener| listener.keep_alive(Duration::ZERO));
        for (request, end) in [(NAME, "a shop"), (STREAM, END)] {
            let mut peer = shop.peer().await;
            peer.write_all(request.as_bytes()).await.unwrap();
            let answer = read_to_the_end(&mut peer).await;
            assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
            assert!(answer.ends_with(end), "{answer}");
        }
    });
}

#[test]
fn a_head_may_be_so_long_and_not_twice_that() {
    run(async {
        let shop = Shop::open(|listener| listener);
        for (length, status) in [(100 * 1024, "HTTP/1.1 200"), (200 * 1024, "HTTP/1.1 431")] {
            let mut peer = shop.peer().await;
            let cookie = "c".repeat(length);
            let request = format!(
                "GET /name HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n"
            );
            let _refused_before_its_end = peer.write_all(request.as_bytes()).await;
            let answer = read_to_the_end(&mut peer).await;
            assert!(answer.starts_with(status), "{length}: {answer}");
        }
    });
}

#[test]
fn what_is_no_request_is_refused() {
    run(async {
        let shop = Shop::open(|listener| listener);
        for what in
            ["{}\r\n\r\n", "GET /name HTTP/1.1\r\n\r\n", "GET /name HTTP/1.1\r\nhost\r\n\r\n"]
        {
            let mut peer = shop.peer().await;
            // Behind one that is.
            peer.write_all(format!("{NAME}{what}{NAME}").as_bytes()).await.unwrap();
            let answer = read_to_the_end(&mut peer).await;
            assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
            assert_eq!(answer.matches("HTTP/1.1 400").count(), 1, "{answer}");
        }
    });
}

#[test]
fn what_is_upgraded_is_passed_on() {
    run(async {
        let shop = Shop::open(|listener| listener);
        let mut peer = shop.peer().await;
        let upgrade = "GET /talk HTTP/1.1\r\nhost: shop.test\r\n\
                       connection: upgrade\r\nupgrade: websocket\r\n\r\n";
        peer.write_all(upgrade.as_bytes()).await.unwrap();
        let head = read_to(&mut peer, "\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        for word in [NAME, "anything"] {
            peer.write_all(word.as_bytes()).await.unwrap();
            assert_eq!(read_to(&mut peer, word).await, word);
        }
    });
}
