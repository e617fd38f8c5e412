//! One node: the service that one would write. Everything of the log's is one line.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use order_events_axum::{
    Door, EventResponse, Hub, Listener, Parts, Settings, Socket, routes, serve,
};
use order_events_redis::RedisEngine;
use shop::{Change, Receipt, Shop};

use crate::Result;
use crate::parts::{NODE, REDIS_URL};

/// How soon viewers come back to try: a story should not be long. The default is 2 s.
const RETRY: Duration = Duration::from_millis(100);

/// Staff say what happens to an order, and whoever watches it is told, on whichever node.
async fn publish(
    State(shop): State<Shop>,
    Path(order): Path<String>,
    head: Parts,
    Json(change): Json<Change>,
) -> std::result::Result<Json<Receipt>, EventResponse> {
    shop.user(&head)?.must_be_staff()?;
    let update = change.on(&order).map_err(shop::refused)?;
    let published = shop.hub.publish(update).await.map_err(shop::refused)?;
    Ok(Json(published.into()))
}

/// Serves until it is killed, or told to stop.
pub(crate) async fn run() -> Result<()> {
    let engine = RedisEngine::builder(&std::env::var(REDIS_URL)?).connect().await?;
    let hub = Hub::builder().engine(Arc::new(engine)).build();

    let shop = Shop::new(hub.clone(), &shop::secret());
    let settings = Settings::default().configure(|settings| settings.retry = RETRY);
    // So that the story can say where a viewer is.
    let name = HeaderValue::from_str(&std::env::var(NODE)?)?;
    let router = Router::new()
        .merge(routes(&Door::with_settings(&hub, shop.clone(), settings)))
        .route("/orders/{order}", post(publish))
        .layer(map_response(move |mut response: Response| {
            response.headers_mut().insert("x-node", name.clone());
            ready(response)
        }))
        .with_state(shop);
    let listener = Listener::bind(shop::address()?, Socket::default())?;
    serve(listener, router, &hub, shop::stopped(), shop::DEADLINE).await;
    Ok(())
}
