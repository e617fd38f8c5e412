//! One watch point, 1,000 live subscribers, all of them reading: what a delivery costs, beside
//! `tokio::sync::broadcast`.
//!
//! Each reader is a task of its own on a current-thread runtime, and the same loop for all: take
//! the next, look at its bytes, count it. The publisher publishes, waits until the last reader has
//! counted, and publishes again; so the publish itself and 1,000 wake-ups are in every figure. The
//! contenders take turns, round by round, and each ratio is the median over the rounds.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use order_events_benches::readers::{Readers, delivered};
use order_events_benches::{
    NOTE, Target, begins, hub, median_ratio, nanos_per, order_id, publish, report, report_nanos,
    time,
};
use order_events_core::{Clock, SystemClock, Timestamp, Update};
use serde::Serialize;
use tokio::sync::broadcast;

const READERS: usize = 1_000;
const ROUNDS: usize = 31;
/// Per round and contender.
const DELIVERIES: usize = 320_000;
const BURSTS: [usize; 2] = [1, 16];
/// What the peers keep for slow readers: as much as a watch point does.
const CAPACITY: usize = 256;

fn main() {
    if !begins("fanout", "one order, 1,000 readers, per delivery") {
        return;
    }
    #[cfg(feature = "metrics")]
    measure();
    for burst in BURSTS {
        println!("{burst} event(s) at once:");
        let mut contenders = [
            ("ours: publish, next, frame", ours()),
            ("broadcast of an event, cloned and serialised per receiver", cloned()),
            ("broadcast of a ready Arc", ready(Arc::new(event()), |event| event.note.as_bytes())),
            ("broadcast of ready Bytes", ready(Bytes::from(json(&event())), |bytes| bytes)),
        ];
        let mut figures = [const { Vec::new() }; 4];
        for round in 0..=ROUNDS {
            for ((_, bench), figures) in contenders.iter_mut().zip(&mut figures) {
                let elapsed = bench.run(burst, DELIVERIES / READERS / burst);
                // The first round warms up.
                if round > 0 {
                    figures.push(nanos_per(elapsed, DELIVERIES));
                }
            }
        }
        for ((name, _), figures) in contenders.iter().zip(&figures) {
            report_nanos(name, figures, None);
        }
        let [ours, cloned, arc, bytes] = &figures;
        let target = |bound| (burst == 1).then_some(Target::AtMost(bound));
        report("ours / cloned and serialised", median_ratio(ours, cloned), "", target(0.5));
        report("ours / ready Arc", median_ratio(ours, arc), "", target(1.2));
        report("ours / ready Bytes", median_ratio(ours, bytes), "", None);
        println!();
    }
}

/// Has ours counted and timed by what a service installs whose metrics are scraped, and kept in order
/// as often.
#[cfg(feature = "metrics")]
fn measure() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new()
        .set_buckets(&[0.0001, 0.001, 0.01, 0.1, 1.0])
        .and_then(|recorder| recorder.install_recorder())
        .expect("there is no other");
    order_events_core::describe_hub_metrics();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(5));
            recorder.run_upkeep();
        }
    });
}

/// Readers, and what publishes to them.
struct Contender {
    readers: Readers,
    publish: Box<dyn FnMut()>,
}

impl Contender {
    fn new(readers: Readers, publish: impl FnMut() + 'static) -> Self {
        readers.settle();
        Self { readers, publish: Box::new(publish) }
    }

    fn run(&mut self, burst: usize, times: usize) -> Duration {
        let Self { readers, publish } = self;
        time(|| readers.drive(times, READERS * burst, || (0..burst).for_each(|_| publish())))
    }
}

fn ours() -> Contender {
    let (mut readers, hub, order) = (Readers::none(), hub(), order_id(42));
    publish(&hub, Update::create(&order));
    for _ in 0..READERS {
        readers.watch(&hub, order.clone());
    }
    Contender::new(readers, move || publish(&hub, Update::note(&order, NOTE).public()))
}

/// What a service without this crate would send round.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    order_id: String,
    version: u64,
    status: &'static str,
    timestamp: Timestamp,
    note: String,
}

fn event() -> Event {
    Event {
        order_id: order_id(42).to_string(),
        version: 2,
        status: "SHIPPED",
        timestamp: SystemClock.now(),
        note: NOTE.to_owned(),
    }
}

fn json(event: &Event) -> Vec<u8> {
    serde_json::to_vec(event).expect("an event has a JSON form")
}

fn cloned() -> Contender {
    broadcasting(event, |event| delivered(&json(&event)))
}

/// The same thing again and again, made beforehand: nothing but pointers go round.
fn ready<T: Clone + Send + Sync + 'static>(item: T, bytes: fn(&T) -> &[u8]) -> Contender {
    broadcasting(move || item.clone(), move |item| delivered(bytes(&item)))
}

fn broadcasting<T: Clone + Send + 'static>(
    make: impl Fn() -> T + 'static,
    take: impl Fn(T) + Copy + Send + 'static,
) -> Contender {
    let mut readers = Readers::none();
    let (sender, _) = broadcast::channel::<T>(CAPACITY);
    for _ in 0..READERS {
        readers.receive(sender.subscribe(), take);
    }
    Contender::new(readers, move || {
        assert!(sender.send(make()).is_ok(), "the readers are there");
    })
}
