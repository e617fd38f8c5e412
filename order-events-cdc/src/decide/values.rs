//! Values of a change, as what the rules say they are.

use order_events_core::{CustomerId, IdempotencyKey, OrderId};
use serde_json::Value;

use crate::change::{Change, Said};
use crate::key;
use crate::malformed::{Malformed, describe};

/// What is said of a field that is a text or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// It has this value.
    Is(String),
    /// It is empty.
    Empty,
    /// Nothing is said of it.
    Unsaid,
}

impl Text {
    pub(super) fn value(self) -> Option<String> {
        match self {
            Self::Is(text) => Some(text),
            Self::Empty | Self::Unsaid => None,
        }
    }
}

pub(super) fn text(change: &Change, record: &str, field: &str) -> Result<Text, Malformed> {
    match change.says(record, field) {
        Said::Nothing => Ok(Text::Unsaid),
        Said::Empty => Ok(Text::Empty),
        Said::Value(Value::String(text)) if text.is_empty() => Ok(Text::Empty),
        Said::Value(value) => match plain(value) {
            Some(text) => Ok(Text::Is(text)),
            None => Err(malformed(change, field, "a text or a number", Some(value))),
        },
    }
}

/// A field that may be left out of the rules: of such a one nothing is said.
pub(super) fn optional(
    change: &Change,
    record: &str,
    field: Option<&String>,
) -> Result<Text, Malformed> {
    field.map_or(Ok(Text::Unsaid), |field| text(change, record, field))
}

/// What it was before, where that is told.
pub(super) fn was(change: &Change, field: Option<&String>) -> Option<String> {
    plain(change.was(field?)?)
}

/// An order's id that must be there.
pub(super) fn order_id(change: &Change, record: &str, field: &str) -> Result<OrderId, Malformed> {
    match text(change, record, field)? {
        Text::Is(id) => order_of(change, field, &id),
        _ => Err(malformed(change, field, "an order's id", None)),
    }
}

pub(super) fn order_of(change: &Change, field: &str, id: &str) -> Result<OrderId, Malformed> {
    OrderId::new(id).map_err(|invalid| {
        let expected = "an order's id: 1 to 128 bytes without control characters";
        Malformed::new(change.path, field, expected, invalid.why.to_string())
    })
}

pub(super) fn customer_of(change: &Change, field: &str, id: &str) -> Result<CustomerId, Malformed> {
    CustomerId::new(id).map_err(|invalid| {
        let expected = "an account's id: 1 to 128 bytes without control characters";
        Malformed::new(change.path, field, expected, invalid.why.to_string())
    })
}

/// A key of these parts of the change.
pub(super) fn key_of<'a>(
    change: &Change,
    parts: impl IntoIterator<Item = &'a str>,
) -> Result<IdempotencyKey, Malformed> {
    key::of(parts).map_err(|invalid| {
        let expected = "what an idempotency key can be made of";
        Malformed::new(change.path, "", expected, invalid.why.to_string())
    })
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn malformed(
    change: &Change,
    field: &str,
    expected: &'static str,
    came: Option<&Value>,
) -> Malformed {
    Malformed::new(change.path, field, expected, describe(came))
}
