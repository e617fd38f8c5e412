//! The engine's contract, kept by the memory engine, bare and behind faults; and what a hub makes of
//! an engine that fails as the contract allows.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use order_events_conformance::engine::{
    BoxFuture, Retention, Rig, Subject, at_once, on_threads, run_all,
};
use order_events_conformance::faulty::{Faults, Faulty};
use order_events_core::engine::{HistoryLimit, Log};
use order_events_core::{
    Audience, Delivery, EventKind, Grant, Hub, IdempotencyKey, MemoryEngine, OrderEvent, OrderId,
    OrderStatus, Principal, PublishError, Published, Resume, Scope, Subscription, TenantId, Update,
};

fn memory(wanted: Retention) -> Arc<MemoryEngine> {
    let mut engine = MemoryEngine::builder();
    if let Some(events) = wanted.events {
        engine = engine.retain_events(events);
    }
    if let Some(age) = wanted.age {
        engine = engine.retain_age(age);
    }
    if let Some(keys) = wanted.keys {
        engine = engine.max_keys(keys);
    }
    if let Some(window) = wanted.key_window {
        engine = engine.key_window(window);
    }
    Arc::new(engine.build())
}

fn with_loss(rig: Rig, engine: &Arc<MemoryEngine>) -> Rig {
    let engine = Arc::clone(engine);
    rig.with_loss(move |tenant| {
        engine.lose(&tenant);
        Box::pin(async {})
    })
}

/// The memory engine, with as many threads as there are racers.
struct Bare;

#[async_trait]
impl Subject for Bare {
    async fn open(&self, retention: Retention) -> Option<Rig> {
        let engine = memory(retention);
        Some(with_loss(Rig::new(Arc::clone(&engine)), &engine))
    }

    async fn race(&self, tasks: Vec<BoxFuture<'static, ()>>) {
        on_threads(tasks);
    }
}

#[tokio::test]
async fn the_memory_engine_keeps_the_contract() {
    run_all(&Bare).await;
}

/// The memory engine behind two nodes that answer late, and that fail where a case wants it.
struct Late {
    has_threads: bool,
}

#[async_trait]
impl Subject for Late {
    async fn open(&self, retention: Retention) -> Option<Rig> {
        let engine = memory(retention);
        let node = |seed| Arc::new(Faulty::over(Arc::clone(&engine), seed, Faults::delays()));
        let (here, there) = (node(1), node(2));
        let rig = Rig::new(Arc::clone(&here)).with_other_node(there);
        let rig = rig.with_trouble(move |begins| {
            let faults = if begins { Faults::everything(150) } else { Faults::delays() };
            here.set_faults(faults);
            Box::pin(async {})
        });
        Some(with_loss(rig, &engine))
    }

    async fn race(&self, tasks: Vec<BoxFuture<'static, ()>>) {
        if self.has_threads {
            on_threads(tasks);
        } else {
            at_once(tasks).await;
        }
    }
}

#[tokio::test]
async fn delays_do_not_break_the_contract() {
    let subject = Late { has_threads: false };
    run_all(&subject).await;
}

#[tokio::test]
async fn delays_on_many_threads_do_not_break_the_contract() {
    run_all(&Late { has_threads: true }).await;
}

fn limit_of_all() -> HistoryLimit {
    HistoryLimit { audience: Audience::Staff, events: usize::MAX, bytes: usize::MAX }
}

/// How often each note is in the log.
async fn times(engine: &MemoryEngine, note: &str) -> usize {
    let tenant = TenantId::default();
    let history = engine.history(&tenant, &Scope::Tenant, 0, limit_of_all()).await;
    let history = history.expect("the engine inside does not fail");
    let wanted = format!("\"note\":\"{note}\"");
    history.records.iter().filter(|record| record.payload().contains(&wanted)).count()
}

fn failing(rate: u32) -> (Arc<Faulty<MemoryEngine>>, Hub) {
    let engine = Arc::new(Faulty::new(MemoryEngine::new(), 11, Faults::everything(rate)));
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    (engine, hub)
}

fn note(order: u64, text: &str) -> Update {
    let order = OrderId::new(format!("order-{order}")).expect("an order's id");
    Update::status(order, OrderStatus::Pending).with_note(text).or_create()
}

