//! The bounds of an update's fields.

use serde_json::Value;

use crate::config::{MAX_JSON_DEPTH, MAX_NAME_BYTES, MAX_NOTE_BYTES, MAX_URL_BYTES};
use crate::event::Visibility;
use crate::invalid::{Invalid, Why, prose, text};
use crate::lifecycle::Lifecycle;
use crate::update::{Action, Expected, Stage, Update};

/// Every field within its bounds, and none where it means nothing: what is asked for is done or
/// refused, never ignored.
pub(super) fn fields<L: Lifecycle>(update: &Update<L>) -> Result<(), Invalid> {
    let takes_note =
        matches!(update.action, Action::Create { .. } | Action::Status { .. } | Action::Note);
    match &update.note {
        Some(note) if takes_note => prose("note", note, MAX_NOTE_BYTES)?,
        Some(_) => return Err(Invalid { field: "note", why: Why::Misplaced }),
        None => {}
    }
    // What an order is and whose it is belongs to all who may watch it, for their snapshots show
    // it.
    let tells_status =
        matches!(update.action, Action::Create { .. } | Action::Status { .. } | Action::Attach);
    let is_deletion = matches!(update.action, Action::Delete);
    let expects_nothing = matches!(update.expected, Some(Expected::Absent | Expected::Version(0)));
    let begins = update.or_create || update.assumed.is_some();
    let misplaced = [
        ("customer", update.customer.is_some() && !(tells_status || begins)),
        // What a report creates is there by then.
        ("expecting", expects_nothing && begins && !tells_status),
        ("orCreate", update.or_create && is_deletion),
        ("assuming", update.assumed.is_some() && is_deletion),
        (
            "visibility",
            update.visibility == Some(Visibility::Staff) && (tells_status || is_deletion),
        ),
    ];
    if let Some((field, _)) = misplaced.into_iter().find(|(_, is_misplaced)| *is_misplaced) {
        return Err(Invalid { field, why: Why::Misplaced });
    }
    name("actor", update.actor.as_deref())?;
    match &update.action {
        Action::Create { .. }
        | Action::Status { .. }
        | Action::Attach
        | Action::Note
        | Action::Delete => Ok(()),
        Action::Custom { data, .. } => depth("data", data),
        Action::Assign { assignee } => name("assignee", assignee.as_deref()),
        Action::Track { carrier, number, url } => {
            text("carrier", carrier, MAX_NAME_BYTES)?;
            text("trackingNumber", number, MAX_NAME_BYTES)?;
            url.as_deref().map_or(Ok(()), web_address)
        }
        Action::Stage(Stage { workflow, stage, reason, result, .. }) => {
            text("workflow", workflow, MAX_NAME_BYTES)?;
            text("stage", stage, MAX_NAME_BYTES)?;
            result.as_ref().map_or(Ok(()), |result| depth("result", result))?;
            reason.as_deref().map_or(Ok(()), |reason| prose("reason", reason, MAX_NOTE_BYTES))
        }
        Action::Progress { percent, message, of } => {
            if *percent > 100 {
                let why = Why::OutOfRange { min: 0, max: 100, actual: (*percent).into() };
                return Err(Invalid { field: "progress", why });
            }
            if let Some((workflow, stage)) = of {
                text("workflow", workflow, MAX_NAME_BYTES)?;
                text("stage", stage, MAX_NAME_BYTES)?;
            }
            message.as_deref().map_or(Ok(()), |message| prose("message", message, MAX_NOTE_BYTES))
        }
        Action::Fail { reason } => prose("reason", reason, MAX_NOTE_BYTES),
    }
}

fn name(field: &'static str, value: Option<&str>) -> Result<(), Invalid> {
    value.map_or(Ok(()), |value| text(field, value, MAX_NAME_BYTES))
}

/// A page turns this into a link, so it may be nothing that a browser would run.
fn web_address(url: &str) -> Result<(), Invalid> {
    text("trackingUrl", url, MAX_URL_BYTES)?;
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => Ok(()),
        _ => Err(Invalid {
            field: "trackingUrl",
            why: Why::Malformed { expected: "an http or https address" },
        }),
    }
}

/// Readers parse what a user nested, and parsers have their limits.
fn depth(field: &'static str, value: &Value) -> Result<(), Invalid> {
    if is_deeper(value, MAX_JSON_DEPTH) {
        return Err(Invalid { field, why: Why::TooDeep { limit: MAX_JSON_DEPTH } });
    }
    Ok(())
}

fn is_deeper(value: &Value, limit: usize) -> bool {
    let Some(limit) = limit.checked_sub(1) else {
        return matches!(value, Value::Array(_) | Value::Object(_));
    };
    match value {
        Value::Array(values) => values.iter().any(|value| is_deeper(value, limit)),
        Value::Object(fields) => fields.values().any(|value| is_deeper(value, limit)),
        _ => false,
    }
}
