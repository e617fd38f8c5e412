//! Two publishers on two cores, each with a tenant of its own, beside one alone.
//!
//! One alone publishes a fixed number of times; then two publish as often each, at the same time.
//! The speed-up is twice the first wall time by the second. What the machine allows is measured in
//! the same rounds: two threads that share nothing, each with a hub of its own, and two loops that
//! only compute. A round counts only where those loops, before it and after it, had two cores to
//! themselves: a neighbour's work would else be taken for a lock of ours.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use order_events_benches::{
    NOTE, Random, Target, begins, hub, median, nanos_per, order_id, publish, ready, report,
    report_nanos,
};
use order_events_core::{Hub, OrderId, TenantId, Update};

const ORDERS: usize = 1_000;
const SPINS: usize = 5_000_000;
const PUBLISHES: usize = 50_000;
/// Rounds that count.
const ROUNDS: usize = 15;
/// Rounds that are tried for those.
const MAX_ROUNDS: usize = 150;
/// Where two loops that only compute do not reach this speed-up, something else runs as well.
const TWO_CORES: f64 = 1.9;

fn main() {
    if !begins("tenants", "two publishers on two cores, by one alone") {
        return;
    }
    let one = hub();
    let shared = [Publisher::new(&one, "shop-a"), Publisher::new(&one, "shop-b")];
    let apart = [Publisher::new(&hub(), "shop-a"), Publisher::new(&hub(), "shop-b")];
    let mut alone = Vec::new();
    let mut figures = [const { Vec::new() }; 3];
    let mut rounds = 0;
    while alone.len() < ROUNDS && rounds < MAX_ROUNDS {
        let before = cores();
        let first = [shared[0].time_alone(), shared[1].time_alone()];
        let of_one_hub = speedup(first, together(|n| shared[n].run()));
        let first_apart = [apart[0].time_alone(), apart[1].time_alone()];
        let of_two_hubs = speedup(first_apart, together(|n| apart[n].run()));
        let after = cores();
        rounds += 1;
        // The first round warms up.
        if rounds == 1 || before.min(after) < TWO_CORES {
            continue;
        }
        alone.push(nanos_per(first[0], PUBLISHES));
        let speedups = [of_one_hub, of_two_hubs, before.min(after)];
        for (figures, speedup) in figures.iter_mut().zip(speedups) {
            figures.push(speedup);
        }
    }
    println!("{} of {rounds} rounds had two cores to themselves\n", alone.len());
    if alone.is_empty() {
        return;
    }
    let [shared, apart, spinning] = figures.map(|figures| median(&figures));
    report_nanos("one alone, per publish", &alone, None);
    report("two tenants of one hub", shared, "times", Some(Target::AtLeast(1.7)));
    report("two hubs that share nothing", apart, "times", None);
    report("two loops that only compute", spinning, "times", None);
}

/// How many cores two loops that only compute get.
fn cores() -> f64 {
    speedup([elapsed(spin), elapsed(spin)], together(|_| spin()))
}

/// What two do together by what one does alone.
fn speedup(alone: [Duration; 2], together: Duration) -> f64 {
    (alone[0] + alone[1]).as_secs_f64() / together.as_secs_f64()
}

fn elapsed(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// How long both take, from the moment both have begun until the last has ended.
fn together(run: impl Fn(usize) + Sync) -> Duration {
    let barrier = Barrier::new(2);
    let timed = |nth: usize| {
        barrier.wait();
        let start = Instant::now();
        run(nth);
        (start, Instant::now())
    };
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| timed(1));
        let first = timed(0);
        (first, second.join().expect("no panic"))
    });
    first.1.max(second.1) - first.0.min(second.0)
}

struct Publisher {
    hub: Hub,
    tenant: TenantId,
    orders: Vec<OrderId>,
}

impl Publisher {
    fn new(hub: &Hub, tenant: &str) -> Self {
        let tenant = TenantId::new(tenant).expect("a valid name");
        let orders: Vec<_> = (0..ORDERS).map(order_id).collect();
        for order in &orders {
            publish(hub, Update::create(order).in_tenant(&tenant));
        }
        Self { hub: hub.clone(), tenant, orders }
    }

    fn run(&self) {
        let mut random = Random::new(7);
        // As it comes with a request, not the clone of one id that both threads would count on.
        let tenant = TenantId::new(self.tenant.as_str()).expect("a valid name");
        for _ in 0..PUBLISHES {
            let order = &self.orders[random.below(ORDERS)];
            let update = Update::note(order, NOTE).in_tenant(&tenant).public();
            black_box(ready(self.hub.publish(update)).expect("applied"));
        }
    }

    fn time_alone(&self) -> Duration {
        // On a thread of its own as well, as when there are two.
        thread::scope(|scope| scope.spawn(|| elapsed(|| self.run())).join().expect("no panic"))
    }
}

/// Computes, and touches no memory.
fn spin() {
    let mut random = Random::new(7);
    let mut sum = 0;
    for _ in 0..SPINS {
        sum ^= random.below(ORDERS);
    }
    black_box(sum);
}
