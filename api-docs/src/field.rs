//! What each field may hold. Lengths are limited in bytes of UTF-8, which a schema cannot say; in
//! characters, which it counts, a text has at most as many.

use order_events_core::config::{MAX_JSON_DEPTH, MAX_NAME_BYTES, MAX_NOTE_BYTES, MAX_URL_BYTES};
use order_events_core::{
    Lifecycle, MAX_CURSOR_BYTES, MAX_ID_BYTES, OrderStatus, RESERVED_NAMES, RESERVED_PREFIX,
    StageState,
};
use serde_json::{Value, json};

/// The schema of an event's field. Anything at all is what a field may hold that is not listed
/// here; the tests know of none.
pub(crate) fn schema(name: &str) -> Value {
    match name {
        "orderId" => id("The order."),
        "customerId" => id("Whose the order is."),
        "version" => version(),
        "status" => status("The order's status after this event."),
        "previousStatus" => status("The status before."),
        "timestamp" => timestamp("When it was published. It orders nothing."),
        "note" => prose("A remark."),
        "message" => prose("A word on it."),
        "reason" => prose("Why it failed."),
        "assignee" => word("Who works on it."),
        "actor" => word("Who did it. Staff's, unless the update shows it."),
        "carrier" => word("Who carries the parcel."),
        "trackingNumber" => word("The carrier's number."),
        "trackingUrl" => url(),
        "workflow" => word("The workflow's id."),
        "stage" => word("The stage's name."),
        "state" => json!({"description": "What became of the stage.", "enum": STAGE_STATES}),
        "progress" => json!({
            "description": "How far the work is, in percent.",
            "type": "integer", "minimum": 0, "maximum": 100,
        }),
        "result" => any("What the stage found."),
        "data" => any("What the service gave with the event."),
        "visibility" => json!({
            "description": "Who may see the event. Absent from events that the public sees.",
            "const": "staff",
        }),
        _ => json!({}),
    }
}

const STAGE_STATES: [StageState; 3] =
    [StageState::Started, StageState::Completed, StageState::Failed];

pub(crate) fn id(description: &str) -> Value {
    one_line(&format!("{description} At most {MAX_ID_BYTES} bytes of UTF-8."), MAX_ID_BYTES)
}

fn word(description: &str) -> Value {
    one_line(&format!("{description} At most {MAX_NAME_BYTES} bytes of UTF-8."), MAX_NAME_BYTES)
}

/// The name of an event that is not one of ours. Readers skip the names they do not know.
pub(crate) fn custom_name() -> Value {
    let mut name = word("The event's name.");
    let ours = format!("^{}", RESERVED_PREFIX.replace('.', "\\."));
    name["not"] = json!({"anyOf": [{"pattern": ours}, {"enum": RESERVED_NAMES}]});
    name
}

fn one_line(description: &str, limit: usize) -> Value {
    json!({
        "description": description,
        "type": "string",
        "minLength": 1,
        "maxLength": limit,
        // No control characters.
        "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
    })
}

fn prose(description: &str) -> Value {
    let description = format!("{description} At most {MAX_NOTE_BYTES} bytes, of any lines.");
    json!({
        "description": description,
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_NOTE_BYTES,
    })
}

fn url() -> Value {
    json!({
        "description": format!("The carrier's page. At most {MAX_URL_BYTES} bytes."),
        "type": "string",
        "maxLength": MAX_URL_BYTES,
        "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^\u0000-\u001f\u007f-\u009f]*$",
    })
}

fn any(description: &str) -> Value {
    json!({
        "description": format!("{description} Any JSON of at most {MAX_JSON_DEPTH} levels."),
    })
}

pub(crate) fn version() -> Value {
    json!({
        "description": "The place in the order's history: drop what is not newer than what you \
                        have, and infer nothing from a jump.",
        "type": "integer",
        "minimum": 1,
    })
}

/// Of the lifecycle that comes with the library. A service with one of its own says other tokens.
pub(crate) fn status(description: &str) -> Value {
    let tokens: Vec<_> = OrderStatus::ALL.iter().map(|status| status.token()).collect();
    json!({"description": description, "enum": tokens})
}

pub(crate) fn timestamp(description: &str) -> Value {
    json!({
        "description": description,
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
    })
}

/// Where a reader stands.
pub(crate) fn cursor() -> Value {
    json!({
        "description": "Where a reader stands once it has this. Opaque: compare it for equality \
                        and hand it back, nothing else.",
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_CURSOR_BYTES,
        "pattern": "^[A-Za-z0-9._-]+$",
    })
}
