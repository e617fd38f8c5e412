//! The state of one order, typed, and as JSON.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::{EngineError, Record, Snapshot, State};
use crate::event::{Audience, OrderEvent};
use crate::id::{CustomerId, OrderId};
use crate::lifecycle::Lifecycle;
use crate::status::OrderStatus;
use crate::time::Timestamp;

/// An order's state, as planning needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderState<L: Lifecycle = OrderStatus> {
    /// Its status.
    pub status: L,
    /// The version of its last event.
    pub version: u64,
    /// Whose it is.
    pub customer: Option<CustomerId>,
    /// Whether it was deleted: it then reads as absent, but its version goes on.
    pub deleted: bool,
    /// When its first event was published.
    pub created_at: Timestamp,
    /// When its last event was published.
    pub updated_at: Timestamp,
}

impl<L: Lifecycle> OrderState<L> {
    /// Types what an engine stored. Fails where its status is not of this lifecycle, which means
    /// that something else wrote to the log.
    pub fn of(order: &OrderId, state: State) -> Result<Self, EngineError> {
        let status = L::parse(&state.status).ok_or_else(|| {
            EngineError::unavailable(format!(
                "order {order} has status {:?}, which this service's lifecycle does not know",
                state.status
            ))
        })?;
        Ok(Self {
            status,
            version: state.version,
            customer: state.customer,
            deleted: state.deleted,
            created_at: state.created_at,
            updated_at: state.updated_at,
        })
    }
}

/// An order as it stands, with its timeline.
///
/// Status, version and times are the order's, whoever may see the events that made them; the
/// timeline shows what the reader may see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", bound = "")]
pub struct OrderSnapshot<L: Lifecycle = OrderStatus> {
    /// The order.
    pub order_id: OrderId,
    /// Its status.
    #[serde(serialize_with = "token", deserialize_with = "parse")]
    pub status: L,
    /// The version of its last event.
    pub version: u64,
    /// When its first event was published.
    pub created_at: Timestamp,
    /// When its last event was published.
    pub updated_at: Timestamp,
    /// Whose it is. Staff's field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// Its last entries, oldest first: status, note, assignment, tracking and failure.
    pub timeline: Vec<OrderEvent<L>>,
    /// The latest stage or progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<OrderEvent<L>>,
}

fn token<L: Lifecycle, S: Serializer>(status: &L, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status.token())
}

fn parse<'de, L: Lifecycle, D: Deserializer<'de>>(deserializer: D) -> Result<L, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    L::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown status {text:?}")))
}

impl Snapshot {
    /// The snapshot as this audience may read it, typed. Fails where the status is not of this
    /// lifecycle.
    pub fn decode<L: Lifecycle>(
        &self,
        audience: Audience,
    ) -> Result<OrderSnapshot<L>, serde_json::Error> {
        serde_json::from_str(&self.json(audience))
    }

    /// The snapshot as this audience may read it.
    ///
    /// It is put together from the log's own texts: nothing is parsed or serialised again.
    pub fn json(&self, audience: Audience) -> String {
        let state = &self.state;
        let mut json = String::with_capacity(256 + self.timeline.len() * 256);
        json.push_str("{\"orderId\":");
        push_text(&mut json, self.order.as_str());
        json.push_str(",\"status\":");
        push_text(&mut json, &state.status);
        // Writing to a String cannot fail.
        let _ = write!(
            json,
            ",\"version\":{},\"createdAt\":\"{}\",\"updatedAt\":\"{}\"",
            state.version, state.created_at, state.updated_at
        );
        if let (Audience::Staff, Some(customer)) = (audience, &state.customer) {
            json.push_str(",\"customerId\":");
            push_text(&mut json, customer.as_str());
        }
        json.push_str(",\"timeline\":[");
        let mut first = true;
        for record in self.timeline.iter().filter(|record| record.is_visible_to(audience)) {
            if !std::mem::take(&mut first) {
                json.push(',');
            }
            push_event(&mut json, record, audience);
        }
        json.push(']');
        let work = match audience {
            Audience::Public => &self.public_work,
            Audience::Staff => &self.work,
        };
        if let Some(work) = work {
            json.push_str(",\"work\":");
            push_event(&mut json, work, audience);
        }
        json.push('}');
        json
    }
}

/// Bytes above which an event in a snapshot begins a line of its own.
///
/// Readers of event streams bound the length of a line, and 64 long notes would make one of more
/// than a mebibyte. A line break between two tokens means nothing to JSON.
const LONG_EVENT: usize = 8 * 1024;

fn push_event(json: &mut String, record: &Record, audience: Audience) {
    if record.weight() > LONG_EVENT {
        json.push('\n');
    }
    json.push_str("{\"event\":");
    push_text(json, record.name());
    json.push_str(",\"data\":");
    json.push_str(&record.data(audience));
    json.push('}');
}

fn push_text(json: &mut String, text: &str) {
    // A text always has a JSON form.
    json.push_str(&serde_json::to_string(text).unwrap_or_default());
}
