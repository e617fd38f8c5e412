//! A shop whose customers watch their orders live, in axum.

use axum::{Json, extract::State, routing::any, routing::post};
use order_events_axum::{
    Answer, Denied, Door, EventRequest, EventResponse, Grant, Head, Hub, Listener, Origins, Parts,
    STOP_DEADLINE, Scope, Sent, authorizer, cors, routes, serve, stopped,
};
use shop::{Change, Receipt, Shop};

/// Customers may watch their own orders, admins every order as staff; each until their token ends.
async fn access(shop: Shop, request: Parts, wanted: Scope) -> Result<Grant, Denied> {
    let user = shop.user(&request)?; // by a JWT: a bearer token, or the cookie `session`
    let grant = Grant::new(&user.id, wanted).until(user.until);
    if user.is_admin { Ok(grant.as_staff()) } else { shop.hub.check_owner(grant, &user.id).await }
}

/// A handler of one's own: whoever is signed in watches their orders, whoever that is.
async fn mine(shop: State<Shop>, head: Head, request: EventRequest) -> EventResponse {
    request.open_if(&shop.hub, async { shop.own_orders(&head) }).await.into()
}

/// Admins say what happens to an order, and whoever watches it is told.
async fn publish(shop: State<Shop>, head: Head, change: Sent<Change>) -> Answer<Json<Receipt>> {
    shop.user(&head)?.must_be_admin()?;
    Ok(Json(shop.hub.publish(change?.0.update()?).await?.into()))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let shop = Shop::new(Hub::builder().build(), &shop::secret()?);
    let door = Door::new(&shop.hub, authorizer(shop.clone(), access));
    let router = routes(&door)
        .route("/mine", any(mine))
        .route("/orders", post(publish))
        .layer(cors(&Origins::of(shop::ORIGINS)?))
        .with_state(shop.clone());
    let listener = Listener::bind(shop::address())?;
    shop.open(listener.local_addr()?).await?;
    serve(listener, router, &shop.hub, stopped(), STOP_DEADLINE).await;
    Ok(())
}
