//! A connection's answer, byte for byte. A client that is gone is no error here.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Pages of other origins are held to the table, too: what they see must not be CORS's doing.
const CORS: &str =
    "access-control-allow-origin: *\r\naccess-control-expose-headers: retry-after\r\n";

/// … and what they may send.
const PREFLIGHT: &str = "access-control-allow-headers: authorization, last-event-id\r\n\
                         access-control-max-age: 600\r\n";

pub(super) struct Line {
    stream: TcpStream,
    is_slow: bool,
}

impl Line {
    pub(super) fn new(stream: TcpStream, is_slow: bool) -> Self {
        Self { stream, is_slow }
    }

    /// The head of an answer whose body comes in chunks.
    pub(super) async fn head(&mut self, kind: &str, headers: &str) {
        let body = format!("content-type: {kind}\r\ntransfer-encoding: chunked\r\n{headers}");
        self.say("200 OK", &body).await;
    }

    /// An answer without a body.
    pub(super) async fn refuse(&mut self, status: u16, headers: &str) {
        let mut more = headers.to_owned();
        // No body may be promised here, not even an empty one.
        if status != 204 {
            more.push_str("content-length: 0\r\n");
        }
        self.say(&format!("{status} No"), &more).await;
    }

    /// Yes, a page may ask that.
    pub(super) async fn allow(&mut self) {
        self.say("204 Yes", PREFLIGHT).await;
    }

    /// A whole answer.
    pub(super) async fn file(&mut self, kind: &str, bytes: &[u8]) {
        let length = bytes.len();
        let headers = format!("content-type: {kind}\r\ncontent-length: {length}\r\n");
        self.say("200 OK", &headers).await;
        let _ = self.stream.write_all(bytes).await;
    }

    async fn say(&mut self, status: &str, headers: &str) {
        let mut head = String::new();
        let _ = write!(head, "HTTP/1.1 {status}\r\nconnection: close\r\n{CORS}{headers}\r\n");
        let _ = self.stream.write_all(head.as_bytes()).await;
    }

    pub(super) async fn chunk(&mut self, bytes: &[u8]) {
        let piece = if self.is_slow { 1 } else { bytes.len().max(1) };
        for piece in bytes.chunks(piece) {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            if self.stream.write_all(&chunk).await.is_err() {
                return;
            }
            if self.is_slow {
                tokio::task::yield_now().await;
            }
        }
    }

    pub(super) async fn end(&mut self) {
        let _ = self.stream.write_all(b"0\r\n\r\n").await;
        let _ = self.stream.shutdown().await;
    }

    /// Nothing more, until the client is gone.
    pub(super) async fn hold(&mut self) {
        let mut sink = [0; 64];
        while matches!(self.stream.read(&mut sink).await, Ok(read) if read > 0) {}
    }

    /// … with a chunk that was promised, and the writing side closed.
    pub(super) async fn half(&mut self) {
        let _ = self.stream.write_all(b"ff\r\nevent: order").await;
        let _ = self.stream.shutdown().await;
        self.hold().await;
    }

    /// Closed as it is: what was written goes out, and the chunks have no end.
    pub(super) fn reset(self) {
        drop(self);
    }

    /// Whether the client went away within this time.
    pub(super) async fn wait(&mut self, span: Duration) -> bool {
        tokio::time::timeout(span, self.hold()).await.is_ok()
    }
}
