//! One node: the service that one would write. Everything of the log's is one line.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::post;
use order_events_axum::{
    Answer, Denied, Door, Grant, Head, Hub, Listener, Parts, STOP_DEADLINE, Scope, Sent, Settings,
    authorizer, routes, serve, stopped,
};
use order_events_redis::RedisEngine;
use shop::{Change, Receipt, Shop};

use crate::Result;
use crate::parts::{NODE, REDIS_URL};

/// How soon viewers come back to try: a story should not be long. The default is 2 s.
const RETRY: Duration = Duration::from_millis(100);

/// Customers may watch their own orders, admins every order as staff; each until their token ends.
async fn access(shop: Shop, request: Parts, wanted: Scope) -> std::result::Result<Grant, Denied> {
    let user = shop.user(&request)?;
    let grant = Grant::new(&user.id, wanted).until(user.until);
    if user.is_admin { Ok(grant.as_staff()) } else { shop.hub.check_owner(grant, &user.id).await }
}

/// Admins say what happens to an order, and whoever watches it is told, on whichever node.
async fn publish(shop: State<Shop>, head: Head, change: Sent<Change>) -> Answer<Json<Receipt>> {
    shop.user(&head)?.must_be_admin()?;
    Ok(Json(shop.hub.publish(change?.0.update()?).await?.into()))
}

/// Serves until it is killed, or told to stop.
pub(crate) async fn run() -> Result<()> {
    let engine = RedisEngine::builder(&std::env::var(REDIS_URL)?).connect().await?;
    let hub = Hub::builder().engine(Arc::new(engine)).build();

    let shop = Shop::new(hub.clone(), &shop::secret()?);
    let settings = Settings::default().configure(|settings| settings.retry = RETRY);
    // So that the story can say where a viewer is.
    let name = HeaderValue::from_str(&std::env::var(NODE)?)?;
    let door = Door::with_settings(&hub, authorizer(shop.clone(), access), settings);
    let router = routes(&door)
        .route("/orders", post(publish))
        .layer(map_response(move |mut response: Response| {
            response.headers_mut().insert("x-node", name.clone());
            ready(response)
        }))
        .with_state(shop);
    let listener = Listener::bind(shop::address())?;
    serve(listener, router, &hub, stopped(), STOP_DEADLINE).await;
    Ok(())
}
