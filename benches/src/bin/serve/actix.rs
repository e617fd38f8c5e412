//! The door for actix, served by our own `serve` and by actix's `HttpServer`.

use std::future::pending;
use std::io;
use std::time::Duration;

use actix_web::rt::System;
use actix_web::web::{self, Data, Path, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use order_events_actix::{Listener, bind, routes};
use order_events_benches::server::{MAX_BODY_BYTES, loopback, ready};

use crate::shop::{Kept, Shop};

/// Ours, in one call.
pub(crate) fn serve(kept: &Kept, port: u16, threads: usize) -> io::Result<()> {
    System::new().block_on(async {
        let shop = Shop::open(kept).await?;
        let hub = shop.hub.clone();
        let app = move || App::new().configure(answers(shop.clone()));
        let listener = Listener::bind(loopback(port))?.workers(threads);
        ready(listener.local_addr()?)?;
        order_events_actix::serve(listener, app, &hub, pending(), Duration::ZERO).await
    })
}

/// actix's own, set up by our `bind`.
pub(crate) fn serve_stock(kept: &Kept, port: u16, threads: usize) -> io::Result<()> {
    System::new().block_on(async {
        let shop = Shop::open(kept).await?;
        let app = move || App::new().configure(answers(shop.clone()));
        let server = HttpServer::new(app).workers(threads).disable_signals();
        let server = bind(server, loopback(port))?;
        server.addrs().into_iter().try_for_each(ready)?;
        server.run().await
    })
}

fn answers(shop: Shop) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let door = shop.door.clone();
        config
            .app_data(Data::new(shop))
            .app_data(PayloadConfig::new(MAX_BODY_BYTES))
            .configure(routes(&door))
            .route("/publish/{order}", web::post().to(publish))
            .route("/discard", web::post().to(discard))
            .route("/health", web::get().to(async || "ok"));
    }
}

async fn publish(shop: Data<Shop>, order: Path<String>, note: String) -> actix_web::Result<String> {
    shop.publish(&order, note).await.map_err(actix_web::error::ErrorBadRequest)
}

async fn discard(body: String) -> &'static str {
    // The body is read whole, and that is all.
    drop(body);
    "discarded"
}
