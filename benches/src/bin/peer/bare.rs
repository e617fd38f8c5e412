//! A stream of bare `Bytes` that has nothing to say: what a framework itself takes for a stream,
//! and, with heartbeats, what it and a timer cost while nothing happens.
//!
//! Fair, because less is not possible: one comment so that the reader knows it is there, then
//! silence, or a comment that was made at compile time. A publish is answered and reaches nobody.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use std::sync::Arc;
use tokio::time::{Instant, interval_at};

use crate::{actix_server, axum_server};

const HELLO: Bytes = Bytes::from_static(b": hello\n\n");
const HEARTBEAT: Bytes = Bytes::from_static(b": hb\n\n");

/// How often, if at all.
type Beat = Option<Duration>;

pub(crate) fn serve_axum(port: u16, threads: usize, beat: Beat) -> io::Result<()> {
    let router = Router::new()
        .route("/orders/{order}/events", get(watch_axum))
        .route("/publish/{order}", post(async |_: String| "nobody"));
    axum_server::serve(router, beat, port, threads)
}

async fn watch_axum(State(beat): State<Arc<Beat>>) -> Response {
    let head = [(CONTENT_TYPE, "text/event-stream")];
    match *beat {
        None => (head, Body::from_stream(silence())).into_response(),
        Some(every) => (head, Body::from_stream(beats(every))).into_response(),
    }
}

pub(crate) fn serve_actix(port: u16, threads: usize, beat: Beat) -> io::Result<()> {
    let configure = |config: &mut web::ServiceConfig| {
        config
            .route("/orders/{order}/events", web::get().to(watch_actix))
            .route("/publish/{order}", web::post().to(async |_: String| "nobody"));
    };
    actix_server::serve(configure, beat, port, threads)
}

async fn watch_actix(beat: web::Data<Beat>) -> HttpResponse {
    let mut head = HttpResponse::Ok();
    head.content_type("text/event-stream").insert_header((CACHE_CONTROL, "no-store"));
    match **beat {
        None => head.streaming(silence()),
        Some(every) => head.streaming(beats(every)),
    }
}

fn silence() -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    hello().chain(stream::pending())
}

fn beats(every: Duration) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    let beats = interval_at(Instant::now() + every, every);
    hello().chain(stream::unfold(beats, async |mut beats| {
        beats.tick().await;
        Some((Ok(HEARTBEAT), beats))
    }))
}

fn hello() -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
    stream::iter([Ok(HELLO)])
}
