//! What a publish costs while nobody watches, against reading the same body and answering.

use std::io;

use super::{Window, client};
use crate::Random;
use crate::load::client::Client;
use crate::load::options::Options;
use crate::load::report::Report;
use crate::load::server::Server;

/// Both take turns, so that whatever disturbs the machine disturbs both.
const TURNS: usize = 10;

pub(super) fn run(options: &Options, server: &Server, report: &mut Report) -> io::Result<()> {
    let mut client = client(server, options.orders)?;
    // One stream, on an order of its own, only to see how long an event is.
    client.watch(0, 1)?;
    report.add("orders", options.orders);
    report.measure("bytes_per_event", client.fit_events(options.size)?);
    client.dismiss_all();
    client.publish_to_each()?;
    server.wait_until_quiet()?;

    let each = (options.rounds / TURNS).max(1);
    let mut random = Random::new(1);
    let mut publish = |client: &mut Client| client.publish([random.below(options.orders)]);
    let (mut published, mut discarded) = (Vec::new(), Vec::new());
    // The first turn is not counted: what it touches is cold.
    for turn in 0..=TURNS {
        let theirs = cpu_per_request(each, server, &mut client, Client::discard)?;
        let ours = cpu_per_request(each, server, &mut client, |client| publish(client).map(drop))?;
        if turn > 0 {
            published.push(ours);
            discarded.push(theirs);
        }
    }
    report.measure("cpu_us_per_publish", crate::median(&published));
    report.measure("cpu_us_per_discard", crate::median(&discarded));
    report.measure("publish_to_discard", crate::median_ratio(&published, &discarded));
    Ok(())
}

fn cpu_per_request(
    count: usize,
    server: &Server,
    client: &mut Client,
    mut request: impl FnMut(&mut Client) -> io::Result<()>,
) -> io::Result<f64> {
    let window = Window::open(server, client)?;
    for _ in 0..count {
        request(client)?;
        client.settle()?;
    }
    Ok(window.close(server)?.cpu / count as f64 / 1e3)
}
