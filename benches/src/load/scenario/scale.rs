//! How long a server takes to write one event to all, while the client keeps out of the way.
//!
//! The client only asks now and then whether the next socket has something, and reads when all do.
//! So a server may have every core, the client's own as well, and what its second thread gains is
//! seen on a machine that has but two.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::io::ioctl_fionread;

use super::{Window, client, millis, report_faults};
use crate::load::client::Client;
use crate::load::machine::now;
use crate::load::options::Options;
use crate::load::report::Report;
use crate::load::server::Server;
use crate::quantile;

/// Small against the milliseconds that thousands of writes take.
const BETWEEN_LOOKS: Duration = Duration::from_micros(100);
const PATIENCE: u64 = 20_000_000_000;
const WARM_UP: usize = 5;

pub(super) fn run(options: &Options, server: &Server, report: &mut Report) -> io::Result<()> {
    let mut client = client(server, 1)?;
    client.watch(0, options.watchers)?;
    report.add("watchers", options.watchers);
    report.measure("bytes_per_event", client.fit_events(options.size)?);
    for _ in 0..WARM_UP {
        until_written(&mut client)?;
    }
    let window = Window::open(server, &mut client)?;
    let times: io::Result<Vec<_>> =
        (0..options.rounds).map(|_| until_written(&mut client)).collect();
    let work = window.close(server)?;
    let times = times?;
    let deliveries = client.tally.deliveries.max(1) as f64;
    report.measure("written_ms", crate::median(&times));
    report.measure("written_p90_ms", quantile(&times, 0.9));
    report.measure("cpu_us_per_delivery", work.cpu / deliveries / 1e3);
    report_faults(&client, report);
    Ok(())
}

fn until_written(client: &mut Client) -> io::Result<f64> {
    let begun = client.publish([0])?;
    let mut unwritten = client.sockets().peekable();
    while let Some(&socket) = unwritten.peek() {
        if ioctl_fionread(socket)? > 0 {
            unwritten.next();
        } else if now() - begun > PATIENCE {
            return Err(io::Error::other("an event that was not written to all"));
        } else {
            thread::sleep(BETWEEN_LOOKS);
        }
    }
    drop(unwritten);
    let time = millis(now() - begun);
    client.settle()?;
    Ok(time)
}
