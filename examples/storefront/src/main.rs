//! A shop with pages: customers follow their orders live, staff move them. See README.md.

mod access;
mod book;
mod checkout;
mod goods;
mod operations;
mod pages;
mod panel;
mod seed;
mod sessions;
mod staff;
mod store;
mod timings;

use std::io;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use order_events_axum::{Door, Listener, STOP_DEADLINE, authorizer, routes, serve, stopped};
use tracing_subscriber::EnvFilter;

use crate::store::Store;

#[tokio::main]
async fn main() -> io::Result<()> {
    tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env()).init();
    let measured = operations::begin()?;
    let secret = shop::secret()?;
    let store = Store::open(&secret).await.map_err(io::Error::other)?;
    let hub = store.shop.hub.clone();
    let door = Door::new(&hub, authorizer(store.clone(), access::access));
    let api = routes(&door).merge(checkout::routes()).merge(staff::routes()).merge(panel::routes());
    let router = pages::routes()
        .merge(sessions::routes())
        .nest("/api", api)
        .layer(from_fn(own_pages_only))
        .with_state(store);
    let listener = Listener::bind(shop::address())?;
    println!("listening on http://{}", listener.local_addr()?);
    println!("sign in as a customer in one window, and as staff in a private one");
    shop::warn_of(&secret);
    if let Some((port, recorder)) = measured {
        operations::serve(port, recorder, hub.clone()).await?;
    }
    serve(listener, router, &hub, stopped(), STOP_DEADLINE).await;
    Ok(())
}

/// Refuses what a page of somebody else's sends, and says what our pages may load.
async fn own_pages_only(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let mut response = match shop::is_ours(&head) {
        true => next.run(Request::from_parts(head, body)).await,
        false => StatusCode::FORBIDDEN.into_response(),
    };
    for (name, value) in shop::GUARDS {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().insert(name, value);
    }
    response
}
