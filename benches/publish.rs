//! Publishing while nobody watches, to uniformly random orders, in logs of 10 to 1,000,000 orders.
//!
//! A publish is all a service does for one: it makes the id from the request's text, the update
//! with its note, and publishes. Beside it, in the same run and with the same random orders, the
//! plain thing that it may not grow faster than: a `std` `HashMap<String, Value>` whose values are
//! as large as what this log holds per order, counted. Two updates of it are shown: `stamp` writes
//! the value's first eight bytes; `replace` writes the whole value anew. The bound is judged by the
//! one that grows less.
//!
//! All sizes are filled first and then take turns, so that they meet the same machine.

use std::collections::HashMap;
use std::time::Duration;

use order_events_benches::counting::{self, Counting};
use order_events_benches::{
    NOTE, OrderName, Random, Target, begins, hub, median, nanos_per, order_id, publish, report,
    report_nanos, time,
};
use order_events_core::{Hub, MemoryEngine, OrderId, OrderStatus, Update};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SIZES: [usize; 5] = [10, 1_000, 10_000, 100_000, 1_000_000];
/// Per order, before it begins: created, processing.
const EVENTS: usize = 2;
const ROUNDS: usize = 21;
/// Per round and size, and as many before them that are not timed: the others' turns have emptied
/// the caches, and no service has five logs in turns.
const PUBLISHES: usize = 5_000;

fn main() {
    if !begins("publish", "nobody watches, uniformly random orders, per publish") {
        return;
    }
    let mut logs: Vec<_> = SIZES.into_iter().map(Log::fill).collect();
    let value = logs.last().map_or(0, |log| log.bytes_per_order);
    println!("a log of 1,000,000 orders holds {value} bytes per order, so does each plain map\n");
    let mut maps: Vec<_> = SIZES.into_iter().map(|size| Plain::fill(size, value)).collect();
    for round in 0..=ROUNDS {
        for (log, map) in logs.iter_mut().zip(&mut maps) {
            let published = log.publish();
            map.stamp();
            let stamped = map.stamp();
            map.replace();
            let replaced = map.replace();
            // The first round warms up.
            if round > 0 {
                log.figures.push(nanos_per(published, PUBLISHES));
                map.stamped.push(nanos_per(stamped, PUBLISHES));
                map.replaced.push(nanos_per(replaced, PUBLISHES));
            }
        }
    }
    for (log, map) in logs.iter().zip(&maps) {
        let target = (log.orders == 10_000).then_some(Target::AtMost(2_000.0));
        report_nanos(&format!("publish, {} orders", log.orders), &log.figures, target);
        report_nanos("  plain map, stamp", &map.stamped, None);
        report_nanos("  plain map, replace", &map.replaced, None);
    }
    let ours = growth(logs.iter().map(|log| &log.figures));
    let stamp = growth(maps.iter().map(|map| &map.stamped));
    let replace = growth(maps.iter().map(|map| &map.replaced));
    println!();
    report("growth from 10 to 1,000,000 orders, publish", ours, "times", None);
    report("growth, plain map, stamp", stamp, "times", None);
    report("growth, plain map, replace", replace, "times", None);
    report("growth / plain map's", ours / stamp.min(replace), "", Some(Target::AtMost(1.5)));
    drop((logs, maps));
    full();
}

/// The last size's figure by the first one's.
fn growth<'a>(figures: impl Iterator<Item = &'a Vec<f64>>) -> f64 {
    let medians: Vec<_> = figures.map(|figures| median(figures)).collect();
    medians[medians.len() - 1] / medians[0]
}

struct Log {
    orders: usize,
    hub: Hub,
    bytes_per_order: usize,
    random: Random,
    figures: Vec<f64>,
}

impl Log {
    fn fill(orders: usize) -> Self {
        let before = counting::live();
        let hub = hub();
        fill(&hub, orders);
        let bytes_per_order = (counting::live() - before) as usize / orders;
        Self { orders, hub, bytes_per_order, random: Random::new(1), figures: Vec::new() }
    }

    fn publish(&mut self) -> Duration {
        publish_at_random(&self.hub, &mut self.random, self.orders);
        publish_at_random(&self.hub, &mut self.random, self.orders)
    }
}

fn fill(hub: &Hub, orders: usize) {
    let orders: Vec<_> = (0..orders).map(order_id).collect();
    for order in &orders {
        publish(hub, Update::create(order).with_note(NOTE));
    }
    // In another order than they were created in, as it happens in a shop.
    let mut random = Random::new(2);
    let first = random.below(orders.len());
    for place in 0..orders.len() {
        let order = &orders[(first + place * 7_919) % orders.len()];
        let update = Update::status(order, OrderStatus::Processing).with_note(NOTE);
        publish(hub, update);
    }
    assert_eq!(EVENTS, 2);
}

fn publish_at_random(hub: &Hub, random: &mut Random, orders: usize) -> Duration {
    time(|| {
        for _ in 0..PUBLISHES {
            let name = OrderName::of(random.below(orders));
            let order = OrderId::new(name.as_str()).expect("a valid id");
            publish(hub, Update::note(order, NOTE).public());
        }
    })
}

/// What one would write without an event log: the state of each order, by its id.
struct Plain {
    values: HashMap<String, Vec<u8>>,
    random: Random,
    stamped: Vec<f64>,
    replaced: Vec<f64>,
}

impl Plain {
    fn fill(orders: usize, bytes: usize) -> Self {
        // The id and the two headers are in the bytes per order, too.
        let bytes = bytes.saturating_sub(24 + 24 + 11).max(8);
        let values = (0..orders).map(|n| (order_id(n).to_string(), vec![1; bytes])).collect();
        Self { values, random: Random::new(1), stamped: Vec::new(), replaced: Vec::new() }
    }

    fn update(&mut self, update: fn(&mut [u8], u64)) -> Duration {
        let orders = self.values.len();
        time(|| {
            for nth in 0..PUBLISHES {
                let name = OrderName::of(self.random.below(orders));
                let value = self.values.get_mut(name.as_str()).expect("every order is there");
                update(value, nth as u64);
            }
        })
    }

    fn stamp(&mut self) -> Duration {
        self.update(|value, nth| value[..8].copy_from_slice(&nth.to_le_bytes()))
    }

    fn replace(&mut self) -> Duration {
        self.update(|value, nth| value.fill(nth as u8))
    }
}

/// The same with a log that is full, so that each publish lets go of the oldest event: for
/// comparison, without a target.
fn full() {
    const ORDERS: usize = 10_000;
    let engine = MemoryEngine::builder().retain_events(ORDERS * EVENTS).build();
    let hub = Hub::builder().engine(std::sync::Arc::new(engine)).build();
    fill(&hub, ORDERS);
    let mut random = Random::new(3);
    let figures: Vec<_> = (0..ROUNDS)
        .map(|_| nanos_per(publish_at_random(&hub, &mut random, ORDERS), PUBLISHES))
        .collect();
    println!();
    report_nanos("publish, 10000 orders, log full: one event in, one out", &figures, None);
}
