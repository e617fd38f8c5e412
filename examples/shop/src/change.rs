//! What staff may say of an order over HTTP, and what they are answered.

use order_events_core::{
    CustomerId, IdempotencyKey, Invalid, OrderId, OrderStatus, Published, Update,
};
use serde::{Deserialize, Serialize};

/// The JSON of an update: `{"orderId": "42", "status": "SHIPPED", "note": "by bike"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Change {
    order_id: String,
    status: OrderStatus,
    note: Option<String>,
    customer: Option<String>,
    key: Option<String>,
}

impl Change {
    /// The update it stands for. An order that is not there yet is created.
    pub fn update(self) -> Result<Update, Invalid> {
        let mut update = Update::status(OrderId::new(self.order_id)?, self.status).or_create();
        if let Some(note) = self.note {
            update = update.with_note(note);
        }
        if let Some(customer) = self.customer {
            update = update.with_customer(CustomerId::new(customer)?);
        }
        if let Some(key) = self.key {
            update = update.with_key(IdempotencyKey::new(key)?);
        }
        Ok(update)
    }
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    outcome: &'static str,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl From<Published> for Receipt {
    fn from(published: Published) -> Self {
        let (outcome, told) = match published {
            Published::Applied(told) => ("applied", told),
            Published::Duplicate(told) => ("duplicate", told),
            Published::Unchanged(state) => {
                return Self { outcome: "unchanged", version: state.version, cursor: None };
            }
        };
        Self { outcome, version: told.event.version, cursor: Some(told.cursor.to_string()) }
    }
}
