//! The server that misbehaves as a case wants it: on a raw socket, for no framework would.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::vectors::{Attempt, Case};

const AT: &str = "2026-11-21T12:00:00.000Z";
const HEARTBEAT: &[u8] = b": hb\n\n";

/// A server of one case. Whoever drops it ends it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shop: Arc<Shop>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    /// Requests that are being answered.
    open: watch::Sender<usize>,
    /// Requests at the other origin, and those of them with what is none of its business.
    leaks: AtomicUsize,
}

struct Shop {
    case: Case,
    /// How many events there are.
    log: AtomicU64,
    other: SocketAddr,
    seen: Seen,
}

struct Request {
    path: String,
    head: String,
}

impl Server {
    pub(crate) async fn start(case: &Case) -> Self {
        let mut tasks = JoinSet::new();
        let other = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let other_address = other.local_addr().unwrap();
        let log = AtomicU64::new(case.log);
        let seen = Seen::default();
        let shop = Arc::new(Shop { case: case.clone(), log, other: other_address, seen });
        tasks.spawn(accept(listener, Arc::clone(&shop), Shop::serve));
        tasks.spawn(accept(other, Arc::clone(&shop), Shop::forge));
        Self { address, shop, _tasks: tasks }
    }

    /// One more event.
    pub(crate) fn publish(&self) {
        self.shop.log.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn requests(&self) -> usize {
        self.shop.seen.requests.load(Ordering::SeqCst)
    }

    /// Waits until nobody is being answered any more.
    pub(crate) async fn is_left(&self) {
        self.shop.seen.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
    }

    /// Waits until another request has come, or one is over.
    pub(crate) async fn is_busy(&self) {
        let mut open = self.shop.seen.open.subscribe();
        open.changed().await.unwrap();
    }

    pub(crate) fn leaks(&self) -> usize {
        self.shop.seen.leaks.load(Ordering::SeqCst)
    }
}

async fn accept<S, F>(listener: TcpListener, shop: Arc<Shop>, serve: S)
where
    S: Fn(Arc<Shop>, TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        connections.spawn(serve(Arc::clone(&shop), stream));
    }
}

impl Request {
    async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(bytes).ok()?;
        let path = head.split(' ').nth(1)?.to_owned();
        Some(Self { path, head })
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn is_stream(&self) -> bool {
        self.header("accept") == Some("text/event-stream")
    }

    fn place(&self) -> Option<u64> {
        self.header("last-event-id")?.strip_prefix("v.")?.parse().ok()
    }
}

