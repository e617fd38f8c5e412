//! HTTP over TLS, by HTTP/2 and by HTTP/1.1: servers of ours, and one that breaks off as it likes.

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::http::Response;
use h2::Reason;
use order_events_axum::{Hub, MemoryEngine, Update};
use order_events_client::{Client, Cursor, State};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use crate::host::{CAP, Gate, hurry, next, order, publish, until, with_token, word, words};
use crate::identity::Identity;
use crate::secure::{HTTP_1, HTTP_2, Secure};

#[tokio::test]
async fn over_tls_it_streams_polls_resumes_and_survives_a_restart() {
    for (speaks, connections) in [(HTTP_2, 1), (HTTP_1, 2)] {
        let its = Identity::new();
        let engine = Arc::new(MemoryEngine::new());
        let node = || {
            let hub = Hub::builder().engine(Arc::clone(&engine));
            hub.configure(|config| config.drain_spread = Duration::from_millis(5)).build()
        };
        let (hub, door) = (node(), Gate::default());
        let server = Secure::start(&hub, &its, &[speaks], door.clone(), 0).await;
        publish(&hub, Update::create(order("a"))).await;
        let client = server.client(&its);

        // Two streams.
        let mut events = client.tenant().open().await.unwrap();
        let mut other = client.order(order("a")).open().await.unwrap();
        for stream in [&mut events, &mut other] {
            assert_eq!(words(stream, 3).await, ["reset New", "a at 1", "current"]);
            assert_eq!(stream.state(), State::Live);
        }
        assert_eq!(server.accepted.load(Ordering::SeqCst), connections, "{speaks:?}");
        publish(&hub, Update::note(order("a"), "to both")).await;
        for stream in [&mut events, &mut other] {
            assert_eq!(words(stream, 1).await, ["order.note a@2"]);
        }
        // One of them is dropped: its own end, and not that of the connection.
        let cursor = other.cursor().cloned().unwrap();
        drop(other);
        until("its place is free", || hub.stats().subscriptions == 1).await;
        publish(&hub, Update::note(order("a"), "to one")).await;
        assert_eq!(words(&mut events, 1).await, ["order.note a@3"]);
        let mut other = client.order(order("a")).after(cursor).open().await.unwrap();
        assert_eq!(words(&mut other, 1).await, ["order.note a@3"]);
        drop(other);

        // Polls, where streams are not let in any more; and streams again.
        door.refuses_streams.store(true, Ordering::SeqCst);
        for watcher in hub.watchers() {
            hub.close(watcher.id);
        }
        let mut version = 3;
        let mut tell = async |events: &mut _| {
            publish(&hub, Update::note(order("a"), "by whatever comes first")).await;
            version += 1;
            assert_eq!(word(&next(events).await), format!("order.note a@{version}"));
            version
        };
        while events.state() != State::Polling {
            tell(&mut events).await;
        }
        door.refuses_streams.store(false, Ordering::SeqCst);
        let mut version = tell(&mut events).await;
        while events.state() != State::Live {
            version = tell(&mut events).await;
        }
        assert!(door.pages.load(Ordering::SeqCst) > 0);

        // A restart, with something that happens meanwhile.
        let port = server.port;
        let stopped = tokio::spawn(server.stop());
        tokio::select! {
            given = next(&mut events) => panic!("{given:?}"),
            stopped = stopped => stopped.unwrap(),
        }
        publish(&node(), Update::note(order("a"), "while it was away")).await;
        let hub = node();
        let server = Secure::start(&hub, &its, &[speaks], door.clone(), port).await;
        assert_eq!(words(&mut events, 1).await, [format!("order.note a@{}", version + 1)]);
        drop((events, client));
        server.stop().await;
    }
}

/// Has the other half of a test know where the server is.
const ADDRESS: &str = "ORDER_EVENTS_TLS_TEST_ADDRESS";

/// What a client of ours is made of where nobody changes it: the certificates are the operating
/// system's, which only another process can be given others of, and so this test is two of them.
#[tokio::test]
async fn a_client_that_nobody_changed_trusts_the_system_and_speaks_http_2_where_it_can() {
    if let Ok(address) = std::env::var(ADDRESS) {
        let client = with_token(Client::builder(address), "staff").build().unwrap();
        let mut events = client.tenant().open().await.unwrap();
        assert_eq!(words(&mut events, 2).await, ["reset New", "current"]);
        return;
    }
    for speaks in [&[HTTP_2, HTTP_1][..], &[HTTP_1]] {
        let its = Identity::new();
        let hub = Hub::builder().build();
        let server = Secure::start(&hub, &its, speaks, Gate::default(), 0).await;
        let file = std::env::temp_dir().join(format!("order-events-tls-{}.pem", server.port));
        std::fs::write(&file, &its.pem).unwrap();
        let name =
            "http2::a_client_that_nobody_changed_trusts_the_system_and_speaks_http_2_where_it_can";
        let other = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(ADDRESS, server.url())
            .env("SSL_CERT_FILE", &file)
            .kill_on_drop(true)
            .output();
        let said = timeout(CAP, other).await.unwrap().unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
        server.stop().await;
    }
}

