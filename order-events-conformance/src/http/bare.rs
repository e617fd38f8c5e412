//! The third way to mount a stream, for adapters whose bare body is to be held to the suite.

use http::request::Parts;
use http::{Method, header};
use order_events_core::{Hub, Scope};
use order_events_sse::server::{Door, EventBody, Route, StreamRequest};

/// The head that a stream of the ready-made routes has. Who mounts the bare body writes their own;
/// this is what the vectors have.
pub const STREAM_HEAD: [(&str, &str); 6] = [
    ("content-type", "text/event-stream"),
    ("cache-control", "no-store, no-transform"),
    ("content-encoding", "identity"),
    ("x-accel-buffering", "no"),
    ("vary", "accept"),
    ("x-content-type-options", "nosniff"),
];

/// The cases that the bare body cannot be held to, with the reason of each.
pub const NOT_OF_THE_BARE_BODY: &[(&str, &str)] = &[
    (
        "a_heartbeat_that_has_a_name_says_how_far_the_stream_was_served",
        "the bare body beats by comments alone",
    ),
    (
        "a_final_order_ends_and_is_not_opened_again",
        "that a reader has seen everything is its handler's to say",
    ),
    (
        "a_scope_that_is_full_refuses",
        "a refusal is its handler's; the door, asked after it, draws another wait",
    ),
];

/// The body of a plain stream, as a handler makes it that does everything else by itself. None
/// where something else is asked for, or where it is refused: the bare body has no pages, heads or
/// refusals, so these are the door's to answer.
pub async fn bare_stream(hub: &Hub, door: &Door, route: Route, parts: &Parts) -> Option<EventBody> {
    let accepts = parts.headers.get(header::ACCEPT).map_or(&b"*/*"[..], |value| value.as_bytes());
    let is_plain = matches!(accepts, b"*/*" | b"text/event-stream");
    let is_of_events = !matches!(route, Route::Order | Route::Orders);
    if parts.method != Method::GET || !is_plain || !is_of_events {
        return None;
    }
    let grant = door.grant(route, parts).await.ok()?;
    hub.admits(&grant).ok()?;
    if let Scope::Order(order) = grant.scope()
        && !grant.is_even_if_absent()
        && !hub.exists(grant.tenant(), order).await.ok()?
    {
        return None;
    }
    let resume = StreamRequest::of(parts).resume().clone();
    let watching = hub.subscribe(grant, resume).await.ok()?;
    Some(EventBody::new(hub, watching, door.settings()))
}
