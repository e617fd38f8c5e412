//! One stream, from the socket to the count.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};

use memchr::memmem;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with, sockopt};

use super::{Client, Opening, name};
use crate::load::machine::now;
use crate::load::marker::Rest;
use crate::load::tally::Progress;

/// Who watches an order.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) order: usize,
    pub(super) progress: Progress,
    pub(super) opening: Opening,
    /// Kept of the first watcher only.
    pub(super) last_id: String,
    stream: Option<TcpStream>,
    is_open: bool,
    rest: Rest,
}

impl Watcher {
    pub(super) fn new(order: usize) -> Self {
        Self {
            order,
            progress: Progress::from(0),
            opening: Opening::default(),
            last_id: String::new(),
            stream: None,
            is_open: false,
            rest: Rest::new(),
        }
    }

    pub(super) fn stream(&self) -> Option<&TcpStream> {
        self.stream.as_ref()
    }

    /// Its socket leaves epoll by being closed.
    pub(super) fn close(&mut self) {
        self.stream = None;
        self.is_open = false;
        self.rest = Rest::new();
    }
}

impl Client {
    /// Begins to connect. Who has no cursor has missed nothing.
    pub(super) fn open(&mut self, place: usize, cursor: &str) -> io::Result<()> {
        let watcher = &mut self.watchers[place];
        let order = &mut self.orders[watcher.order];
        if watcher.opening.asked == 0 {
            order.readers += 1;
        }
        if cursor.is_empty() {
            watcher.progress = Progress::from(order.published);
        }
        watcher.last_id.replace_range(.., cursor);
        watcher.opening = Opening { asked: now(), ..Opening::default() };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        bind(&socket, &SocketAddrV4::new(self.from, 0))?;
        match connect(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.port)) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        epoll::add(&self.epoll, &socket, EventData::new_u64(place as u64), EventFlags::OUT)?;
        watcher.stream = Some(socket.into());
        self.opening += 1;
        Ok(())
    }

    /// The connection is there: sends the request.
    pub(super) fn ask(&mut self, place: usize) -> io::Result<()> {
        let Some(watcher) = self.watchers.get_mut(place) else { return Ok(()) };
        let Some(stream) = &watcher.stream else { return Ok(()) };
        sockopt::socket_error(stream)??;
        watcher.opening.connected = now();
        self.scratch.clear();
        let order = name(watcher.order);
        write!(
            self.scratch,
            "GET /orders/{order}/events HTTP/1.1\r\nhost: localhost\r\n\
             accept: text/event-stream\r\n"
        )?;
        if !watcher.last_id.is_empty() {
            write!(self.scratch, "last-event-id: {}\r\n", watcher.last_id)?;
        }
        self.scratch.extend_from_slice(b"\r\n");
        (&mut &*stream).write_all(&self.scratch)?;
        epoll::modify(&self.epoll, stream, EventData::new_u64(place as u64), EventFlags::IN)?;
        Ok(())
    }

    /// Takes what one stream has.
    #[inline]
    pub(super) fn read(&mut self, place: usize) {
        // It may have been closed since.
        let Some(watcher) = self.watchers.get_mut(place) else { return };
        let Some(stream) = &watcher.stream else { return };
        let bytes = match self.buffer.read(stream) {
            Ok([]) => return self.end(place),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(_) => return self.end(place),
        };
        if !watcher.is_open {
            if !bytes.starts_with(b"HTTP/1.1 200") {
                return self.end(place);
            }
            watcher.is_open = true;
            watcher.opening.begun = now();
            self.opening -= 1;
        }
        if place == 0 {
            remember_last_id(bytes, &mut watcher.last_id);
        }
        let length = bytes.len();
        self.tally.reads += 1;
        self.tally.bytes += length as u64;
        let now = now();
        let (tally, owed, progress) = (&mut self.tally, &mut self.owed, &mut watcher.progress);
        self.buffer.scan(length, &self.marker, &mut watcher.rest, |event| {
            *owed = owed.saturating_sub(progress.take(event, now, tally));
        });
    }

    fn end(&mut self, place: usize) {
        let watcher = &mut self.watchers[place];
        let order = &mut self.orders[watcher.order];
        let missing = order.published - watcher.progress.seen();
        order.readers -= 1;
        if !watcher.is_open {
            self.opening -= 1;
        }
        watcher.close();
        self.owed = self.owed.saturating_sub(missing);
        self.tally.faults.lost += missing;
        self.tally.faults.ended += 1;
    }
}

/// A line begins with the piece or after another line; ids are so short that none is parted.
fn remember_last_id(bytes: &[u8], last: &mut String) {
    const LINE: &[u8] = b"\nid: ";
    let first = bytes.strip_prefix(&LINE[1..]);
    let value = memmem::rfind(bytes, LINE).map(|at| &bytes[at + LINE.len()..]).or(first);
    let Some(value) = value else { return };
    let Some(end) = memchr::memchr(b'\n', value) else { return };
    if let Ok(id) = str::from_utf8(&value[..end]) {
        last.replace_range(.., id.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_id_of_a_piece_is_kept() {
        let mut last = "old".to_owned();
        remember_last_id(b"data: id: 1\n\nid: a", &mut last);
        assert_eq!(last, "old");
        remember_last_id(b"id: a.1\ndata: x\n\n", &mut last);
        assert_eq!(last, "a.1");
        remember_last_id(b"id: a.2\r\n\r\n7\r\nid: a.3\r\n\r\n", &mut last);
        assert_eq!(last, "a.3");
    }
}
