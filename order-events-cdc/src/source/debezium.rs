//! Debezium: change events of databases.

use std::collections::BTreeMap;

use order_events_core::Timestamp;
use serde_json::Value;

use super::Source;
use crate::change::{Change, Changed, Fields, Identity, Operation, Position, Records};
use crate::key;
use crate::malformed::{Malformed, Object, json, take_object};

/// What Debezium writes for a value that is not in the database's log: a large one of PostgreSQL
/// that did not change.
const UNAVAILABLE: &str = "__debezium_unavailable_value";

/// Reads the values of Debezium's change events: the envelope, with its schema (`{schema, payload}`)
/// or without, and tombstones (an empty value, or `null`).
///
/// The place of an event is read of PostgreSQL (`lsn`) and MySQL and MariaDB (`file`, `pos`, `row`)
/// by name; of any other connector it is all that `source` has beside names and times.
#[derive(Debug, Clone, Copy, Default)]
pub struct Debezium;

impl Source for Debezium {
    fn read(&self, raw: &[u8]) -> Result<Change, Malformed> {
        // Kafka's own null is no bytes at all.
        let root = if raw.is_empty() { Value::Null } else { json(raw)? };
        if root.is_null() {
            return Ok(tombstone());
        }
        let mut root = take_object(root, "", "an envelope, or null")?;
        match root.remove("payload") {
            Some(Value::Null) => Ok(tombstone()),
            Some(payload) => {
                let envelope = take_object(payload, "payload", "an envelope, or null")?;
                read(envelope, ["payload", "payload.after", "payload.before", "payload.source"])
            }
            None => read(root, ["", "after", "before", "source"]),
        }
    }
}

fn read(mut envelope: Fields, paths: [&'static str; 4]) -> Result<Change, Malformed> {
    let [path, after_path, before_path, source_path] = paths;
    let source = match envelope.remove("source") {
        Some(source) => take_object(source, source_path, "where the event is from")?,
        None => return Err(Malformed::value(path, "source", "where the event is from", None)),
    };
    let source = Object { fields: &source, path: source_path };
    let after = row(envelope.remove("after"), after_path)?;
    let before = row(envelope.remove("before"), before_path)?;
    let envelope = Object { fields: &envelope, path };
    let operation = operation(envelope)?;
    // What a deletion tells is what was.
    let is_deletion = operation == Operation::Delete;
    let needed = match operation {
        Operation::Create | Operation::Update | Operation::Read => Some((&after, "after")),
        Operation::Delete => Some((&before, "before")),
        _ => None,
    };
    if let Some((None, field)) = needed {
        return Err(Malformed::value(path, field, "the row", None));
    }
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let (mut fields, before) = if is_deletion { (before, after) } else { (after, before) };
    let withheld = take_unavailable(&mut fields);
    let changed = match operation {
        Operation::Update => differences(&before, &fields, &withheld),
        Operation::Read => Changed::Unknown,
        _ => Changed::All,
    };
    let place = place(source)?;
    let identity = match operation {
        Operation::Message | Operation::Truncate => place.clone(),
        // Rows are read many times, at the same place: it is their content that is told.
        Operation::Read => Some(content(place.as_deref(), &fields)),
        _ => Some(place.clone().ok_or_else(|| nowhere(source))?),
    };
    let at = source
        .optional_integer("ts_ms", "milliseconds since 1970")?
        .or(envelope.optional_integer("ts_ms", "milliseconds since 1970")?);
    Ok(Change {
        identity: identity.map(|place| identity_of(source, place)).transpose()?,
        position: place.map(Position::Text),
        entity: entity(source, operation)?,
        operation,
        records: if operation == Operation::Truncate { Records::Any } else { Records::InFields },
        is_whole: !is_deletion,
        fields,
        before,
        changed,
        withheld,
        known: BTreeMap::new(),
        at: at.map(Timestamp::from_millis),
        by: None,
        path: if is_deletion { before_path } else { after_path },
    })
}

fn operation(envelope: Object<'_>) -> Result<Operation, Malformed> {
    const EXPECTED: &str = "c, u, d, r, t or m";
    Ok(match envelope.text("op", EXPECTED)? {
        "c" => Operation::Create,
        "u" => Operation::Update,
        "d" => Operation::Delete,
        "r" => Operation::Read,
        "t" => Operation::Truncate,
        "m" => Operation::Message,
        _ => return Err(envelope.refuse("op", EXPECTED)),
    })
}

fn row(value: Option<Value>, path: &'static str) -> Result<Option<Fields>, Malformed> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => take_object(value, path, "a row").map(Some),
    }
}

