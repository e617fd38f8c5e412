//! A service around a pipeline, whose parts can be looked at and broken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use order_events_cdc::{
    BoxError, DeadLetter, DeadLetters, Delivered, Dying, Feed, FeedError, Fields, LookUp, LookUps,
    MemoryQueue, Pipeline, Position, Refresh, Rules, Salesforce, Stale, async_trait,
};
use order_events_core::Hub;
use serde_json::{Value, json};

/// Letters, unless it is full.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drawer {
    pub(crate) letters: Arc<Mutex<Vec<DeadLetter>>>,
    pub(crate) is_full: bool,
}

#[async_trait]
impl DeadLetters for Drawer {
    async fn keep(&self, letter: DeadLetter) -> Result<(), BoxError> {
        if self.is_full {
            return Err("the disk is full".into());
        }
        self.letters.lock().unwrap().push(letter);
        Ok(())
    }
}

impl Drawer {
    pub(crate) fn reasons(&self) -> Vec<Dying> {
        self.letters.lock().unwrap().iter().map(|letter| letter.why.clone()).collect()
    }
}

/// Remembers why all was read anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refreshed(pub(crate) Arc<Mutex<Vec<String>>>);

#[async_trait]
impl Refresh for Refreshed {
    async fn refresh(&self, why: Stale<'_>) -> Result<(), BoxError> {
        self.0.lock().unwrap().push(format!("{why:?}"));
        Ok(())
    }
}

/// Records, by their ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records(pub(crate) HashMap<String, Fields>);

#[async_trait]
impl LookUps for Records {
    async fn look_up(&self, wanted: &LookUp) -> Result<Option<Fields>, BoxError> {
        let Some(record) = self.0.get(&wanted.record) else { return Ok(None) };
        let is_wanted = |name: &String| wanted.fields.is_empty() || wanted.fields.contains(name);
        let wanted = record.iter().filter(|(name, _)| is_wanted(name));
        Ok(Some(wanted.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }
}

pub(crate) struct Service {
    pub(crate) hub: Hub,
    pub(crate) queue: Arc<MemoryQueue>,
    pub(crate) drawer: Drawer,
    pub(crate) refreshed: Refreshed,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self {
            hub: Hub::builder().build(),
            queue: Arc::new(MemoryQueue::new()),
            drawer: Drawer::default(),
            refreshed: Refreshed::default(),
        }
    }

    /// A process of the service: hub, queue and drawer outlive it.
    pub(crate) fn pipeline(&self) -> Pipeline {
        self.pipeline_by(Rules::salesforce())
    }

    pub(crate) fn pipeline_by(&self, rules: Rules) -> Pipeline {
        Pipeline::new(
            Salesforce,
            rules,
            self.hub.clone(),
            Arc::clone(&self.queue) as _,
            self.drawer.clone(),
            self.refreshed.clone(),
        )
    }
}

/// A source that keeps its last events, and delivers them from the position that it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Bus {
    pub(crate) events: Vec<Value>,
    /// Events before this one are not kept any more.
    pub(crate) kept_from: usize,
    pub(crate) next: usize,
}

impl Bus {
    pub(crate) fn of(events: Vec<Value>) -> Self {
        Self { events, ..Self::default() }
    }
}

#[async_trait]
impl Feed for Bus {
    async fn open(&mut self, after: Option<&Position>) -> Result<(), FeedError> {
        self.next = match after {
            None => self.kept_from,
            Some(Position::Number(at)) => usize::try_from(*at).unwrap() + 1,
            Some(other) => return Err(FeedError::Failed(format!("{other:?}").into())),
        };
        if self.next < self.kept_from { Err(FeedError::Gone) } else { Ok(()) }
    }

    async fn next(&mut self) -> Result<Option<Delivered>, FeedError> {
        let event = self.events.get(self.next).map(|payload| {
            let event = json!({"payload": payload, "event": {"replayId": self.next}});
            Delivered { raw: event.to_string().into_bytes(), position: None }
        });
        self.next += 1;
        Ok(event)
    }
}

/// What Salesforce tells when an order gets a status.
pub(crate) fn becomes(order: &str, status: &str, transaction: &str) -> Value {
    change("Order", order, transaction, json!({"Status": status}))
}

pub(crate) fn change(entity: &str, record: &str, transaction: &str, fields: Value) -> Value {
    let mut payload = fields;
    payload["ChangeEventHeader"] = json!({
        "entityName": entity, "recordIds": [record], "changeType": "UPDATE",
        "transactionKey": transaction, "sequenceNumber": 1,
    });
    payload
}
