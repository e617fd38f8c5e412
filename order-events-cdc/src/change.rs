//! One change, whatever source it came from.

use std::collections::BTreeMap;

use order_events_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The values of a record by the names of its fields.
pub type Fields = Map<String, Value>;

/// One change event as its source told it.
///
/// Made by a [`Source`](crate::Source), judged by [`decide`](crate::decide). Public and plain, so
/// that a source of your own makes one as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What the source calls this event: the same each time that it is delivered, and of no other
    /// event about the same record. None for what is no event at all, a tombstone.
    pub identity: Option<Identity>,
    /// Where the source stands with this event, to go on after it.
    pub position: Option<Position>,
    /// What kind of record changed: `Order`, `public.orders`, `Fulfilment_Requested__e`.
    pub entity: String,
    /// What happened to it.
    pub operation: Operation,
    /// Which records, where the source says it beside their values.
    pub records: Records,
    /// The values that the event tells.
    pub fields: Fields,
    /// The values before it, where the event tells them.
    pub before: Fields,
    /// Which fields it is about.
    pub changed: Changed,
    /// Whether `fields` is the whole record, so that what is not in it is empty.
    pub is_whole: bool,
    /// Fields whose value the event withholds though it speaks of them: a diff in place of the
    /// value, a column that the database did not write to its log.
    pub withheld: Vec<String>,
    /// What is known of the records from elsewhere, by their ids: see [`Change::knowing`].
    pub known: BTreeMap<String, Fields>,
    /// When it was committed, by the source's clock. It tells people, and decides nothing.
    pub at: Option<Timestamp>,
    /// Who did it, as the source knows them.
    pub by: Option<String>,
    /// The way to `fields` within the event, for errors: `data.payload`.
    pub path: &'static str,
}

/// What a source calls an event, in parts: its kind first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(pub Vec<String>);

impl Identity {
    /// An identity of these parts.
    pub fn of<const N: usize>(parts: [&str; N]) -> Self {
        Self(parts.map(str::to_owned).into())
    }
}

/// Where a source stands. Opaque: it is kept, and handed back to the source as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Position {
    /// The replay id of CometD.
    Number(i64),
    /// The replay id of the Pub/Sub API, where it came as bytes.
    Bytes(Vec<u8>),
    /// The replay id of the Pub/Sub API as base64, or the place in a database's log.
    Text(String),
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The record was made.
    Create,
    /// Some of its values were changed.
    Update,
    /// It was deleted.
    Delete,
    /// It was taken back out of the recycle bin.
    Undelete,
    /// It is there: somebody reads the table from the beginning.
    Read,
    /// All records were deleted at once.
    Truncate,
    /// The source tells that something happened, but not what.
    Gap(Gap),
    /// More happened than the source tells; it does not say to which records.
    Overflow,
    /// Somebody asks for something to be done about it.
    Request,
    /// A word in the database's log that is about no record.
    Message,
    /// What a compacted topic has after a deletion: a key without a value.
    Tombstone,
}

/// What happened, of which nothing more is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gap {
    /// The record was made.
    Create,
    /// Some of its values were changed.
    Update,
    /// It was deleted.
    Delete,
    /// It was taken back out of the recycle bin.
    Undelete,
}

/// Which records a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Records {
    /// These: several where the same change was made to each.
    These(Vec<String>),
    /// The one that the values are of; one of them is its id.
    InFields,
    /// All of the entity, or nobody knows which.
    Any,
}

/// Which fields a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// All of them: the record is new, or it is gone.
    All,
    /// These. `BillingAddress.City` is a part of `BillingAddress`.
    These(Vec<String>),
    /// Perhaps any: the source told what is, and not what was.
    Unknown,
}

/// What a change says of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said<'a> {
    /// It has this value.
    Value(&'a Value),
    /// It is empty.
    Empty,
    /// Nothing; and nothing is known of it from elsewhere.
    Nothing,
}

impl Change {
    /// … and this is known of one of its records from elsewhere: looked up, because a decision was
    /// [`LookUp`](crate::Decision::LookUp). What the change itself says goes before it.
    #[must_use]
    pub fn knowing(mut self, record: impl Into<String>, fields: Fields) -> Self {
        self.known.entry(record.into()).or_default().extend(fields);
        self
    }

    /// Whether the change is about this field, or may be.
    pub fn concerns(&self, field: &str) -> bool {
        match &self.changed {
            Changed::All | Changed::Unknown => true,
            Changed::These(names) => names.iter().any(|name| is_part(name, field)),
        }
    }

    /// What the value of this field is after the change, of this record.
    pub fn says(&self, record: &str, field: &str) -> Said<'_> {
        let is_withheld = self.withheld.iter().any(|name| is_part(name, field));
        if !is_withheld {
            match find(&self.fields, field) {
                Some(Value::Null) | None if self.is_whole => return Said::Empty,
                Some(Value::Null) if self.names(field) => return Said::Empty,
                Some(Value::Null) | None => {}
                Some(value) => return Said::Value(value),
            }
            // A field that is named as changed and has no value was emptied.
            if self.names(field) {
                return Said::Empty;
            }
        }
        match self.known.get(record) {
            None => Said::Nothing,
            Some(known) => match find(known, field) {
                // Who looks up a record asks for what they need of it.
                None => Said::Nothing,
                Some(Value::Null) => Said::Empty,
                Some(value) => Said::Value(value),
            },
        }
    }

    /// What the value was before the change, where it is told.
    pub fn was(&self, field: &str) -> Option<&Value> {
        find(&self.before, field).filter(|value| !value.is_null())
    }

    pub(crate) fn is_deletion(&self) -> bool {
        matches!(self.operation, Operation::Delete | Operation::Gap(Gap::Delete))
    }

    fn names(&self, field: &str) -> bool {
        matches!(&self.changed, Changed::These(names) if names.iter().any(|name| name == field))
    }
}

/// Whether one of the two is, or is a part of, the other.
pub(crate) fn is_part(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    match long.strip_prefix(short) {
        Some(rest) => rest.is_empty() || rest.starts_with('.'),
        None => false,
    }
}

/// A field by its name, or a part of a compound one: `BillingAddress.City`.
fn find<'a>(fields: &'a Fields, name: &str) -> Option<&'a Value> {
    if let Some(value) = fields.get(name) {
        return Some(value);
    }
    let (compound, part) = name.split_once('.')?;
    find(fields.get(compound)?.as_object()?, part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_belongs_to_its_whole_and_to_nothing_that_only_begins_like_it() {
        assert!(is_part("BillingAddress.City", "BillingAddress"));
        assert!(is_part("BillingAddress", "BillingAddress.City"));
        assert!(is_part("Status", "Status"));
        assert!(!is_part("StatusCode", "Status"));
        assert!(!is_part("BillingAddress.City", "BillingAddress.Street"));
    }
}