/// `schema.table`, or where the database has no schemas `database.table`.
fn entity(source: Object<'_>, operation: Operation) -> Result<String, Malformed> {
    // A message is about no table.
    if operation == Operation::Message {
        return Ok(String::new());
    }
    let table = match source.optional_text("table", "a table's name")? {
        Some(table) => table,
        None => source.text("collection", "the name of a table or collection")?,
    };
    let space = match source.optional_text("schema", "a schema's name")? {
        Some(schema) => Some(schema),
        None => source.optional_text("db", "a database's name")?,
    };
    Ok(space.map_or_else(|| table.to_owned(), |space| format!("{space}.{table}")))
}

fn identity_of(source: Object<'_>, place: String) -> Result<Identity, Malformed> {
    let server = source.optional_text("name", "the connector's name")?.unwrap_or_default();
    Ok(Identity::of(["dbz", server, &place]))
}

/// Where in the database's log the event stands. Clocks are no place.
fn place(source: Object<'_>) -> Result<Option<String>, Malformed> {
    match source.optional_text("connector", "the connector's kind")? {
        Some("postgresql") => {
            let lsn = source.optional_integer("lsn", "a place in the log")?;
            Ok(lsn.map(|lsn| lsn.to_string()))
        }
        Some("mysql" | "mariadb") => {
            let Some(file) = source.optional_text("file", "the name of a log file")? else {
                return Ok(None);
            };
            let Some(pos) = source.optional_integer("pos", "a place in the log file")? else {
                return Ok(None);
            };
            let row = source.optional_integer("row", "a row's number")?.unwrap_or(0);
            Ok(Some(format!("{file}:{pos}:{row}")))
        }
        _ => Ok(elsewhere(source.fields)),
    }
}

/// What other connectors say of the place: all that is neither a name nor a time nor about the
/// reading itself.
fn elsewhere(source: &Fields) -> Option<String> {
    const NAMES: [&str; 9] = [
        "version",
        "connector",
        "name",
        "snapshot",
        "db",
        "schema",
        "table",
        "collection",
        "server_id",
    ];
    let mut parts: Vec<String> = source
        .iter()
        .filter(|(name, value)| {
            !value.is_null() && !name.starts_with("ts_") && !NAMES.contains(&name.as_str())
        })
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={text}"),
            None => format!("{name}={value}"),
        })
        .collect();
    // Whatever order serde_json was built to keep them in.
    parts.sort_unstable();
    if parts.is_empty() { None } else { Some(parts.join(",")) }
}

fn nowhere(source: Object<'_>) -> Malformed {
    let text = |field| source.fields.get(field).and_then(Value::as_str).unwrap_or_default();
    match text("connector") {
        "postgresql" => source.refuse("lsn", "a place in the log"),
        "mysql" | "mariadb" if text("file").is_empty() => {
            source.refuse("file", "the name of a log file")
        }
        "mysql" | "mariadb" => source.refuse("pos", "a place in the log file"),
        _ => {
            let actual = "names and times only".to_owned();
            Malformed::new(source.path, "", "a place in the database's log", actual)
        }
    }
}

fn content(place: Option<&str>, fields: &Fields) -> String {
    let mut columns: Vec<_> = fields.iter().collect();
    columns.sort_unstable_by_key(|(name, _)| *name);
    let texts: Vec<String> =
        columns.iter().map(|(name, value)| format!("{name}={value}\0")).collect();
    let digest = key::digest(texts.iter().map(|text| text.as_bytes()));
    format!("{}#{digest:032x}", place.unwrap_or_default())
}

fn take_unavailable(fields: &mut Fields) -> Vec<String> {
    let is_unavailable = |value: &Value| value.as_str() == Some(UNAVAILABLE);
    let names: Vec<String> = fields
        .iter()
        .filter(|(_, value)| is_unavailable(value))
        .map(|(name, _)| name.clone())
        .collect();
    fields.retain(|_, value| !is_unavailable(value));
    names
}

/// The columns that are not as they were, where all of what was is told: PostgreSQL does so where
/// the table's replica identity is full.
fn differences(before: &Fields, after: &Fields, withheld: &[String]) -> Changed {
    if before.is_empty() || after.keys().any(|name| !before.contains_key(name)) {
        return Changed::Unknown;
    }
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    let gone = before
        .keys()
        .filter(|name| !after.contains_key(*name) && !withheld.iter().any(|held| held == *name));
    Changed::These(changed.map(|(name, _)| name).chain(gone).cloned().collect())
}

fn tombstone() -> Change {
    Change {
        identity: None,
        position: None,
        entity: String::new(),
        operation: Operation::Tombstone,
        records: Records::InFields,
        fields: Fields::default(),
        before: Fields::default(),
        changed: Changed::Unknown,
        is_whole: false,
        withheld: Vec::new(),
        known: BTreeMap::new(),
        at: None,
        by: None,
        path: "",
    }
}
