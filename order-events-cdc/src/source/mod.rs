//! Change events as their vendors write them, read into a [`Change`].

mod debezium;
mod platform_event;
mod salesforce;

use std::fmt;

use serde_json::Value;

pub use debezium::Debezium;
pub use platform_event::PlatformEvents;
pub use salesforce::Salesforce;

use crate::change::{Change, Fields, Position};
use crate::malformed::{Malformed, Object, take_object};

/// Reads the events of one vendor.
///
/// Reading is pure, and never panics whatever comes.
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// The change that an event tells, or what is wrong with it.
    fn read(&self, raw: &[u8]) -> Result<Change, Malformed>;
}

/// A message of Salesforce's event bus, out of its wrapping.
struct Message {
    payload: Fields,
    path: &'static str,
    position: Option<Position>,
    /// The event's UUID, where the wrapping has it.
    uuid: Option<String>,
    channel: Option<String>,
}

/// Takes off what CometD, its clients, or those of the Pub/Sub API wrap the payload in.
fn unwrap(root: Value) -> Result<Message, Malformed> {
    let mut outer = take_object(root, "", "an object")?;
    let channel = Object { fields: &outer, path: "" }
        .optional_text("channel", "the channel's name")?
        .map(str::to_owned);
    let (mut wrapper, at, [payload_path, event_path]) = match outer.remove("data") {
        Some(data) => {
            (take_object(data, "data", "an object")?, "data", ["data.payload", "data.event"])
        }
        None => (outer, "", ["payload", "event"]),
    };
    let payload = wrapper.remove("payload");
    let outside = Object { fields: &wrapper, path: at };
    let (mut position, mut uuid) = (replay_id(outside, "replayId")?, None);
    if position.is_none() {
        position = replay_id(outside, "replay_id")?;
    }
    if let Some(event) = outside.optional_object("event", "an object")? {
        let event = Object { fields: event, path: event_path };
        position = replay_id(event, "replayId")?.or(position);
        uuid = event.optional_text("EventUuid", "an event's UUID")?.map(str::to_owned);
    }
    // By the Pub/Sub API an event's id is its UUID.
    if payload.is_some() && uuid.is_none() {
        uuid = outside.optional_text("id", "an event's UUID")?.map(str::to_owned);
    }
    let (payload, path) = match payload {
        Some(payload) => (take_object(payload, payload_path, "an object")?, payload_path),
        None if at.is_empty() => (wrapper, ""),
        None => return Err(Malformed::value(at, "payload", "an object", None)),
    };
    Ok(Message { payload, path, position, uuid, channel })
}

/// A number by CometD; opaque bytes by the Pub/Sub API, which clients show as bytes or as base64.
fn replay_id(object: Object<'_>, field: &str) -> Result<Option<Position>, Malformed> {
    let refuse = || object.refuse(field, "a replay id: a number, bytes or base64");
    let byte = |value: &Value| u8::try_from(value.as_u64()?).ok();
    Ok(match object.fields.get(field) {
        None | Some(Value::Null) => None,
        Some(Value::Number(number)) => Some(Position::Number(number.as_i64().ok_or_else(refuse)?)),
        Some(Value::String(text)) if !text.is_empty() => Some(Position::Text(text.to_owned())),
        Some(Value::Array(bytes)) => {
            let bytes = bytes.iter().map(byte).collect::<Option<_>>();
            Some(Position::Bytes(bytes.ok_or_else(refuse)?))
        }
        Some(_) => return Err(refuse()),
    })
}
