//! What a log and its subscribers weigh, by a counting allocator: bytes as the program asked for
//! them, beside what the process holds of physical memory. Needs about 5 GB.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use order_events_benches::counting::{self, Counting, Sizes};
use order_events_benches::{
    Target, begins, customer_id, hub, order_id, publish, ready, report, resident,
};
use order_events_core::engine::{HistoryLimit, Log};
use order_events_core::{
    Audience, Clock, Delivery, Grant, Hub, IdempotencyKey, JsonCodec, ManualClock, MemoryEngine,
    OrderId, OrderStatus, Principal, Resume, Scope, Subscription, SystemClock, TenantId, Update,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ORDERS: usize = 1_000_000;
const STATUSES: [OrderStatus; 4] =
    [OrderStatus::Pending, OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered];
/// What is asked of each event's public JSON.
const PAYLOAD: usize = 200;
const ORDERS_PER_CUSTOMER: usize = 4;
const SUBSCRIPTIONS: usize = 10_000;

fn main() {
    if !begins("memory", "bytes as asked for, counted by the allocator") {
        return;
    }
    log(Kept { customers: true, ..Kept::default() }, Some(Target::AtMost(400.0)));
    log(Kept::default(), None);
    log(Kept { customers: true, keys: true, ..Kept::default() }, None);
    log(Kept { customers: true, frames: true, ..Kept::default() }, None);
    subscriptions("on one order, of one principal", |_| (0, 0));
    subscriptions("on one order, each of its own principal", |n| (0, n));
    subscriptions("each on its own order and of its own principal", |n| (n, n));
}

/// What there is beside orders and events.
#[derive(Debug, Default)]
struct Kept {
    customers: bool,
    keys: bool,
    frames: bool,
}

/// 1,000,000 orders with 4 events each, and the way back.
fn log(kept: Kept, target: Option<Target>) {
    println!("1,000,000 orders × 4 events, 200 bytes of public JSON each; {kept:?}");
    let clock = ManualClock::new(SystemClock.now());
    let engine =
        Arc::new(MemoryEngine::builder().retain_events(usize::MAX).max_keys(usize::MAX).build());
    let hub = Hub::builder().engine(Arc::clone(&engine)).clock(clock.clone()).build();
    let notes = Notes::measure();
    let (before, sizes, resident_before) = (counting::live(), Sizes::now(), resident());
    counting::peak();

    let watching = kept.frames.then(|| watch(&hub, Scope::Tenant, "staff"));
    let mut watching = watching.map(|mut watching| {
        drain(&mut watching);
        watching
    });
    for (status, moved) in STATUSES.into_iter().enumerate() {
        for n in 0..ORDERS {
            // Each request brings its own text: nothing is shared with the log by the bench.
            let order = order_id(n);
            let mut update = match status {
                0 => Update::create(order),
                _ => Update::status(order, moved),
            };
            update = update.with_note(notes.of(status));
            if kept.customers && status == 0 {
                update = update.with_customer(customer_id(n / ORDERS_PER_CUSTOMER));
            }
            if kept.keys {
                let key = format!("{n:08x}-0000-4000-8000-{status:012x}");
                update = update.with_key(IdempotencyKey::new(key).expect("a valid key"));
            }
            publish(&hub, update);
            if let Some(watching) = &mut watching {
                drain(watching);
            }
        }
        clock.advance(Duration::from_secs(60));
    }
    drop(watching);
    let events = ORDERS * STATUSES.len();
    let held = counting::live() - before;
    let grown = sizes_since(&sizes);
    let payload = payload_bytes(&engine);
    assert_eq!(payload, PAYLOAD, "the notes are as long as they should be");
    report("bytes per event", held as f64 / events as f64, "B", target);
    // Of the first log alone: later ones are built in what it leaves behind.
    if target.is_some() {
        let physical = resident().saturating_sub(resident_before);
        report("physical memory per event", physical as f64 / events as f64, "B", None);
    }
    report(
        "most while it grew, per event",
        (counting::peak() - before) as f64 / events as f64,
        "B",
        None,
    );
    let mut told = 0.0;
    for (size, count) in grown.iter().take(9) {
        let share = (*size as i64 * count) as f64 / events as f64;
        told += share;
        println!("    {count:>9} × {size:>4} B = {share:>7.2} B per event");
    }
    println!(
        "    what is larger (log, tables) or rarer: {:.2} B per event",
        held as f64 / events as f64 - told
    );

    clock.advance(Duration::from_secs(8 * 24 * 60 * 60));
    engine.sweep(clock.now());
    let left = counting::live() - before;
    report("left after all has expired and a sweep, in all", left as f64, "B", None);
    println!("    {:?}\n", engine.counts());
}

/// What the largest sizes are, without the list of them.
fn sizes_since(before: &Sizes) -> Vec<(usize, i64)> {
    Sizes::now().since(before)
}

/// Notes that make each event's public JSON 200 bytes long.
struct Notes([String; 4]);

impl Notes {
    fn measure() -> Self {
        let engine = Arc::new(MemoryEngine::new());
        let hub = Hub::builder().engine(Arc::clone(&engine)).build();
        let order = order_id(0);
        let lengths = STATUSES.map(|status| {
            let update = match status {
                OrderStatus::Pending => Update::create(&order),
                status => Update::status(&order, status),
            };
            publish(&hub, update.with_note("x"));
            PAYLOAD + 1 - payload_bytes(&engine)
        });
        Self(
            lengths
                .map(|length| "Packed with care by Ada, shelf 7. ".repeat(6)[..length].to_owned()),
        )
    }

    fn of(&self, status: usize) -> &str {
        &self.0[status]
    }
}

/// The length of the JSON of order 0's last event.
fn payload_bytes(engine: &MemoryEngine) -> usize {
    let limit = HistoryLimit { audience: Audience::Staff, events: 100, bytes: usize::MAX };
    let (tenant, scope) = (TenantId::default(), Scope::Order(order_id(0)));
    let history = engine.history(&tenant, &scope, 0, limit);
    let history = ready(history).expect("a history");
    history.records.last().expect("an event").payload().len()
}

fn watch(hub: &Hub, scope: Scope, principal: &str) -> Subscription {
    let principal = Principal::new(principal).expect("a valid name");
    ready(hub.subscribe(Grant::new(principal, scope), Resume::Fresh)).expect("a seat")
}

/// Takes everything there is, with its bytes.
fn drain(watching: &mut Subscription) -> usize {
    let mut taken = 0;
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(delivery)) = Pin::new(&mut *watching).poll_delivery(&mut cx) {
        if let Delivery::Event(event) = delivery {
            let _ = event.frame(&JsonCodec);
        }
        taken += 1;
    }
    taken
}

