//! A peer on a raw socket, which does what no polite client does.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use socket2::{Domain, SockFilter, SockRef, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::shop::ORDER;
use crate::wait::in_time;

/// A connection of HTTP/1.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    unread: BytesMut,
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
}

impl Peer {
    /// A connection that has said nothing yet.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = in_time("a connection", TcpStream::connect(address)).await.unwrap();
        Self { stream, unread: BytesMut::new() }
    }

    /// A connection whose kernel takes next to nothing on its own, so that a peer that does not
    /// read is soon felt.
    pub async fn connect_small(address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4 * 1024).unwrap();
        socket.connect(&address.into()).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { stream: TcpStream::from_std(socket.into()).unwrap(), unread: BytesMut::new() }
    }

    /// Asks for something.
    pub async fn ask(&mut self, path: &str, headers: &[(&str, &str)]) {
        self.ask_by("GET", path, headers).await;
    }

    /// … by this method.
    pub async fn ask_by(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: shop.test\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Says something, whatever it is.
    pub async fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// A stream of the order, as far as its snapshot.
    pub async fn watch(address: SocketAddr) -> Self {
        Self::connect(address).await.watching().await
    }

    /// Goes on as [`watch`](Self::watch) does.
    pub async fn watching(mut self) -> Self {
        self.ask(&format!("/orders/{ORDER}/events"), &[]).await;
        self.read_to("event: snapshot").await;
        self.read_to("\n\n").await;
        self
    }

    /// The head of the answer.
    pub async fn head(&mut self) -> Head {
        let text = self.read_to("\r\n\r\n").await;
        let mut lines = text.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap();
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Head { status: status.parse().unwrap(), headers }
    }

    /// Everything up to the end of this text.
    pub async fn read_to(&mut self, text: &str) -> String {
        loop {
            let found = self.unread.windows(text.len()).position(|at| at == text.as_bytes());
            if let Some(at) = found {
                let read = self.unread.split_to(at + text.len());
                return String::from_utf8_lossy(&read).into_owned();
            }
            let more = in_time(text, self.more()).await;
            assert!(more, "the answer ends before {text:?}: {:?}", self.unread);
        }
    }

    /// A chunk of a chunked body; none after the last.
    pub async fn chunk(&mut self) -> Option<Bytes> {
        let size = self.read_to("\r\n").await;
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
        while self.unread.len() < size + 2 {
            assert!(in_time("a whole chunk", self.more()).await, "a chunk is cut");
        }
        let chunk = self.unread.split_to(size).freeze();
        self.unread.advance(2);
        Some(chunk).filter(|chunk| !chunk.is_empty())
    }

    /// A body of a stated length, or a chunked one, whole.
    pub async fn body(&mut self, head: &Head) -> Bytes {
        let Some(length) = head.headers.get("content-length") else {
            let mut body = BytesMut::new();
            while let Some(chunk) = self.chunk().await {
                body.extend_from_slice(&chunk);
            }
            return body.freeze();
        };
        let length: usize = length.to_str().unwrap().parse().unwrap();
        while self.unread.len() < length {
            assert!(in_time("a whole body", self.more()).await, "a body is cut");
        }
        self.unread.split_to(length).freeze()
    }

    /// What was received and not taken yet.
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Reads on; false at the end, whatever kind of end.
    pub async fn more(&mut self) -> bool {
        self.stream.read_buf(&mut self.unread).await.unwrap_or(0) > 0
    }

    /// Reads on until the other side is gone.
    pub async fn read_to_the_end(&mut self) {
        in_time("the other side closes", async { while self.more().await {} }).await;
    }

    /// Says that nothing more will be asked.
    pub async fn half_close(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Goes without a goodbye: the other side is told that the connection failed.
    pub fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Vanishes: from now on the kernel drops whatever arrives for this socket before TCP sees it,
    /// so that nothing is acknowledged and nothing refused, as if the machine were gone. Nothing is
    /// sent either, so long as nothing is asked and the peer is kept. Some kernels let only root do
    /// this.
    #[cfg(target_os = "linux")]
    pub fn vanish(&self) -> io::Result<()> {
        // BPF: `ret #0`, let nothing pass.
        let nothing = SockFilter::new(0x06, 0, 0, 0);
        SockRef::from(&self.stream).attach_filter(&[nothing])
    }

    /// Its own port, by which the server's socket is found.
    pub fn port(&self) -> u16 {
        self.stream.local_addr().unwrap().port()
    }

    /// The connection itself.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }
}
