//! Through each framework's compressor, told to spare nothing.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use order_events_wire_tests::{Kind, ORDER, Peer, Server, Setup, Shop};
use tower::ServiceExt;
use tower_http::decompression::Decompression;

const EVERY_ALGORITHM: (&str, &str) = ("accept-encoding", "gzip, br, zstd, deflate");

fn compressing() -> Setup {
    Setup { compresses: true, ..Setup::default() }
}

#[tokio::test]
async fn a_stream_is_not_compressed_and_not_held_back() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &compressing());
        let mut peer = Peer::connect(server.address).await;
        peer.ask(&format!("/orders/{ORDER}/events"), &[EVERY_ALGORITHM]).await;
        let head = peer.head().await;
        assert_eq!(head.headers["content-encoding"], "identity", "{kind:?}");
        let first = peer.chunk().await.unwrap();
        assert!(first.starts_with(b"retry: "), "{first:?}");
        for n in 0..20 {
            let note = format!("the {n}th of them");
            shop.remark(&note).await;
            let event = String::from_utf8(peer.chunk().await.unwrap().to_vec()).unwrap();
            assert!(event.contains(&note) && event.ends_with("\n\n"), "{event}");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_page_may_be_compressed_and_says_the_same() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        for n in 0..50 {
            shop.remark(&format!("the {n}th of them")).await;
        }
        let server = Server::start(kind, &shop, &compressing());
        for path in ["/orders/42/events", "/orders/42", "/orders"] {
            let (_, plain) = page(&server, path, "identity").await;
            for algorithm in ["gzip", "br", "zstd"] {
                let (headers, body) = page(&server, path, algorithm).await;
                assert_eq!(headers["content-encoding"], algorithm, "{kind:?} {path}");
                assert!(body.len() < plain.len());
                assert_eq!(decompressed(headers, body).await, plain, "{kind:?} {path} {algorithm}");
            }
        }
        server.stop().await;
    }
}

async fn page(server: &Server, path: &str, algorithm: &str) -> (HeaderMap, Bytes) {
    let mut peer = Peer::connect(server.address).await;
    peer.ask(path, &[("accept", "application/json"), ("accept-encoding", algorithm)]).await;
    let head = peer.head().await;
    assert_eq!(head.status, 200);
    let body = peer.body(&head).await;
    (head.headers, body)
}

async fn decompressed(headers: HeaderMap, body: Bytes) -> Bytes {
    let answered = tower::service_fn(move |_: Request<Full<Bytes>>| {
        let mut response = Response::new(Full::new(body.clone()));
        *response.headers_mut() = headers.clone();
        async move { Ok::<_, Infallible>(response) }
    });
    let answer = Decompression::new(answered).oneshot(Request::default()).await.unwrap();
    answer.into_body().collect().await.unwrap().to_bytes()
}
