//! Everything in any order, against a model too simple to be wrong.
//!
//! The model is a list of facts per log. A client's stream must show every fact of its scope after
//! the one it saw last, in order, once; or say `reset`, and then show the state that the facts make.
//! At the end every client's picture is the store's.
//!
//! `ORDER_EVENTS_MODEL_CASES` says how many histories are tried.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use order_events_core::{
    Applied, Audience, Clock, Cursor, CustomerId, Delivery, EndReason, Epoch, EventKind, Grant,
    Hub, Lifecycle, ManualClock, MemoryEngine, OrderId, OrderSnapshot, OrderStatus, Principal,
    Published, Resume, Scope, SubscribeError, Timestamp, Update,
};
use proptest::prelude::*;
use proptest::test_runner::Config;

mod client;

use client::Client;

const ORDERS: usize = 4;
const CUSTOMERS: usize = 2;
const CLIENTS: usize = 6;

#[derive(Debug, Clone)]
enum Op {
    Publish {
        order: usize,
        what: What,
    },
    /// Connects, or connects again: from where it stands, or afresh.
    Connect {
        client: usize,
        afresh: bool,
    },
    Disconnect {
        client: usize,
    },
    /// Takes up to so many deliveries. A client that is not asked to is frozen.
    Read {
        client: usize,
        most: usize,
    },
    Revoke {
        client: usize,
    },
    /// Time goes by, and what is due goes.
    Evict {
        seconds: u64,
    },
    /// The node stops and another takes over the same log.
    Drain,
    /// The process dies, and its log with it.
    Die,
    /// The log is lost under the running node.
    Lose,
}

#[derive(Debug, Clone)]
enum What {
    Create { customer: Option<usize> },
    Move { to: OrderStatus, assuming: bool },
    Note { public: bool },
    Attach { customer: usize },
    Delete,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let what = prop_oneof![
        3 => prop::option::of(0..CUSTOMERS).prop_map(|customer| What::Create { customer }),
        6 => (0..OrderStatus::ALL.len(), any::<bool>())
            .prop_map(|(to, assuming)| What::Move { to: OrderStatus::ALL[to], assuming }),
        4 => any::<bool>().prop_map(|public| What::Note { public }),
        1 => (0..CUSTOMERS).prop_map(|customer| What::Attach { customer }),
        1 => Just(What::Delete),
    ];
    let client = 0..CLIENTS;
    let op = prop_oneof![
        24 => (0..ORDERS, what).prop_map(|(order, what)| Op::Publish { order, what }),
        8 => (client.clone(), prop::bool::weighted(0.2))
            .prop_map(|(client, afresh)| Op::Connect { client, afresh }),
        3 => client.clone().prop_map(|client| Op::Disconnect { client }),
        12 => (client.clone(), 1..6_usize)
            .prop_map(|(client, most)| Op::Read { client, most }),
        1 => client.prop_map(|client| Op::Revoke { client }),
        1 => (0..40_u64).prop_map(|seconds| Op::Evict { seconds }),
        1 => Just(Op::Drain),
        1 => Just(Op::Die),
        1 => Just(Op::Lose),
    ];
    prop::collection::vec(op, 1..120)
}

/// What the model knows of an event.
#[derive(Debug, Clone)]
struct Fact {
    order: OrderId,
    version: u64,
    name: String,
    is_staffs: bool,
    /// Whose the order is after it.
    customer: Option<CustomerId>,
    status: OrderStatus,
    is_deletion: bool,
}

/// The facts of each log, by its epoch; the first has seq 1.
type Logs = HashMap<Epoch, Vec<Fact>>;

/// An order as a client, or the model, pictures it.
#[derive(Debug, Clone, PartialEq)]
struct Pictured {
    version: u64,
    status: Option<OrderStatus>,
}

struct World {
    clock: ManualClock,
    engine: Arc<MemoryEngine>,
    hub: Hub,
    logs: Logs,
    clients: Vec<Client>,
}

/// The log is in memory, so nothing ever waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a log in memory never waits"),
    }
}

fn engine() -> Arc<MemoryEngine> {
    let engine = MemoryEngine::builder().retain_events(12).retain_age(Duration::from_secs(60));
    Arc::new(engine.key_window(Duration::from_secs(30)).build())
}

fn hub(engine: &Arc<MemoryEngine>, clock: &ManualClock) -> Hub {
    Hub::builder()
        .engine(Arc::clone(engine))
        .clock(clock.clone())
        .configure(|config| {
            config.window_events = 3;
            config.replay_events = 6;
            config.inline_snapshots = 3;
            config.quiet_grace = Some(Duration::from_secs(20));
        })
        .build()
}

