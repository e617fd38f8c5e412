//! The schemas of everything else that is said: snapshots, pages, what a stream says of itself, and
//! refusals.

use order_events_core::config::TIMELINE_ENTRIES;
use order_events_core::{EndReason, Known, ResetReason, SCHEMA_VERSION};
use order_events_sse::server::{PAGE_EVENTS, Problem};
use serde_json::{Value, json};

use crate::event::{self, Kind};
use crate::field;

/// Each by its name.
pub(crate) fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("snapshot", snapshot()),
        ("order", order()),
        ("orders", orders()),
        ("page", page()),
        ("ready", ready()),
        ("reset", reset()),
        ("heartbeat", heartbeat()),
        ("end", end()),
        ("problem", problem("Why a request was refused (RFC 9457).", &Problem::ALL)),
    ]
}

fn snapshot() -> Value {
    let ours = |is_one: fn(Known) -> bool| -> Vec<Value> {
        let kinds = Known::ALL.into_iter().filter(|known| is_one(*known));
        kinds.map(|known| event::named(Kind::Ours(known), false)).collect()
    };
    let mut customer = field::id("Whose it is.");
    customer["x-audience"] = "staff".into();
    json!({
        "description": "An order as it stands. Replaces whatever was known under its id.",
        "type": "object",
        "properties": {
            "orderId": field::id("The order."),
            "status": field::status("Its status."),
            "version": field::version(),
            "createdAt": field::timestamp("When its first event was published."),
            "updatedAt": field::timestamp("When its last event was published."),
            "customerId": customer,
            "timeline": {
                "description": "Its last entries, oldest first.",
                "type": "array",
                "maxItems": TIMELINE_ENTRIES,
                "items": {"anyOf": ours(Known::is_timeline)},
            },
            "work": {
                "description": "The latest stage or progress.",
                "anyOf": ours(Known::is_work),
            },
        },
        "required": ["orderId", "status", "version", "createdAt", "updatedAt", "timeline"],
    })
}

fn order() -> Value {
    let mut order = snapshot();
    order["description"] = "An order as it stands, with the cursor to watch it from.".into();
    order["properties"]["cursor"] = field::cursor();
    if let Some(required) = order["required"].as_array_mut() {
        required.push("cursor".into());
    }
    order
}

fn orders() -> Value {
    json!({
        "description": "A page of orders as they stand. Watch them from the cursor of the first \
                        page once all pages are read, and merge by version.",
        "type": "object",
        "properties": {
            "orders": {"type": "array", "items": {"$ref": "snapshot.json"}},
            "cursor": field::cursor(),
            "next": {
                "description": "What to ask the next page with, as `page`. Opaque. Absent from \
                                the last page.",
                "type": "string",
            },
        },
        "required": ["orders", "cursor"],
    })
}

fn page() -> Value {
    let events: Vec<_> = Kind::ALL.into_iter().map(|kind| event::named(kind, true)).collect();
    json!({
        "description": "What a stream would have said, as one document: to be applied in the \
                        order reset, snapshots, events. Ask again after `cursor`.",
        "type": "object",
        "properties": {
            "events": {
                "description": format!("At most {PAGE_EVENTS}, unless the service says otherwise."),
                "type": "array",
                "items": {"anyOf": events},
            },
            "cursor": field::cursor(),
            "more": {
                "description": "Whether there may be more at once.",
                "type": "boolean",
            },
            "reset": {"$ref": "reset.json"},
            "snapshots": {"type": "array", "items": {"$ref": "snapshot.json"}},
            "end": {
                "description": "Nothing follows.",
                "type": "object",
                "properties": {
                    "reason": {"enum": ends()},
                    "retryMs": {
                        "description": "How long to wait before looking in again.",
                        "type": "integer",
                        "minimum": 0,
                    },
                },
                "required": ["reason"],
            },
        },
        "required": ["events", "cursor", "more"],
    })
}

fn ready() -> Value {
    let mut resumed = field::cursor();
    resumed["description"] =
        "The cursor that the stream goes on from. Absent where it begins anew.".into();
    json!({
        "description": "The first message: what the reader may count on.",
        "type": "object",
        "properties": {
            "schema": {
                "description": "The version of these schemas. Kinds and fields may be added \
                                without a new one: skip what you do not know.",
                "const": SCHEMA_VERSION,
            },
            "resumed": resumed,
            "heartbeatMs": {
                "description": "After how much silence a heartbeat comes.",
                "type": "integer",
                "minimum": 0,
            },
        },
        "required": ["schema", "heartbeatMs"],
    })
}

fn reset() -> Value {
    let reasons = ResetReason::ALL.map(ResetReason::as_str);
    json!({
        "description": "What the reader knew does not hold any more. Snapshots follow; an order \
                        that is not among them is gone.",
        "type": "object",
        "properties": {
            "reason": {"enum": reasons},
            "orders": {
                "description": "Where to page the orders instead, relative to the stream's own \
                                address: they are too many to follow here.",
                "type": "string",
                "format": "uri-reference",
            },
        },
        "required": ["reason"],
    })
}

fn heartbeat() -> Value {
    let mut cursor = field::cursor();
    cursor["description"] = "How far this stream has been served.".into();
    json!({
        "description": "The stream is still there. Only where the request asked for it by name; \
                        otherwise a heartbeat is a comment.",
        "type": "object",
        "properties": {"cursor": cursor},
        "required": ["cursor"],
    })
}

fn end() -> Value {
    let mut reasons = ends().to_vec();
    let refused = soft_refusals().map(|problem| problem.code());
    reasons.extend(refused.filter(|code| !ends().contains(code)));
    json!({
        "description": "The last message: nothing follows. A service may prefer to refuse by \
                        a stream that says nothing else; the reason is then the code of the \
                        problem.",
        "type": "object",
        "properties": {"reason": {"enum": reasons}},
        "required": ["reason"],
    })
}

fn ends() -> [&'static str; EndReason::ALL.len()] {
    EndReason::ALL.map(EndReason::as_str)
}

fn soft_refusals() -> impl Iterator<Item = Problem> {
    let is_soft = |problem: &Problem| {
        matches!(problem, Problem::TooMany(_) | Problem::Busy(_) | Problem::Draining(_))
    };
    Problem::ALL.into_iter().filter(is_soft)
}

/// One of these refusals.
pub(crate) fn problem(description: &str, problems: &[Problem]) -> Value {
    let mut statuses: Vec<_> = problems.iter().map(|problem| problem.status().as_u16()).collect();
    statuses.dedup();
    let codes: Vec<_> = problems.iter().map(Problem::code).collect();
    json!({
        "description": description,
        "type": "object",
        "properties": {
            "type": {"const": "about:blank"},
            "title": {"description": "The status in words.", "type": "string"},
            "status": {"enum": statuses},
            "code": {"description": "A word for it that stays the same.", "enum": codes},
            "detail": {"description": "For people.", "type": "string"},
        },
        "required": ["type", "title", "status", "code", "detail"],
    })
}
