//! What the tests of the hub share.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]
#![allow(dead_code, reason = "each test crate uses its part of this")]

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use order_events_core::engine::memory::MemoryEngineBuilder;
use order_events_core::{
    Applied, Cursor, CustomerId, Delivery, Event, EventKind, Grant, Hub, HubBuilder,
    IdempotencyKey, Lifecycle, ManualClock, MemoryEngine, OrderEvent, OrderId, OrderStatus,
    Principal, Published, Resume, Scope, Subscription, TenantId, Timestamp, Update,
};

pub(crate) fn order(id: &str) -> OrderId {
    OrderId::new(id).unwrap()
}

pub(crate) fn customer(id: &str) -> CustomerId {
    CustomerId::new(id).unwrap()
}

pub(crate) fn principal(id: &str) -> Principal {
    Principal::new(id).unwrap()
}

pub(crate) fn tenant(id: &str) -> TenantId {
    TenantId::new(id).unwrap()
}

pub(crate) fn key(id: &str) -> IdempotencyKey {
    IdempotencyKey::new(id).unwrap()
}

/// Anna may watch this order as the public does.
pub(crate) fn anna(id: &str) -> Grant {
    Grant::new(principal("anna"), Scope::Order(order(id)))
}

/// Staff may watch everything.
pub(crate) fn staff() -> Grant {
    Grant::new(principal("staff"), Scope::Tenant).as_staff()
}

/// Everybody may watch everything that is public.
pub(crate) fn everything() -> Grant {
    Grant::new(principal("board"), Scope::Tenant)
}

pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A hub on a log of its own with a clock that stands still.
pub(crate) struct House {
    pub(crate) hub: Hub,
    pub(crate) engine: Arc<MemoryEngine>,
    pub(crate) clock: ManualClock,
}

pub(crate) fn house() -> House {
    house_with(MemoryEngine::builder(), |hub| hub)
}

pub(crate) fn house_with(
    engine: MemoryEngineBuilder,
    set_up: impl FnOnce(HubBuilder) -> HubBuilder,
) -> House {
    let engine = Arc::new(engine.build());
    let clock = ManualClock::new(START);
    let hub = Hub::builder().engine(Arc::clone(&engine)).clock(clock.clone()).seed(7);
    House { hub: set_up(hub).build(), engine, clock }
}

impl House {
    /// The process starts again: nothing is left but the clock.
    pub(crate) fn second_hub(&self) -> Hub {
        Hub::builder().engine(Arc::clone(&self.engine)).clock(self.clock.clone()).seed(8).build()
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    pub(crate) async fn create(&self, id: &str) -> Applied {
        applied(self.hub.publish(Update::create(order(id))).await.unwrap())
    }

    pub(crate) async fn move_to(&self, id: &str, status: OrderStatus) -> Applied {
        applied(self.hub.publish(Update::status(order(id), status)).await.unwrap())
    }

    /// A public remark.
    pub(crate) async fn remark(&self, id: &str, note: &str) -> Applied {
        applied(self.hub.publish(Update::note(order(id), note).public()).await.unwrap())
    }
}

pub(crate) fn applied<L: Lifecycle>(published: Published<L>) -> Applied<L> {
    match published {
        Published::Applied(applied) => applied,
        other => panic!("expected it to be applied, not {other:?}"),
    }
}

/// What a subscription has ready, polled once.
pub(crate) fn poll(subscription: &mut Subscription) -> Poll<Option<Delivery>> {
    subscription.poll_delivery(&mut Context::from_waker(Waker::noop()))
}

/// Everything a subscription has ready.
pub(crate) fn drain(subscription: &mut Subscription) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    while let Poll::Ready(Some(delivery)) = poll(subscription) {
        deliveries.push(delivery);
    }
    deliveries
}

/// The same, in short words: `snapshot 42@1`, `42@2 order.status`, `reset expired`, `end final`.
pub(crate) fn words(subscription: &mut Subscription) -> Vec<String> {
    drain(subscription).iter().map(word).collect()
}

pub(crate) fn word(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Reset(reset) if reset.is_paged => {
            format!("reset {} paged", reset.reason.as_str())
        }
        Delivery::Reset(reset) => format!("reset {}", reset.reason.as_str()),
        Delivery::Snapshot(snapshot) => {
            format!("snapshot {}@{}", snapshot.order(), snapshot.version())
        }
        Delivery::Position(cursor) => format!("position {}", cursor.seq),
        Delivery::Event(event) => event_word(event),
        Delivery::End(end) => format!("end {}", end.reason.as_str()),
        other => format!("{other:?}"),
    }
}

pub(crate) fn event_word(event: &Event) -> String {
    format!("{}@{} {}", event.order(), event.version(), event.name())
}

/// The whole log of the default tenant, which must be retained whole.
pub(crate) async fn whole_log<L: Lifecycle>(hub: &Hub<L>) -> Vec<Event> {
    let epoch = hub.snapshots(&staff(), None, 0).await.unwrap().cursor.epoch;
    let from = Resume::After(Cursor { epoch, seq: 0 });
    let mut reading = hub.subscribe(staff(), from).await.unwrap();
    drain(&mut reading)
        .into_iter()
        .map(|delivery| match delivery {
            Delivery::Event(event) => event,
            other => panic!("the log is whole, but {other:?}"),
        })
        .collect()
}

/// Every order's history is a path through the lifecycle, with versions 1, 2, 3 …
pub(crate) async fn assert_legal_histories(hub: &Hub) {
    let log = whole_log(hub).await;
    let mut orders: HashMap<OrderId, (u64, Option<OrderStatus>)> = HashMap::new();
    for (place, event) in log.iter().enumerate() {
        assert_eq!(event.cursor().seq, place as u64 + 1, "seq has no holes");
        let (version, status) = orders.entry(event.order().clone()).or_default();
        assert_eq!(event.version(), *version + 1, "versions have no holes");
        *version += 1;
        let typed: OrderEvent = event.decode();
        *status = match (*status, &typed.kind) {
            (None, EventKind::Created { status, .. }) => Some(*status),
            (Some(before), EventKind::Status { status, previous, .. }) => {
                assert_eq!(before, *previous);
                assert!(before.may_become(*status), "{before:?} became {status:?}");
                Some(*status)
            }
            (Some(_), EventKind::Deleted) => None,
            (Some(before), EventKind::Note { .. }) => Some(before),
            (before, kind) => panic!("{kind:?} happened to an order that was {before:?}"),
        };
    }
    assert!(!log.is_empty());
}
