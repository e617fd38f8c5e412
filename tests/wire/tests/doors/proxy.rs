//! Through a real nginx with its defaults.

use std::net::SocketAddr;

use order_events_wire_tests::{Head, Kind, Nginx, ORDER, Peer, Server, Setup, Shop, until};

async fn watch(nginx: &Nginx, headers: &[(&str, &str)]) -> (Peer, Head) {
    let mut peer = Peer::connect(nginx.address).await;
    peer.ask(&format!("/orders/{ORDER}/events"), headers).await;
    let head = peer.head().await;
    (peer, head)
}

/// The first byte arrives though nothing follows, each event though no other does, and a closed
/// reader is let go of.
async fn assert_at_once(shop: &Shop, mut peer: Peer) {
    peer.read_to("event: ready").await;
    peer.read_to("event: snapshot").await;
    peer.read_to("\n\n").await;
    for n in 0..20 {
        let note = format!("the {n}th of them");
        shop.remark(&note).await;
        peer.read_to(&note).await;
        peer.read_to("\n\n").await;
    }
    assert_eq!(shop.streams(), 1);
    drop(peer);
    let took = until("its stream is gone", || shop.streams() == 0).await;
    println!("a reader that closed is gone behind nginx after {took:?}");
}

#[tokio::test]
async fn nginx_with_its_defaults_passes_everything_on_at_once() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &Setup::default());
        let nginx = Nginx::before(server.address, "").await;
        let (peer, head) = watch(&nginx, &[]).await;
        assert_eq!(
            (head.status, &head.headers["content-type"]),
            (200, &"text/event-stream".parse().unwrap()),
            "{kind:?}"
        );
        assert_at_once(&shop, peer).await;
        drop(nginx);
        server.stop().await;
    }
}

#[tokio::test]
async fn nginx_that_compresses_everything_passes_everything_on_at_once() {
    for kind in Kind::ALL {
        for types in ["*", "text/event-stream"] {
            let shop = Shop::open().await;
            let server = Server::start(kind, &shop, &Setup::default());
            let config =
                format!("gzip on; gzip_proxied any; gzip_min_length 0; gzip_types {types};");
            let nginx = Nginx::before(server.address, &config).await;
            let (peer, head) = watch(&nginx, &[("accept-encoding", "gzip")]).await;
            let encoding = head.headers.get("content-encoding");
            assert!(encoding.is_none_or(|encoding| encoding == "identity"), "{kind:?}: {head:?}");
            assert_at_once(&shop, peer).await;
            drop(nginx);
            server.stop().await;
        }
    }
}

/// The `nginx.conf` of the cookbook, with the service at this address, and without TLS.
fn of_the_cookbook(listen: SocketAddr, server: SocketAddr) -> String {
    let page = include_str!("../../../../docs/cookbook/deployment.md");
    let config = page.split("```nginx\n").nth(1).and_then(|rest| rest.split("```").next());
    let config = config.expect("the page has a configuration");
    let config = config
        .replace("listen 443 ssl http2;", &format!("listen {listen};"))
        .replace("127.0.0.1:3000", &server.to_string());
    assert!(config.contains(&format!("server {server};")), "{config}");
    assert!(config.contains(&format!("listen {listen};")), "{config}");
    config
        .lines()
        .filter(|line| !line.trim_start().starts_with("ssl_"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn nginx_as_the_cookbook_sets_it_up_passes_everything_on_at_once() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &Setup::default());
        let nginx = Nginx::configured(|listen| of_the_cookbook(listen, server.address)).await;
        let (peer, head) = watch(&nginx, &[]).await;
        assert_eq!(head.status, 200, "{kind:?}");
        assert_at_once(&shop, peer).await;
        drop(nginx);
        server.stop().await;
    }
}
