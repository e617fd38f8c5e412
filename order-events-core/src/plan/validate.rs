//! The bounds of an update's fields.

use crate::config::{MAX_NAME_BYTES, MAX_NOTE_BYTES, MAX_URL_BYTES};
use crate::invalid::{Invalid, Why, prose, text};
use crate::lifecycle::Lifecycle;
use crate::update::{Action, Stage, Update};

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
    let takes_customer =
        matches!(update.action, Action::Create { .. } | Action::Status { .. } | Action::Attach);
    if update.customer.is_some() && !(takes_customer || update.or_create) {
        return Err(Invalid { field: "customer", why: Why::Misplaced });
    }
    name("actor", update.actor.as_deref())?;
    match &update.action {
        Action::Create { .. }
        | Action::Status { .. }
        | Action::Attach
        | Action::Note
        | Action::Delete
        | Action::Custom { .. } => Ok(()),
        Action::Assign { assignee } => name("assignee", assignee.as_deref()),
        Action::Track { carrier, number, url } => {
            text("carrier", carrier, MAX_NAME_BYTES)?;
            text("trackingNumber", number, MAX_NAME_BYTES)?;
            url.as_deref().map_or(Ok(()), web_address)
        }
        Action::Stage(Stage { workflow, stage, reason, .. }) => {
            text("workflow", workflow, MAX_NAME_BYTES)?;
            text("stage", stage, MAX_NAME_BYTES)?;
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
