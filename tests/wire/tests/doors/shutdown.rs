//! A server that stops ends its streams, and itself, within its deadline.

use std::time::Duration;

use order_events_sse::server::Socket;
use order_events_wire_tests::{Kind, ORDER, Peer, Server, Setup, Shop, until};

#[tokio::test]
async fn open_streams_are_told_and_the_server_ends() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        // Nobody waits for so long: it is the streams' end that ends the server.
        let deadline = Duration::from_secs(600);
        let server = Server::start(kind, &shop, &Setup { deadline, ..Setup::default() });
        let mut peers = Vec::new();
        for _ in 0..20 {
            peers.push(Peer::watch(server.address).await);
        }
        // And those that rest between two requests.
        let mut resting = Peer::connect(server.address).await;
        resting.ask(&format!("/orders/{ORDER}"), &[]).await;
        let head = resting.head().await;
        resting.body(&head).await;

        let took = server.stop().await;
        println!("{kind:?}: ended {took:?} after it was stopped, with 20 streams open");
        for mut peer in peers {
            let last = peer.read_to("event: end\ndata: {\"reason\":\"draining\"}\n\n").await;
            assert!(last.contains("retry: "), "{last}");
            peer.read_to_the_end().await;
        }
        assert_eq!(shop.streams(), 0);
    }
}

#[tokio::test]
async fn a_peer_that_never_reads_does_not_hold_the_server_back() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        // It is the deadline that ends the server, not the kernel.
        let socket =
            Socket::default().configure(|socket| socket.user_timeout = Duration::from_secs(3600));
        let setup = Setup { socket, ..Setup::default() };
        let server = Server::start(kind, &shop, &setup);
        let mut peer = Peer::connect_small(server.address).await;
        peer.ask(&format!("/orders/{ORDER}/events"), &[]).await;
        until("it is there", || shop.streams() == 1).await;
        for _ in 0..400 {
            shop.remark(&"x".repeat(4_000)).await;
        }
        let took = server.stop().await;
        println!("{kind:?}: ended {took:?} after it was stopped, with a peer that never reads");
        until("its stream is gone", || shop.streams() == 0).await;
    }
}
