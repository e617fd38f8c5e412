//! A shop whose customers watch their orders live, in axum.

use axum::extract::{Path, State};
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::routing::{get, post};
use axum::{Json, Router};
use order_events_axum::{
    Door, EventRequest, EventResponse, Hub, Listener, Parts, Socket, routes, serve,
};
use shop::{Change, Receipt, Shop};
use tower_http::cors::CorsLayer;

/// A handler of one's own: whoever is signed in watches their orders, whoever that is.
async fn mine(
    State(shop): State<Shop>,
    head: Parts,
    request: EventRequest,
) -> Result<EventResponse, EventResponse> {
    let grant = shop.user(&head)?.own_orders();
    Ok(request.open(&shop.hub, grant).await.into())
}

/// Staff say what happens to an order, and whoever watches it is told.
async fn publish(
    State(shop): State<Shop>,
    Path(order): Path<String>,
    head: Parts,
    Json(change): Json<Change>,
) -> Result<Json<Receipt>, EventResponse> {
    shop.user(&head)?.must_be_staff()?;
    let update = change.on(&order).map_err(shop::refused)?;
    let published = shop.hub.publish(update).await.map_err(shop::refused)?;
    Ok(Json(published.into()))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let hub = Hub::builder().build();
    let shop = Shop::new(hub.clone(), &shop::secret());
    let cors = CorsLayer::new()
        .allow_origin(shop::ORIGINS.map(HeaderValue::from_static))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("last-event-id")])
        .expose_headers([RETRY_AFTER]);
    let router = Router::new()
        .merge(routes(&Door::new(&hub, shop.clone())))
        .route("/mine", get(mine))
        .route("/orders/{order}", post(publish))
        .layer(cors)
        .with_state(shop.clone());
    let listener = Listener::bind(shop::address()?, Socket::default())?;
    shop.open(listener.local_addr()?).await?;
    serve(listener, router, &hub, shop::stopped(), shop::DEADLINE).await;
    Ok(())
}
