//! Whose orders are where in the log in memory, while orders change hands and go.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use order_events_core::engine::{Append, Appended, Becomes, Draft, Log, NewEvent};
use order_events_core::{
    CustomerId, EventName, Finality, MemoryEngine, Scope, TenantId, Timestamp, Visibility,
};
use proptest::prelude::*;

use crate::support::{START, customer, order};

const AGE: Duration = Duration::from_secs(60);

/// The log, and beside it what it should know of each order.
struct Shop {
    engine: MemoryEngine,
    now: Timestamp,
    orders: BTreeMap<usize, Known>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Known {
    version: u64,
    customer: Option<usize>,
    finality: Finality,
}

impl Shop {
    fn new() -> Self {
        let engine = MemoryEngine::builder().retain_age(AGE).build();
        Self { engine, now: START, orders: BTreeMap::new() }
    }

    /// The order's next event, after which it is this customer's. An engine takes it from anybody
    /// for anybody: who may have it was decided before.
    fn publish(&mut self, number: usize, customer: Option<usize>, finality: Finality) {
        let expected = self.orders.get(&number).map_or(0, |known| known.version);
        let draft = Draft {
            order: order(&number.to_string()),
            expected,
            epoch: None,
            becomes: Becomes {
                status: "ANY".into(),
                customer: customer.map(buyer),
                finality,
                deleted: false,
            },
            event: NewEvent {
                name: EventName::stored("order.any"),
                at: self.now,
                visibility: Visibility::Public,
                payload: "{}".into(),
                staff: None,
            },
            key: None,
        };
        let appended = at_once(self.engine.append(&TenantId::default(), draft)).unwrap();
        assert!(matches!(appended, Appended::Committed { .. }), "{appended:?}");
        self.orders.insert(number, Known { version: expected + 1, customer, finality });
    }

    /// Every event grows old, and what is finished is forgotten.
    fn sweep(&mut self) {
        self.now = self.now.saturating_add(AGE);
        self.engine.sweep(self.now);
        self.orders.retain(|_, known| known.finality == Finality::Open);
        let customers: BTreeSet<_> =
            self.orders.values().filter_map(|known| known.customer).collect();
        let counts = self.engine.counts();
        assert_eq!((counts.orders, counts.customers), (self.orders.len(), customers.len()));
    }

    /// Each order is found, and each customer's list shows theirs, once each and nobody else's.
    fn check(&self, orders: usize, customers: usize, page_size: usize) {
        let tenant = TenantId::default();
        for number in 0..orders {
            let id = order(&number.to_string());
            let read = at_once(self.engine.read(&tenant, &id, None, self.now)).unwrap();
            let found = read.state.map(|state| (state.version, state.customer));
            let known = self.orders.get(&number);
            let known = known.map(|known| (known.version, known.customer.map(buyer)));
            assert_eq!(found, known, "order {number}");
        }
        for theirs in 0..customers {
            let mut listed = self.list(theirs, page_size);
            listed.sort_unstable();
            let known = self.orders.iter().filter(|(_, known)| known.customer == Some(theirs));
            let known: Vec<_> = known.map(|(number, known)| (*number, known.version)).collect();
            assert_eq!(listed, known, "the orders of customer {theirs}");
        }
    }

    fn list(&self, theirs: usize, page_size: usize) -> Vec<(usize, u64)> {
        let (tenant, scope) = (TenantId::default(), Scope::Customer(buyer(theirs)));
        let (mut listed, mut page) = (Vec::new(), None);
        loop {
            let snapshots = self.engine.snapshots(&tenant, &scope, page.as_ref(), page_size);
            let snapshots = at_once(snapshots).unwrap();
            listed.extend(snapshots.orders.iter().map(|snapshot| {
                (snapshot.order.as_str().parse::<usize>().unwrap(), snapshot.state.version)
            }));
            page = snapshots.next;
            if page.is_none() {
                return listed;
            }
        }
    }
}

fn buyer(number: usize) -> CustomerId {
    customer(&number.to_string())
}

/// The log is in memory, so nothing ever waits.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a log in memory never waits"),
    }
}

#[test]
fn a_sweep_of_many_orders_of_one_customer_leaves_their_others_listed() {
    const ORDERS: usize = 3_000;
    let mut shop = Shop::new();
    for number in 0..ORDERS {
        let is_open = number % 3 == 0;
        shop.publish(number, Some(0), if is_open { Finality::Open } else { Finality::Final });
    }
    shop.check(ORDERS, 1, 200);
    shop.sweep();
    assert_eq!(shop.orders.len(), ORDERS / 3);
    shop.check(ORDERS, 1, 200);
    // The others go too, the last of them first, and new ones come into their slots.
    let left: Vec<_> = shop.orders.keys().copied().collect();
    for number in left.into_iter().rev() {
        shop.publish(number, Some(0), Finality::Final);
    }
    for number in ORDERS..ORDERS + 100 {
        shop.publish(number, Some(0), Finality::Open);
    }
    shop.sweep();
    shop.check(ORDERS + 100, 1, 200);
}

#[derive(Debug, Clone)]
enum Op {
    Publish { order: usize, customer: Option<usize>, finality: Finality },
    Sweep,
}

const ORDERS: usize = 12;
const CUSTOMERS: usize = 3;

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let finality = prop_oneof![3 => Just(Finality::Open), 1 => Just(Finality::Final)];
    let op = prop_oneof![
        12 => (0..ORDERS, prop::option::weighted(0.9, 0..CUSTOMERS), finality)
            .prop_map(|(order, customer, finality)| Op::Publish { order, customer, finality }),
        1 => Just(Op::Sweep),
    ];
    prop::collection::vec(op, 1..80)
}

proptest! {
    #[test]
    fn orders_that_change_hands_and_go_in_any_order_are_listed_where_they_belong(ops in ops()) {
        let mut shop = Shop::new();
        for op in ops {
            match op {
                Op::Publish { order, customer, finality } => {
                    shop.publish(order, customer, finality);
                }
                Op::Sweep => shop.sweep(),
            }
            shop.check(ORDERS, CUSTOMERS, 2);
        }
        shop.sweep();
        shop.check(ORDERS, CUSTOMERS, 2);
    }
}
