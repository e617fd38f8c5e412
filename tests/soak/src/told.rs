//! What the soak and its servers say to each other, and an event as everybody here reads it.

use order_events_core::{OrderEvent, OrderStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where a server is asked to publish an [`Attempt`].
pub(crate) const PUBLISH: &str = "/soak/publish";
/// … to end every stream of a principal.
pub(crate) const REVOKE: &str = "/soak/revoke";
/// … to stop as a deployment stops it, and to serve again on the same log.
pub(crate) const DRAIN: &str = "/soak/drain";
/// … how it is.
pub(crate) const VITALS: &str = "/soak/vitals";

/// The headers by which a caller says who it is, and what it is granted.
pub(crate) const USER: &str = "x-user";
pub(crate) const TENANT: &str = "x-tenant";
pub(crate) const STAFF: &str = "x-staff";
/// For how many milliseconds.
pub(crate) const GRANTED_MS: &str = "x-granted-ms";

/// Something to be published, until the answer to it is known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) tenant: String,
    pub(crate) order: String,
    /// The idempotency key, and what the event says where it can say something.
    pub(crate) key: String,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum What {
    Create { customer: Option<String> },
    Move { to: OrderStatus },
    Note { is_public: bool },
    Progress { percent: u8 },
    Custom,
    Attach { customer: String },
    Delete,
}

/// What came of an [`Attempt`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It is in the log, by this attempt or by an earlier one.
    Applied { cursor: String, name: String, event: Value },
    /// It changes nothing, or may not be.
    Refused(String),
    /// Nobody knows whether it is in the log: it is to be tried again.
    Unknown(String),
    /// What should never be answered.
    Wrong(String),
}

/// How a server is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Vitals {
    pub(crate) pid: u32,
    /// How often it began to serve: at first, and after each drain.
    pub(crate) served: u32,
    /// Of its runtime. actix keeps those of its connections where Tokio does not count them.
    pub(crate) tasks: usize,
    pub(crate) streams: usize,
    pub(crate) watch_points: usize,
}

/// An event as a reader reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) order: String,
    pub(crate) version: u64,
    pub(crate) status: Option<OrderStatus>,
    /// The key of the attempt that made it, where the event has room for it.
    pub(crate) mark: Option<String>,
    /// What only staff read.
    pub(crate) customer: Option<String>,
    pub(crate) is_staffs: bool,
}

impl Told {
    /// Reads an event's JSON.
    pub(crate) fn of(name: &str, data: &Value) -> Result<Self, String> {
        let text = |field: &str| data.get(field).and_then(Value::as_str);
        let inner = data.get("data").and_then(|data| data.get("mark")).and_then(Value::as_str);
        let status = text("status").map(|status| status.parse().map_err(|_| unread(name, data)));
        Ok(Self {
            name: name.to_owned(),
            order: text("orderId").ok_or_else(|| unread(name, data))?.to_owned(),
            version: data
                .get("version")
                .and_then(Value::as_u64)
                .ok_or_else(|| unread(name, data))?,
            status: status.transpose()?,
            mark: text("note").or(text("message")).or(inner).map(str::to_owned),
            customer: text("customerId").map(str::to_owned),
            is_staffs: text("visibility") == Some("staff"),
        })
    }

    /// By this event an order enters what is watched, and replaces what was known under its id.
    pub(crate) fn enters(&self) -> bool {
        self.version == 1 || matches!(&*self.name, "order.created" | "order.customer")
    }

    pub(crate) fn deletes(&self) -> bool {
        self.name == "order.deleted"
    }

    /// Whether both are the same event, whoever read them.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let what = |told: &Self| (told.version, told.status);
        what(self) == what(other)
            && self.name == other.name
            && self.order == other.order
            && self.mark == other.mark
    }

    /// Whether this may be what came of an attempt.
    pub(crate) fn is_of(&self, attempt: &Attempt) -> bool {
        let is_marked = match attempt.what {
            What::Attach { .. } | What::Delete => self.mark.is_none(),
            _ => self.mark.as_ref() == Some(&attempt.key),
        };
        is_marked && self.order == attempt.order
    }
}

fn unread(name: &str, data: &Value) -> String {
    format!("{name} cannot be read: {data}")
}

/// An event's own JSON, as staff read it.
pub(crate) fn data(event: &OrderEvent) -> Value {
    let named = serde_json::to_value(event).unwrap_or_default();
    named.get("data").cloned().unwrap_or_default()
}

/// What a custom event says.
pub(crate) fn marked(key: &str) -> Value {
    json!({ "mark": key })
}