/// Idle subscriptions. `whose` says which order and which principal the nth one has.
fn subscriptions(what: &str, whose: impl Fn(usize) -> (usize, usize)) {
    println!("{SUBSCRIPTIONS} subscriptions {what}:");
    let hub = hub();
    let orders: Vec<OrderId> = (0..SUBSCRIPTIONS).map(order_id).collect();
    for order in &orders {
        publish(&hub, Update::create(order));
    }
    // Room for them is counted as if each were held where it is used: in a task or a body.
    let mut watching = Vec::with_capacity(SUBSCRIPTIONS);
    let (before, sizes) = (counting::live(), Sizes::now());
    for n in 0..SUBSCRIPTIONS {
        let (order, principal) = whose(n);
        // Each request brings its own text.
        let scope = Scope::Order(order_id(order));
        watching.push(watch(&hub, scope, &format!("user-{principal:07}")));
    }
    let own = size_of::<Subscription>();
    let each = |live: isize| live as f64 / SUBSCRIPTIONS as f64 + own as f64;
    report(
        "subscribed, not polled yet (holds its snapshot)",
        each(counting::live() - before),
        "B",
        None,
    );

    for watching in &mut watching {
        assert_eq!(drain(watching), 1, "a snapshot");
    }
    let target = Some(Target::AtMost(400.0));
    report("idle: has its snapshot, waits", each(counting::live() - before), "B", target);
    println!("    {own} B of which are the Subscription itself");
    for (size, count) in sizes_since(&sizes).iter().take(6) {
        let share = (*size as i64 * count) as f64 / SUBSCRIPTIONS as f64;
        println!("    {count:>9} × {size:>4} B = {share:>7.2} B each");
    }

    // What an event adds to the log is no subscription's.
    let before_event = counting::live();
    let watched = whose(SUBSCRIPTIONS - 1).0 + 1;
    for order in &orders[..watched] {
        publish(&hub, Update::note(order, "x").public());
    }
    let held = counting::live() - before_event;
    for watching in &mut watching {
        assert_eq!(drain(watching), 1, "an event");
    }
    report(
        "  window with one untaken event (log's part included)",
        held as f64 / SUBSCRIPTIONS as f64,
        "B",
        None,
    );
    let left = counting::live();
    drop(watching);
    let back = (left - counting::live()) as f64 / SUBSCRIPTIONS as f64;
    report("given back when dropped, after one event", back, "B", None);
    println!();
}
