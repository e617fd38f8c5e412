//! From the request that publishes on one node to the first byte of its event at a viewer on
//! another; beside it the same on one node with the engine in memory, and a `PING` of Redis.
//!
//! All are servers of their own, and one thread asks them in turn, so that whatever happens on the
//! machine happens to all. It waits for each answer before it goes on.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use order_events_benches::load::server::Server;
use order_events_benches::redis::Redis;
use order_events_benches::server::loopback;
use order_events_benches::{NOTE, Target, median, quantile, report};

use super::{Outcome, ROUNDS, report_rounds, serve};

/// Per round.
const EVENTS: usize = 1_000;

pub(crate) fn run(redis: &Redis) -> Outcome {
    let memory = serve(None)?;
    let (a, b) = (serve(Some(redis))?, serve(Some(redis))?);
    let mut ping = Ping::connect(redis.address())?;
    let mut local = Route::open(&memory, &memory)?;
    let mut across = Route::open(&a, &b)?;
    let (mut medians, mut tails) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for round in 0..=ROUNDS {
        let mut figures = [const { Vec::new() }; 3];
        for _ in 0..EVENTS {
            figures[0].push(ping.take()?);
            figures[1].push(local.take()?);
            figures[2].push(across.take()?);
        }
        // The first round warms up.
        if round > 0 {
            for (which, figures) in figures.iter().enumerate() {
                medians[which].push(median(figures));
                tails[which].push(quantile(figures, 0.99));
            }
        }
    }
    let names =
        ["a PING", "a publish to a viewer of the node, in memory", "… of another, on Redis"];
    for ((name, medians), tails) in names.iter().zip(&medians).zip(&tails) {
        report_rounds(&format!("{name}, median"), medians, "µs");
        report_rounds(&format!("{name}, p99"), tails, "µs");
    }
    let [ping, local, across] = &medians;
    let bounds = ping.iter().zip(local).map(|(ping, local)| 3.0 * ping + local);
    let shares: Vec<_> = across.iter().zip(bounds).map(|(across, bound)| across / bound).collect();
    let pings = across.iter().zip(local).zip(ping);
    let pings: Vec<_> = pings.map(|((across, local), ping)| (across - local) / ping).collect();
    let target = Some(Target::AtMost(1.0));
    report("across / (3 × PING + local)", median(&shares), "", target);
    report("(across − local) / PING", median(&pings), "", None);
    Ok(())
}

/// A publisher on one node and a viewer on another; or on the same.
struct Route {
    publisher: TcpStream,
    viewer: TcpStream,
    buffer: Vec<u8>,
}

const ORDER: &str = "ord-0000042";

impl Route {
    fn open(from: &Server, to: &Server) -> io::Result<Self> {
        let connect = |server: &Server| connect(loopback(server.port));
        let mut route =
            Self { publisher: connect(from)?, viewer: connect(to)?, buffer: vec![0; 64 * 1024] };
        write!(
            route.viewer,
            "GET /orders/{ORDER}/events HTTP/1.1\r\nhost: localhost\r\n\
             accept: text/event-stream\r\n\r\n"
        )?;
        // The order is created by the first publish: that is two events.
        route.publish()?;
        while !route.has_come(NOTE)? {}
        route.replied()?;
        Ok(route)
    }

    /// Microseconds until the first byte of the event.
    fn take(&mut self) -> io::Result<f64> {
        let begun = Instant::now();
        self.publish()?;
        let mut came = None;
        loop {
            let length = read(&mut self.viewer, &mut self.buffer)?;
            let now = begun.elapsed();
            // A heartbeat is not the event, and an event may come in pieces.
            if self.buffer[..length].starts_with(b":") {
                continue;
            }
            came.get_or_insert(now);
            if self.buffer[..length].ends_with(b"\n\n")
                || self.buffer[..length].ends_with(b"\n\n\r\n")
            {
                break;
            }
        }
        self.replied()?;
        Ok(came.unwrap_or_default().as_secs_f64() * 1e6)
    }

    fn has_come(&mut self, text: &str) -> io::Result<bool> {
        let length = read(&mut self.viewer, &mut self.buffer)?;
        Ok(memchr::memmem::find(&self.buffer[..length], text.as_bytes()).is_some())
    }

    fn publish(&mut self) -> io::Result<()> {
        let length = NOTE.len();
        // In one write: a request that leaves in pieces waits for itself.
        let request = format!(
            "POST /publish/{ORDER} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n\
             content-length: {length}\r\n\r\n{NOTE}"
        );
        self.publisher.write_all(request.as_bytes())
    }

    fn replied(&mut self) -> io::Result<()> {
        let length = read(&mut self.publisher, &mut self.buffer)?;
        match self.buffer[..length].starts_with(b"HTTP/1.1 200") {
            true => Ok(()),
            false => Err(io::Error::other("a publish was refused")),
        }
    }
}

struct Ping(TcpStream);

impl Ping {
    fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self(connect(address)?))
    }

    /// Microseconds of a round trip.
    fn take(&mut self) -> io::Result<f64> {
        const PONG: &[u8] = b"+PONG\r\n";
        let begun = Instant::now();
        self.0.write_all(b"*1\r\n$4\r\nPING\r\n")?;
        let mut answer = [0; PONG.len()];
        self.0.read_exact(&mut answer)?;
        let took = begun.elapsed();
        match answer == *PONG {
            true => Ok(took.as_secs_f64() * 1e6),
            false => Err(io::Error::other("no PONG")),
        }
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    match stream.read(buffer)? {
        0 => Err(io::Error::other("a server hung up")),
        length => Ok(length),
    }
}
