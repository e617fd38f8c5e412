//! Thousands of watchers and a publisher on one thread.

mod watcher;

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::time::Timespec;

use super::machine::now;
use super::marker::{Buffer, Marker};
use super::publisher::Publisher;
use super::tally::{Progress, Tally};
use watcher::Watcher;

const PUBLISHER: u64 = u64::MAX;
const EVENTS_AT_ONCE: usize = 1024;
/// How many connect at once where it is not a storm: fewer than any accept queue is long.
const WAVE: usize = 64;
/// How long nothing may happen before what is missing is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The client: orders, those who watch them, and who publishes.
pub struct Client {
    /// What came since it was cleared.
    pub tally: Tally,
    port: u16,
    /// Where its watchers connect from: see [`Client::come_back`].
    from: Ipv4Addr,
    epoll: OwnedFd,
    ready: Vec<Event>,
    buffer: Buffer,
    marker: Marker,
    publisher: Publisher,
    watchers: Vec<Watcher>,
    orders: Vec<Order>,
    /// How long the body of an event is.
    body: usize,
    /// Events that those who read have still to be given.
    owed: u64,
    /// Streams that are to open.
    opening: usize,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Order {
    published: u64,
    readers: u64,
    path: String,
}

impl Client {
    /// A publisher and nobody who watches. `run` tells its events from those of another.
    pub fn connect(port: u16, run: u32, orders: usize) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let publisher = Publisher::connect(port)?;
        let data = EventData::new_u64(PUBLISHER);
        epoll::add(&epoll, publisher.stream(), data, EventFlags::IN)?;
        let order = |n| Order { published: 0, readers: 0, path: format!("/publish/{}", name(n)) };
        Ok(Self {
            tally: Tally::default(),
            port,
            from: Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() | ((run & 0x7fff) << 8)),
            epoll,
            ready: Vec::with_capacity(EVENTS_AT_ONCE),
            buffer: Buffer::new(),
            marker: Marker::new(run),
            publisher,
            watchers: Vec::new(),
            orders: (0..orders).map(order).collect(),
            body: 0,
            owed: 0,
            opening: 0,
            scratch: Vec::new(),
        })
    }

    /// Adds so many watchers of an order and waits until their streams are open, a few at a time.
    pub fn watch(&mut self, order: usize, count: usize) -> io::Result<()> {
        for wave in (0..count).step_by(WAVE) {
            for _ in wave..count.min(wave + WAVE) {
                self.watchers.push(Watcher::new(order));
                self.open(self.watchers.len() - 1, "")?;
            }
            self.until_open()?;
        }
        Ok(())
    }

    /// Adds a watcher to each order.
    pub fn watch_each(&mut self) -> io::Result<()> {
        for order in 0..self.orders.len() {
            self.watchers.push(Watcher::new(order));
            self.open(self.watchers.len() - 1, "")?;
            if order % WAVE == WAVE - 1 {
                self.until_open()?;
            }
        }
        self.until_open()
    }

    /// Closes every stream. What is published from now on is owed to them, until they come back or
    /// are dismissed.
    pub fn leave(&mut self) {
        self.watchers.iter_mut().for_each(Watcher::close);
    }

    /// Opens every stream again, all at once, from a cursor where there is one.
    ///
    /// They come from another address each time. The ports that they had before are not free for a
    /// minute, and the longer our kernel looked for others, the slower the server would seem.
    pub fn come_back(&mut self, cursor: &str) -> io::Result<()> {
        self.from = Ipv4Addr::from_bits(self.from.to_bits() + 1);
        (0..self.watchers.len()).try_for_each(|place| self.open(place, cursor))
    }

    /// Everybody is gone and does not come back.
    pub fn dismiss_all(&mut self) {
        self.watchers.clear();
        self.orders.iter_mut().for_each(|order| order.readers = 0);
        self.owed = 0;
    }

    /// So many watchers, the last ones, read no more.
    pub fn stop_reading(&mut self, count: usize) -> io::Result<()> {
        for watcher in self.watchers.iter_mut().rev().take(count) {
            if let Some(stream) = watcher.stream() {
                epoll::delete(&self.epoll, stream)?;
                self.orders[watcher.order].readers -= 1;
            }
        }
        Ok(())
    }

    /// So many watchers who read no more, the last ones, are gone.
    pub fn drop_stopped(&mut self, count: usize) {
        self.watchers.truncate(self.watchers.len() - count);
    }

    /// Publishes an event of each of these orders, all at once; gives the time that they carry.
    pub fn publish(&mut self, orders: impl IntoIterator<Item = usize>) -> io::Result<u64> {
        let now = now();
        for place in orders {
            let Some(order) = self.orders.get_mut(place) else { continue };
            order.published += 1;
            self.owed += order.readers;
            self.scratch.clear();
            self.marker.write(order.published, now, self.body, &mut self.scratch);
            self.publisher.add(&order.path, &self.scratch);
        }
        self.publisher.send()?;
        Ok(now)
    }

    /// Sends a body of the same length where it is read and answered, and nothing else.
    pub fn discard(&mut self) -> io::Result<()> {
        self.scratch.clear();
        self.marker.write(1, now(), self.body, &mut self.scratch);
        self.publisher.add("/discard", &self.scratch);
        self.publisher.send()
    }

    /// Waits until everybody has everything and every publish is answered. Gives up, and counts as
    /// lost what is missing, where nothing happens any more.
    pub fn settle(&mut self) -> io::Result<()> {
        while self.owed > 0 || self.publisher.awaited > 0 {
            if self.pump(PATIENCE)? {
                continue;
            }
            if self.publisher.awaited > 0 {
                return Err(io::Error::other("a publish that was never answered"));
            }
            self.tally.faults.lost += self.owed;
            self.give_up();
        }
        Ok(())
    }

    /// Whoever misses something waits for it no more.
    fn give_up(&mut self) {
        self.owed = 0;
        for watcher in &mut self.watchers {
            watcher.progress = Progress::from(self.orders[watcher.order].published);
        }
    }

    /// Waits until every stream is open.
    pub fn until_open(&mut self) -> io::Result<()> {
        while self.opening > 0 {
            if !self.pump(PATIENCE)? {
                let missing = self.opening;
                return Err(io::Error::other(format!("{missing} streams never opened")));
            }
        }
        Ok(())
    }

    /// Takes what comes until then, in nanoseconds of the monotonic clock.
    pub fn pump_until(&mut self, then: u64) -> io::Result<()> {
        while let Some(left) = then.checked_sub(now()).filter(|left| *left > 0) {
            self.pump(Duration::from_nanos(left))?;
        }
        Ok(())
    }

    /// Takes what has come; waits for something for so long. Whether anything came.
    pub fn pump(&mut self, wait: Duration) -> io::Result<bool> {
        let wait = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
        self.ready.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.ready), Some(&wait)) {
            Ok(0) => return Ok(false),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for at in 0..self.ready.len() {
            let (flags, data) = (self.ready[at].flags, self.ready[at].data.u64());
            match data {
                PUBLISHER => {
                    if !self.publisher.receive()? {
                        epoll::delete(&self.epoll, self.publisher.stream())?;
                    }
                }
                place if flags.contains(EventFlags::OUT) => self.ask(place as usize)?,
                place => self.read(place as usize),
            }
        }
        Ok(true)
    }

    /// Makes events so long that one is about `size` bytes of a stream, framing and all, whatever a
    /// server wraps them in; as near as a shorter body than the marker's does not allow. Gives how
    /// long one is. The streams are open, and one watcher is enough.
    pub fn fit_events(&mut self, size: usize) -> io::Result<f64> {
        self.body = 0;
        // The first also creates the order.
        self.publish([0])?;
        self.settle()?;
        let wrapped = self.length_of_event()?;
        let bare = self.marker.length(self.orders[0].published, now()) as f64;
        self.body = (size as f64 - (wrapped - bare)).max(bare).round() as usize;
        self.length_of_event()
    }

    fn length_of_event(&mut self) -> io::Result<f64> {
        let bytes = self.tally.bytes;
        self.publish([0])?;
        self.settle()?;
        Ok((self.tally.bytes - bytes) as f64 / self.orders[0].readers.max(1) as f64)
    }

    /// Publishes to each order, so that no order is new to the server.
    pub fn publish_to_each(&mut self) -> io::Result<()> {
        for first in (0..self.orders.len()).step_by(16) {
            self.publish(first..self.orders.len().min(first + 16))?;
            self.settle()?;
        }
        Ok(())
    }

    /// Whether a publish has not been answered.
    pub fn publishing(&self) -> bool {
        self.publisher.awaited > 0
    }

    /// How many events of an order were published.
    pub fn published(&self, order: usize) -> u64 {
        self.orders[order].published
    }

    /// The last id that the first watcher's stream had.
    pub fn cursor(&self) -> &str {
        self.watchers.first().map_or("", |watcher| &watcher.last_id)
    }

    /// When each watcher asked to connect, was connected, and saw its stream begin.
    pub fn openings(&self) -> impl Iterator<Item = Opening> {
        self.watchers.iter().map(|watcher| watcher.opening)
    }

    /// The sockets of those who watch.
    pub fn sockets(&self) -> impl Iterator<Item = &std::net::TcpStream> {
        self.watchers.iter().filter_map(Watcher::stream)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("tally", &self.tally).finish_non_exhaustive()
    }
}

/// Moments of a stream's beginning, in nanoseconds of the monotonic clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening {
    /// The connection was asked for.
    pub asked: u64,
    /// It was there, and the request was sent.
    pub connected: u64,
    /// The first byte came.
    pub begun: u64,
}

/// What an order is called.
fn name(n: usize) -> String {
    format!("ord-{n:07}")
}
