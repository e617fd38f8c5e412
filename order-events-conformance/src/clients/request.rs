//! A request, as far as a case asks about it.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// The longest head that is read.
const MOST: usize = 64 * 1024;

pub(super) struct Request {
    pub(super) path: String,
    head: String,
}

impl Request {
    /// None where the client went away before it had asked.
    pub(super) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        // Byte by byte: whatever follows the head is not ours to take.
        while !bytes.ends_with(b"\r\n\r\n") {
            if bytes.len() == MOST {
                return None;
            }
            bytes.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(bytes).ok()?;
        let path = head.split(' ').nth(1)?.to_owned();
        Some(Self { path, head })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// A browser asks whether it may ask.
    pub(super) fn is_preflight(&self) -> bool {
        self.head.starts_with("OPTIONS ")
    }

    pub(super) fn is_stream(&self) -> bool {
        self.header("accept") == Some("text/event-stream")
    }

    /// Which event its cursor is that of.
    pub(super) fn place(&self) -> Option<u64> {
        self.header("last-event-id")?.strip_prefix("v.")?.parse().ok()
    }

    /// Whether it says who asks, or where they stand.
    pub(super) fn is_private(&self) -> bool {
        ["authorization", "last-event-id", "cookie"].iter().any(|name| self.header(name).is_some())
    }
}
