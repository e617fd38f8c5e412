//! Everybody is cut off, misses events, and comes back at once.

use std::io;

use super::{Window, client, millis, report_faults};
use crate::load::client::Client;
use crate::load::options::Options;
use crate::load::report::Report;
use crate::load::server::Server;

/// A lost SYN is sent again after a second, and nothing else takes nearly as long.
const LOST_SYN: f64 = 900.0;

pub(super) fn run(options: &Options, server: &Server, report: &mut Report) -> io::Result<()> {
    let mut client = client(server, 1)?;
    client.watch(0, options.watchers)?;
    report.add("watchers", options.watchers);
    report.measure("bytes_per_event", client.fit_events(options.size)?);

    // As many streams that missed nothing, by a server that is as warm.
    drop_all(server, &mut client)?;
    let window = Window::open(server, &mut client)?;
    client.come_back("")?;
    client.until_open()?;
    let (begun, work) = (window.begun, window.close(server)?);
    let fresh = report_openings(&client, begun, "fresh", report);
    report.measure("fresh_cpu_us", work.cpu / options.watchers as f64 / 1e3);

    // One event that all have, so that all have its cursor.
    client.publish([0])?;
    client.settle()?;
    let cursor = client.cursor().to_owned();
    if cursor.is_empty() && options.events > 0 {
        return Err(io::Error::other("its events have no ids to come back with"));
    }
    drop_all(server, &mut client)?;
    for _ in 0..options.events {
        client.publish([0])?;
        while client.publishing() {
            client.pump(std::time::Duration::from_secs(1))?;
        }
    }
    let window = Window::open(server, &mut client)?;
    client.come_back(&cursor)?;
    client.until_open()?;
    client.settle()?;
    let (begun, work) = (window.begun, window.close(server)?);
    let caught_up = work.wall / 1e6;
    report.add("events_missed", options.events);
    report_openings(&client, begun, "storm", report);
    report.measure("storm_cpu_us", work.cpu / options.watchers as f64 / 1e3);
    report.measure("caught_up_ms", caught_up);
    report.measure("caught_up_to_fresh", caught_up / fresh);
    report.add("deliveries", client.tally.deliveries);
    report_faults(&client, report);
    Ok(())
}

fn drop_all(server: &Server, client: &mut Client) -> io::Result<()> {
    client.leave();
    server.wait_until_quiet()
}

/// Gives how long it took until the last stream had begun, in milliseconds.
fn report_openings(client: &Client, begun: u64, which: &str, report: &mut Report) -> f64 {
    let openings: Vec<_> = client.openings().collect();
    let connects: Vec<_> =
        openings.iter().map(|opening| millis(opening.connected - opening.asked)).collect();
    let slowest = connects.iter().copied().fold(0.0, f64::max);
    let lost_syns = connects.iter().filter(|time| **time > LOST_SYN).count();
    let last = openings.iter().map(|opening| opening.begun).max().unwrap_or(begun);
    let all = millis(last - begun);
    let [open, connect, lost] = match which {
        "fresh" => ["fresh_ms", "fresh_slowest_connect_ms", "fresh_lost_syns"],
        _ => ["storm_open_ms", "storm_slowest_connect_ms", "storm_lost_syns"],
    };
    report.measure(open, all);
    report.measure(connect, slowest);
    report.add(lost, lost_syns);
    all
}
