//! actix, with what it offers to make streams fast.

use std::io;

use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use order_events_actix::BACKLOG;
use order_events_benches::server::{MAX_BODY_BYTES, loopback, ready};

/// Serves a service's own routes beside `/discard` and `/health`.
pub(crate) fn serve<S>(
    configure: fn(&mut ServiceConfig),
    state: S,
    port: u16,
    threads: usize,
) -> io::Result<()>
where
    S: Send + Sync + 'static,
{
    let state = Data::new(state);
    let app = move || {
        App::new()
            .app_data(state.clone())
            .app_data(PayloadConfig::new(MAX_BODY_BYTES))
            .configure(configure)
            .route("/discard", web::post().to(async |_: String| "discarded"))
            .route("/health", web::get().to(async || "ok"))
    };
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(app)
            .workers(threads)
            .disable_signals()
            .backlog(BACKLOG.unsigned_abs())
            // Or the end of a silent stream goes unseen, and its place stays taken.
            .h1_allow_half_closed(false)
            .tcp_nodelay(true)
            .bind(loopback(port))?;
        server.addrs().into_iter().try_for_each(ready)?;
        server.run().await
    })
}
