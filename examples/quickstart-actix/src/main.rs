//! A shop whose customers watch their orders live, in actix-web.

use actix_cors::Cors;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use actix_web::web::{self, Data, Json, Path};
use actix_web::{App, HttpRequest, HttpServer};
use order_events_actix::{Door, EventRequest, EventResponse, Hub, Socket, bind, parts, routes};
use shop::{Change, Receipt, Shop};

/// A handler of one's own: whoever is signed in watches their orders, whoever that is.
async fn mine(
    shop: Data<Shop>,
    head: HttpRequest,
    request: EventRequest,
) -> Result<EventResponse, EventResponse> {
    let grant = shop.user(&parts(&head))?.own_orders();
    Ok(request.open(&shop.hub, grant).await.into())
}

/// Staff say what happens to an order, and whoever watches it is told.
async fn publish(
    shop: Data<Shop>,
    order: Path<String>,
    head: HttpRequest,
    Json(change): Json<Change>,
) -> Result<Json<Receipt>, EventResponse> {
    shop.user(&parts(&head))?.must_be_staff()?;
    let update = change.on(&order).map_err(shop::refused)?;
    let published = shop.hub.publish(update).await.map_err(shop::refused)?;
    Ok(Json(published.into()))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    // Outside the closure, which every worker calls: the hub is one for all of them.
    let hub = Hub::builder().build();
    let shop = Shop::new(hub.clone(), &shop::secret());
    let (door, data) = (Door::new(&hub, shop.clone()), Data::new(shop.clone()));
    let app = move || {
        let cors = Cors::default().supports_credentials().allowed_methods(["GET", "POST"]);
        let last_event_id = HeaderName::from_static("last-event-id");
        let cors = cors.allowed_headers([AUTHORIZATION, CONTENT_TYPE, last_event_id]);
        let cors = cors.expose_headers([RETRY_AFTER]);
        App::new()
            .app_data(data.clone())
            .route("/mine", web::get().to(mine))
            .route("/orders/{order}", web::post().to(publish))
            .configure(routes(&door))
            .wrap(shop::ORIGINS.into_iter().fold(cors, Cors::allowed_origin))
    };
    let stop = async move {
        shop::stopped().await;
        // Every stream is told to end; the server then waits until they have.
        let _drain = hub.drain(shop::DEADLINE);
    };
    let server = HttpServer::new(app).shutdown_signal(stop);
    let server = server.shutdown_timeout(shop::DEADLINE.as_secs());
    let server = bind(server, shop::address()?, Socket::default())?;
    for address in server.addrs() {
        shop.open(address).await?;
    }
    server.run().await
}
