//! Platform Events of Salesforce: somebody asks for something, beside Change Data Capture.

use std::collections::BTreeMap;

use order_events_core::Timestamp;
use serde_json::Value;

use super::{Message, Source, unwrap};
use crate::change::{Change, Changed, Fields, Identity, Operation, Position, Records};
use crate::malformed::{Malformed, Object, json};

/// Reads Platform Events of one kind, wrapped as [`Salesforce`](super::Salesforce) takes them.
///
/// The standard fields are read here; which of the custom ones is the order's id, who requested it
/// and how urgent it is, say the [rules](crate::RequestRules).
#[derive(Debug, Clone)]
pub struct PlatformEvents {
    name: String,
}

impl PlatformEvents {
    /// Events of this kind, by its API name: `Fulfilment_Requested__e`. Events of another channel
    /// are read too, and are of the kind that their channel says.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl Source for PlatformEvents {
    fn read(&self, raw: &[u8]) -> Result<Change, Malformed> {
        let Message { payload, path, position, uuid, channel } = unwrap(json(raw)?)?;
        let fields = Object { fields: &payload, path };
        let entity = match channel.as_deref().and_then(|channel| channel.rsplit('/').next()) {
            Some(kind) if !kind.is_empty() => kind.to_owned(),
            _ => self.name.clone(),
        };
        let identity = identity(fields, uuid.as_deref(), position.as_ref(), &entity)?;
        let by = fields.optional_text("CreatedById", "a user's id")?.map(str::to_owned);
        let at = created(fields)?;
        Ok(Change {
            identity: Some(identity),
            position,
            entity,
            operation: Operation::Request,
            records: Records::InFields,
            before: Fields::default(),
            changed: Changed::All,
            // It says what it has, and nothing of what the order has beside that.
            is_whole: false,
            withheld: Vec::new(),
            known: BTreeMap::new(),
            at,
            by,
            path,
            fields: payload,
        })
    }
}

/// `EventUuid`, beside the fields or among them, since API version 52; before that the place in the channel.
fn identity(
    fields: Object<'_>,
    outside: Option<&str>,
    position: Option<&Position>,
    entity: &str,
) -> Result<Identity, Malformed> {
    let inside = fields.optional_text("EventUuid", "an event's UUID")?;
    if let Some(uuid) = inside.or(outside) {
        return Ok(Identity::of(["pe", uuid]));
    }
    let place = match position {
        Some(Position::Number(number)) => number.to_string(),
        Some(Position::Text(text)) => text.clone(),
        Some(Position::Bytes(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        None => return Err(fields.refuse("EventUuid", "an event's UUID, or a replay id beside it")),
    };
    Ok(Identity::of(["pe", entity, &place]))
}

/// ISO 8601 by CometD, milliseconds by the Pub/Sub API.
fn created(fields: Object<'_>) -> Result<Option<Timestamp>, Malformed> {
    const FIELD: &str = "CreatedDate";
    const EXPECTED: &str = "a moment: ISO 8601, or milliseconds since 1970";
    match fields.fields.get(FIELD) {
        Some(Value::String(text)) => match text.parse() {
            Ok(at) => Ok(Some(at)),
            Err(_) => Err(fields.refuse(FIELD, EXPECTED)),
        },
        _ => Ok(fields.optional_integer(FIELD, EXPECTED)?.map(Timestamp::from_millis)),
    }
}
