//! How often a publish, and how often a delivery, asks for memory.

use std::task::{Context, Poll, Waker};

use order_events_benches::counting::{self, Counting};
use order_events_benches::{NOTE, Target, begins, hub, order_id, publish, ready, report};
use order_events_core::{
    Delivery, Grant, Hub, JsonCodec, OrderId, OrderStatus, Principal, Resume, Scope, Subscription,
    Update,
};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const READERS: usize = 1_000;
const TIMES: usize = 1_000;

fn main() {
    if !begins("allocations", "allocations and reallocations") {
        return;
    }
    let (hub, order) = (hub(), order_id(42));
    publish(&hub, Update::create(&order));
    let unwatched = count(|| note(&hub, &order)) as f64 / TIMES as f64;
    report("per publish, nobody watches", unwatched, "", None);
    let update =
        count(|| drop(Update::<OrderStatus>::note(&order, NOTE).public())) as f64 / TIMES as f64;
    report("  the caller's update among them", update, "", None);
    let other = order_id(43);
    let known = count(|| drop(ready(hub.state(&Default::default(), &other)))) as f64 / TIMES as f64;
    report("  a read of the engine among them", known, "", None);

    let mut readers: Vec<_> = (0..READERS).map(|n| watch(&hub, &order, n)).collect();
    for reader in &mut readers {
        take(reader);
    }
    let mut published = 0;
    let mut taken = 0;
    for _ in 0..TIMES {
        let before = counting::allocations();
        note(&hub, &order);
        let between = counting::allocations();
        for reader in &mut readers {
            take(reader);
        }
        published += between - before;
        taken += counting::allocations() - between;
    }
    let published = published as f64 / TIMES as f64;
    report("per publish, 1,000 read along", published, "", None);
    let taken = taken as f64 / TIMES as f64;
    report("  taking it with its frame, all 1,000 together", taken, "", None);
    let per_delivery = (published - unwatched + taken) / READERS as f64;
    report("per delivery, beyond the publish", per_delivery, "", Some(Target::AtMost(0.05)));
    drop(readers);

    let fresh = count(|| drop(watch(&hub, &order, 7))) as f64 / TIMES as f64;
    report("per subscription, made and dropped", fresh, "", None);
    let moved = OrderStatus::Processing;
    publish(&hub, Update::status(&order, moved));
    let unchanged = count(|| drop(ready(hub.publish(Update::status(&order, moved))))) as f64;
    report("per publish that changes nothing", unchanged / TIMES as f64, "", None);
}

fn count(mut what: impl FnMut()) -> u64 {
    what();
    let before = counting::allocations();
    (0..TIMES).for_each(|_| what());
    counting::allocations() - before
}

fn note(hub: &Hub, order: &OrderId) {
    publish(hub, Update::note(order, NOTE).public());
}

fn watch(hub: &Hub, order: &OrderId, reader: usize) -> Subscription {
    let principal = Principal::new(format!("user-{reader}")).expect("a valid name");
    let grant = Grant::new(principal, Scope::Order(order.clone()));
    ready(hub.subscribe(grant, Resume::Fresh)).expect("a seat")
}

fn take(reader: &mut Subscription) {
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(delivery)) = reader.poll_delivery(&mut cx) {
        if let Delivery::Event(event) = delivery {
            std::hint::black_box(event.frame(&JsonCodec));
        }
    }
}
