//! Any bytes, cut anywhere, on connections of both doors' own servers: heads and their ends, requests
//! behind streams, half of everything. Whatever is answered is no error of the server's, and both go
//! on serving.

#![no_main]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use actix_web::App;
use axum::Router;
use libfuzzer_sys::fuzz_target;
use order_events_fuzz::shop::Shop;
use socket2::{Domain, Socket, Type};

/// What takes longer does not come any more.
const PATIENCE: Duration = Duration::from_secs(40);

/// How much of what is said behind a stream's request is read.
const KEPT: usize = 4 * 1024;

/// How long is waited at a time.
const LOOK: Duration = Duration::from_millis(200);

static SERVERS: LazyLock<[SocketAddr; 2]> = LazyLock::new(|| [axum(), actix()]);

/// The size of the pieces, and what is left is said to each of the two.
type Input<'a> = (u8, &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (size, said) = input;
    let may_go_on = may_go_on(said);
    for server in &*SERVERS {
        let answered = ask(*server, said.chunks(usize::from(size) + 1), may_go_on);
        // Whoever speaks HTTP/2 is answered in it.
        if said.starts_with(b"PRI") || answered.is_empty() {
            continue;
        }
        let status = answered.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
        let status = status.and_then(|status| str::from_utf8(status).ok()?.parse::<u16>().ok());
        let status = status.unwrap_or_else(|| panic!("{:?}", String::from_utf8_lossy(&answered)));
        // 501 is actix's own word for a coding of a body that it does not know.
        assert!(status < 500 || [501, 503, 505].contains(&status), "{status}");
    }
});

/// Whether a stream among what is asked may go on though half of its connection is closed.
///
/// What is said behind a stream's request and not read hides that, and of either server such a stream
/// goes on as for anybody who reads: to the end of its age, or until the peer has gone. Nothing is read
/// there beyond [`KEPT`], and where the framework sends the stream nothing at all: over HTTP/1.0, and
/// where a body was announced. `tests/wire` holds both servers to these bounds.
fn may_go_on(said: &[u8]) -> bool {
    let says = |what: &[u8]| said.windows(what.len()).any(|word| word.eq_ignore_ascii_case(what));
    let is_the_frameworks = [&b"HTTP/1.0"[..], b"content-length", b"transfer-encoding"];
    said.len() > KEPT || is_the_frameworks.into_iter().any(says)
}

/// All that is answered to somebody who then asks nothing more.
fn ask<'a>(server: SocketAddr, pieces: impl Iterator<Item = &'a [u8]>, may_go_on: bool) -> Vec<u8> {
    let mut connection = connect(server);
    for piece in pieces {
        // The server may have had enough.
        if connection.write_all(piece).is_err() {
            break;
        }
    }
    let _gone = connection.shutdown(Shutdown::Write);
    let until = Instant::now() + PATIENCE;
    let (mut answered, mut some) = (Vec::new(), [0; 4096]);
    loop {
        match connection.read(&mut some) {
            Ok(0) => return answered,
            Ok(length) => answered.extend_from_slice(&some[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if may_go_on {
                    return answered;
                }
            }
            Err(_) => return answered,
        }
        assert!(Instant::now() < until, "a connection is kept of which nothing more comes");
    }
}

/// From another address of the loopback each time: each connection keeps its port for a minute.
fn connect(server: SocketAddr) -> TcpStream {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let from = Ipv4Addr::from_bits(0x7f01_0000 | NEXT.fetch_add(1, Ordering::Relaxed) & 0xffff);
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("a port");
    socket.connect(&server.into()).expect("the server goes on serving");
    let connection = TcpStream::from(socket);
    connection.set_nodelay(true).expect("an option");
    connection.set_read_timeout(Some(LOOK)).expect("an option");
    connection
}

fn axum() -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let shop = Shop::open().await;
            let listener = order_events_axum::Listener::bind("127.0.0.1:0").expect("a port");
            tell.send(listener.local_addr().expect("an address")).expect("somebody listens");
            let router = Router::new().merge(order_events_axum::routes(&shop.door));
            let never = std::future::pending();
            order_events_axum::serve(listener, router, &shop.hub, never, PATIENCE).await;
        });
    });
    told.recv().expect("it serves")
}

fn actix() -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let shop = Shop::open().await;
            let listener = order_events_actix::Listener::bind("127.0.0.1:0").expect("a port");
            tell.send(listener.local_addr().expect("an address")).expect("somebody listens");
            let door = shop.door.clone();
            let app = move || App::new().configure(order_events_actix::routes(&door));
            let never = std::future::pending();
            let listener = listener.workers(1);
            order_events_actix::serve(listener, app, &shop.hub, never, PATIENCE).await
        })
    });
    told.recv().expect("it serves")
}