/// Publishes until it is told what came of it.
async fn publish_until_known(hub: &Hub, mut update: Update) -> Published {
    loop {
        match hub.publish(update.clone()).await {
            Ok(published) => return published,
            Err(PublishError::Unavailable(_)) => {}
            Err(PublishError::Indeterminate { key, .. }) => update = update.with_key(key),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lost_reply_is_resolved_by_its_key() {
    let (engine, hub) = failing(200);
    let publishers: Vec<_> = (0..8_u64)
        .map(|publisher| {
            let hub = hub.clone();
            tokio::spawn(async move {
                for step in 0..40 {
                    let text = format!("note {publisher}.{step}");
                    let mut update = note(step % 5, &text);
                    // Half of them leave it to the hub to mint a key.
                    if step % 2 == 0 {
                        update = update.with_key(IdempotencyKey::new(&text).unwrap());
                    }
                    let published = publish_until_known(&hub, update).await;
                    let (Published::Applied(its) | Published::Duplicate(its)) = published else {
                        panic!("a note is never nothing")
                    };
                    let (EventKind::Note { note } | EventKind::Created { note: Some(note), .. }) =
                        its.event.kind
                    else {
                        panic!("what was published is told")
                    };
                    assert_eq!(note, text);
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let injected = engine.injected();
    assert!(injected.replies_lost > 10 && injected.requests_lost > 10, "{injected:?}");
    for publisher in 0..8 {
        for step in 0..40 {
            let text = format!("note {publisher}.{step}");
            assert_eq!(times(engine.inner(), &text).await, 1, "{text}");
        }
    }
    assert_eq!(engine.inner().counts().events, 8 * 40);
}

#[tokio::test]
async fn unavailable_means_nothing_was_committed() {
    let (engine, hub) = failing(250);
    let (mut unavailable, mut indeterminate) = (0, 0);
    for step in 0..400 {
        let text = format!("note {step}.");
        let published = hub.publish(note(step % 5, &text)).await;
        let times = times(engine.inner(), &text).await;
        match published {
            Ok(_) => assert_eq!(times, 1, "{text}"),
            Err(PublishError::Unavailable(_)) => {
                unavailable += 1;
                assert_eq!(times, 0, "{text}");
            }
            Err(PublishError::Indeterminate { .. }) => {
                indeterminate += 1;
                assert!(times <= 1, "{text}");
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(unavailable > 20 && indeterminate > 20, "{:?}", engine.injected());
}

#[tokio::test]
async fn readers_survive_a_log_that_fails_now_and_then() {
    const EVENTS: u64 = 600;
    let (engine, hub) = failing(200);
    engine.switch(false);
    let grant = Grant::new(Principal::new("anna").unwrap(), Scope::Tenant).as_staff();
    let mut readers = Vec::new();
    for _ in 0..4 {
        let reader = hub.subscribe(grant.clone(), Resume::Fresh).await.unwrap();
        readers.push((reader, 0_u64));
    }
    engine.switch(true);
    let mut cx = Context::from_waker(Waker::noop());
    for step in 0..EVENTS {
        publish_until_known(&hub, note(step % 5, &format!("note {step}."))).await;
        // Each reads at a pace of its own.
        for (pace, (reader, last)) in readers.iter_mut().enumerate() {
            if step % (pace as u64 * 7 + 1) == 0 || step + 1 == EVENTS {
                read_on(reader, last, &mut cx);
            }
        }
    }
    for (reader, last) in &mut readers {
        for _ in 0..1_000 {
            if *last == EVENTS {
                break;
            }
            // As a heartbeat would: a read that failed is tried again.
            read_on(reader, last, &mut cx);
        }
        assert_eq!(*last, EVENTS, "re-polled, a reader reaches the log's last event");
    }
    assert!(engine.injected().interruptions > 50 && engine.injected().unavailable > 50);
}

/// Takes what there is. No event is missed and none comes twice.
fn read_on(reader: &mut Subscription, last: &mut u64, cx: &mut Context<'_>) {
    while let Poll::Ready(delivery) = reader.poll_delivery(cx) {
        match delivery.expect("nobody ends it") {
            Delivery::Position(cursor) => assert_eq!(cursor.seq, 0),
            Delivery::Event(event) => {
                assert_eq!(event.cursor().seq, *last + 1);
                *last += 1;
                let event: OrderEvent<OrderStatus> = event.decode();
                assert_eq!(event.version, last.div_ceil(5));
            }
            other => panic!("nobody fell behind, but: {other:?}"),
        }
    }
}
