//! A florists' board: several people work on the same orders, live. See README.md.

mod access;
mod board;
mod pages;
mod presence;
mod seed;
mod sessions;
mod signature;
mod staff;
mod tickets;
mod webhook;

use std::{env, io};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, scope, to};
use actix_web::{App, Error, HttpResponse};
use order_events_actix::{
    Door, Listener, STOP_DEADLINE, authorizer, parts, routes, serve, stopped,
};

use crate::board::Board;

/// What signs the shop's deliveries where `WEBHOOK_SECRET` is not set. Everybody knows it.
const WEBHOOK_SECRET: &str = "whsec_Zm9yIHRyeWluZyBvdXQsIGFuZCBrbm93biB0byBldmVyeWJvZHk=";

#[actix_web::main]
async fn main() -> io::Result<()> {
    let secret = shop::secret()?;
    let webhook = env::var("WEBHOOK_SECRET").unwrap_or_else(|_| WEBHOOK_SECRET.to_owned());
    let board = Board::open(&secret, &webhook).await.map_err(io::Error::other)?;
    let hub = board.shop.hub.clone();
    let door = Door::new(&hub, authorizer(board.clone(), access::access));
    let data = Data::new(board);
    let app = move || {
        let api = scope("/api")
            .configure(staff::routes)
            .configure(presence::routes)
            .configure(routes(&door));
        App::new()
            .app_data(data.clone())
            .service(api)
            .configure(webhook::routes)
            .configure(sessions::routes)
            .configure(pages::routes)
            .default_service(to(pages::absent))
            .wrap(from_fn(own_pages_only))
    };
    let listener = Listener::bind(shop::address())?;
    say(&format!("http://{}", listener.local_addr()?), &webhook);
    shop::warn_of(&secret);
    serve(listener, app, &hub, stopped(), STOP_DEADLINE).await
}

/// Refuses what a page of somebody else's sends, and says what our pages may load.
async fn own_pages_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = match shop::is_ours(&parts(request.request())) {
        true => next.call(request).await?.map_into_left_body(),
        false => request.into_response(HttpResponse::Forbidden()).map_into_right_body(),
    };
    for (name, value) in shop::GUARDS {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Where it is, and how the shop sends an order there.
fn say(at: &str, webhook: &str) {
    println!("listening on {at}");
    println!("sign in as one florist in one window, and as another in a private one");
    println!("an order comes by a signed webhook: examples/ops-board/send-order, or by hand:\n");
    println!("export BOARD={at}");
    match webhook {
        WEBHOOK_SECRET => println!("export WEBHOOK_SECRET={WEBHOOK_SECRET}"),
        // What is printed is soon in a log, and theirs is nobody else's business.
        _ => println!("# and with the WEBHOOK_SECRET that this was started with"),
    }
    println!("order=3001 delivery=msg_3001");
    let script = include_str!("../send-order");
    println!("{}", script.rsplit("\n\n").next().unwrap_or(script));
    if webhook == WEBHOOK_SECRET {
        eprintln!("WEBHOOK_SECRET is not set: anybody can send orders");
    }
}
