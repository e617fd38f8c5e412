//! A client of the model: what it was given, checked against the facts, and the picture it makes.

use std::collections::BTreeMap;

use order_events_core::{
    Audience, Cursor, Event, EventKind, Grant, Hub, Lifecycle, OrderId, OrderSnapshot, OrderStatus,
    Scope, Subscription,
};

use super::{Fact, Logs, Pictured, now};

pub(super) struct Client {
    pub(super) grant: Grant,
    pub(super) subscription: Option<Subscription>,
    pub(super) cursor: Option<Cursor>,
    pub(super) picture: BTreeMap<OrderId, Pictured>,
    /// The snapshots of a beginning that is not complete yet.
    pub(super) arriving: Option<Vec<OrderSnapshot>>,
    /// The reset that was announced asked it to page.
    pub(super) pages: bool,
    pub(super) was_revoked: bool,
}

impl Client {
    pub(super) fn disconnect(&mut self) {
        self.subscription = None;
        self.arriving = None;
        self.pages = false;
        self.was_revoked = false;
    }

    /// As this client pictures it, the order cannot go on, or it is gone.
    pub(super) fn is_done_with(&self, order: &OrderId) -> bool {
        let pictured = self.picture.get(order).and_then(|pictured| pictured.status);
        pictured.is_none_or(Lifecycle::is_final)
    }

    pub(super) fn may_see(&self, fact: &Fact) -> bool {
        let in_scope = match self.grant.scope() {
            Scope::Order(order) => fact.order == *order,
            Scope::Customer(customer) => fact.customer.as_ref() == Some(customer),
            Scope::Tenant => true,
        };
        in_scope && (!fact.is_staffs || self.grant.audience() == Audience::Staff)
    }

    /// The event is the next fact that this client may see after the last it saw.
    pub(super) fn see(&mut self, event: &Event, logs: &Logs) {
        assert!(self.arriving.is_none(), "an event came before the picture was whole");
        let before = self.cursor.expect("who sees events stands somewhere");
        let cursor = event.cursor();
        assert_eq!(cursor.epoch, before.epoch, "another log began without a reset");
        let log = &logs[&cursor.epoch];
        let next = (before.seq as usize..log.len()).find(|place| self.may_see(&log[*place]));
        let next = next.expect("an event nobody published");
        assert_eq!(cursor.seq, next as u64 + 1, "{:?} was skipped", log[next]);
        let fact = &log[next];
        assert_eq!(event.order(), &fact.order);
        assert_eq!(event.version(), fact.version);
        assert_eq!(event.name(), fact.name);
        self.cursor = Some(cursor);
        self.apply(event);
    }

    /// What any client does: drop what it has, take what is new. An order that enters the scope
    /// replaces what was known under its id, which may have been forgotten and given again.
    fn apply(&mut self, event: &Event) {
        let typed: order_events_core::OrderEvent = event.decode();
        let enters = event.version() == 1
            || matches!(typed.kind, EventKind::Created { .. } | EventKind::CustomerAttached { .. });
        let known = self.picture.get(event.order());
        if !enters && known.is_some_and(|known| known.version >= event.version()) {
            return;
        }
        if typed.kind == EventKind::Deleted {
            self.picture.remove(event.order());
            return;
        }
        let status = typed.kind.status().or(known.and_then(|known| known.status));
        let pictured = Pictured { version: event.version(), status };
        self.picture.insert(event.order().clone(), pictured);
    }

    /// The picture is whole: it is what the facts up to the cursor make.
    pub(super) fn begin_at(&mut self, cursor: Cursor, logs: &Logs, hub: &Hub) {
        self.cursor = Some(cursor);
        let mut arrived = self.arriving.take().expect("a picture was begun");
        let nothing = Vec::new();
        let log = logs.get(&cursor.epoch).unwrap_or(&nothing);
        if std::mem::take(&mut self.pages) {
            assert!(arrived.is_empty(), "half a picture");
            arrived = self.page_through(hub);
            // Pages are as new as the moment they are read.
        } else {
            let mut made: BTreeMap<&OrderId, &Fact> = BTreeMap::new();
            for fact in &log[..cursor.seq as usize] {
                made.insert(&fact.order, fact);
            }
            made.retain(|_, fact| !fact.is_deletion && self.is_in_scope(fact));
            for snapshot in &arrived {
                let fact = made.remove(&snapshot.order_id).expect("an order of the scope");
                assert_eq!((snapshot.version, snapshot.status), (fact.version, fact.status));
            }
            for fact in made.values() {
                let finished = fact.status.is_final() || fact.status.is_quiet();
                assert!(finished, "{fact:?} is missing from the picture");
            }
        }
        self.picture = arrived
            .into_iter()
            .map(|snapshot| {
                let OrderSnapshot { order_id, version, status, .. } = snapshot;
                (order_id, Pictured { version, status: Some(status) })
            })
            .collect();
    }

    fn is_in_scope(&self, fact: &Fact) -> bool {
        self.may_see(&Fact { is_staffs: false, ..fact.clone() })
    }

    fn page_through(&self, hub: &Hub) -> Vec<OrderSnapshot> {
        let mut orders = Vec::new();
        let mut next = None;
        loop {
            let page = now(hub.snapshots(&self.grant, next.as_ref(), 2)).unwrap();
            orders.extend(page.orders.iter().map(|order| order.decode::<OrderStatus>().unwrap()));
            match page.next {
                Some(token) => next = Some(token),
                None => return orders,
            }
        }
    }
}
