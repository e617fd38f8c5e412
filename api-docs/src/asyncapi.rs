//! AsyncAPI 3 of the streams.

use order_events_core::config::INLINE_SNAPSHOTS;
use order_events_sse::server::Route;
use order_events_sse::{MAX_RETRY, MIN_RETRY};
use serde_json::{Map, Value, json};

use crate::event::Kind;
use crate::{field, openapi};

/// The streams among the routes.
const STREAMS: [Route; 3] = [Route::OrderEvents, Route::CustomerEvents, Route::Events];

pub(crate) fn document() -> Value {
    let (mut channels, mut operations) = (Map::new(), Map::new());
    for route in STREAMS {
        let (name, summary) = openapi::names(route);
        channels.insert(name.to_owned(), channel(route));
        operations.insert(
            name.to_owned(),
            json!({
                "action": "send",
                "channel": {"$ref": format!("#/channels/{name}")},
                "summary": summary,
                "description": "Asked for by GET with `Accept: text/event-stream`; openapi.json \
                                has the request, its parameters and its refusals.",
                "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
            }),
        );
    }
    let messages: Map<_, _> =
        messages().into_iter().map(|(name, message)| (name.to_owned(), message)).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "order-events",
            "description": openapi::ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    })
}

fn channel(route: Route) -> Value {
    let (name, summary) = openapi::names(route);
    let parameter = match route {
        Route::OrderEvents => Some(("order", "The order.")),
        Route::CustomerEvents => Some(("customer", "The customer.")),
        _ => None,
    };
    let parameters: Map<_, _> = parameter
        .into_iter()
        .map(|(name, about)| (name.to_owned(), json!({"description": about})))
        .collect();
    let messages: Map<_, _> = messages()
        .into_iter()
        .map(|(name, _)| {
            (name.to_owned(), json!({"$ref": format!("#/components/messages/{name}")}))
        })
        .collect();
    json!({
        "address": route.path(),
        "title": name,
        "summary": summary,
        "description": format!(
            "Server-sent events: `ready` first; then, unless the stream goes on from a cursor, up \
             to {INLINE_SNAPSHOTS} snapshots; then events in order; `end` last. A block that has \
             an `id` and nothing else says where the reader stands and is no message. Comments \
             are heartbeats."
        ),
        "parameters": parameters,
        "messages": messages,
    })
}

/// Each by the name of its schema.
fn messages() -> Vec<(&'static str, Value)> {
    let events = Kind::ALL.into_iter().map(|kind| {
        let name = match kind {
            Kind::Ours(known) => json!({"const": known.name()}),
            Kind::Custom => field::custom_name(),
        };
        let block = block(name, &[("id", field::cursor())], &["event", "id"]);
        (kind.label(), message(kind.label(), kind.meaning(), block))
    });
    let own = |name: &'static str, meaning: &str, more: &[(&str, Value)], always: &[&str]| {
        (name, message(name, meaning, block(json!({"const": name}), more, always)))
    };
    let retry = || {
        json!({
            "description": "How many milliseconds to wait before reconnecting.",
            "type": "integer",
            "minimum": MIN_RETRY.as_millis() as u64,
            "maximum": MAX_RETRY.as_millis() as u64,
        })
    };
    let id = |when: &str| {
        let mut id = field::cursor();
        id["description"] = format!("Where the reader stands. {when}").into();
        id
    };
    let resumed = id("Only where the stream goes on from a cursor: that one.");
    let last = id("Of several snapshots only the last has it.");
    let ready = [("retry", retry()), ("id", resumed)];
    let others = [
        own("ready", "What the reader may count on.", &ready, &["event", "retry"]),
        own("snapshot", "An order as it stands.", &[("id", last)], &["event"]),
        own("reset", "What the reader knew does not hold any more.", &[], &["event"]),
        own("heartbeat", "The stream is still there.", &[], &["event"]),
        own("end", "Nothing follows.", &[("retry", retry())], &["event"]),
    ];
    events.chain(others).collect()
}

fn message(name: &str, meaning: &str, block: Value) -> Value {
    json!({
        "name": name,
        "summary": meaning,
        "contentType": "application/json",
        "headers": block,
        "payload": {"$ref": format!("schema/{name}.json")},
    })
}

/// The fields of a message beside its `data`.
fn block(event: Value, more: &[(&str, Value)], always: &[&str]) -> Value {
    let mut properties = Map::new();
    properties.insert("event".to_owned(), event);
    properties.extend(more.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())));
    json!({
        "description": "The fields of the block beside `data`, which is the payload.",
        "type": "object",
        "properties": properties,
        "required": always,
    })
}
