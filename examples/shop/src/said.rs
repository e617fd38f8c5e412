//! What staff say of an order at a page of theirs.

use order_events_core::{IdempotencyKey, Invalid, OrderId, OrderStatus, Update};
use serde::Deserialize;

/// The order moves: `{"status": "SHIPPED", "version": 4, "key": "…"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    status: OrderStatus,
    /// A word to the customer.
    note: Option<String>,
    /// How far whoever says it has seen the order. Whatever came after that is a conflict.
    version: Option<u64>,
    #[serde(default)]
    key: Key,
}

/// A remark: `{"note": "Call first.", "public": false}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    note: String,
    /// Whether the customer reads it.
    public: bool,
    #[serde(default)]
    key: Key,
}

/// Of the page's making, so that a press that is sent twice counts once. It shares no name with the
/// keys of what comes from elsewhere: a tenant's log has all of them in one place.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Key(Option<String>);

impl Move {
    /// The update of this order that it stands for.
    pub fn of(self, order: String) -> Result<Update, Invalid> {
        let mut update = Update::status(OrderId::new(order)?, self.status);
        if let Some(note) = self.note {
            update = update.with_note(note);
        }
        if let Some(version) = self.version {
            update = update.expecting_version(version);
        }
        self.key.on(update)
    }
}

impl Remark {
    /// The update of this order that it stands for.
    pub fn of(self, order: String) -> Result<Update, Invalid> {
        let update = Update::note(OrderId::new(order)?, self.note);
        self.key.on(if self.public { update.public() } else { update })
    }
}

impl Key {
    /// The update, with this key on it where there is one.
    pub fn on(self, update: Update) -> Result<Update, Invalid> {
        Ok(match self.0 {
            Some(key) => update.with_key(IdempotencyKey::new(format!("page {key}"))?),
            None => update,
        })
    }
}