impl Shop {
    /// The other origin: notes what it is sent, and lies.
    async fn forge(self: Arc<Self>, mut stream: TcpStream) {
        let Some(request) = Request::read(&mut stream).await else { return };
        let private = ["authorization", "last-event-id"];
        if private.iter().any(|name| request.header(name).is_some()) {
            self.seen.leaks.fetch_add(1, Ordering::SeqCst);
        }
        let mut line = Line { stream, slow: false };
        line.head("text/event-stream", "").await;
        line.chunk(block("order.note", Some(99), &self.event(99).1).as_bytes()).await;
        line.hold().await;
    }

    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let Some(request) = Request::read(&mut stream).await else { return };
        self.seen.open.send_modify(|open| *open += 1);
        let is_aside = request.path.starts_with("/moved") || request.path.starts_with("/loop");
        let attempts = &self.case.attempts;
        let mut attempt = Attempt::default();
        if !is_aside {
            let count = self.seen.requests.fetch_add(1, Ordering::SeqCst);
            attempt = attempts[count.min(attempts.len() - 1)].clone();
        }
        match attempt.r#for.as_deref() {
            Some("stream") if !request.is_stream() => attempt = Attempt::default(),
            Some("page") if request.is_stream() => attempt = Attempt::default(),
            _ => {}
        }
        if request.path.starts_with("/loop") {
            attempt.redirect = Some("loop".to_owned());
        }
        let line = Line { stream, slow: attempt.slow };
        // Whatever becomes of it, until the client lets go of it or we do.
        self.answer(line, &request, &attempt).await;
        self.seen.open.send_modify(|open| *open -= 1);
    }

    async fn answer(&self, mut line: Line, request: &Request, attempt: &Attempt) {
        let wants = attempt.wants.as_deref().map(|token| format!("Bearer {token}"));
        let is_known = wants.is_none() || request.header("authorization") == wants.as_deref();
        let status = if is_known { attempt.status } else { Some(401) };
        let headers: String =
            attempt.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        if attempt.answers == Some(false) {
            return line.hold().await;
        }
        if let Some(status) = status {
            return line.refuse(status, &headers).await;
        }
        if let Some(to) = &attempt.redirect {
            let to = match to.as_str() {
                "same" => "/moved".to_owned(),
                "loop" => "/loop".to_owned(),
                _ => format!("http://{}/events", self.other),
            };
            return line.refuse(302, &format!("location: {to}\r\n")).await;
        }
        if let Some(kind) = &attempt.r#type {
            line.head(kind, "").await;
            line.chunk(b"<!doctype html><title>Welcome to the Wi-Fi</title>").await;
            return line.end().await;
        }
        if request.is_stream() {
            self.stream(line, request, attempt).await;
        } else {
            self.page(line, request, attempt).await;
        }
    }

    fn log(&self) -> u64 {
        self.log.load(Ordering::SeqCst)
    }

    fn event(&self, place: u64) -> (&'static str, String) {
        let invented = self.case.invented == Some(place);
        let name = match place {
            _ if invented => "order.invented",
            1 => "order.created",
            _ => "order.note",
        };
        let status = if place == 1 { r#""status":"PENDING","# } else { "" };
        let data = format!(
            r#"{{"orderId":"42","version":{place},{status}"timestamp":"{AT}","note":"note {place}: ünï 東"}}"#
        );
        (name, data)
    }

    fn snapshot(&self) -> String {
        let version = self.log();
        format!(
            r#"{{"orderId":"42","status":"PENDING","version":{version},"createdAt":"{AT}","updatedAt":"{AT}","timeline":[]}}"#
        )
    }

    async fn stream(&self, mut line: Line, request: &Request, attempt: &Attempt) {
        let encoding = attempt.encoding.as_deref();
        line.head("text/event-stream", &encoding.map(encoded).unwrap_or_default()).await;
        if attempt.speaks == Some(false) {
            return line.hold().await;
        }
        if let Some(word) = &attempt.refuses {
            line.chunk(format!("retry: 10\n{}", end(word)).as_bytes()).await;
            return line.end().await;
        }
        let place = request.place().filter(|_| attempt.reset.is_none());
        let resumed = place.map(|at| format!(r#","resumed":"v.{at}""#)).unwrap_or_default();
        let data = format!(r#"{{"schema":1{resumed},"heartbeatMs":100}}"#);
        let mut text = format!("retry: 10\n{}", block("ready", place, &data));
        let log = self.log();
        let mut next = log + 1;
        if let Some(place) = place {
            let first = (place + 1).saturating_sub(attempt.repeats).max(1);
            next = attempt.tells.map_or(log, |tells| (first + tells - 1).min(log)) + 1;
            for told in first..next {
                let (name, data) = self.event(told);
                text += &block(name, Some(told), &data);
            }
        } else {
            if let Some(reason) = &attempt.reset {
                text += &block("reset", None, &format!(r#"{{"reason":"{reason}"}}"#));
            }
            if attempt.tells != Some(0) {
                text += &block("snapshot", Some(log), &self.snapshot());
            }
        }
        if encoding == Some("gzip") {
            line.chunk(&gzip(text.as_bytes())).await;
            return line.hold().await;
        }
        line.chunk(text.as_bytes()).await;
        let (name, data) = self.event(next);
        let next = block(name, Some(next), &data);
        match attempt.then.as_deref() {
            None => self.goes_on(line, log).await,
            Some("cut") => line.reset(),
            Some("close") => line.end().await,
            Some("half") => line.half().await,
            Some("event") => {
                line.chunk(&next.as_bytes()[..next.find("orderId").unwrap()]).await;
                line.reset();
            }
            Some("character") => {
                line.chunk(&next.as_bytes()[..=next.find('東').unwrap()]).await;
                line.reset();
            }
            Some("silence") => line.hold().await,
            Some("line") => {
                line.chunk(&vec![b'x'; 3 * 1024 * 1024]).await;
                line.hold().await;
            }
            Some(word) => {
                line.chunk(end(word).as_bytes()).await;
                line.end().await;
            }
        }
    }

    /// What comes, or else heartbeats.
    async fn goes_on(&self, mut line: Line, mut told: u64) {
        while !line.wait(Duration::from_millis(50)).await {
            line.chunk(HEARTBEAT).await;
            while told < self.log() {
                told += 1;
                let (name, data) = self.event(told);
                line.chunk(block(name, Some(told), &data).as_bytes()).await;
            }
        }
    }

    async fn page(&self, mut line: Line, request: &Request, attempt: &Attempt) {
        if attempt.refuses.is_some() {
            return line.refuse(503, "").await;
        }
        let log = self.log();
        let place = request.place().filter(|_| attempt.reset.is_none());
        let mut extra = String::new();
        let (mut events, mut cursor) = (Vec::new(), log);
        if let Some(place) = place {
            let first = (place + 1).saturating_sub(attempt.repeats).max(1);
            let tells = attempt.tells.unwrap_or(2).min(2);
            cursor = (first + tells - 1).min(log).max(place);
            events = (first..=cursor).map(|told| self.item(told)).collect();
        } else {
            let reset = attempt.reset.as_deref();
            let reset = reset.map(|reason| format!(r#","reset":{{"reason":"{reason}"}}"#));
            extra = format!(r#"{},"snapshots":[{}]"#, reset.unwrap_or_default(), self.snapshot());
        }
        let is_word = |then: &&str| matches!(*then, "final" | "draining" | "expired");
        if let Some(word) = attempt.then.as_deref().filter(is_word) {
            extra += &format!(r#","end":{{"reason":"{word}"}}"#);
        } else if events.is_empty() && extra.is_empty() && request.path.contains("wait=") {
            line.wait(Duration::from_millis(200)).await;
        }
        let more = cursor < log;
        let events = events.join(",");
        let json = format!(r#"{{"events":[{events}],"cursor":"v.{cursor}","more":{more}{extra}}}"#);
        let encoding = attempt.encoding.as_deref();
        line.head("application/json", &encoding.map(encoded).unwrap_or_default()).await;
        if encoding == Some("gzip") {
            line.chunk(&gzip(json.as_bytes())).await;
            return line.end().await;
        }
        match attempt.then.as_deref() {
            Some("cut" | "close" | "half" | "event" | "character" | "line") => {
                line.chunk(&json.as_bytes()[..json.len() / 2]).await;
                line.reset();
            }
            Some("silence") => line.hold().await,
            _ => {
                line.chunk(json.as_bytes()).await;
                line.end().await;
            }
        }
    }

    fn item(&self, place: u64) -> String {
        let (name, data) = self.event(place);
        format!(r#"{{"id":"v.{place}","event":"{name}","data":{data}}}"#)
    }
}

fn block(name: &str, place: Option<u64>, data: &str) -> String {
    let id = place.map(|place| format!("id: v.{place}\n")).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n")
}

fn end(word: &str) -> String {
    block("end", None, &format!(r#"{{"reason":"{word}"}}"#))
}

fn encoded(encoding: &str) -> String {
    format!("content-encoding: {encoding}\r\n")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A connection's answer. A client that is gone is no error here.
struct Line {
    stream: TcpStream,
    slow: bool,
}

impl Line {
    async fn head(&mut self, kind: &str, headers: &str) {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n{headers}\r\n"
        );
        let _ = self.stream.write_all(head.as_bytes()).await;
    }

    async fn refuse(&mut self, status: u16, headers: &str) {
        let head = format!(
            "HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n{headers}\r\n"
        );
        let _ = self.stream.write_all(head.as_bytes()).await;
    }

    async fn chunk(&mut self, bytes: &[u8]) {
        let piece = if self.slow { 1 } else { bytes.len().max(1) };
        for piece in bytes.chunks(piece) {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            if self.stream.write_all(&chunk).await.is_err() {
                return;
            }
            if self.slow {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn end(&mut self) {
        let _ = self.stream.write_all(b"0\r\n\r\n").await;
        let _ = self.stream.shutdown().await;
    }

    /// Nothing more, until the client is gone.
    async fn hold(&mut self) {
        let mut sink = [0; 64];
        while matches!(self.stream.read(&mut sink).await, Ok(read) if read > 0) {}
    }

    /// … with a chunk that was promised, and the writing side closed.
    async fn half(&mut self) {
        let _ = self.stream.write_all(b"ff\r\nevent: order").await;
        let _ = self.stream.shutdown().await;
        self.hold().await;
    }

    /// Closed as it is: what was written goes out, and the chunks have no end.
    fn reset(self) {
        drop(self);
    }

    /// Whether the client went away within this time.
    async fn wait(&mut self, span: Duration) -> bool {
        tokio::time::timeout(span, self.hold()).await.is_ok()
    }
}
