//! What a delivery costs: one order and many watchers, or many orders with one each.

use std::io;

use super::{Window, client, millis, report_deliveries, report_faults};
use crate::load::client::Client;
use crate::load::options::Options;
use crate::load::report::Report;
use crate::load::server::Server;
use crate::{Random, quantile};

const EVENTS_PER_SECOND: u64 = 10;
const WARM_UP: usize = 5;

/// So many events at once, and again when everybody has them.
pub(super) fn closed_loop(
    options: &Options,
    server: &Server,
    report: &mut Report,
) -> io::Result<()> {
    let mut client = watched(options, server, report)?;
    let round = |client: &mut Client| {
        client.publish((0..options.inflight).map(|_| 0))?;
        client.settle()
    };
    (0..WARM_UP).try_for_each(|_| round(&mut client))?;
    let window = Window::open(server, &mut client)?;
    (0..options.rounds).try_for_each(|_| round(&mut client))?;
    report.add("inflight", options.inflight);
    report_deliveries(&window.close(server)?, &client, report);
    report_faults(&client, report);
    Ok(())
}

/// Events at a steady pace, which shows how long the last watcher waits.
pub(super) fn paced(options: &Options, server: &Server, report: &mut Report) -> io::Result<()> {
    let mut client = watched(options, server, report)?;
    for _ in 0..WARM_UP {
        client.publish([0])?;
        client.settle()?;
    }
    let window = Window::open(server, &mut client)?;
    let events = options.seconds * EVENTS_PER_SECOND;
    client.tally.keep_slowest(client.published(0) + 1, events as usize);
    for event in 0..events {
        client.pump_until(window.begun + event * (1_000_000_000 / EVENTS_PER_SECOND))?;
        client.publish([0])?;
    }
    client.settle()?;
    report_deliveries(&window.close(server)?, &client, report);
    let slowest: Vec<_> = client.tally.slowest.iter().map(|&nanos| millis(nanos)).collect();
    report.measure("last_watcher_p50_ms", quantile(&slowest, 0.5));
    report.measure("last_watcher_p99_ms", quantile(&slowest, 0.99));
    report.measure("last_watcher_max_ms", quantile(&slowest, 1.0));
    report_faults(&client, report);
    Ok(())
}

/// A watcher per order, and events of orders drawn at random.
pub(super) fn topics(options: &Options, server: &Server, report: &mut Report) -> io::Result<()> {
    let mut client = client(server, options.orders)?;
    client.watch_each()?;
    report.add("orders", options.orders);
    report.measure("bytes_per_event", client.fit_events(options.size)?);
    client.publish_to_each()?;
    let mut random = Random::new(1);
    let window = Window::open(server, &mut client)?;
    for _ in 0..options.rounds {
        client.publish((0..options.inflight).map(|_| random.below(options.orders)))?;
        client.settle()?;
    }
    report.add("inflight", options.inflight);
    report_deliveries(&window.close(server)?, &client, report);
    report_faults(&client, report);
    Ok(())
}

fn watched(options: &Options, server: &Server, report: &mut Report) -> io::Result<Client> {
    let mut client = client(server, 1)?;
    client.watch(0, options.watchers)?;
    report.add("watchers", options.watchers);
    report.measure("bytes_per_event", client.fit_events(options.size)?);
    Ok(client)
}
