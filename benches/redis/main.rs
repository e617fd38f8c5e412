//! The engine on Redis, on a `redis-server` of the program's own: what publishing costs beside
//! `redis-benchmark` on the same script, how long an event takes from one node to another beside a
//! bare round trip, and what 10,000 viewers at rest cost beside the engine in memory.
//!
//! Whatever is compared takes turns within one run. `cargo bench … --bench redis -- latency` runs
//! the part of that name.

mod latency;
mod rest;
mod throughput;

use std::error::Error;
use std::io;

use order_events_benches::load::server::Server;
use order_events_benches::redis::Redis;
use order_events_benches::{begins, median, quantile};

/// Rounds that are measured, after one that is not.
const ROUNDS: usize = 7;

type Outcome = Result<(), Box<dyn Error>>;
type Part = fn(&Redis) -> Outcome;

fn main() -> Outcome {
    let parts: [(&str, &str, Part); 3] = [
        ("redis throughput", "64 callers of publish on Redis, nobody watches", throughput::run),
        ("redis latency", "from a publish on one node to a viewer on another", latency::run),
        ("redis rest", "10,000 viewers of 10,000 orders, at rest", rest::run),
    ];
    for (name, what, part) in parts {
        if begins(name, what) {
            part(&Redis::start()?)?;
        }
    }
    Ok(())
}

/// Prints the median of the rounds, and the least and the most that any had.
fn report_rounds(what: &str, figures: &[f64], unit: &str) {
    let (least, most) = (quantile(figures, 0.0), quantile(figures, 1.0));
    println!("{what:<66} {:>9.1} {unit} ({least:.1} to {most:.1})", median(figures));
}

/// A node on this Redis, or one that keeps its log in memory; with a thread, on any core.
fn serve(redis: Option<&Redis>) -> io::Result<Server> {
    let mut command = vec![env!("CARGO_BIN_EXE_serve").to_owned()];
    command.extend(["--adapter", "axum", "--threads", "1", "--port", "{port}"].map(str::to_owned));
    if let Some(redis) = redis {
        command.extend(["--engine".to_owned(), "redis".to_owned(), "--redis".to_owned()]);
        command.push(redis.url());
    }
    Server::start(&command, None, &[0, 1])
}
