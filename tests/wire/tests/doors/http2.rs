//! HTTP/2 to those who begin with it.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http::{Request, StatusCode, Version};
use order_events_wire_tests::{Kind, ORDER, Peer, Server, Setup, Shop, in_time, until};

async fn connect(server: &Server) -> SendRequest<Bytes> {
    let stream = Peer::connect(server.address).await.into_stream();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

/// A request's answer, and what resets it.
async fn ask(
    client: &mut SendRequest<Bytes>,
    path: &str,
    accept: &str,
) -> (http::response::Parts, RecvStream, h2::SendStream<Bytes>) {
    let request = Request::get(format!("http://shop.test{path}"))
        .version(Version::HTTP_2)
        .header("accept", accept)
        .body(())
        .unwrap();
    *client = client.clone().ready().await.unwrap();
    let (answer, sending) = client.send_request(request, true).unwrap();
    let (head, body) = in_time("an answer", answer).await.unwrap().into_parts();
    assert_eq!((head.status, head.version), (StatusCode::OK, Version::HTTP_2));
    (head, body, sending)
}

/// Reads until this has come.
async fn read_to(body: &mut RecvStream, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let data = in_time(text, body.data()).await.expect("it goes on").unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        read += std::str::from_utf8(&data).unwrap();
    }
    read
}

#[tokio::test]
async fn streams_share_a_connection_and_a_reset_one_is_gone() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        // actix learns that a stream was reset only when it writes to it: at the next heartbeat.
        let mut setup = Setup::default();
        setup.settings =
            setup.settings.configure(|settings| settings.heartbeat = Duration::from_secs(1));
        let server = Server::start(kind, &shop, &setup);
        let mut client = connect(&server).await;
        let mut streams = Vec::new();
        for path in ["/orders/42/events", "/events", "/orders/42/events", "/customers/ada/events"] {
            let (head, mut body, sending) = ask(&mut client, path, "text/event-stream").await;
            assert_eq!(head.headers["content-type"], "text/event-stream");
            read_to(&mut body, "event: ready").await;
            streams.push((body, sending));
        }
        assert_eq!(shop.streams(), 4);
        for n in 0..10 {
            let note = format!("the {n}th of them");
            shop.remark(&note).await;
            for (body, _) in &mut streams[..3] {
                read_to(body, &note).await;
            }
        }

        let (_, mut sending) = streams.remove(0);
        sending.send_reset(Reason::CANCEL);
        let took = until("the reset one is gone", || shop.streams() == 3).await;
        println!("{kind:?}: a reset stream is gone after {took:?}");
        shop.remark("the others go on").await;
        read_to(&mut streams[0].0, "the others go on").await;

        drop((streams, client));
        let took = until("the others are gone", || shop.streams() == 0).await;
        println!("{kind:?}: the streams of a closed connection are gone after {took:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_peer_that_gives_a_stream_no_window_loses_its_place_to_who_asks() {
    for kind in Kind::ALL {
        let shop = Shop::open_with(|config| config.max_per_scope = 1).await;
        let mut setup = Setup::default();
        setup.settings =
            setup.settings.configure(|settings| settings.heartbeat = Duration::from_millis(250));
        let server = Server::start(kind, &shop, &setup);

        let stream = Peer::connect(server.address).await.into_stream();
        let mut stalling = h2::client::Builder::new();
        stalling.initial_window_size(0);
        let (client, connection) = stalling.handshake::<_, Bytes>(stream).await.unwrap();
        tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let _stalled = ask(&mut client, "/orders/42/events", "text/event-stream").await;
        assert_eq!(shop.streams(), 1);

        let started = std::time::Instant::now();
        let reading = in_time("its place", async {
            loop {
                let mut peer = Peer::connect(server.address).await;
                peer.ask("/orders/42/events", &[("x-user", "bob")]).await;
                if peer.head().await.status == 200 {
                    return peer;
                }
            }
        });
        let reading = reading.await;
        println!("{kind:?}: its place is another's after {:?}", started.elapsed());
        assert_eq!((shop.streams(), shop.streams_of("bob")), (1, 1));
        assert_eq!(shop.hub.stats().reclaimed, 1);
        drop((reading, client));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_page_is_the_same_as_by_http_1() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        shop.remark("a word").await;
        let server = Server::start(kind, &shop, &Setup::default());
        let path = format!("/orders/{ORDER}/events");
        let mut client = connect(&server).await;
        let (_, mut body, _sending) = ask(&mut client, &path, "application/json").await;
        let mut page = Vec::new();
        while let Some(data) = in_time("the page", body.data()).await {
            page.extend_from_slice(&data.unwrap());
        }
        let mut peer = Peer::connect(server.address).await;
        peer.ask(&path, &[("accept", "application/json")]).await;
        let head = peer.head().await;
        assert_eq!(peer.body(&head).await, page, "{kind:?}");
        drop((client, body, peer));
        server.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_over_http_2() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &Setup::default());
        let mut client = connect(&server).await;
        let (_, mut body, _sending) = ask(&mut client, "/events", "text/event-stream").await;
        read_to(&mut body, "event: ready").await;
        let stopping = server.stop();
        let (_, took) = tokio::join!(read_to(&mut body, "\"draining\""), stopping);
        println!("{kind:?}: ended {took:?} after it was stopped, with a stream over HTTP/2");
        assert_eq!(shop.streams(), 0);
    }
}
