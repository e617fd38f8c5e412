//! actix, `broadcast` of ready `Bytes`: what a user who encodes once can reach without this crate.
//!
//! Fair, because it does less than ours per event (no log, no plan) and per delivery what is
//! possible on actix: the frame is encoded once and shared, the stream allocates nothing per item,
//! nothing keeps time, delay is off and the accept queue is long.

use std::io;

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, Data, Path};
use bytes::Bytes;

use crate::actix_server;
use crate::event::Event;
use crate::topics::{Topics, frames};

type Frames = Topics<Bytes>;

pub(crate) fn serve(port: u16, threads: usize) -> io::Result<()> {
    let configure = |config: &mut web::ServiceConfig| {
        config
            .route("/orders/{order}/events", web::get().to(watch))
            .route("/publish/{order}", web::post().to(publish));
    };
    actix_server::serve(configure, Frames::default(), port, threads)
}

async fn watch(topics: Data<Frames>, order: Path<String>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .streaming(frames(topics.watch(&order)))
}

async fn publish(topics: Data<Frames>, order: Path<String>, note: String) -> String {
    topics.publish(order.into_inner(), note, |event: Event| event.frame().unwrap_or_default())
}
