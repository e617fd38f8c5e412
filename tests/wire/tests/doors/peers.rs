//! Peers that go, in each of the ways there are.

use std::time::Duration;

use order_events_sse::server::Socket;
use order_events_wire_tests::{Kind, ORDER, Peer, Server, Setup, Shop, until};

/// More than any send buffer here takes.
const MANY: usize = 400;

/// Nothing is said by itself, and a dead peer is given two seconds.
fn impatient() -> Setup {
    let mut setup = Setup::default();
    setup.settings = setup.settings.configure(|settings| {
        settings.heartbeat = Duration::from_secs(3600);
        settings.lifetime = None;
    });
    setup.socket = Socket::default().configure(|socket| {
        socket.user_timeout = Duration::from_secs(2);
    });
    setup
}

/// A shop with room for one stream.
async fn narrow() -> Shop {
    Shop::open_with(|config| config.max_subscriptions = 1).await
}

/// There is room again.
async fn assert_room(server: &Server) {
    let mut next = Peer::connect(server.address).await;
    next.ask(&format!("/orders/{ORDER}/events"), &[]).await;
    assert_eq!(next.head().await.status, 200);
}

async fn assert_no_room(server: &Server) {
    let mut next = Peer::connect(server.address).await;
    next.ask(&format!("/orders/{ORDER}/events"), &[]).await;
    assert_eq!(next.head().await.status, 503);
}

#[tokio::test]
async fn a_thousand_peers_that_close_their_silent_streams_are_gone() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &Setup::default());
        let mut peers = Vec::new();
        for _ in 0..1_000 {
            peers.push(Peer::watch(server.address).await);
        }
        assert_eq!(shop.streams(), 1_000);
        drop(peers);
        let took = until("the streams are gone", || shop.streams() == 0).await;
        println!("{kind:?}: 1,000 closed streams are gone after {took:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_peer_that_never_reads_is_gone_within_the_bound() {
    for kind in Kind::ALL {
        let shop = narrow().await;
        let server = Server::start(kind, &shop, &impatient());
        let mut peer = Peer::connect_small(server.address).await;
        peer.ask(&format!("/orders/{ORDER}/events"), &[]).await;
        until("it is there", || shop.streams() == 1).await;
        for _ in 0..MANY {
            shop.remark(&"x".repeat(4_000)).await;
        }
        assert_no_room(&server).await;
        let took = until("it is gone", || shop.streams() == 0).await;
        println!("{kind:?}: a peer that never reads is gone after {took:?}");
        assert_room(&server).await;
        drop(peer);
        server.stop().await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_peer_that_vanishes_is_gone_within_the_bound() {
    for kind in Kind::ALL {
        for is_told in [true, false] {
            let shop = narrow().await;
            let server = Server::start(kind, &shop, &impatient());
            let peer = Peer::watch(server.address).await;
            if let Err(refused) = peer.vanish() {
                println!("SKIPPED: the kernel lets nobody but root vanish: {refused}");
                return;
            }
            if is_told {
                shop.remark("nobody is there").await;
            }
            assert_no_room(&server).await;
            let took = until("it is gone", || shop.streams() == 0).await;
            let what = if is_told { "an event" } else { "silence" };
            println!("{kind:?}: a peer that vanished is gone after {took:?} of {what}");
            assert_room(&server).await;
            drop(peer);
            server.stop().await;
        }
    }
}

#[tokio::test]
async fn a_peer_that_closes_half_is_gone_at_once() {
    for kind in Kind::ALL {
        let shop = narrow().await;
        let server = Server::start(kind, &shop, &impatient());
        let mut peer = Peer::watch(server.address).await;
        peer.half_close().await;
        let took = until("it is gone", || shop.streams() == 0).await;
        println!("{kind:?}: a peer that closed half is gone after {took:?}");
        assert_room(&server).await;
        peer.read_to_the_end().await;
        server.stop().await;
    }
}

/// Streams behind whose request something is said that nobody reads: where the framework sends it, as
/// to whoever knows no chunks, or where it is more than is kept. It hides that half is closed.
async fn closed_behind_what_is_not_read(server: &Server) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (version, behind) in [("1.0", 7), ("1.1", 64 * 1024)] {
        let mut peer = Peer::connect_small(server.address).await;
        let request =
            format!("GET /orders/{ORDER}/events HTTP/{version}\r\nhost: shop.test\r\n\r\n");
        peer.say(request.as_bytes()).await;
        peer.read_to("event: snapshot").await;
        peer.say(&vec![b'x'; behind]).await;
        peer.half_close().await;
        peers.push(peer);
    }
    peers
}

#[tokio::test]
async fn a_peer_that_closes_half_behind_what_is_not_read_is_gone_with_its_streams_age() {
    for kind in [Kind::Axum, Kind::Actix] {
        let shop = Shop::open().await;
        let mut setup = impatient();
        setup.settings = setup.settings.configure(|settings| {
            settings.lifetime = Some(Duration::from_secs(1));
        });
        let server = Server::start(kind, &shop, &setup);
        for mut peer in closed_behind_what_is_not_read(&server).await {
            peer.read_to("event: end").await;
            peer.read_to("lifetime").await;
            peer.read_to_the_end().await;
        }
        let took = until("they are gone", || shop.streams() == 0).await;
        println!("{kind:?}: who closed half is gone {took:?} after its end was told");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_peer_that_closes_half_behind_what_is_not_read_and_never_reads_is_gone_within_the_bound()
{
    for kind in [Kind::Axum, Kind::Actix] {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &impatient());
        let peers = closed_behind_what_is_not_read(&server).await;
        for _ in 0..MANY {
            shop.remark(&"x".repeat(4_000)).await;
        }
        assert_eq!(shop.streams(), peers.len());
        let took = until("they are gone", || shop.streams() == 0).await;
        println!("{kind:?}: who closed half and never reads is gone after {took:?}");
        server.stop().await;
    }
}

#[tokio::test]
async fn a_peer_that_closes_half_behind_what_is_not_read_and_leaves_is_gone_with_a_heartbeat() {
    for kind in [Kind::Axum, Kind::Actix] {
        let shop = Shop::open().await;
        let mut setup = impatient();
        setup.settings = setup.settings.configure(|settings| {
            settings.heartbeat = Duration::from_secs(1);
        });
        let server = Server::start(kind, &shop, &setup);
        let peers = closed_behind_what_is_not_read(&server).await;
        assert_eq!(shop.streams(), peers.len());
        drop(peers);
        let took = until("they are gone", || shop.streams() == 0).await;
        println!("{kind:?}: who closed half and left is gone after {took:?}");
        server.stop().await;
    }
}
