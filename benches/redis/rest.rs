//! A node with 10,000 viewers, each of an order of its own, to whom nothing happens: what that costs
//! on Redis beside the engine in memory, heartbeats and all; and how many connections it holds.
//!
//! The viewers are at one node and then at the other, and so on.

use std::io;
use std::time::Duration;

use order_events_benches::load::client::Client;
use order_events_benches::load::machine::{now, open_all_files};
use order_events_benches::load::server::Server;
use order_events_benches::redis::Redis;
use order_events_benches::{Target, median, report};

use super::{Outcome, report_rounds, serve};

const VIEWERS: usize = 10_000;
const ROUNDS: usize = 3;
/// Two heartbeats of each viewer.
const SPAN: Duration = Duration::from_secs(30);

pub(crate) fn run(redis: &Redis) -> Outcome {
    open_all_files()?;
    let nodes = [serve(None)?, serve(Some(redis))?];
    for node in &nodes {
        // From now on all of the orders are there.
        Client::connect(node.port, 0, VIEWERS)?.publish_to_each()?;
    }
    let mut figures = [const { Vec::new() }; 2];
    let mut connections = Vec::new();
    // From an address of their own each time: where the kernel has to look for ports that are free,
    // viewers come more slowly, and heartbeats that come one by one cost more than many at once.
    let mut runs = 1..;
    for _ in 0..ROUNDS {
        for ((node, figures), run) in nodes.iter().zip(&mut figures).zip(&mut runs) {
            let mut client = Client::connect(node.port, run, VIEWERS)?;
            client.watch_each()?;
            figures.push(at_rest(node, &mut client)?);
            if client.tally.faults.ended > 0 {
                return Err("a viewer's stream has ended".into());
            }
            connections = clients(redis)?;
        }
    }
    let [memory, on_redis] = &figures;
    report_rounds("in memory", memory, "% of a core");
    report_rounds("on Redis", on_redis, "% of a core");
    let more: Vec<_> = memory.iter().zip(on_redis).map(|(one, other)| other - one).collect();
    report("on Redis more than in memory", median(&more), "% of a core", Some(Target::AtMost(0.2)));
    let tails = connections.iter().filter(|client| !client.contains(" ssub=0 ")).count();
    report("connections that wake", tails as f64, "", Some(Target::AtMost(1.0)));
    report("connections of the node to Redis, all in all", connections.len() as f64, "", None);
    Ok(())
}

/// Processor time of the node while nothing happens.
fn at_rest(node: &Server, client: &mut Client) -> io::Result<f64> {
    node.wait_until_quiet()?;
    let (begun, before) = (now(), node.process.cpu()?);
    client.pump_until(begun + SPAN.as_nanos() as u64)?;
    Ok(100.0 * (node.process.cpu()? - before) as f64 / (now() - begun) as f64)
}

/// A line for each connection that is not the one which asks.
fn clients(redis: &Redis) -> io::Result<Vec<String>> {
    let said = redis.tool("redis-cli").args(["CLIENT", "LIST"]).output()?;
    let lines = String::from_utf8_lossy(&said.stdout).into_owned();
    let others = lines.lines().filter(|line| !line.contains("cmd=client"));
    Ok(others.map(str::to_owned).collect())
}
