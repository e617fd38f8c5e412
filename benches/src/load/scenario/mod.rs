//! What is done to a server, and what is read off meanwhile.

mod fanout;
mod idle;
mod publish;
mod scale;
mod slow;
mod storm;

use std::io;

use super::client::Client;
use super::machine::now;
use super::options::Options;
use super::report::Report;
use super::server::Server;

/// Does what the options ask for. The report says at its end whether anything was lost, repeated or
/// out of order.
pub fn run(options: &Options, server: &Server) -> io::Result<Report> {
    let scenario = match options.scenario.as_str() {
        "fanout" => fanout::closed_loop,
        "paced" => fanout::paced,
        "topics" => fanout::topics,
        "publish" => publish::run,
        "idle" => idle::run,
        "storm" => storm::run,
        "slow" => slow::run,
        "scale" => scale::run,
        other => return Err(io::Error::other(format!("there is no scenario {other}"))),
    };
    let mut report = Report::default();
    report.add("scenario", options.scenario.as_str());
    if !options.label.is_empty() {
        report.add("server", options.label.as_str());
    }
    scenario(options, server, &mut report)?;
    Ok(report)
}

/// A client of a server, with a number of its own.
fn client(server: &Server, orders: usize) -> io::Result<Client> {
    Client::connect(server.port, std::process::id(), orders)
}

/// A span in which the server's work is measured.
struct Window {
    begun: u64,
    cpu: u64,
}

/// What happened within one.
struct Work {
    wall: f64,
    cpu: f64,
}

impl Window {
    /// Begins when the server has nothing left to do from before.
    fn open(server: &Server, client: &mut Client) -> io::Result<Self> {
        server.wait_until_quiet()?;
        client.tally.clear();
        Ok(Self { begun: now(), cpu: server.process.cpu()? })
    }

    fn close(self, server: &Server) -> io::Result<Work> {
        let wall = now() - self.begun;
        Ok(Work { wall: wall as f64, cpu: (server.process.cpu()? - self.cpu) as f64 })
    }
}

/// What every run with deliveries says of them.
fn report_deliveries(work: &Work, client: &Client, report: &mut Report) {
    let tally = &client.tally;
    let deliveries = tally.deliveries.max(1) as f64;
    report.measure("cpu_us_per_delivery", work.cpu / deliveries / 1e3);
    report.measure("cpu_percent", 100.0 * work.cpu / work.wall);
    report.measure("wall_us_per_delivery", work.wall / deliveries / 1e3);
    report.measure("deliveries_per_read", deliveries / tally.reads.max(1) as f64);
    report.measure("p50_ms", millis(tally.latency.quantile(0.5)));
    report.measure("p99_ms", millis(tally.latency.quantile(0.99)));
    report.measure("max_ms", millis(tally.latency.greatest()));
    report.add("deliveries", tally.deliveries);
}

/// What was wrong since the client connected.
fn report_faults(client: &Client, report: &mut Report) {
    let faults = &client.tally.faults;
    report.add("lost", faults.lost);
    report.add("disordered", faults.disordered);
    report.add("repeated", faults.repeated);
    report.add("ended", faults.ended);
}

fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}
