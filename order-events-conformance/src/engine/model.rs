//! A log as simple as it can be thought: a list. It forgets nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use order_events_core::config::TIMELINE_ENTRIES;
use order_events_core::engine::{Appended, Draft, Fingerprint, Record, Snapshot, State};
use order_events_core::{CustomerId, Finality, IdempotencyKey, OrderId, Scope};

#[derive(Default)]
pub(super) struct Model {
    events: Vec<(Arc<Record>, Option<CustomerId>)>,
    states: HashMap<OrderId, State>,
    keys: HashMap<IdempotencyKey, (Fingerprint, Arc<Record>)>,
    /// Orders that could have been forgotten at some time, and their customers.
    finished: HashSet<OrderId>,
    left: HashSet<CustomerId>,
}

impl Model {
    pub(super) fn head(&self) -> u64 {
        self.events.len() as u64
    }

    pub(super) fn state(&self, order: &OrderId) -> Option<&State> {
        self.states.get(order)
    }

    pub(super) fn records(&self, scope: &Scope) -> impl Iterator<Item = &Arc<Record>> {
        let is_in = move |record: &Record, whose: &Option<CustomerId>| match scope {
            Scope::Order(order) => record.order() == order,
            Scope::Customer(customer) => whose.as_ref() == Some(customer),
            Scope::Tenant => true,
        };
        self.events.iter().filter(move |(r, whose)| is_in(r, whose)).map(|(record, _)| record)
    }

    /// Whether a log that forgets may have forgotten it at some time.
    pub(super) fn may_be_forgotten(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Order(order) => self.finished.contains(order),
            Scope::Customer(customer) => self.left.contains(customer),
            Scope::Tenant => false,
        }
    }

    /// Appends as the contract says, and holds what the engine answered against it.
    pub(super) fn append(&mut self, draft: Draft, answer: Appended) {
        if let Some((key, _)) = &draft.key
            && let Some((asked, record)) = self.keys.get(key)
        {
            let Appended::KeySeen { prior, .. } = answer else {
                panic!("{key} was used before, but: {answer:?}")
            };
            assert_eq!(prior.fingerprint, *asked, "of {key}");
            return same(&prior.record, record);
        }
        let version = self.states.get(&draft.order).map_or(0, |state| state.version);
        if version != draft.expected {
            let Appended::Conflict { version: said } = answer else {
                panic!("{} has version {version}, but: {answer:?}", draft.order)
            };
            return assert_eq!(said, version, "the version {} has", draft.order);
        }
        let Appended::Committed { record, .. } = answer else {
            panic!("{} has version {version} as expected, but: {answer:?}", draft.order)
        };
        same(&record, &self.commit(draft));
    }

    fn commit(&mut self, draft: Draft) -> Arc<Record> {
        let becomes = draft.becomes.clone();
        let key = draft.key.clone();
        let record = Arc::new(Record::commit(draft, self.head() + 1));
        let before = self.states.get(record.order());
        let is_new = before.is_none_or(|state| state.deleted && !becomes.deleted);
        let created_at = before.filter(|_| !is_new).map_or(record.at(), |state| state.created_at);
        if becomes.deleted || becomes.finality != Finality::Open {
            self.finished.insert(record.order().clone());
        }
        let former = before.and_then(|state| state.customer.clone());
        if former != becomes.customer || self.finished.contains(record.order()) {
            self.left.extend(former);
            self.left.extend(becomes.customer.clone());
        }
        let state = State {
            status: becomes.status,
            version: record.version(),
            customer: becomes.customer.clone(),
            finality: becomes.finality,
            deleted: becomes.deleted,
            created_at,
            updated_at: record.at(),
            seq: record.seq(),
        };
        self.states.insert(record.order().clone(), state);
        self.events.push((Arc::clone(&record), becomes.customer));
        if let Some((key, fingerprint)) = key {
            self.keys.insert(key, (fingerprint, Arc::clone(&record)));
        }
        record
    }

    /// The orders that a scope shows now.
    pub(super) fn shown(&self, scope: &Scope) -> HashSet<OrderId> {
        let is_shown = |(order, state): &(&OrderId, &State)| {
            let is_in = match scope {
                Scope::Order(other) => *order == other,
                Scope::Customer(customer) => state.customer.as_ref() == Some(customer),
                Scope::Tenant => true,
            };
            is_in && !state.deleted
        };
        self.states.iter().filter(is_shown).map(|(order, _)| order.clone()).collect()
    }

    /// Holds an order's snapshot against what happened to it.
    pub(super) fn check(&self, snapshot: &Snapshot) {
        let order = &snapshot.order;
        assert_eq!(Some(&snapshot.state), self.states.get(order), "the state of {order}");
        let scope = Scope::Order(order.clone());
        let all: Vec<_> = self.records(&scope).collect();
        let born = all.iter().rposition(|record| record.is_deletion()).map_or(0, |at| at + 1);
        let entries: Vec<_> = all[born..].iter().filter(|record| record.is_timeline()).collect();
        let entries = &entries[entries.len().saturating_sub(TIMELINE_ENTRIES)..];
        assert_eq!(snapshot.timeline.len(), entries.len(), "the timeline of {order}");
        for (found, wanted) in snapshot.timeline.iter().zip(entries) {
            same(found, wanted);
        }
        let work = all[born..].iter().rfind(|record| record.is_work());
        assert_eq!(snapshot.work.is_some(), work.is_some(), "the work of {order}");
        if let (Some(found), Some(wanted)) = (&snapshot.work, work) {
            same(found, wanted);
        }
    }
}

/// The same event, letter by letter.
pub(super) fn same(found: &Record, wanted: &Record) {
    assert_eq!((found.seq(), found.version()), (wanted.seq(), wanted.version()), "{wanted:?}");
    assert_eq!(found.order(), wanted.order());
    assert_eq!((found.name(), found.at()), (wanted.name(), wanted.at()));
    assert_eq!(found.visibility(), wanted.visibility());
    assert_eq!((found.finality(), found.is_deletion()), (wanted.finality(), wanted.is_deletion()));
    assert_eq!(found.key(), wanted.key());
    assert_eq!((found.payload(), found.staff_fields()), (wanted.payload(), wanted.staff_fields()));
}
