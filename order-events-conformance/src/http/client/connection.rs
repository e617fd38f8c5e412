//! A connection whose every byte is the suite's.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::transcript::Transcript;
use super::{Answer, Events, Head, Request};

const EVENT_STREAM: &str = "text/event-stream";

/// How long is waited for what must come before it is called missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(pub(crate) Duration);

impl Patience {
    /// What comes in time.
    pub(crate) async fn until<T>(self, what: &str, coming: impl Future<Output = T>) -> T {
        let came = timeout(self.0, coming).await;
        came.unwrap_or_else(|_| panic!("waited {:?} in vain for {what}", self.0))
    }
}

/// A TCP connection that speaks HTTP/1.1.
pub(crate) struct Connection {
    socket: TcpStream,
    input: Vec<u8>,
    number: usize,
    transcript: Transcript,
    patience: Patience,
}

impl Connection {
    /// A connection; with a small receive buffer where the server's output should soon pile up.
    pub(crate) async fn open(
        address: SocketAddr,
        receive_buffer: Option<u32>,
        transcript: &Transcript,
        patience: Patience,
    ) -> Self {
        let opening = async {
            let socket = TcpSocket::new_v4()?;
            if let Some(bytes) = receive_buffer {
                socket.set_recv_buffer_size(bytes)?;
            }
            socket.connect(address).await
        };
        let socket = patience.until("a connection", opening).await;
        let socket = socket.unwrap_or_else(|error| panic!("cannot connect: {error}"));
        Self {
            socket,
            input: Vec::new(),
            number: transcript.connection(),
            transcript: transcript.clone(),
            patience,
        }
    }

    /// A request and its whole answer.
    pub(crate) async fn ask(&mut self, request: &Request) -> Answer {
        self.send(request).await;
        self.answer(request).await
    }

    pub(crate) async fn send(&mut self, request: &Request) {
        self.transcript.asked(self.number, request);
        let bytes = request.bytes();
        let sending = self.socket.write_all(&bytes);
        let sent = self.patience.until("a request to be taken", sending).await;
        sent.unwrap_or_else(|error| panic!("cannot send: {error}"));
    }

    /// The whole answer to a request that was sent.
    pub(crate) async fn answer(&mut self, request: &Request) -> Answer {
        let head = self.head().await;
        let mut body = Vec::new();
        let is_stream = head.status == 200 && head.header("content-type") == EVENT_STREAM;
        assert!(!is_stream || request.method == "HEAD", "a stream was not asked for: {request:?}");
        if request.method != "HEAD" && head.has_body() {
            let mut left = Framing::of(&head);
            while let Some(piece) = self.piece(&mut left).await {
                body.extend_from_slice(&piece);
            }
        }
        let body = String::from_utf8(body).unwrap_or_else(|error| panic!("a body: {error}"));
        if !body.is_empty() {
            self.transcript.given(self.number, &body);
        }
        Answer { head, body }
    }

    /// Asks for a stream; its head has come, nothing else is read.
    pub(crate) async fn watch(mut self, request: &Request) -> Events {
        self.send(request).await;
        let head = self.head().await;
        assert_eq!(head.status, 200, "{head:?}");
        assert_eq!(head.header("content-type"), EVENT_STREAM, "{head:?}");
        Events::new(self, head)
    }

    /// The peer says that it will send no more; it could still read.
    pub(crate) async fn close_half(&mut self) {
        let closed = self.socket.shutdown().await;
        closed.unwrap_or_else(|error| panic!("cannot close half: {error}"));
    }

    async fn head(&mut self) -> Head {
        loop {
            if let Some((head, length)) = Head::parse(&self.input) {
                self.input.drain(..length);
                self.transcript.answered(self.number, &head);
                return head;
            }
            assert!(self.fill().await, "the connection ended before the head of an answer");
        }
    }

    /// The next piece of a body; none at its end.
    pub(super) async fn piece(&mut self, framing: &mut Framing) -> Option<Vec<u8>> {
        match framing {
            Framing::Length(0) | Framing::Over => return None,
            Framing::Length(left) => {
                while self.input.is_empty() {
                    assert!(self.fill().await, "the body ended early");
                }
                let length = self.input.len().min(*left);
                *left -= length;
                return Some(self.input.drain(..length).collect());
            }
            Framing::Chunked => {}
        }
        let line = self.line().await;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16);
        let size = size.unwrap_or_else(|_| panic!("not the size of a chunk: {line:?}"));
        while self.input.len() < size {
            assert!(self.fill().await, "the body ended within a chunk");
        }
        let chunk: Vec<u8> = self.input.drain(..size).collect();
        assert_eq!(self.line().await, "", "a chunk of {size} bytes ends where it said");
        if size == 0 {
            *framing = Framing::Over;
            return None;
        }
        Some(chunk)
    }

    async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.input.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.input.drain(..end + 2).take(end).collect();
                return String::from_utf8_lossy(&line).into_owned();
            }
            assert!(self.fill().await, "the body ended without its last chunk");
        }
    }

    /// Reads what there is; false at the end of the connection.
    async fn fill(&mut self) -> bool {
        let reading = self.socket.read_buf(&mut self.input);
        match self.patience.until("the server to say something", reading).await {
            Ok(length) => length > 0,
            Err(_) => false,
        }
    }

    pub(super) fn given(&self, text: &str) {
        self.transcript.given(self.number, text);
    }

    pub(super) fn ended(&self) {
        self.transcript.ended(self.number);
    }
}

/// How a body's end is found.
pub(super) enum Framing {
    Length(usize),
    Chunked,
    Over,
}

impl Framing {
    pub(super) fn of(head: &Head) -> Self {
        if head.header("transfer-encoding") == "chunked" {
            return Self::Chunked;
        }
        match head.header("content-length").parse() {
            Ok(length) => Self::Length(length),
            Err(_) => panic!("a body without a length and without chunks: {head:?}"),
        }
    }
}
