//! Through a real nginx with its defaults.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

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
    assert_comes_at_once(shop, &mut peer).await;
    assert_is_let_go_of(shop, peer).await;
}

async fn assert_comes_at_once(shop: &Shop, peer: &mut Peer) {
    peer.read_to("event: ready").await;
    peer.read_to("event: snapshot").await;
    peer.read_to("\n\n").await;
    for n in 0..20 {
        let note = format!("the {n}th of them");
        shop.remark(&note).await;
        peer.read_to(&note).await;
        peer.read_to("\n\n").await;
    }
}

async fn assert_is_let_go_of<Reader>(shop: &Shop, reader: Reader) {
    assert_eq!(shop.streams(), 1);
    drop(reader);
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

const CERTIFICATE: &str = "certificate.pem";

/// The `nginx.conf` of the cookbook, with the service at this address, and a certificate in this
/// directory.
fn of_the_cookbook(listen: SocketAddr, server: SocketAddr, directory: &Path) -> String {
    let key = directory.join("key.pem");
    let certificate = directory.join(CERTIFICATE);
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args([
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=shop",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(made.expect("openssl is installed: scripts/test does so").success());
    let page = include_str!("../../../../docs/cookbook/deployment.md");
    let config = page.split("```nginx\n").nth(1).and_then(|rest| rest.split("```").next());
    let mut config = config.expect("the page has a configuration").to_owned();
    for (theirs, ours) in [
        ("listen 443", format!("listen {listen}")),
        ("server 127.0.0.1:3000;", format!("server {server};")),
        ("/etc/ssl/shop.pem", certificate.display().to_string()),
        ("/etc/ssl/private/shop.key", key.display().to_string()),
    ] {
        assert_eq!(config.matches(theirs).count(), 1, "{theirs}: {config}");
        config = config.replace(theirs, &ours);
    }
    config
}

/// A reader over TLS and HTTP/2, of which a peer sees what it prints.
struct Curl {
    output: Peer,
    child: Child,
}

impl Curl {
    async fn watch(nginx: &Nginx) -> Self {
        let pipe = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let output = Peer::connect(pipe.local_addr().unwrap()).await;
        let (theirs, _) = pipe.accept().unwrap();
        let child = Command::new("curl")
            .args(["--http2", "--silent", "--show-error", "--no-buffer", "--include", "--cacert"])
            .arg(nginx.prefix.join(CERTIFICATE))
            .arg(format!("https://{}/orders/{ORDER}/events", nginx.address))
            .stdin(Stdio::null())
            .stdout(OwnedFd::from(theirs))
            .spawn();
        Self { output, child: child.expect("curl is installed: scripts/test does so") }
    }

    /// The version and the status of its answer.
    async fn answered(&mut self) -> String {
        self.output.read_to("\r\n").await.trim_end().to_owned()
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

#[tokio::test]
async fn nginx_as_the_cookbook_sets_it_up_passes_everything_on_at_once_over_http_2() {
    for kind in Kind::ALL {
        let shop = Shop::open().await;
        let server = Server::start(kind, &shop, &Setup::default());
        let nginx = Nginx::configured(|listen, directory| {
            of_the_cookbook(listen, server.address, directory)
        })
        .await;
        let mut reader = Curl::watch(&nginx).await;
        assert_eq!(reader.answered().await, "HTTP/2 200", "{kind:?}");
        assert_comes_at_once(&shop, &mut reader.output).await;
        assert_is_let_go_of(&shop, reader).await;
        drop(nginx);
        server.stop().await;
    }
}

#[tokio::test]
async fn nginx_as_the_cookbook_sets_it_up_bounds_the_streams_of_an_address() {
    let shop = Shop::open().await;
    let server = Server::start(Kind::ALL[0], &shop, &Setup::default());
    let nginx = Nginx::configured(|listen, directory| {
        let config = of_the_cookbook(listen, server.address, directory);
        config.replace("limit_conn by_address 1000;", "limit_conn by_address 2;")
    })
    .await;
    let mut readers = [Curl::watch(&nginx).await, Curl::watch(&nginx).await];
    for reader in &mut readers {
        assert_eq!(reader.answered().await, "HTTP/2 200");
    }
    assert_eq!(Curl::watch(&nginx).await.answered().await, "HTTP/2 429");
    drop(readers);
    until("their streams are gone", || shop.streams() == 0).await;
    assert_eq!(Curl::watch(&nginx).await.answered().await, "HTTP/2 200");
    drop(nginx);
    server.stop().await;
}
