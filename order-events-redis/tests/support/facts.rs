//! What happened, as a reader saw it and as the log has it: two lists that must be one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use order_events_core::engine::{Engine, HistoryLimit, Record};
use order_events_core::{Audience, Cursor, Event, EventKind, OrderEvent, OrderId, Scope, TenantId};

/// An event, without what every reader has of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Fact {
    pub(crate) order: OrderId,
    pub(crate) version: u64,
    pub(crate) kind: String,
    /// The idempotency key. The load writes it into the note as well, for a stream does not show it.
    pub(crate) key: Option<String>,
}

impl Fact {
    pub(crate) fn seen(event: &Event) -> Self {
        let typed: OrderEvent = event.decode();
        let key = match typed.kind {
            EventKind::Note { note } => Some(note),
            _ => None,
        };
        let kind = event.name().to_owned();
        Self { order: event.order().clone(), version: event.version(), kind, key }
    }

    fn stored(record: &Record) -> Self {
        let kind = record.name().to_owned();
        // Creations have keys that no stream shows.
        let key = (kind == "order.note").then(|| record.key().unwrap().to_string());
        Self { order: record.order().clone(), version: record.version(), kind, key }
    }
}

/// One number for all of them.
pub(crate) fn hash(facts: &[Fact]) -> u64 {
    let mut hasher = DefaultHasher::new();
    facts.hash(&mut hasher);
    hasher.finish()
}

/// The whole log of a tenant.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) facts: Vec<Fact>,
    pub(crate) head: Cursor,
    /// Where the events with a key are.
    places: HashMap<String, Vec<u64>>,
}

impl Story {
    /// As the engine tells it from its beginning.
    pub(crate) async fn of(engine: &dyn Engine, tenant: &TenantId) -> Self {
        let (mut facts, mut places) = (Vec::new(), HashMap::<_, Vec<_>>::new());
        let mut after = 0;
        loop {
            let limit =
                HistoryLimit { audience: Audience::Staff, events: 1_000, bytes: usize::MAX };
            let page = engine.history(tenant, &Scope::Tenant, after, limit).await.unwrap();
            assert_eq!(page.dropped, 0, "the log has been trimmed");
            for record in &page.records {
                assert_eq!(record.seq(), after + 1, "the log has a hole");
                after = record.seq();
                let fact = Fact::stored(record);
                if let Some(key) = &fact.key {
                    places.entry(key.clone()).or_default().push(after);
                }
                facts.push(fact);
            }
            if page.complete {
                assert_eq!(after, page.head, "the history ends before the head");
                let head = Cursor { epoch: page.epoch, seq: page.head };
                return Self { facts, head, places };
            }
            assert!(!page.records.is_empty(), "a page without an event says that there are more");
        }
    }

    /// Where the events with this key are: one place, if all is well.
    pub(crate) fn places(&self, key: &str) -> &[u64] {
        self.places.get(key).map_or(&[], Vec::as_slice)
    }
}

/// The same events in the same order, or where the two part.
pub(crate) fn assert_same(who: &str, seen: &[Fact], log: &[Fact]) {
    if hash(seen) == hash(log) {
        return;
    }
    let parting = seen.iter().zip(log).position(|(a, b)| a != b);
    let parting = parting.unwrap_or(seen.len().min(log.len()));
    panic!(
        "{who} saw {} events of {}; the first other one is number {}: {:?} instead of {:?}",
        seen.len(),
        log.len(),
        parting + 1,
        seen.get(parting),
        log.get(parting)
    );
}
