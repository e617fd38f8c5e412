//! HTTP/1.1 to our own servers, to the byte, and without an opinion: whatever goes wrong is told.
//!
//! Waiting for an answer may be given up at any await and taken up again; nothing that came is lost.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// What takes longer does not come any more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A receive buffer of next to nothing, so that a reader who stops is soon felt by the server.
const SMALL: u32 = 4 * 1024;

/// After so much silence it is asked whether the other side knows the connection yet, and so often.
const ASKED_AFTER: Duration = Duration::from_secs(2);
const ASKED_EVERY: Duration = Duration::from_secs(1);

/// A connection.
///
/// The server's kernel gives up a reader who is stopped, and says so to nobody; a reader who goes on
/// shortly before may have told it of too little room to be sent anything, and then hears nothing for
/// ever. Most clients would count heartbeats. This one has its kernel ask the other: who was given up learns
/// of it, and a silence of the server's own making is not mistaken for that.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    input: BytesMut,
    framing: Framing,
}

/// How a body's end is found.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Framing {
    Length(usize),
    Chunked,
    Over,
}

impl Connection {
    pub(crate) async fn open(at: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(SMALL)?;
        let stream = in_time(socket.connect(at)).await?;
        stream.set_nodelay(true)?;
        let ask = TcpKeepalive::new().with_time(ASKED_AFTER).with_interval(ASKED_EVERY);
        SockRef::from(&stream).set_tcp_keepalive(&ask)?;
        Ok(Self { stream, input: BytesMut::new(), framing: Framing::Over })
    }

    /// A request, and the status of its answer.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &[u8],
    ) -> io::Result<u16> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: soak\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n", body.len());
        let bytes = [request.as_bytes(), body].concat();
        in_time(self.stream.write_all(&bytes)).await?;
        in_time(self.head()).await
    }

    async fn head(&mut self) -> io::Result<u16> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 32];
            let mut response = httparse::Response::new(&mut headers);
            let parsed = response.parse(&self.input).map_err(io::Error::other)?;
            if let httparse::Status::Complete(length) = parsed {
                let header = |name: &str| {
                    let found = response.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
                    found.and_then(|header| str::from_utf8(header.value).ok())
                };
                self.framing = match header("content-length").map(str::parse) {
                    Some(Ok(length)) => Framing::Length(length),
                    _ if header("transfer-encoding") == Some("chunked") => Framing::Chunked,
                    _ => Framing::Over,
                };
                let status = response.code.unwrap_or_default();
                self.input.advance(length);
                return Ok(status);
            }
            self.fill().await?;
        }
    }

    /// The next piece of the body; none at its end.
    pub(crate) async fn piece(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            match self.framing {
                Framing::Over | Framing::Length(0) => return Ok(None),
                Framing::Length(left) if !self.input.is_empty() => {
                    let piece = self.input.split_to(left.min(self.input.len())).freeze();
                    self.framing = Framing::Length(left - piece.len());
                    return Ok(Some(piece));
                }
                Framing::Chunked => {
                    if let Some(chunk) = self.chunk()? {
                        if chunk.is_empty() {
                            self.framing = Framing::Over;
                        } else {
                            return Ok(Some(chunk));
                        }
                        continue;
                    }
                }
                Framing::Length(_) => {}
            }
            self.fill().await?;
        }
    }

    /// A chunk, once it is there whole.
    fn chunk(&mut self) -> io::Result<Option<Bytes>> {
        let Some(line) = self.input.windows(2).position(|pair| pair == b"\r\n") else {
            return Ok(None);
        };
        let size = str::from_utf8(&self.input[..line]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.ok_or_else(|| io::Error::other("not the size of a chunk"))?;
        let begin = line + 2;
        let Some(rest) = self.input.get(begin..begin + size + 2) else { return Ok(None) };
        if !rest.ends_with(b"\r\n") {
            return Err(io::Error::other("a chunk does not end where it said"));
        }
        self.input.advance(begin);
        let chunk = self.input.split_to(size).freeze();
        self.input.advance(2);
        Ok(Some(chunk))
    }

    async fn fill(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// All of the body.
    pub(crate) async fn body(&mut self) -> io::Result<Vec<u8>> {
        in_time(async {
            let mut body = Vec::new();
            while let Some(piece) = self.piece().await? {
                body.extend_from_slice(&piece);
            }
            Ok(body)
        })
        .await
    }

    /// Goes as a process goes that is killed: the other side is told by a reset, and nothing else.
    pub(crate) fn kill(self) {
        let _gone = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}

/// A request on a connection of its own, and its whole answer.
pub(crate) async fn once(
    at: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> io::Result<(u16, Vec<u8>)> {
    let mut connection = Connection::open(at).await?;
    let status = connection.ask(method, path, headers, body).await?;
    Ok((status, connection.body().await?))
}

/// Whether no trouble is a reason for it: to speak wrongly, or to let anybody wait for ever.
pub(crate) fn has_no_excuse(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Other | io::ErrorKind::TimedOut)
}

async fn in_time<T>(coming: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(PATIENCE, coming).await {
        Ok(came) => came,
        Err(_late) => Err(io::ErrorKind::TimedOut.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Write};
    use std::net::{Ipv4Addr, TcpListener};

    use tokio::io::Interest;

    use super::*;

    /// Reading would tell the other side, too: of room.
    #[tokio::test]
    async fn who_was_given_up_without_a_word_learns_of_it_without_reading() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("where it listens");
        let reader = Connection::open(address).await.expect("a connection");
        let (mut server, _) = listener.accept().expect("the connection");
        let patience = Some(Duration::from_millis(300));
        SockRef::from(&server).set_tcp_user_timeout(patience).expect("the kernel knows it");
        let gives_up = std::thread::spawn(move || {
            loop {
                if let Err(error) = server.write_all(&[0; 1024]) {
                    return error.kind();
                }
            }
        });
        let told = timeout(PATIENCE, reader.stream.ready(Interest::ERROR));
        told.await.expect("it is told").expect("readiness is watched");
        assert_eq!(gives_up.join().expect("no panic"), ErrorKind::TimedOut);
        let why = SockRef::from(&reader.stream).take_error().expect("a socket's error");
        assert_eq!(why.expect("an error").kind(), ErrorKind::ConnectionReset);
    }
}
