//! Change Data Capture of Salesforce.

use std::collections::BTreeMap;

use order_events_core::Timestamp;
use serde_json::Value;

use super::{Message, Source, unwrap};
use crate::change::{Change, Changed, Gap, Identity, Operation, Records};
use crate::malformed::{Malformed, Object, json, take_object};

const HEADER: &str = "ChangeEventHeader";

/// Reads the change events of Salesforce, as CometD delivers them (`{channel, data: {event,
/// payload}}`, whole or its `data` alone), or as clients of the Pub/Sub API decode them
/// (`{replayId, payload}`, or the payload alone).
///
/// Bitmaps (`0x650004E0`), which the Pub/Sub API has in place of field names, must have been
/// expanded, for only the Avro schema says what they mean; every client has a way to. One that was
/// not is an error that says so.
///
/// A field that came as a diff, not as its value, counts as changed and is not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Salesforce;

impl Source for Salesforce {
    fn read(&self, raw: &[u8]) -> Result<Change, Malformed> {
        let Message { mut payload, path, position, .. } = unwrap(json(raw)?)?;
        let Some(header) = payload.remove(HEADER) else {
            return Err(Malformed::value(path, HEADER, "an object", None));
        };
        let header_path =
            if path.is_empty() { HEADER.to_owned() } else { format!("{path}.{HEADER}") };
        let header = take_object(header, &header_path, "an object")?;
        let header = Object { fields: &header, path: &header_path };

        let entity = header.text("entityName", "the name of an object")?.to_owned();
        let operation = operation(header)?;
        let records = records(header, operation)?;
        let transaction = header.text("transactionKey", "a transaction's key")?;
        let sequence = header
            .optional_integer("sequenceNumber", "a whole number")?
            .ok_or_else(|| header.refuse("sequenceNumber", "a whole number"))?;
        let withheld = names(header, "diffFields")?.unwrap_or_default();
        let nulled = names(header, "nulledFields")?;
        let changed = names(header, "changedFields")?;
        let changed = match operation {
            // By CometD only what changed is in the payload, and the header does not repeat it.
            Operation::Update => Changed::These(match changed {
                Some(names) => merged(names, nulled, &withheld),
                None => merged(payload.keys().cloned().collect(), nulled, &withheld),
            }),
            Operation::Gap(_) => Changed::Unknown,
            _ => Changed::All,
        };
        let millis = header.optional_integer("commitTimestamp", "milliseconds since 1970")?;
        let by = header.optional_text("commitUser", "a user's id")?.map(str::to_owned);
        Ok(Change {
            identity: Some(Identity::of(["sf", transaction, &sequence.to_string(), &entity])),
            position,
            operation,
            records,
            is_whole: matches!(operation, Operation::Create | Operation::Undelete),
            fields: payload,
            before: Default::default(),
            changed,
            withheld,
            known: BTreeMap::new(),
            at: millis.map(Timestamp::from_millis),
            by,
            entity,
            path,
        })
    }
}

fn operation(header: Object<'_>) -> Result<Operation, Malformed> {
    const EXPECTED: &str = "CREATE, UPDATE, DELETE, UNDELETE, one of them after GAP_, \
                            or GAP_OVERFLOW";
    Ok(match header.text("changeType", EXPECTED)? {
        "CREATE" => Operation::Create,
        "UPDATE" => Operation::Update,
        "DELETE" => Operation::Delete,
        "UNDELETE" => Operation::Undelete,
        "GAP_CREATE" => Operation::Gap(Gap::Create),
        "GAP_UPDATE" => Operation::Gap(Gap::Update),
        "GAP_DELETE" => Operation::Gap(Gap::Delete),
        "GAP_UNDELETE" => Operation::Gap(Gap::Undelete),
        "GAP_OVERFLOW" => Operation::Overflow,
        _ => return Err(header.refuse("changeType", EXPECTED)),
    })
}

fn records(header: Object<'_>, operation: Operation) -> Result<Records, Malformed> {
    const EXPECTED: &str = "an array of record ids";
    let ids = match header.fields.get("recordIds") {
        // An overflow does not say which.
        _ if operation == Operation::Overflow => return Ok(Records::Any),
        Some(Value::Array(ids)) if !ids.is_empty() => ids,
        _ => return Err(header.refuse("recordIds", EXPECTED)),
    };
    let mut records = Vec::with_capacity(ids.len());
    for (at, id) in ids.iter().enumerate() {
        match id.as_str() {
            // The prefix of an object and a star are all of its records.
            Some(id) if id.ends_with('*') => return Ok(Records::Any),
            Some(id) if !id.is_empty() => records.push(id.to_owned()),
            _ => {
                let field = format!("recordIds[{at}]");
                return Err(Malformed::value(header.path, &field, "a record id", Some(id)));
            }
        }
    }
    Ok(Records::These(records))
}

/// Names of fields; none where the header has no such list.
fn names(header: Object<'_>, field: &str) -> Result<Option<Vec<String>>, Malformed> {
    let list = match header.fields.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(header.refuse(field, "an array of field names")),
    };
    let name = |(at, value): (usize, &Value)| match value.as_str() {
        Some(name) if !name.is_empty() && !is_bitmap(name) => Ok(name.to_owned()),
        _ => {
            let field = format!("{field}[{at}]");
            let expected = "a field's name (a bitmap must be expanded by the client)";
            Err(Malformed::value(header.path, &field, expected, Some(value)))
        }
    };
    list.iter().enumerate().map(name).collect::<Result<_, _>>().map(Some)
}

/// `0x650004E0`, or `4-0x10` for a compound field. No field's name begins with a digit.
fn is_bitmap(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_digit())
}

fn merged(mut names: Vec<String>, more: Option<Vec<String>>, most: &[String]) -> Vec<String> {
    for name in more.into_iter().flatten().chain(most.iter().cloned()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
