//! One connection that publishes, several events at once where that is asked for.
//!
//! They are pipelined, which keeps them in order whatever the server's threads do: so order can be
//! checked at the other end.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, TcpStream};

use rustix::net::{RecvFlags, recv};

const LONGEST_REPLY: usize = 64 * 1024;

/// The connection, the requests that are to leave, and how many were answered.
#[derive(Debug)]
pub struct Publisher {
    stream: TcpStream,
    requests: Vec<u8>,
    replies: Vec<u8>,
    /// Requests that were sent and not answered.
    pub awaited: u64,
}

impl Publisher {
    /// Connects to a port of loopback.
    pub fn connect(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, requests: Vec::new(), replies: Vec::new(), awaited: 0 })
    }

    /// What becomes readable with a reply.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Adds a request, which leaves with the next [`Publisher::send`].
    pub fn add(&mut self, path: &str, body: &[u8]) {
        let length = body.len();
        // Writing to memory does not fail.
        let _written = write!(
            self.requests,
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n\
             content-length: {length}\r\n\r\n"
        );
        self.requests.extend_from_slice(body);
        self.awaited += 1;
    }

    /// Sends what was added, in one write.
    pub fn send(&mut self) -> io::Result<()> {
        (&self.stream).write_all(&self.requests)?;
        self.requests.clear();
        Ok(())
    }

    /// Takes the replies that have come. False where the server has closed, as one may on somebody
    /// who has nothing to ask.
    pub fn receive(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        match recv(&self.stream, &mut buffer, RecvFlags::DONTWAIT) {
            Ok((0, _)) if self.awaited == 0 => return Ok(false),
            Ok((0, _)) => return Err(io::Error::other("the server closed on its publisher")),
            Ok((length, _)) => self.replies.extend_from_slice(&buffer[..length]),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        let mut taken = 0;
        while let Some(length) = reply(&self.replies[taken..])? {
            taken += length;
            self.awaited = self.awaited.saturating_sub(1);
        }
        self.replies.drain(..taken);
        if self.replies.len() > LONGEST_REPLY {
            return Err(io::Error::other("a reply without an end"));
        }
        Ok(true)
    }
}

/// How long the first reply is, once it is whole.
fn reply(bytes: &[u8]) -> io::Result<Option<usize>> {
    let Some(head) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let status = text.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        let reply = String::from_utf8_lossy(bytes);
        return Err(io::Error::other(format!("the server refused to publish: {reply}")));
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = match length.map(|length| length.trim().parse::<usize>()) {
        Some(Ok(length)) => length,
        None if status == "204" => 0,
        _ => return Err(io::Error::other(format!("a reply without its length: {text}"))),
    };
    let end = head + 4 + length;
    Ok((bytes.len() >= end).then_some(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_counts_once_it_is_whole() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na.1HTTP/1.1 200";
        assert_eq!(reply(whole).unwrap(), Some(41));
        assert_eq!(reply(&whole[..40]).unwrap(), None);
        assert_eq!(reply(&whole[..20]).unwrap(), None);
        assert_eq!(reply(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Some(27));
    }

    #[test]
    fn a_refusal_is_an_error() {
        assert!(reply(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(reply(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
