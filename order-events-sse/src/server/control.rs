//! What a stream says of itself, beside events and snapshots.

use std::time::Duration;

use bytes::Bytes;
use order_events_core::{Cursor, Reset, ResetReason, SCHEMA_VERSION, Scope, SnapshotOf};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::encoder::Block;
use crate::field::{Id, Name};

/// The first block: what the reader may count on.
///
/// On a resume it carries the presented cursor as its id, too: to the letter of the standard a new
/// stream begins without an id, and a reader that is cut off before the first event would otherwise
/// come back with none.
pub(crate) fn ready(retry: Duration, resumed: Option<Cursor>, heartbeat: Duration) -> Bytes {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Ready<'a> {
        schema: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        resumed: Option<&'a str>,
        heartbeat_ms: u64,
    }
    let heartbeat_ms = heartbeat.as_millis() as u64;
    let resumed = resumed.map(|cursor| cursor.to_string());
    let data = json(&Ready { schema: SCHEMA_VERSION, resumed: resumed.as_deref(), heartbeat_ms });
    let id = resumed.as_deref().and_then(|cursor| Id::new(cursor).ok());
    Block { retry: Some(retry), event: Name::new("ready").ok(), id, data: Some(&data) }.to_bytes()
}

/// The last block.
pub(crate) fn end(reason: &str, retry: Option<Duration>) -> Bytes {
    #[derive(Serialize)]
    struct End<'a> {
        reason: &'a str,
    }
    event("end", retry, &End { reason })
}

/// Why the reader begins anew, and where it pages if the present does not follow by itself.
#[derive(Debug, Serialize)]
pub(crate) struct ResetData {
    reason: ResetReason,
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<String>,
}

impl ResetData {
    pub(crate) fn of(reset: Reset, scope: &Scope) -> Self {
        Self { reason: reset.reason, orders: reset.is_paged.then(|| orders_link(scope)) }
    }

    /// The state is more than a page takes: it is to be paged, whatever the reason to begin anew.
    pub(super) fn paged(reason: Option<ResetReason>, scope: &Scope) -> Self {
        let reason = reason.unwrap_or(ResetReason::Large);
        Self { reason, orders: Some(orders_link(scope)) }
    }

    pub(super) fn reason(&self) -> ResetReason {
        self.reason
    }
}

pub(crate) fn reset(data: &ResetData) -> Bytes {
    event("reset", None, data)
}

/// Where a scope's orders are paged: relative to the stream's own address, which is all that is
/// known of where the routes are mounted.
fn orders_link(scope: &Scope) -> String {
    match scope {
        Scope::Tenant => "orders".to_owned(),
        Scope::Customer(customer) => {
            let customer = utf8_percent_encode(customer.as_str(), NON_ALPHANUMERIC);
            format!("../../orders?customer={customer}")
        }
        // One order always comes inline.
        Scope::Order(_) => "../../orders".to_owned(),
    }
}

/// An order as it stands.
pub(crate) fn snapshot(snapshot: &SnapshotOf) -> Bytes {
    let cursor = snapshot.cursor().map(|cursor| cursor.to_string());
    let id = cursor.as_deref().and_then(|cursor| Id::new(cursor).ok());
    let json = snapshot.json();
    let event = Name::new("snapshot").ok();
    Block { event, id, data: Some(&json), retry: None }.to_bytes()
}

/// A place without an event: stored by the reader, shown to nobody.
pub(crate) fn position(cursor: Cursor) -> Bytes {
    let cursor = cursor.to_string();
    Block { id: Id::new(&cursor).ok(), ..Block::default() }.to_bytes()
}

/// A block of ours, without an id: no reader is moved by it.
pub(crate) fn event(name: &'static str, retry: Option<Duration>, data: &impl Serialize) -> Bytes {
    let data = json(data);
    Block { retry, event: Name::new(name).ok(), data: Some(&data), id: None }.to_bytes()
}

/// Structures of numbers and texts always have a JSON form.
pub(crate) fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}
