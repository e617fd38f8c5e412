//! The load against the floor. One test, in a process of its own: what the process takes is measured.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use order_events_benches::counting::{self, Counting};
use order_events_benches::floor;
use order_events_benches::load::client::Client;
use order_events_benches::load::options::Options;
use order_events_benches::load::report::Report;
use order_events_benches::load::scenario;
use order_events_benches::load::server::Server;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WATCHERS: usize = 20;

#[test]
fn the_load_counts_what_the_floor_serves() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(|| floor::serve(listener));
    let server = Server::running(port, std::process::id());
    let run = |options: &Options| scenario::run(options, &server).unwrap();

    let small = |scenario| Options {
        watchers: WATCHERS,
        orders: 30,
        rounds: 10,
        seconds: 1,
        stopped: 0,
        ..Options::of(scenario)
    };
    let deliveries = [("fanout", 200.0), ("paced", 200.0), ("topics", 10.0)];
    for (scenario, expected) in deliveries {
        let report = run(&small(scenario));
        assert_eq!(report.figure("deliveries"), Some(expected), "{report}");
        assert_eq!(report.figure("bytes_per_event"), Some(200.0), "{report}");
        assert!(report.figure("cpu_us_per_delivery") > Some(0.0), "{report}");
        nothing_is_wrong(&report);
    }
    let report = run(&Options { inflight: 16, ..small("fanout") });
    assert_eq!(report.figure("deliveries"), Some(3200.0), "{report}");
    for scenario in ["idle", "scale"] {
        nothing_is_wrong(&run(&small(scenario)));
    }
    // Nothing is kept for those who come back, so nothing may be missed.
    nothing_is_wrong(&run(&Options { events: 0, ..small("storm") }));
    assert!(run(&small("publish")).figure("publish_to_discard") > Some(0.0));

    a_delivery_allocates_nothing(port);
}

fn nothing_is_wrong(report: &Report) {
    for fault in ["lost", "disordered", "repeated", "ended"] {
        assert_eq!(report.figure(fault), Some(0.0), "{report}");
    }
}

fn a_delivery_allocates_nothing(port: u16) {
    const PUBLISHES: u64 = 50;
    /// For the reply's head.
    const PER_PUBLISH: u64 = 4;
    const READERS: usize = 200;
    let mut client = Client::connect(port, 7, 2).unwrap();
    client.watch(1, READERS).unwrap();
    client.publish([1]).unwrap();
    client.settle().unwrap();
    let before = counting::allocations();
    for _ in 0..PUBLISHES {
        client.publish([1]).unwrap();
        client.settle().unwrap();
    }
    let allocations = counting::allocations() - before;
    assert_eq!(client.tally.deliveries, (PUBLISHES + 1) * READERS as u64);
    assert!(allocations <= PUBLISHES * PER_PUBLISH, "{allocations} for {PUBLISHES} publishes");
}
