//! What our `serve` bounds, in paused time.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::routing::get;
use order_events_axum::{
    HEAD_TIMEOUT, HTTP2_AGE, HTTP2_REST, Hub, Listener, MAX_HEAD_BYTES, serve,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, sleep, timeout};

/// A peer of a server whose one answer takes ten times as long as a head may.
async fn peer() -> TcpStream {
    peer_until(pending()).await.0
}

/// … and the server, which stops once it is told to and waits for a day then.
async fn peer_until(
    stop: impl Future<Output = ()> + Send + 'static,
) -> (TcpStream, JoinHandle<()>) {
    let slow = get(async || {
        sleep(10 * HEAD_TIMEOUT).await;
        "at last"
    });
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = Listener::bind(anywhere).unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let hub = Hub::builder().build();
        let router = Router::new().route("/slow", slow);
        serve(listener, router, &hub, stop, DAY).await;
    });
    (TcpStream::connect(address).await.unwrap(), served)
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_asked_nothing_does_not_hold_a_stop_back() {
    for said in ["", "G", "PRI", "GET /slow HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let (tell, told) = oneshot::channel::<()>();
        let (mut peer, served) = peer_until(async { drop(told.await) }).await;
        peer.write_all(said.as_bytes()).await.unwrap();
        // Nothing else is to be done: it has been read.
        sleep(Duration::from_millis(1)).await;
        let since = Instant::now();
        drop(tell);
        served.await.unwrap();
        assert!(since.elapsed() < Duration::from_secs(1), "{said:?}: {:?}", since.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_is_answered_after_a_stop() {
    let (tell, told) = oneshot::channel::<()>();
    let (mut peer, served) = peer_until(async { drop(told.await) }).await;
    peer.write_all(b"GET /slow HTTP/1.1\r\nhost: shop.test\r\n\r\n").await.unwrap();
    sleep(Duration::from_millis(1)).await;
    drop(tell);
    let mut answer = String::new();
    peer.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("at last"), "{answer}");
    served.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_head_may_be_so_long_and_not_twice_that() {
    for (extra, status) in [(0, "HTTP/1.1 404"), (MAX_HEAD_BYTES, "HTTP/1.1 431")] {
        let (before, after) = ("GET / HTTP/1.1\r\nconnection: close\r\ncookie: ", "\r\n\r\n");
        let room = MAX_HEAD_BYTES - before.len() - after.len() + extra;
        let mut peer = peer().await;
        let request = [before, &"c".repeat(room), after].concat();
        let _refused_before_its_end = peer.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _reset = peer.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with(status), "{extra}: {answer}");
    }
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

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_byte_by_byte_is_read_whole() {
    let request = b"POST /slow HTTP/1.1\r\nhost: shop.test\r\nconnection: close\r\n\r\n";
    assert!(say_slowly(request).await.starts_with(b"HTTP/1.1 405"));
    let request = b"PRI /slow HTTP/1.1\r\n\r\n";
    assert!(!say_slowly(request).await.starts_with(b"HTTP/1.1"), "only HTTP/2 has such a method");
    // Its settings come first, and then the answer's head to stream 1.
    let answer = say_slowly(&http2_request()).await;
    assert!(answer.windows(9).any(|frame| frame[3] == 1 && frame[8] == 1), "{answer:?}");
}

/// Says something as slowly as can be, and hears the answer out.
async fn say_slowly(request: &[u8]) -> Vec<u8> {
    let mut peer = peer().await;
    peer.set_nodelay(true).unwrap();
    for byte in request {
        if peer.write_all(&[*byte]).await.is_err() {
            break;
        }
        // Nothing else is to be done: it has been read.
        sleep(Duration::from_millis(1)).await;
    }
    let mut answer = Vec::new();
    let _reset = timeout(20 * HEAD_TIMEOUT, peer.read_to_end(&mut answer)).await;
    answer
}

/// What an HTTP/2 peer says first: the preface, settings of no window, and a request.
const HTTP2_REQUEST: &[&[u8]] = &[
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    // SETTINGS: INITIAL_WINDOW_SIZE 0.
    &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0],
    // HEADERS, the end of both stream and headers: GET http://a/slow.
    &[0, 0, 11, 1, 5, 0, 0, 0, 1],
    &[0x82, 0x86, 0x44, 0x05, b'/', b's', b'l', b'o', b'w', 0x41, 0x01, b'a'],
];

fn http2_request() -> Vec<u8> {
    let mut request = HTTP2_REQUEST.concat();
    // The length of the block of headers.
    let head = HTTP2_REQUEST[0].len() + HTTP2_REQUEST[1].len();
    request[head + 2] = HTTP2_REQUEST[3].len() as u8;
    request
}

#[tokio::test(start_paused = true)]
async fn an_http2_peer_that_takes_nothing_is_cut_in_the_end() {
    let mut peer = peer().await;
    peer.write_all(&http2_request()).await.unwrap();
    let since = Instant::now();
    let mut answer = [0; 64];
    // It answers pings, as a frozen page's browser does, and nothing else.
    loop {
        match peer.read(&mut answer).await {
            Ok(0) | Err(_) => break,
            Ok(count) => {
                if count >= 17 && answer[3] == 6 && answer[4] == 0 {
                    let mut pong = answer[..17].to_vec();
                    pong[4] = 1;
                    let _gone = peer.write_all(&pong).await;
                }
            }
        }
    }
    let lived = since.elapsed();
    assert!(lived >= HTTP2_AGE, "it was taken for a peer of HTTP/2: {lived:?}");
    assert!(lived <= HTTP2_AGE + HTTP2_REST + 2 * HEAD_TIMEOUT, "{lived:?}");
}
