//! What our `serve` bounds, in paused time.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::routing::get;
use order_events_axum::{HEAD_TIMEOUT, Hub, Listener, Socket, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, sleep};

/// A peer of a server whose one answer takes ten times as long as a head may.
async fn peer() -> TcpStream {
    let slow = get(async || {
        sleep(10 * HEAD_TIMEOUT).await;
        "at last"
    });
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = Listener::bind(anywhere, Socket::default()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let hub = Hub::builder().build();
        let router = Router::new().route("/slow", slow);
        serve(listener, router, &hub, pending(), Duration::ZERO).await;
    });
    TcpStream::connect(address).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_ask_is_let_go_of() {
    for said in ["", "P", "PRI * HTTP/2.0\r\n", "GET /slow HTTP/1.1\r\n"] {
        let mut peer = peer().await;
        let since = Instant::now();
        peer.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _reset = peer.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{said:?}");
        assert!(since.elapsed() <= HEAD_TIMEOUT + Duration::from_secs(1), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_asked_is_answered_however_long_it_takes() {
    let mut peer = peer().await;
    let request = "GET /slow HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n";
    peer.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("at last"), "{answer}");
}
