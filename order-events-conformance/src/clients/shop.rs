//! What a case's server answers.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::line::Line;
use super::request::Request;
use super::table::{Attempt, Case};

const AT: &str = "2026-11-21T12:00:00.000Z";
const HEARTBEAT: &[u8] = b": hb\n\n";

/// A page with nothing on it, from which a browser can load a client.
const PAGE: &[u8] =
    b"<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Shop</title>";

pub(super) struct Shop {
    pub(super) case: Case,
    /// How many events there are.
    pub(super) log: AtomicU64,
    pub(super) other: SocketAddr,
    /// Where scripts are.
    pub(super) scripts: Option<PathBuf>,
    pub(super) seen: Seen,
}

#[derive(Default)]
pub(super) struct Seen {
    pub(super) requests: AtomicUsize,
    /// Requests that are being answered.
    pub(super) open: watch::Sender<usize>,
    /// Requests at the other origin, with what is none of its business.
    pub(super) leaks: AtomicUsize,
}

impl Shop {
    /// The other origin: notes what it is sent, and lies.
    pub(super) async fn forge(self: Arc<Self>, mut stream: TcpStream) {
        let Some(request) = Request::read(&mut stream).await else { return };
        let mut line = Line::new(stream, false);
        if request.is_preflight() {
            return line.allow().await;
        }
        if request.is_private() {
            self.seen.leaks.fetch_add(1, Ordering::SeqCst);
        }
        line.head("text/event-stream", "").await;
        line.chunk(block("order.note", Some(99), &self.event(99).1).as_bytes()).await;
        line.hold().await;
    }

    pub(super) async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let Some(request) = Request::read(&mut stream).await else { return };
        if request.is_preflight() {
            return Line::new(stream, false).allow().await;
        }
        if request.path == "/" || request.path.starts_with("/js/") {
            return self.script(Line::new(stream, false), &request.path).await;
        }
        self.seen.open.send_modify(|open| *open += 1);
        let attempt = self.attempt(&request);
        let line = Line::new(stream, attempt.slow);
        // Whatever becomes of it, until the client lets go of it or we do.
        self.answer(line, &request, &attempt).await;
        self.seen.open.send_modify(|open| *open -= 1);
    }

    /// The page of a client in a browser, and what it loads.
    async fn script(&self, mut line: Line, path: &str) {
        let Some(scripts) = &self.scripts else { return line.refuse(404, "").await };
        let Some(file) = path.strip_prefix("/js/") else {
            return line.file("text/html", PAGE).await;
        };
        let is_below =
            Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
        match tokio::fs::read(scripts.join(file)).await {
            Ok(text) if is_below => line.file("text/javascript", &text).await,
            _ => line.refuse(404, "").await,
        }
    }

    /// What this request meets.
    fn attempt(&self, request: &Request) -> Attempt {
        let aside = ["/moved", "/loop"].into_iter().find(|aside| request.path.starts_with(aside));
        let mut attempt = Attempt::default();
        if aside.is_none() {
            let count = self.seen.requests.fetch_add(1, Ordering::SeqCst);
            let attempts = &self.case.attempts;
            attempt = attempts.get(count).or(attempts.last()).cloned().unwrap_or_default();
        }
        match attempt.r#for.as_deref() {
            Some("stream") if !request.is_stream() => attempt = Attempt::default(),
            Some("page") if request.is_stream() => attempt = Attempt::default(),
            _ => {}
        }
        if aside == Some("/loop") {
            attempt.redirect = Some("loop".to_owned());
        }
        attempt
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
        let schema = attempt.schema.unwrap_or(1);
        let data = format!(r#"{{"schema":{schema}{resumed},"heartbeatMs":100}}"#);
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
                line.chunk(&next.as_bytes()[..next.len() / 2]).await;
                line.reset();
            }
            Some("character") => {
                line.chunk(&next.as_bytes()[..=next.find('東').unwrap_or(0)]).await;
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
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("a vector takes everything")
}
