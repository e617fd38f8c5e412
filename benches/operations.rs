//! Single operations, by criterion: to compare one version of the code with another
//! (`scripts/bench -- --save-baseline before`, `scripts/bench -- --baseline before`).

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use order_events_benches::{NOTE, Random, hub, order_id, publish, ready};
use order_events_core::plan::plan;
use order_events_core::{
    Cursor, Delivery, Grant, Hub, OrderId, OrderStatus, Principal, Resume, Scope, Timestamp, Update,
};

const ORDERS: usize = 10_000;

fn publishing(criterion: &mut Criterion) {
    let mut random = Random::new(1);
    let mut pick = move || order_id(random.below(ORDERS));
    // Not one that retains everything: criterion publishes as often as time allows.
    let hub = fill(Hub::builder().build());
    criterion.bench_function("publish a note, nobody watches", |bencher| {
        bencher.iter(|| publish(&hub, Update::note(pick(), NOTE).public()));
    });
    criterion.bench_function("publish what changes nothing", |bencher| {
        let order = order_id(7);
        bencher.iter(|| black_box(ready(hub.publish(Update::create(&order)))));
    });
    criterion.bench_function("plan a creation", |bencher| {
        let update = Update::<OrderStatus>::create(order_id(7)).with_note(NOTE);
        bencher.iter(|| black_box(plan(None, &update, Timestamp::UNIX_EPOCH)));
    });
}

fn watching(criterion: &mut Criterion) {
    let (hub, order) = (fill(hub()), order_id(7));
    criterion.bench_function("subscribe fresh, take the snapshot, leave", |bencher| {
        bencher.iter(|| {
            let mut watching = ready(hub.subscribe(grant(&order), Resume::Fresh)).expect("a seat");
            black_box(ready(watching.next()));
        });
    });
    let cursor = at(&hub, &order);
    for _ in 0..10 {
        publish(&hub, Update::note(&order, NOTE).public());
    }
    criterion.bench_function("resume, take 10 missed events, leave", |bencher| {
        bencher.iter(|| {
            let resume = Resume::After(cursor);
            let mut watching = ready(hub.subscribe(grant(&order), resume)).expect("a seat");
            for _ in 0..10 {
                black_box(ready(watching.next()));
            }
        });
    });
    criterion.bench_function("the JSON of a snapshot with 11 entries", |bencher| {
        let mut watching = ready(hub.subscribe(grant(&order), Resume::Fresh)).expect("a seat");
        let Some(Delivery::Snapshot(snapshot)) = ready(watching.next()) else {
            panic!("a snapshot comes first");
        };
        bencher.iter(|| black_box(snapshot.json()));
    });
}

fn fill(hub: Hub) -> Hub {
    for n in 0..ORDERS {
        publish(&hub, Update::create(order_id(n)).with_note(NOTE));
    }
    hub
}

fn grant(order: &OrderId) -> Grant {
    Grant::new(Principal::new("ada").expect("a valid name"), Scope::Order(order.clone()))
}

fn at(hub: &Hub, order: &OrderId) -> Cursor {
    let mut watching = ready(hub.subscribe(grant(order), Resume::Fresh)).expect("a seat");
    ready(watching.next());
    watching.cursor()
}

criterion_group!(benches, publishing, watching);
criterion_main!(benches);
