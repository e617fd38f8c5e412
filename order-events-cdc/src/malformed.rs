//! What is wrong with a change event: where, what was expected there, and what came.

use serde_json::{Map, Value};

/// A change event that cannot be read. It never repeats a text that came, for that may be a
/// customer's; it says of what kind and how long it was.
///
/// ```
/// use order_events_cdc::{Salesforce, Source};
///
/// let event = br#"{"payload": {"ChangeEventHeader": {"entityName": 7}}}"#;
/// let malformed = Salesforce.read(event).unwrap_err();
/// assert_eq!(malformed.path, "payload.ChangeEventHeader.entityName");
/// assert_eq!(
///     malformed.to_string(),
///     "payload.ChangeEventHeader.entityName: expected the name of an object, got a number"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}, got {actual}")]
pub struct Malformed {
    /// The way to the field from the top of the event: `payload.after.status`. `$` is the event
    /// itself.
    pub path: String,
    /// What should be there, in words.
    pub expected: &'static str,
    /// What is there, in words.
    pub actual: String,
}

impl Malformed {
    pub(crate) fn new(path: &str, field: &str, expected: &'static str, actual: String) -> Self {
        let path = match (path, field) {
            ("", "") => "$".to_owned(),
            ("", field) => field.to_owned(),
            (path, "") => path.to_owned(),
            (path, field) => format!("{path}.{field}"),
        };
        Self { path, expected, actual }
    }

    pub(crate) fn value(
        path: &str,
        field: &str,
        expected: &'static str,
        came: Option<&Value>,
    ) -> Self {
        Self::new(path, field, expected, describe(came))
    }
}

/// What came, by its kind.
pub(crate) fn describe(came: Option<&Value>) -> String {
    match came {
        None => "nothing".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(_)) => "a boolean".to_owned(),
        Some(Value::Number(_)) => "a number".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "an empty string".to_owned(),
        Some(Value::String(text)) => format!("a string of {} bytes", text.len()),
        Some(Value::Array(values)) => format!("an array of {}", values.len()),
        Some(Value::Object(_)) => "an object".to_owned(),
    }
}

/// The event as JSON.
pub(crate) fn json(raw: &[u8]) -> Result<Value, Malformed> {
    serde_json::from_slice(raw).map_err(|error| {
        // Category and place alone: the message may quote what came.
        let what = match error.classify() {
            serde_json::error::Category::Eof => "the end of the text",
            _ => "something else",
        };
        let place = format!("{what} at line {} column {}", error.line(), error.column());
        Malformed::new("", "", "JSON", place)
    })
}

/// An object, and the way to it.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) fields: &'a Map<String, Value>,
    pub(crate) path: &'a str,
}

impl<'a> Object<'a> {
    pub(crate) fn refuse(self, field: &str, expected: &'static str) -> Malformed {
        Malformed::value(self.path, field, expected, self.fields.get(field))
    }

    /// A text that must be there and is not empty.
    pub(crate) fn text(self, field: &str, expected: &'static str) -> Result<&'a str, Malformed> {
        match self.fields.get(field) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            _ => Err(self.refuse(field, expected)),
        }
    }

    /// A text that may be absent, null or empty.
    pub(crate) fn optional_text(
        self,
        field: &str,
        expected: &'static str,
    ) -> Result<Option<&'a str>, Malformed> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.refuse(field, expected)),
        }
    }

    /// A whole number that may be absent or null.
    pub(crate) fn optional_integer(
        self,
        field: &str,
        expected: &'static str,
    ) -> Result<Option<i64>, Malformed> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.refuse(field, expected)),
            },
            Some(_) => Err(self.refuse(field, expected)),
        }
    }

    /// An object that may be absent or null.
    pub(crate) fn optional_object(
        self,
        field: &str,
        expected: &'static str,
    ) -> Result<Option<&'a Map<String, Value>>, Malformed> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(fields)),
            Some(_) => Err(self.refuse(field, expected)),
        }
    }
}

/// Takes an object out of a value.
pub(crate) fn take_object(
    value: Value,
    path: &str,
    expected: &'static str,
) -> Result<Map<String, Value>, Malformed> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(Malformed::value(path, "", expected, Some(&other))),
    }
}
