//! Many watch points with one subscriber each, published to at random.
//!
//! Each reader is a task on a current-thread runtime. The publisher publishes to 64 random orders,
//! waits until all of it is delivered, and goes on. Two figures come of it: the publish with its
//! wake-up, which the bound of a publish is for; and all of it, that is also the frame's encoding
//! (each event has but one reader), the reader's polls and the runtime's part. Beside it, in the
//! same run, what a service would build by hand: a map from order to a `broadcast` of ready `Arc`s,
//! a task per receiver; and the plain map of values as large as what we hold per order, that bounds
//! the growth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use order_events_benches::counting::{self, Counting};
use order_events_benches::readers::{Readers, delivered};
use order_events_benches::{
    NOTE, OrderName, Random, Target, begins, hub, median, nanos_per, order_id, publish, report,
    report_nanos, time,
};
use order_events_core::{OrderId, Update};
use tokio::sync::broadcast;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const ROUNDS: usize = 21;
/// At once.
const BATCH: usize = 64;
/// Per round and size, and as many before them that are not timed, to warm the caches.
const PUBLISHES: usize = BATCH * 80;

fn main() {
    if !begins("watch_points", "one subscriber each, per publish and delivery") {
        return;
    }
    let mut rows: Vec<_> = SIZES.into_iter().map(Row::new).collect();
    for round in 0..=ROUNDS {
        for row in &mut rows {
            row.measure(round > 0);
        }
    }
    for row in &rows {
        println!("{} watch points ({} bytes each, order and log included):", row.size, row.bytes);
        let target = (row.size == 10_000).then_some(Target::AtMost(2_000.0));
        report_nanos("  ours, publish with its wake-up", &row.publishing, target);
        report_nanos("  ours, publish and delivery", &row.ours, None);
        report_nanos("  map of broadcasts of an Arc, send and delivery", &row.peer, None);
        report_nanos("  plain map, stamp", &row.stamped, None);
        report_nanos("  plain map, replace", &row.replaced, None);
    }
    let growth =
        |of: fn(&Row) -> &Vec<f64>| median(of(&rows[rows.len() - 1])) / median(of(&rows[0]));
    let publishing = growth(|row| &row.publishing);
    let ours = growth(|row| &row.ours);
    let peer = growth(|row| &row.peer);
    let (stamp, replace) = (growth(|row| &row.stamped), growth(|row| &row.replaced));
    println!();
    report("growth from 10 to 10,000, publish with its wake-up", publishing, "times", None);
    report("growth, publish and delivery", ours, "times", None);
    report("growth, map of broadcasts", peer, "times", None);
    report("growth, plain map, stamp", stamp, "times", None);
    report("growth, plain map, replace", replace, "times", None);
    let (worse, bound) = (ours.max(publishing), stamp.min(replace));
    report("growth / plain map's", worse / bound, "", Some(Target::AtMost(1.5)));
}

struct Row {
    size: usize,
    bytes: usize,
    random: Random,
    contenders: [Contender; 2],
    values: HashMap<String, Vec<u8>>,
    ours: Vec<f64>,
    publishing: Vec<f64>,
    peer: Vec<f64>,
    stamped: Vec<f64>,
    replaced: Vec<f64>,
}

impl Row {
    fn new(size: usize) -> Self {
        let before = counting::live();
        let ours = ours(size);
        let bytes = (counting::live() - before) as usize / size;
        let value = bytes.saturating_sub(24 + 24 + 11).max(8);
        Self {
            size,
            bytes,
            random: Random::new(5),
            contenders: [ours, broadcasts(size)],
            values: (0..size).map(|n| (order_id(n).to_string(), vec![1; value])).collect(),
            ours: Vec::new(),
            publishing: Vec::new(),
            peer: Vec::new(),
            stamped: Vec::new(),
            replaced: Vec::new(),
        }
    }

    fn measure(&mut self, keep: bool) {
        let Self { size, random, contenders: [ours, peer], .. } = self;
        ours.run(*size, random.clone());
        let (all, publishing) = ours.run(*size, random.clone());
        peer.run(*size, random.clone());
        let (peer, _) = peer.run(*size, random.clone());
        let stamp = |value: &mut [u8], nth: u64| value[..8].copy_from_slice(&nth.to_le_bytes());
        let replace = |value: &mut [u8], nth: u64| value.fill(nth as u8);
        self.plain(stamp);
        let stamped = self.plain(stamp);
        let replaced = self.plain(replace);
        self.random.below(2);
        if keep {
            self.ours.push(nanos_per(all, PUBLISHES));
            self.publishing.push(nanos_per(publishing, PUBLISHES));
            self.peer.push(nanos_per(peer, PUBLISHES));
            self.stamped.push(nanos_per(stamped, PUBLISHES));
            self.replaced.push(nanos_per(replaced, PUBLISHES));
        }
    }

    fn plain(&mut self, update: fn(&mut [u8], u64)) -> Duration {
        let mut random = self.random.clone();
        time(|| {
            for nth in 0..PUBLISHES {
                let name = OrderName::of(random.below(self.size));
                let value = self.values.get_mut(name.as_str()).expect("every order is there");
                update(value, nth as u64);
            }
        })
    }
}

/// Readers, and what publishes to one of them.
struct Contender {
    readers: Readers,
    publish: Box<dyn FnMut(OrderName)>,
}

impl Contender {
    fn new(readers: Readers, publish: impl FnMut(OrderName) + 'static) -> Self {
        readers.settle();
        Self { readers, publish: Box::new(publish) }
    }

    /// The time of it all, and of the publishing in it.
    fn run(&mut self, orders: usize, mut random: Random) -> (Duration, Duration) {
        let Self { readers, publish } = self;
        let mut publishing = Duration::ZERO;
        let all = time(|| {
            readers.drive(PUBLISHES / BATCH, BATCH, || {
                publishing +=
                    time(|| (0..BATCH).for_each(|_| publish(OrderName::of(random.below(orders)))));
            });
        });
        (all, publishing)
    }
}

fn ours(size: usize) -> Contender {
    let (mut readers, hub) = (Readers::none(), hub());
    for n in 0..size {
        publish(&hub, Update::create(order_id(n)).with_note(NOTE));
        readers.watch(&hub, order_id(n));
    }
    Contender::new(readers, move |name| {
        let order = OrderId::new(name.as_str()).expect("a valid id");
        publish(&hub, Update::note(order, NOTE).public());
    })
}

/// By hand, and without what the contract promises: no log, no state, no lifecycle.
fn broadcasts(size: usize) -> Contender {
    let mut readers = Readers::none();
    let mut senders = HashMap::new();
    for n in 0..size {
        let (sender, receiver) = broadcast::channel::<Arc<str>>(16);
        senders.insert(order_id(n).to_string(), sender);
        readers.receive(receiver, |text| delivered(text.as_bytes()));
    }
    Contender::new(readers, move |name| {
        let sender = senders.get(name.as_str()).expect("every order is there");
        assert!(sender.send(Arc::from(NOTE)).is_ok(), "its reader is there");
    })
}