fn order(number: usize) -> OrderId {
    OrderId::new(format!("order-{number}")).unwrap()
}

fn customer(number: usize) -> CustomerId {
    CustomerId::new(format!("customer-{number}")).unwrap()
}

fn clients() -> Vec<Client> {
    let scopes = [
        (Scope::Order(order(0)), false),
        (Scope::Order(order(1)), true),
        (Scope::Customer(customer(0)), false),
        (Scope::Customer(customer(1)), true),
        (Scope::Tenant, false),
        (Scope::Tenant, true),
    ];
    let client = |(number, (scope, is_staff))| {
        let grant = Grant::new(Principal::new(format!("client-{number}")).unwrap(), scope);
        Client {
            grant: if is_staff { grant.as_staff() } else { grant },
            subscription: None,
            cursor: None,
            picture: BTreeMap::new(),
            arriving: None,
            pages: false,
            was_revoked: false,
        }
    };
    scopes.into_iter().enumerate().map(client).collect()
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        let engine = engine();
        let hub = hub(&engine, &clock);
        Self { clock, engine, hub, logs: HashMap::new(), clients: clients() }
    }

    fn perform(&mut self, op: Op) {
        match op {
            Op::Publish { order: number, what } => self.publish(order(number), what),
            Op::Connect { client, afresh } => {
                if afresh {
                    self.clients[client].cursor = None;
                }
                self.connect(client);
            }
            Op::Disconnect { client } => self.clients[client].disconnect(),
            Op::Read { client, most } => {
                for _ in 0..most {
                    if !self.read(client) {
                        break;
                    }
                }
            }
            Op::Revoke { client } => {
                let principal = self.clients[client].grant.principal().clone();
                let ended = now(self.hub.revoke(&principal)).unwrap();
                let client = &mut self.clients[client];
                let is_there = client.subscription.is_some() && !client.was_revoked;
                assert_eq!(ended, usize::from(is_there));
                client.was_revoked |= is_there;
            }
            Op::Evict { seconds } => {
                self.clock.advance(Duration::from_secs(seconds));
                self.engine.sweep(self.clock.now());
            }
            Op::Drain => {
                drop(self.hub.drain(Duration::ZERO));
                for client in 0..CLIENTS {
                    while self.read(client) {}
                    assert!(self.clients[client].subscription.is_none(), "it was told to go");
                }
                self.hub = hub(&self.engine, &self.clock);
            }
            Op::Die => {
                self.clients.iter_mut().for_each(Client::disconnect);
                self.engine = engine();
                self.hub = hub(&self.engine, &self.clock);
            }
            Op::Lose => self.engine.lose(&Default::default()),
        }
    }

    fn publish(&mut self, id: OrderId, what: What) {
        let update = match what {
            What::Create { customer: None } => Update::create(&id),
            What::Create { customer: Some(number) } => {
                Update::create(&id).with_customer(customer(number))
            }
            What::Move { to, assuming: false } => Update::status(&id, to),
            What::Move { to, assuming: true } => {
                Update::status(&id, to).assuming(OrderStatus::Delivered)
            }
            What::Note { public: true } => Update::note(&id, "a word").public(),
            What::Note { public: false } => Update::note(&id, "among us"),
            What::Attach { customer: number } => Update::attach(&id, customer(number)),
            What::Delete => Update::delete(&id),
        };
        if let Ok(Published::Applied(applied)) = now(self.hub.publish(update)) {
            self.remember(applied);
        }
    }

    /// The model's own account of an event, made from what the publisher was told.
    fn remember(&mut self, applied: Applied) {
        let Applied { cursor, event, .. } = applied;
        let log = self.logs.entry(cursor.epoch).or_default();
        assert_eq!(cursor.seq, log.len() as u64 + 1, "seq has no holes");
        let before = log.iter().rev().find(|fact| fact.order == event.order_id);
        let alive = before.filter(|fact| !fact.is_deletion);
        if let Some(before) = before {
            // An order that was forgotten begins again.
            assert!(event.version == before.version + 1 || event.version == 1);
        }
        let (status, customer) = match &event.kind {
            EventKind::Created { status, customer, .. } => (*status, customer.clone()),
            EventKind::Status { status, .. } => {
                (*status, alive.and_then(|fact| fact.customer.clone()))
            }
            EventKind::CustomerAttached { status, customer } => (*status, customer.clone()),
            _ => {
                let alive = alive.unwrap();
                (alive.status, alive.customer.clone())
            }
        };
        // A forgotten order's customer is forgotten too.
        let began = event.version == 1 && !matches!(event.kind, EventKind::Created { .. });
        log.push(Fact {
            order: event.order_id,
            version: event.version,
            name: event.kind.name().to_owned(),
            is_staffs: event.visibility == order_events_core::Visibility::Staff,
            customer: if began { None } else { customer },
            status,
            is_deletion: event.kind == EventKind::Deleted,
        });
    }

    fn connect(&mut self, client: usize) {
        let client = &mut self.clients[client];
        client.disconnect();
        let resume = client.cursor.map_or(Resume::Fresh, Resume::After);
        match now(self.hub.subscribe(client.grant.clone(), resume)) {
            Ok(subscription) => {
                if resume_is_fresh(&client.cursor) {
                    client.arriving = Some(Vec::new());
                } else if subscription.is_resumed() {
                    assert_eq!(Some(subscription.cursor()), client.cursor);
                }
                client.subscription = Some(subscription);
            }
            Err(SubscribeError::Finished) => {
                let Scope::Order(order) = client.grant.scope() else {
                    panic!("only an order finishes")
                };
                assert!(client.is_done_with(order), "something can follow");
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// Takes one delivery. False where there is none.
    fn read(&mut self, number: usize) -> bool {
        let client = &mut self.clients[number];
        let Some(subscription) = &mut client.subscription else { return false };
        let polled = subscription.poll_delivery(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Some(delivery)) = polled else { return false };
        if client.was_revoked {
            assert!(
                matches!(&delivery, Delivery::End(end) if end.reason == EndReason::Revoked),
                "{delivery:?} was taken after the revocation"
            );
        }
        match delivery {
            Delivery::Event(event) => client.see(&event, &self.logs),
            Delivery::Reset(reset) => {
                client.arriving = Some(Vec::new());
                client.pages = reset.is_paged;
            }
            Delivery::Snapshot(snapshot) => {
                let arriving = client.arriving.as_mut().expect("snapshots begin a picture");
                arriving.push(snapshot.decode().unwrap());
                if let Some(cursor) = snapshot.cursor() {
                    client.begin_at(cursor, &self.logs, &self.hub);
                }
            }
            Delivery::Position(cursor) => client.begin_at(cursor, &self.logs, &self.hub),
            Delivery::End(end) => {
                if end.reason == EndReason::Final {
                    let Scope::Order(order) = client.grant.scope() else {
                        panic!("only an order is final")
                    };
                    assert!(client.is_done_with(order), "something can follow");
                }
                client.disconnect();
            }
            other => panic!("{other:?}"),
        }
        true
    }

    /// Everybody comes back and reads to the end: what they picture is what the store holds.
    fn settle(&mut self) {
        for number in 0..CLIENTS {
            // A stream ends with the life of its order; whoever comes back is given the next one.
            for _ in 0..3 {
                if self.clients[number].subscription.is_none() || self.clients[number].was_revoked {
                    self.connect(number);
                }
                while self.read(number) {}
            }
            let client = &self.clients[number];
            assert!(client.arriving.is_none(), "a beginning was left incomplete");
            let mut grant = client.grant.clone();
            grant = grant.as_staff();
            let store = now(self.hub.snapshots(&grant, None, 100)).unwrap();
            let mut pictured = client.picture.clone();
            for snapshot in store.orders {
                let stored: OrderSnapshot = snapshot.decode().unwrap();
                let seen = pictured.remove(&stored.order_id);
                let seen = seen.unwrap_or_else(|| panic!("{:?} misses {stored:?}", client.grant));
                assert!(seen.version <= stored.version);
                // An order that came to a customer by a note tells its status with the next move.
                if let Some(status) = seen.status {
                    assert_eq!(status, stored.status, "{:?}", client.grant);
                }
                if client.grant.audience() == Audience::Staff {
                    assert_eq!(seen.version, stored.version);
                }
            }
            for (order, seen) in pictured {
                let status = seen.status.unwrap();
                let finished = status.is_final() || status.is_quiet();
                assert!(finished, "{order} is gone, and nobody told {:?}", client.grant);
            }
        }
        self.clients.iter_mut().for_each(Client::disconnect);
        let stats = self.hub.stats();
        assert_eq!((stats.subscriptions, stats.watch_points), (0, 0));
    }
}

fn resume_is_fresh(cursor: &Option<Cursor>) -> bool {
    cursor.is_none()
}

#[test]
fn every_client_reaches_the_stores_state_and_every_hole_was_announced() {
    let cases = std::env::var("ORDER_EVENTS_MODEL_CASES");
    let cases = cases.map_or(100, |cases| cases.parse().unwrap());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    proptest!(config, |(ops in ops())| {
        let mut world = World::new();
        for op in ops {
            world.perform(op);
        }
        world.settle();
    });
}
