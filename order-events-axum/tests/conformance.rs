//! The HTTP suite over this adapter, mounted in all three ways and served in both.

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use order_events_axum::{
    Door, EventRequest, EventResponse, Hub, Listener, Parts, Route, routes, serve,
};
use order_events_conformance::http::{
    NOT_OF_THE_BARE_BODY, STREAM_HEAD, Server, bare_stream, run_all, run_all_but,
};

fn listener() -> (Listener, SocketAddr) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = Listener::bind(address).expect("a free port");
    let address = listener.local_addr().expect("where it listens");
    (listener, address)
}

/// A router on our own server.
async fn served(hub: Hub, router: Router) -> Server {
    let (listener, address) = listener();
    let serving = tokio::spawn(async move {
        serve(listener, router, &hub, pending(), Duration::ZERO).await;
    });
    Server::new(address, async move { serving.abort() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_over_our_own_server() {
    run_all(&|hub: Hub, door: Door| async move { served(hub, routes(&door)).await }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_over_axums_server() {
    run_all(&|_hub: Hub, door: Door| async move {
        let (listener, address) = listener();
        let router: Router = routes(&door);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Server::new(address, async move { serving.abort() })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_over_handlers_of_the_users_own() {
    run_all(&|hub: Hub, door: Door| async move {
        let router = handlers(&hub, &door);
        served(hub, router).await
    })
    .await;
}

/// Events by handlers of one's own. Of orders as they stand only the ready-made routes tell.
fn handlers(hub: &Hub, door: &Door) -> Router {
    Route::ALL.into_iter().fold(Router::new(), |router, route| {
        let (hub, door) = (hub.clone(), door.clone());
        let answer = match route {
            Route::Order | Route::Orders => {
                any(async move |head: Parts| EventResponse(door.answer(route, &head).await))
            }
            _ => any(async move |head: Parts, request: EventRequest| {
                let granted = door.grant(route, &head);
                EventResponse(request.open_if_with(&hub, granted, door.settings()).await)
            }),
        };
        router.route(route.path(), answer)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_suite_over_the_bare_body() {
    let subject = |hub: Hub, door: Door| async move {
        let router = bare(&hub, &door);
        served(hub, router).await
    };
    run_all_but(&subject, NOT_OF_THE_BARE_BODY).await;
}

/// Streams by the bare body, and whatever else is asked for by the door.
fn bare(hub: &Hub, door: &Door) -> Router {
    Route::ALL.into_iter().fold(Router::new(), |router, route| {
        let (hub, door) = (hub.clone(), door.clone());
        let answer = async move |head: Parts| -> Response {
            match bare_stream(&hub, &door, route, &head).await {
                Some(body) => (STREAM_HEAD, Body::new(body)).into_response(),
                None => EventResponse(door.answer(route, &head).await).into_response(),
            }
        };
        router.route(route.path(), any(answer))
    })
}
