//! The floor: what the kernel takes for itself, whatever a server is made of.
//!
//! One thread, one epoll, and one `write` of a ready frame per socket and event. It knows just
//! enough of HTTP to be called as the others are. There is no replay, no heartbeat, no queue and no
//! authorization, and a watcher whose socket is full is cut off. Events leave as chunks and are as
//! long as everybody's, so the kernel has the same bytes to move.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;

/// What the kernel grants at most by default: no storm of the load is longer.
const BACKLOG: i32 = 4096;
const LISTENER: u64 = u64::MAX;
const LONGEST_REQUEST: usize = 64 * 1024;
const STREAM: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    cache-control: no-store\r\ntransfer-encoding: chunked\r\n\r\n3\r\n:\n\n\r\n";

/// Serves on a port of loopback, which it names in a line once it listens; ends with the process.
pub fn run(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!("listening on {}", listener.local_addr()?);
    serve(listener)
}

/// Serves whoever connects; ends only where epoll fails.
pub fn serve(listener: TcpListener) -> io::Result<()> {
    // `std` asks for a shorter queue; asking again is how it grows.
    rustix::net::listen(&listener, BACKLOG)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    let mut floor = Floor {
        epoll,
        listener,
        peers: Vec::new(),
        free: Vec::new(),
        orders: HashMap::new(),
        published: 0,
        buffer: vec![0; LONGEST_REQUEST].into_boxed_slice(),
        frame: Vec::new(),
    };
    let mut events = Vec::with_capacity(1024);
    loop {
        match epoll::wait(&floor.epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in events.drain(..) {
            match event.data.u64() {
                LISTENER => floor.accept(),
                place => floor.read(place as usize),
            }
        }
    }
}

struct Floor {
    epoll: OwnedFd,
    listener: TcpListener,
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    /// The places of those who watch an order.
    orders: HashMap<Vec<u8>, Vec<usize>>,
    published: u64,
    buffer: Box<[u8]>,
    frame: Vec<u8>,
}

struct Peer {
    stream: TcpStream,
    /// Of a request that has not come whole.
    begun: Vec<u8>,
    watches: Option<Box<[u8]>>,
}

impl Floor {
    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let place = self.free.pop().unwrap_or_else(|| {
                self.peers.push(None);
                self.peers.len() - 1
            });
            let ready = stream.set_nonblocking(true).is_ok()
                && stream.set_nodelay(true).is_ok()
                && epoll::add(
                    &self.epoll,
                    &stream,
                    EventData::new_u64(place as u64),
                    EventFlags::IN,
                )
                .is_ok();
            if ready {
                self.peers[place] = Some(Peer { stream, begun: Vec::new(), watches: None });
            } else {
                self.free.push(place);
            }
        }
    }

    fn read(&mut self, place: usize) {
        // It may have been cut off by an event that came before this one.
        let Some(peer) = self.peers.get_mut(place).and_then(Option::as_mut) else { return };
        let had = peer.begun.len();
        self.buffer[..had].copy_from_slice(&peer.begun);
        let length = match (&peer.stream).read(&mut self.buffer[had..]) {
            Ok(0) | Err(_) => return self.close(place),
            Ok(length) => had + length,
        };
        let buffer = std::mem::take(&mut self.buffer);
        let mut answered = 0;
        while let Some(request) = Request::parse(&buffer[answered..length]) {
            answered += request.length;
            self.answer(place, &request);
        }
        if length - answered == buffer.len() {
            self.close(place);
        }
        if let Some(peer) = &mut self.peers[place] {
            peer.begun.clear();
            peer.begun.extend_from_slice(&buffer[answered..length]);
        }
        self.buffer = buffer;
    }

    fn answer(&mut self, place: usize, request: &Request<'_>) {
        if let Some(order) = request.path.strip_prefix(b"/publish/") {
            let id = self.publish(order, request.body);
            self.reply(place, &id.to_string());
        } else if let Some(order) = request.path.strip_prefix(b"/orders/") {
            self.watch(place, order.strip_suffix(b"/events").unwrap_or(order));
        } else {
            self.reply(place, "ok");
        }
    }

    fn publish(&mut self, order: &[u8], body: &[u8]) -> u64 {
        self.published += 1;
        let id = self.published;
        let Some(places) = self.orders.get(order) else { return id };
        let mut data = std::mem::take(&mut self.frame);
        data.clear();
        let (order, note) = (String::from_utf8_lossy(order), String::from_utf8_lossy(body));
        // Writing to memory does not fail.
        let _written = write!(
            data,
            "event: order.note\nid: {id}\n\
             data: {{\"orderId\":\"{order}\",\"version\":{id},\"note\":\"{note}\"}}\n\n"
        );
        let chunk = [format!("{:x}\r\n", data.len()).as_bytes(), &data, b"\r\n"].concat();
        let mut gone = Vec::new();
        for &place in places {
            let sent = self.peers[place].as_ref().map(|peer| (&peer.stream).write(&chunk));
            if !matches!(sent, Some(Ok(length)) if length == chunk.len()) {
                gone.push(place);
            }
        }
        self.frame = data;
        gone.into_iter().for_each(|place| self.close(place));
        id
    }

    fn watch(&mut self, place: usize, order: &[u8]) {
        let Some(peer) = &mut self.peers[place] else { return };
        if peer.watches.is_some() {
            return self.close(place);
        }
        peer.watches = Some(order.into());
        self.orders.entry(order.to_vec()).or_default().push(place);
        self.send(place, STREAM);
    }

    fn reply(&mut self, place: usize, body: &str) {
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length:";
        self.send(place, format!("{head} {length}\r\n\r\n{body}").as_bytes());
    }

    fn send(&mut self, place: usize, bytes: &[u8]) {
        let Some(peer) = &self.peers[place] else { return };
        if !matches!((&peer.stream).write(bytes), Ok(length) if length == bytes.len()) {
            self.close(place);
        }
    }

    fn close(&mut self, place: usize) {
        let Some(peer) = self.peers[place].take() else { return };
        self.free.push(place);
        let Some(order) = peer.watches else { return };
        if let Some(places) = self.orders.get_mut(&*order) {
            places.retain(|&other| other != place);
        }
    }
}

struct Request<'a> {
    path: &'a [u8],
    body: &'a [u8],
    length: usize,
}

impl<'a> Request<'a> {
    /// The first of what came, once it is whole.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
        let mut lines = bytes[..head].split(|&byte| byte == b'\n');
        let path = lines.next()?.split(|&byte| byte == b' ').nth(1)?;
        let body = lines.find_map(length_of_body).unwrap_or(0);
        let length = head.checked_add(body)?;
        Some(Self { path, body: bytes.get(head..length)?, length })
    }
}

fn length_of_body(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    name.eq_ignore_ascii_case(NAME)
        .then(|| str::from_utf8(value).ok()?.trim().parse().ok())
        .flatten()
}
