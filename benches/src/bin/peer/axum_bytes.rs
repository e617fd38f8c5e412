//! axum, `broadcast` of ready `Bytes`: what a user who encodes once can reach without this crate.
//!
//! Fair, because it does less than ours per event (no log, no plan) and per delivery what is
//! possible on stock axum: the frame is encoded once and shared, the stream allocates nothing per
//! item, nothing keeps time, delay is off and the accept queue is long.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bytes::Bytes;

use crate::axum_server;
use crate::event::Event;
use crate::topics::{Topics, frames};

type Frames = Topics<Bytes>;

pub(crate) fn serve(port: u16, threads: usize) -> io::Result<()> {
    let router = Router::new()
        .route("/orders/{order}/events", get(watch))
        .route("/publish/{order}", post(publish));
    axum_server::serve(router, Frames::default(), port, threads)
}

async fn watch(State(topics): State<Arc<Frames>>, Path(order): Path<String>) -> impl IntoResponse {
    let head = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    (head, Body::from_stream(frames(topics.watch(&order))))
}

async fn publish(
    State(topics): State<Arc<Frames>>,
    Path(order): Path<String>,
    note: String,
) -> String {
    topics.publish(order, note, |event: Event| event.frame().unwrap_or_default())
}
