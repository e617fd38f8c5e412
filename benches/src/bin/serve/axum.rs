//! The door for axum, served by our own `serve` and by axum's.

use std::future::pending;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use order_events_axum::{Listener, routes};
use order_events_benches::server::{MAX_BODY_BYTES, loopback, ready, runtime};

use crate::shop::{Kept, Shop};

/// Ours, in one call.
pub(crate) fn serve(kept: &Kept, port: u16, threads: usize) -> io::Result<()> {
    let runtime = runtime(threads)?;
    let shop = runtime.block_on(Shop::open(kept))?;
    // A task, so that the listener is served by a thread of the runtime like everything else.
    let served = runtime.spawn(async move {
        let listener = listen(port)?;
        let router = router(&shop);
        order_events_axum::serve(listener, router, &shop.hub, pending(), Duration::ZERO).await;
        Ok(())
    });
    runtime.block_on(served)?
}

/// axum's, with our listener.
pub(crate) fn serve_stock(kept: &Kept, port: u16, threads: usize) -> io::Result<()> {
    let runtime = runtime(threads)?;
    let router = router(&runtime.block_on(Shop::open(kept))?);
    // A bare router would be copied for each connection, with all of its routes.
    let service = router.into_make_service();
    let served = runtime.spawn(async move { axum::serve(listen(port)?, service).await });
    runtime.block_on(served)?
}

fn listen(port: u16) -> io::Result<Listener> {
    let listener = Listener::bind(loopback(port))?;
    ready(listener.local_addr()?)?;
    Ok(listener)
}

fn router(shop: &Shop) -> Router {
    let bodies = Router::new()
        .route("/publish/{order}", post(publish))
        .route("/discard", post(discard))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shop.clone());
    routes(&shop.door).merge(bodies).route("/health", get(async || "ok"))
}

async fn publish(
    State(shop): State<Shop>,
    Path(order): Path<String>,
    note: String,
) -> Result<String, (StatusCode, String)> {
    shop.publish(&order, note).await.map_err(|error| (StatusCode::BAD_REQUEST, error))
}

async fn discard(body: String) -> &'static str {
    // The body is read whole, and that is all.
    drop(body);
    "discarded"
}
