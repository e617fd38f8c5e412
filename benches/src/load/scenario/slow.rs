//! Some stop reading, and what that does to the others.

use std::io;

use super::{Window, client, millis, report_faults};
use crate::load::client::Client;
use crate::load::machine::{now, send_memory, socket_memory};
use crate::load::options::Options;
use crate::load::report::Report;
use crate::load::server::Server;

/// Enough to fill the socket of whoever stopped, whatever the kernel allows it.
const EVENTS_TO_STALL: u64 = 4_000;
const LONGEST_FILLING: u64 = 20_000_000_000;

pub(super) fn run(options: &Options, server: &Server, report: &mut Report) -> io::Result<()> {
    let mut client = client(server, 1)?;
    client.watch(0, options.watchers)?;
    report.add("watchers", options.watchers);
    report.add("stopped", options.stopped);
    report.add("inflight", options.inflight);
    report.measure("bytes_per_event", client.fit_events(options.size)?);
    let kept = filled(options, server, &mut client)?;
    let before = measured(options, server, &mut client)?;
    client.watch(0, options.stopped)?;
    client.stop_reading(options.stopped)?;
    server.wait_until_quiet()?;
    let kernel = socket_memory()?;
    let held = filled(options, server, &mut client)?;
    let kernel = socket_memory()?.saturating_sub(kernel);
    let sending = send_memory(server.port)?;
    let beside = measured(options, server, &mut client)?;
    client.drop_stopped(options.stopped);
    let again = measured(options, server, &mut client)?;

    // What drifts in between is on both sides of what is compared.
    let alone = |of: fn(&Measured) -> f64| f64::midpoint(of(&before), of(&again));
    let per_reader = |bytes: f64| bytes / 1024.0 / options.stopped.max(1) as f64;
    // A server that keeps its events grows by them, whoever reads them.
    let grown = held.bytes - kept.bytes * held.events as f64 / kept.events as f64;
    report.measure("alone_cpu_us_per_delivery", alone(|it| it.cpu));
    report.measure("beside_cpu_us_per_delivery", beside.cpu);
    report.measure("cpu_ratio", beside.cpu / alone(|it| it.cpu));
    report.measure("alone_p99_ms", alone(|it| it.p99));
    report.measure("beside_p99_ms", beside.p99);
    report.measure("p99_ratio", beside.p99 / alone(|it| it.p99));
    report.measure("kb_per_stopped", per_reader(grown));
    if let Some(sending) = sending {
        report.measure("sending_kb_per_stopped", per_reader(sending as f64));
    }
    report.measure("kernel_kb_per_stopped", per_reader(kernel as f64));
    report.add("events_not_read", held.events);
    report_faults(&client, report);
    Ok(())
}

struct Filled {
    events: u64,
    bytes: f64,
}

/// Publishes what fills the sockets of those who do not read; says by how much the process grew.
fn filled(options: &Options, server: &Server, client: &mut Client) -> io::Result<Filled> {
    let memory = server.process.memory()?.proportional;
    let (begun, first) = (now(), client.published(0));
    while client.published(0) - first < EVENTS_TO_STALL && now() - begun < LONGEST_FILLING {
        round(options, client)?;
    }
    let grown = server.process.memory()?.proportional as f64 - memory as f64;
    Ok(Filled { events: client.published(0) - first, bytes: grown })
}

struct Measured {
    cpu: f64,
    p99: f64,
}

fn measured(options: &Options, server: &Server, client: &mut Client) -> io::Result<Measured> {
    let window = Window::open(server, client)?;
    let end = now() + options.seconds * 1_000_000_000;
    while now() < end {
        round(options, client)?;
    }
    let work = window.close(server)?;
    let deliveries = client.tally.deliveries.max(1) as f64;
    Ok(Measured {
        cpu: work.cpu / deliveries / 1e3,
        p99: millis(client.tally.latency.quantile(0.99)),
    })
}

fn round(options: &Options, client: &mut Client) -> io::Result<()> {
    client.publish((0..options.inflight).map(|_| 0))?;
    client.settle()
}
