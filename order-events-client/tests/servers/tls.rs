//! `https`.

use std::net::SocketAddr;
use std::time::Duration;

use order_events_client::{Client, Failure, State};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::host::{CAP, words};
use crate::identity::Identity;

/// Answers every request with the same bytes, and leaves the connection open.
async fn serve(its: &Identity, answer: String) -> (SocketAddr, JoinSet<()>) {
    let acceptor = its.acceptor(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            connections.spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.flush().await;
                while matches!(stream.read(&mut request).await, Ok(read) if read > 0) {}
            });
        }
    });
    (address, tasks)
}

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n\
    event: ready\ndata: {\"schema\":1,\"heartbeatMs\":60000}\n\nid: v.0\n\n";

#[tokio::test]
async fn https_is_spoken_with_whom_the_certificate_is_of_and_nobody_else() {
    let its = Identity::new();
    let (address, _server) = serve(&its, STREAM.to_owned()).await;
    let url = format!("https://localhost:{}", address.port());

    let config = its.trusted(&[]);
    let trusting = Client::builder(&url).http(|http| http.tls_backend_preconfigured(config));
    let mut events = trusting.build().unwrap().tenant().open().await.unwrap();
    assert_eq!(words(&mut events, 2).await, ["reset New", "current"]);
    assert_eq!(events.state(), State::Live);

    // With the certificates of the system, among which it is not.
    let strict = Client::builder(&url).build().unwrap();
    let mut events = strict.tenant().open().await.unwrap();
    let mut states = events.states();
    let refused = async { while states.changed().await != Some(State::Offline) {} };
    tokio::select! {
        given = events.next() => panic!("{given:?}"),
        refused = timeout(CAP, refused) => refused.unwrap(),
    }
    assert!(matches!(events.failure(), Some(Failure::Unreachable(_))), "{:?}", events.failure());
}

#[tokio::test]
async fn nothing_leads_from_https_to_http() {
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!("http://localhost:{}/events", plain.local_addr().unwrap().port());
    let its = Identity::new();
    let answer = format!(
        "HTTP/1.1 307 No\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let (address, _server) = serve(&its, answer).await;
    let config = its.trusted(&[]);
    let client = Client::builder(format!("https://localhost:{}", address.port()))
        .http(|http| http.tls_backend_preconfigured(config))
        .configure(|settings| settings.max_backoff = Duration::from_millis(1));
    let (tried, mut has_tried) = tokio::sync::mpsc::unbounded_channel();
    let client = client.bearer(move |_| {
        let _ = tried.send(());
        async { Ok("secret".to_owned()) }
    });
    let mut events = client.build().unwrap().tenant().open().await.unwrap();
    let many = async {
        for _ in 0..10 {
            has_tried.recv().await.unwrap();
        }
    };
    tokio::select! {
        _ = plain.accept() => panic!("somebody came"),
        given = events.next() => panic!("{given:?}"),
        tried = timeout(CAP, many) => tried.unwrap(),
    }
    match events.failure() {
        Some(Failure::OtherOrigin(origin)) => assert!(to.starts_with(origin), "{origin}"),
        other => panic!("{other:?}"),
    }
}
