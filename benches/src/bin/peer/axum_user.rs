//! axum's own `Sse` and `broadcast`, as a competent user writes it today.
//!
//! Fair, because it is what axum's documentation and examples lead to (an event that is cloned out
//! of the channel and serialised for each watcher, a stream from `tokio-stream`, `KeepAlive`), with
//! what such a user may know besides: delay is off, the accept queue is long, the map of orders is
//! read without contention, and the timestamp prints fast.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event as SseEvent, KeepAlive};
use axum::routing::{get, post};
use futures_util::Stream;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;

use crate::axum_server;
use crate::event::{Event, NAME};
use crate::topics::Topics;

type Events = Topics<Event>;

pub(crate) fn serve(port: u16, threads: usize) -> io::Result<()> {
    let router = Router::new()
        .route("/orders/{order}/events", get(watch))
        .route("/publish/{order}", post(publish));
    axum_server::serve(router, Events::default(), port, threads)
}

async fn watch(
    State(topics): State<Arc<Events>>,
    Path(order): Path<String>,
) -> Sse<impl Stream<Item = Result<SseEvent, axum::Error>>> {
    let events = BroadcastStream::new(topics.watch(&order));
    let events = events.filter_map(|event| {
        // What was missed is lost.
        let event = event.ok()?;
        Some(SseEvent::default().event(NAME).id(event.id()).json_data(&event))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn publish(
    State(topics): State<Arc<Events>>,
    Path(order): Path<String>,
    note: String,
) -> String {
    topics.publish(order, note, |event| event)
}
