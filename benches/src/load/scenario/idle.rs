//! What a stream costs that nothing is published to.

use std::io;

use super::{Window, client, report_faults};
use crate::load::machine::{now, socket_memory};
use crate::load::options::Options;
use crate::load::report::Report;
use crate::load::server::Server;

/// Whatever is spread comes about as often in one of these as in the next.
const SLICE: u64 = 500_000_000;

pub(super) fn run(options: &Options, server: &Server, report: &mut Report) -> io::Result<()> {
    let mut client = client(server, 1)?;
    // What a server sets up with its first stream is not the streams'.
    client.watch(0, 1)?;
    server.wait_until_quiet()?;
    let (memory, kernel) = (server.process.memory()?, socket_memory()?);
    client.watch(0, options.watchers)?;
    server.wait_until_quiet()?;
    let after = server.process.memory()?;
    let per_stream = |before: u64, after: u64| {
        after.saturating_sub(before) as f64 / 1024.0 / options.watchers as f64
    };
    report.add("watchers", options.watchers);
    report.measure("kb_per_stream", per_stream(memory.proportional, after.proportional));
    report.measure("resident_kb_per_stream", per_stream(memory.resident, after.resident));
    report.measure("kernel_kb_per_stream", per_stream(kernel, socket_memory()?));

    let window = Window::open(server, &mut client)?;
    let (mut busiest, mut most_reads) = (0, 0);
    for slice in 1..=options.seconds * 1_000_000_000 / SLICE {
        let (cpu, reads, begun) = (server.process.cpu()?, client.tally.reads, now());
        client.pump_until(window.begun + slice * SLICE)?;
        let share = (server.process.cpu()? - cpu) * SLICE / (now() - begun).max(1);
        busiest = busiest.max(share);
        most_reads = most_reads.max(client.tally.reads - reads);
    }
    let slices = (options.seconds * 1_000_000_000 / SLICE).max(1);
    let work = window.close(server)?;
    report.measure("cpu_percent", 100.0 * work.cpu / work.wall);
    report.measure("busiest_half_second_percent", 100.0 * busiest as f64 / SLICE as f64);
    report.add("heartbeats", client.tally.reads);
    report.measure("heartbeats_per_half_second", client.tally.reads as f64 / slices as f64);
    report.add("most_in_half_a_second", most_reads);
    report_faults(&client, report);
    Ok(())
}