/// What becomes of a stream that has told an event.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It is reset before its head; or after the event.
    Refused(Reason),
    Reset(Reason),
    /// The connection is given up at once; or after what is open has come to its end, which the
    /// stream does without a word.
    Abrupt(Reason),
    Graceful,
    /// The connection is held, and nobody reads or writes there any more.
    Deaf,
    Well,
}

/// How many events there are: more than are told before the last fate.
const LOG: u64 = 20;

const FATES: [Fate; 12] = [
    Fate::Refused(Reason::REFUSED_STREAM),
    Fate::Refused(Reason::INTERNAL_ERROR),
    Fate::Reset(Reason::CANCEL),
    Fate::Reset(Reason::NO_ERROR),
    Fate::Reset(Reason::INTERNAL_ERROR),
    Fate::Reset(Reason::ENHANCE_YOUR_CALM),
    Fate::Abrupt(Reason::NO_ERROR),
    Fate::Abrupt(Reason::PROTOCOL_ERROR),
    Fate::Abrupt(Reason::ENHANCE_YOUR_CALM),
    Fate::Graceful,
    Fate::Deaf,
    Fate::Well,
];

#[tokio::test]
async fn whatever_http_2_breaks_off_each_event_comes_once() {
    let its = Identity::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = its.acceptor(&[HTTP_2]);
    let asked = Arc::new(AtomicUsize::new(0));
    let mut server = JoinSet::new();
    let asking = Arc::clone(&asked);
    server.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            connections.spawn(break_off(stream, Arc::clone(&asking)));
        }
    });
    let config = its.trusted(&[HTTP_2]);
    let client = Client::builder(format!("https://localhost:{port}"))
        .http(|http| {
            // Who is deaf is found out sooner than by default.
            let often = Duration::from_millis(200);
            let http = http.http2_keep_alive_interval(often).http2_keep_alive_timeout(often);
            http.tls_backend_preconfigured(config)
        })
        .configure(hurry)
        .configure(|settings| {
            // No fate is to be hidden by polling.
            settings.poll_after = u32::MAX;
            settings.head = Duration::from_secs(20);
        })
        .build()
        .unwrap();
    let mut events = client.tenant().after(Cursor::new("v.0")).open().await.unwrap();
    for version in 1..=LOG {
        assert_eq!(word(&next(&mut events).await), format!("order.note a@{version}"));
    }
    assert_eq!(events.state(), State::Live);
    assert_eq!(asked.load(Ordering::SeqCst), FATES.len(), "each had its turn");
}

/// Tells each stream the event after its cursor, before its fate comes; and one that is well all.
async fn break_off(stream: TlsStream<TcpStream>, asked: Arc<AtomicUsize>) {
    let mut connection = h2::server::handshake(stream).await.unwrap();
    // Kept, for a stream that is dropped is reset.
    let mut open = Vec::new();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let fate = FATES[asked.fetch_add(1, Ordering::SeqCst).min(FATES.len() - 1)];
        if let Fate::Refused(reason) = fate {
            respond.send_reset(reason);
            continue;
        }
        let cursor = request.headers()["last-event-id"].to_str().unwrap();
        let after = cursor.strip_prefix("v.").unwrap().parse().unwrap();
        let head = Response::builder().header("content-type", "text/event-stream").body(());
        let mut stream = respond.send_response(head.unwrap(), false).unwrap();
        stream.send_data(told(after, fate).into(), false).unwrap();
        // What was told is on its way before its end is.
        poll_fn(|cx| Poll::Ready(connection.poll_closed(cx).is_ready())).await;
        match fate {
            Fate::Refused(_) | Fate::Well => {}
            Fate::Reset(reason) => stream.send_reset(reason),
            Fate::Abrupt(reason) => connection.abrupt_shutdown(reason),
            Fate::Graceful => {
                connection.graceful_shutdown();
                stream.send_data("".into(), true).unwrap();
            }
            Fate::Deaf => return pending().await,
        }
        open.push(stream);
    }
}

fn told(after: u64, fate: Fate) -> String {
    let (heartbeat, last) = match fate {
        Fate::Deaf => (100, after + 1),
        Fate::Well => (60_000, LOG),
        _ => (60_000, after + 1),
    };
    let ready = format!(r#"{{"schema":1,"resumed":"v.{after}","heartbeatMs":{heartbeat}}}"#);
    let mut text = format!("event: ready\nid: v.{after}\ndata: {ready}\n\n");
    for version in after + 1..=last {
        let note = format!(
            r#"{{"orderId":"a","version":{version},"timestamp":"2026-11-21T12:00:00.000Z","note":"n"}}"#
        );
        text += &format!("event: order.note\nid: v.{version}\ndata: {note}\n\n");
    }
    text
}
