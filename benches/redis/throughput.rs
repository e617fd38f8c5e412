//! Beside `redis-benchmark`, which calls the same script with the same keys and arguments.
//!
//! They are taken from an append of ours, as `MONITOR` shows it. Two things are made otherwise, so
//! that each of its calls appends an event, as each of ours does: the order's next version is the
//! one that it has, and so the next call finds what it expects, too; and orders and idempotency key
//! are drawn anew for each call. It takes what it needs from no other order than one that is there.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Instant;

use order_events_benches::redis::Redis;
use order_events_benches::server::runtime;
use order_events_benches::{NOTE, Random, Target, median_ratio, report};
use order_events_core::{Hub, OrderId, Published, TenantId, Update};
use order_events_redis::RedisEngine;
use tokio::runtime::Runtime;

use super::{Outcome, ROUNDS, report_rounds};

const CALLERS: usize = 64;
const ORDERS: usize = 10_000;
/// Per round and contender.
const CALLS: usize = 30_000;

pub(crate) fn run(redis: &Redis) -> Outcome {
    let runtime = runtime(1)?;
    let engine = runtime.block_on(RedisEngine::builder(redis.url()).connect())?;
    let hub = Hub::builder().engine(Arc::new(engine)).build();
    for tenant in [OURS, THEIRS] {
        // One more, to record an append of: the others stay at their first version.
        publish_at_once(&runtime, &hub, ORDERS + 1, move |n, _| create(tenant, n));
    }
    let call = record(&runtime, &hub, redis)?;
    let ours =
        || publish_at_once(&runtime, &hub, CALLS, |_, random| remark(OURS, random.below(ORDERS)));
    let mut figures = [const { Vec::new() }; 3];
    for round in 0..=ROUNDS {
        let now =
            [ours(), benchmark(redis, &call, 1, CALLERS)?, benchmark(redis, &call, CALLERS, 1)?];
        // The first round warms up.
        if round > 0 {
            figures.iter_mut().zip(now).for_each(|(figures, now)| figures.push(now));
        }
    }
    let [ours, pipelined, apart] = &figures;
    report_rounds("ours: 64 callers, one connection", ours, "per second");
    report_rounds("redis-benchmark -c 1 -P 64, the same script", pipelined, "per second");
    report_rounds("redis-benchmark -c 64 -P 1, the same script", apart, "per second");
    let target = Some(Target::AtLeast(0.7));
    report("ours / redis-benchmark, pipelined alike", median_ratio(ours, pipelined), "", target);
    report("ours / redis-benchmark by 64 connections", median_ratio(ours, apart), "", None);
    Ok(())
}

const OURS: &str = "ours";
const THEIRS: &str = "theirs";
/// As `redis-benchmark` writes a number that it draws, so that it finds the orders.
const DRAWN: &str = "__rand_int__";
/// In its place comes what tells one run's keys from another's: those that are drawn may repeat.
const RUN: &str = "__run__";

fn order(n: usize) -> OrderId {
    OrderId::new(format!("ord-{n:012}")).expect("a valid id")
}

fn create(tenant: &str, n: usize) -> Update {
    Update::create(order(n)).in_tenant(TenantId::new(tenant).expect("a valid id"))
}

fn remark(tenant: &str, n: usize) -> Update {
    let tenant = TenantId::new(tenant).expect("a valid id");
    Update::note(order(n), NOTE).public().in_tenant(tenant)
}

/// So many publishes by all callers, who are tasks of a runtime; per second.
fn publish_at_once(
    runtime: &Runtime,
    hub: &Hub,
    count: usize,
    update: impl Fn(usize, &mut Random) -> Update + Copy + Send + 'static,
) -> f64 {
    let begun = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let hub = hub.clone();
            runtime.spawn(async move {
                let mut random = Random::new(caller as u64);
                for n in (caller..count).step_by(CALLERS) {
                    match hub.publish(update(n, &mut random)).await {
                        Ok(Published::Applied(_)) => {}
                        other => panic!("not applied: {other:?}"),
                    }
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for caller in callers {
            caller.await.expect("every publish is applied");
        }
    });
    count as f64 / begun.elapsed().as_secs_f64()
}

/// An append of ours, made into one that can be called again and again.
fn record(
    runtime: &Runtime,
    hub: &Hub,
    redis: &Redis,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut monitor = TcpStream::connect(redis.address())?;
    monitor.write_all(b"MONITOR\r\n")?;
    let mut lines = BufReader::new(monitor).lines();
    lines.next().transpose()?;
    runtime.block_on(hub.publish(remark(THEIRS, ORDERS)))?;
    let mut words = loop {
        let line = lines.next().ok_or("no append was seen")??;
        let words = words(&line);
        // The state is read by no script.
        if words.first().is_some_and(|verb| verb == "EVALSHA") {
            break words;
        }
    };
    let keys: usize = words[2].parse()?;
    let name = order(ORDERS);
    for key in &mut words[3..3 + keys] {
        *key = key.replace(name.as_str(), &format!("ord-{DRAWN}"));
    }
    let args = &mut words[3 + keys..];
    // The version that is expected, which the peer's orders have and keep.
    args[3] = "1".to_owned();
    args[4] = args[3].clone();
    args[15] = format!("{RUN}-{}", DRAWN.repeat(3));
    Ok(words)
}

/// The words of a line of `MONITOR`, each of which is in quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = line.chars();
    while chars.by_ref().any(|char| char == '"') {
        let mut word = String::new();
        while let Some(char) = chars.next().filter(|char| *char != '"') {
            word.extend(if char == '\\' { chars.next() } else { Some(char) });
        }
        words.push(word);
    }
    words
}

/// What it reaches with so many connections and so many calls under way on each; per second.
fn benchmark(
    redis: &Redis,
    call: &[String],
    connections: usize,
    pipelined: usize,
) -> Result<f64, Box<dyn std::error::Error>> {
    let before = head(redis)?;
    let mut command = redis.tool("redis-benchmark");
    command.args(["-c", &connections.to_string(), "-P", &pipelined.to_string()]);
    command.args(["-n", &CALLS.to_string(), "-r", &ORDERS.to_string(), "--csv"]);
    command.args(call.iter().map(|word| word.replace(RUN, &before.to_string())));
    let output = command.output()?;
    let said = String::from_utf8(output.stdout)?;
    // The first field of the last line is the command, in quotes of its own; the next is the rate.
    let last = said.lines().last().ok_or("redis-benchmark said nothing")?;
    let rate = last.rsplit("\",\"").nth(6).ok_or("redis-benchmark said no rate")?;
    let appended = head(redis)? - before;
    if appended < CALLS {
        return Err(format!("redis-benchmark appended {appended} of {CALLS}: {said}").into());
    }
    Ok(rate.parse()?)
}

/// How many events the peer's log has.
fn head(redis: &Redis) -> Result<usize, Box<dyn std::error::Error>> {
    let said = redis.tool("redis-cli").args(["HGET", "oe:{theirs}:meta", "head"]).output()?;
    Ok(String::from_utf8(said.stdout)?.trim().parse()?)
}
