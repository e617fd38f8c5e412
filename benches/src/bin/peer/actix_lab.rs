//! `actix-web-lab`'s SSE and `broadcast`, serialised for each watcher.
//!
//! Fair, because it is the SSE that actix's users are pointed to, used as its documentation has it
//! (`Data::new_json`, `from_stream`, a keep-alive) on a server set up as well as the others.

use std::io;
use std::time::Duration;

use actix_web::Responder;
use actix_web::web::{self, Data, Path};
use actix_web_lab::sse::{self, Sse};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;

use crate::actix_server;
use crate::event::{Event, NAME};
use crate::topics::Topics;

/// axum's, which is ours too.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

type Events = Topics<Event>;

pub(crate) fn serve(port: u16, threads: usize) -> io::Result<()> {
    let configure = |config: &mut web::ServiceConfig| {
        config
            .route("/orders/{order}/events", web::get().to(watch))
            .route("/publish/{order}", web::post().to(publish));
    };
    actix_server::serve(configure, Events::default(), port, threads)
}

async fn watch(topics: Data<Events>, order: Path<String>) -> impl Responder {
    let events = BroadcastStream::new(topics.watch(&order)).filter_map(|event| {
        // What was missed is lost.
        let event = event.ok()?;
        let block = sse::Data::new_json(&event).map(|data| data.event(NAME).id(event.id()));
        Some(block.map(sse::Event::Data))
    });
    Sse::from_stream(events).with_keep_alive(KEEP_ALIVE)
}

async fn publish(topics: Data<Events>, order: Path<String>, note: String) -> String {
    topics.publish(order.into_inner(), note, |event| event)
}
