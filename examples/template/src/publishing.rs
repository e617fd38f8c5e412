//! What is said of orders.

use axum::Json;
use axum::extract::{Path, State};
use order_events_axum::{
    Answer, CustomerId, Denied, Head, IdempotencyKey, Invalid, OrderId, OrderStatus, Published,
    Sent, Update,
};
use serde::{Deserialize, Serialize};

use crate::access::Access;

/// `{"status": "SHIPPED", "note": "by bike"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    status: OrderStatus,
    note: Option<String>,
    /// Whose order it is, where that is new.
    customer: Option<String>,
    /// Said again with the same one, it is told once.
    key: Option<String>,
}

/// What came of it.
#[derive(Serialize)]
pub(crate) struct Receipt {
    outcome: &'static str,
    version: u64,
}

/// Staff say how things stand with an order, and whoever watches it is told.
pub(crate) async fn publish(
    State(access): State<Access>,
    Path(order): Path<String>,
    head: Head,
    change: Sent<Change>,
) -> Answer<Json<Receipt>> {
    if !access.user(&head)?.is_staff {
        return Err(Denied::Forbidden.into());
    }
    let update = update(order, change?.0)?;
    let (outcome, version) = match access.hub.publish(update).await? {
        Published::Applied(told) => ("applied", told.event.version),
        Published::Duplicate(told) => ("duplicate", told.event.version),
        Published::Unchanged(order) => ("unchanged", order.version),
    };
    Ok(Json(Receipt { outcome, version }))
}

fn update(order: String, change: Change) -> Result<Update, Invalid> {
    let mut update = Update::status(OrderId::new(order)?, change.status).or_create();
    if let Some(note) = change.note {
        update = update.with_note(note);
    }
    if let Some(customer) = change.customer {
        update = update.with_customer(CustomerId::new(customer)?);
    }
    if let Some(key) = change.key {
        update = update.with_key(IdempotencyKey::new(key)?);
    }
    Ok(update)
}
