//! Everybody comes back at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use order_events_sse::server::Socket;
use order_events_wire_tests::{Kind, Peer, Server, Setup, Shop, in_time};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const PEERS: usize = 2_000;

#[tokio::test]
async fn a_storm_of_reconnects_is_taken_in() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &Setup::default());
        let since = Instant::now();
        let mut arriving = JoinSet::new();
        for _ in 0..PEERS {
            arriving.spawn(Peer::watch(server.address));
        }
        let peers = in_time("everybody is in", arriving.join_all()).await;
        println!("{kind:?}: {PEERS} streams at once after {:?}", since.elapsed());
        assert_eq!((peers.len(), shop.streams()), (PEERS, PEERS));
        drop(peers);
        server.stop().await;
    }
}

#[tokio::test]
async fn a_server_that_is_busy_with_other_things_turns_nobody_away() {
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // Nobody accepts: what is taken in here is taken in by the backlog.
    let listener = Socket::default().listen(nowhere).unwrap();
    let address = listener.local_addr().unwrap();
    let mut arriving = JoinSet::new();
    for _ in 0..PEERS {
        arriving.spawn(TcpStream::connect(address));
    }
    let connected = in_time("everybody is connected", arriving.join_all()).await;
    assert_eq!(connected.into_iter().filter(Result::is_ok).count(), PEERS);
}
