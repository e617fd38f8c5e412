//! A shop whose customers watch their orders live, in actix-web.

use actix_web::{App, web::Data, web::Json, web::post, web::to};
use order_events_actix::{
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
async fn mine(shop: Data<Shop>, head: Head, request: EventRequest) -> EventResponse {
    request.open_if(&shop.hub, async { shop.own_orders(&head) }).await.into()
}

/// Admins say what happens to an order, and whoever watches it is told.
async fn publish(shop: Data<Shop>, head: Head, change: Sent<Change>) -> Answer<Json<Receipt>> {
    shop.user(&head)?.must_be_admin()?;
    Ok(Json(shop.hub.publish(change?.0.update()?).await?.into()))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let shop = Shop::new(Hub::builder().build(), &shop::secret()?);
    let door = Door::new(&shop.hub, authorizer(shop.clone(), access));
    let (data, origins) = (Data::new(shop.clone()), Origins::of(shop::ORIGINS)?);
    let app = move || {
        App::new()
            .app_data(data.clone())
            .route("/mine", to(mine))
            .route("/orders", post().to(publish))
            .configure(routes(&door))
            .wrap(cors(&origins))
    };
    let listener = Listener::bind(shop::address())?;
    shop.open(listener.local_addr()?).await?;
    serve(listener, app, &shop.hub, stopped(), STOP_DEADLINE).await
}
