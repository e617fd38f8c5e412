//! The door for actix.

use std::io;

use actix_web::web::{self, Data, Path, PayloadConfig};
use actix_web::{App, HttpServer};
use order_events_actix::{bind, routes};
use order_events_benches::server::{MAX_BODY_BYTES, loopback, ready};

use crate::shop::{Kept, Shop};

/// A server set up by our `bind`.
pub(crate) fn serve(kept: &Kept, port: u16, threads: usize) -> io::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let shop = Shop::open(kept).await?;
        let (door, data) = (shop.door.clone(), Data::new(shop));
        let app = move || {
            App::new()
                .app_data(data.clone())
                .app_data(PayloadConfig::new(MAX_BODY_BYTES))
                .configure(routes(&door))
                .route("/publish/{order}", web::post().to(publish))
                .route("/discard", web::post().to(discard))
                .route("/health", web::get().to(async || "ok"))
        };
        let server = HttpServer::new(app).workers(threads).disable_signals();
        let server = bind(server, loopback(port))?;
        server.addrs().into_iter().try_for_each(ready)?;
        server.run().await
    })
}

async fn publish(shop: Data<Shop>, order: Path<String>, note: String) -> actix_web::Result<String> {
    shop.publish(&order, note).await.map_err(actix_web::error::ErrorBadRequest)
}

async fn discard(body: String) -> &'static str {
    // The body is read whole, and that is all.
    drop(body);
    "discarded"
}
