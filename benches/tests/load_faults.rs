//! The load against servers that are broken on purpose: it must say what is wrong.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use order_events_benches::load::client::Client;
use order_events_benches::load::tally::Faults;

const WATCHERS: usize = 20;
const EVENTS: usize = 8;

/// What the server does with its events: which of those that it was given leave, and when.
type Fault = fn(Vec<Vec<u8>>) -> Vec<Vec<u8>>;

#[test]
fn a_server_that_does_nothing_wrong_has_no_faults() {
    assert_eq!(faults(|events| events), (EVENTS * WATCHERS, Faults::default()));
}

#[test]
fn a_lost_event_is_found() {
    let (deliveries, faults) = faults(|mut events| {
        events.remove(3);
        events
    });
    assert_eq!(deliveries, (EVENTS - 1) * WATCHERS);
    assert_eq!(faults, Faults { lost: WATCHERS as u64, ..Faults::default() });
}

#[test]
fn a_repeated_event_is_found() {
    let (deliveries, faults) = faults(|mut events| {
        events.insert(5, events[3].clone());
        events
    });
    assert_eq!(deliveries, EVENTS * WATCHERS);
    assert_eq!(faults, Faults { repeated: WATCHERS as u64, ..Faults::default() });
}

#[test]
fn events_out_of_order_are_found() {
    let (deliveries, faults) = faults(|mut events| {
        events.swap(3, 4);
        events
    });
    assert_eq!(deliveries, EVENTS * WATCHERS);
    assert_eq!(faults, Faults { disordered: WATCHERS as u64, ..Faults::default() });
}

#[test]
fn a_stream_that_ends_is_found() {
    let (deliveries, faults) = faults(|mut events| {
        events.truncate(EVENTS - 2);
        events.push(Vec::new());
        events
    });
    let watchers = WATCHERS as u64;
    assert_eq!(deliveries, (EVENTS - 2) * WATCHERS);
    assert_eq!(faults, Faults { lost: 2 * watchers, ended: watchers, ..Faults::default() });
}

/// Publishes eight events at once to twenty watchers; gives how many came and what was wrong.
fn faults(fault: Fault) -> (usize, Faults) {
    let mut client = Client::connect(broken(fault), 7, 1).unwrap();
    client.watch(0, WATCHERS).unwrap();
    client.publish([0; EVENTS]).unwrap();
    client.settle().unwrap();
    (client.tally.deliveries as usize, client.tally.faults)
}

/// Starts a server that keeps events until it has eight, and lets out what `fault` makes of them.
/// An empty one ends the stream.
fn broken(fault: Fault) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let watchers = Arc::new(Mutex::new(Vec::new()));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let watchers = Arc::clone(&watchers);
            // A connection that goes away ends its thread, and nobody minds.
            thread::spawn(move || converse(stream?, &watchers, fault));
        }
    });
    port
}

fn converse(
    mut stream: TcpStream,
    watchers: &Mutex<Vec<TcpStream>>,
    fault: Fault,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut events = Vec::new();
    loop {
        let (mut line, mut length) = (String::new(), 0);
        reader.read_line(&mut line)?;
        let watches = line.starts_with("GET");
        while line.trim() != "" {
            line.clear();
            reader.read_line(&mut line)?;
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        if watches {
            // Whoever sees its stream begin is among those who watch.
            watchers.lock().unwrap().push(stream.try_clone()?);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            continue;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
        events.push(body);
        if events.len() == EVENTS {
            for watcher in watchers.lock().unwrap().iter_mut() {
                for event in fault(events.clone()) {
                    match event.as_slice() {
                        [] => watcher.shutdown(std::net::Shutdown::Both)?,
                        event => watcher.write_all(event)?,
                    }
                }
            }
        }
    }
}
