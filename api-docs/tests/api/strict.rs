//! The schemas as a test wants them: closed, so that a field that is not documented is found.
//! Published they are open, because fields may be added.

use std::sync::LazyLock;

use jsonschema::Validator;
use order_events_api_docs::schemas;
use order_events_core::Audience;
use serde_json::{Map, Value};

/// A schema, by its name, for what this audience may read.
pub(crate) fn strict(name: &str, audience: Audience) -> Validator {
    validator(&closed(&named(name), audience))
}

/// A schema in which others may be referred to, for what this audience may read.
pub(crate) fn closed(schema: &Value, audience: Audience) -> Value {
    match schema {
        Value::Object(fields) => match fields.get("$ref").and_then(Value::as_str) {
            Some(file) => closed(&referred(file), audience),
            None => Value::Object(closed_object(fields, audience)),
        },
        Value::Array(values) => values.iter().map(|value| closed(value, audience)).collect(),
        other => other.clone(),
    }
}

fn closed_object(fields: &Map<String, Value>, audience: Audience) -> Map<String, Value> {
    let mut fields = fields.clone();
    if let Some(Value::Object(properties)) = fields.get_mut("properties") {
        let is_staffs = |schema: &Value| schema.get("x-audience").is_some_and(|of| of == "staff");
        properties.retain(|_, schema| audience == Audience::Staff || !is_staffs(schema));
        fields.insert("additionalProperties".to_owned(), false.into());
    }
    fields.into_iter().map(|(name, value)| (name, closed(&value, audience))).collect()
}

/// The schema of this name, as it is published.
pub(crate) fn named(name: &str) -> Value {
    static ALL: LazyLock<Vec<(String, Value)>> = LazyLock::new(schemas);
    let found = ALL.iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("there is no schema {name}")).1.clone()
}

fn referred(file: &str) -> Value {
    let name = file.strip_prefix("schema/").unwrap_or(file);
    named(name.strip_suffix(".json").unwrap_or_else(|| panic!("{file} is no schema")))
}

pub(crate) fn validator(schema: &Value) -> Validator {
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(schema).unwrap_or_else(|error| panic!("{error}: {schema:#}"))
}

/// Fails with all that the schema has against the value.
#[track_caller]
pub(crate) fn assert_valid(validator: &Validator, value: &Value, what: &str) {
    let faults: Vec<_> =
        validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{what}: {faults:#?}\n{value:#}");
}
