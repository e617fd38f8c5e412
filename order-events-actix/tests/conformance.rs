//! The HTTP suite over this adapter, mounted in all three ways.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use actix_web::rt::{self, System};
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, Responder};
use order_events_actix::{
    Body, Door, EventMessage, EventRequest, EventResponse, Hub, Listener, Route, bind, parts,
    routes, serve,
};
use order_events_conformance::http::{
    NOT_OF_THE_BARE_BODY, STREAM_HEAD, Server, bare_stream, run_all, run_all_but,
};
use tokio::sync::oneshot;

/// An app on a server of ours.
async fn served<F, C>(configure: F) -> Server
where
    F: Fn() -> C + Send + Clone + 'static,
    C: FnOnce(&mut ServiceConfig) + 'static,
{
    let listener = Listener::bind(ANYWHERE).expect("a free port").workers(1);
    let address = listener.local_addr().expect("where it listens");
    let (stop, stopped) = oneshot::channel::<()>();
    rt::spawn(async move {
        let app = move || App::new().configure(configure());
        let stopped = async { drop(stopped.await) };
        serve(listener, app, &Hub::builder().build(), stopped, Duration::ZERO).await
    });
    // Its end, which takes a second, is nothing to the next one in the same system.
    Server::new(address, async move { drop(stop) })
}

/// … on actix's own.
async fn served_by_actix<F, C>(configure: F) -> Server
where
    F: Fn() -> C + Send + Clone + 'static,
    C: FnOnce(&mut ServiceConfig) + 'static,
{
    let server = HttpServer::new(move || App::new().configure(configure()));
    let server = bind(server.workers(1).disable_signals(), ANYWHERE);
    let server = server.expect("a free port");
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    rt::spawn(server);
    Server::new(address, async move { handle.stop(false).await })
}

const ANYWHERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);

#[test]
fn the_suite_over_our_own_server() {
    let subject = |_hub: Hub, door: Door| served(move || routes(&door));
    System::new().block_on(async { run_all(&subject).await });
}

#[test]
fn the_suite_over_actixs_server() {
    let subject = |_hub: Hub, door: Door| served_by_actix(move || routes(&door));
    System::new().block_on(async { run_all(&subject).await });
}

#[test]
fn the_suite_over_handlers_of_the_users_own() {
    let subject = |hub: Hub, door: Door| served(move || handlers(hub.clone(), door.clone()));
    System::new().block_on(async { run_all(&subject).await });
}

/// Events by handlers of one's own. Of orders as they stand only the ready-made routes tell.
fn handlers(hub: Hub, door: Door) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        for route in Route::ALL {
            let (hub, door) = (hub.clone(), door.clone());
            let answer = match route {
                Route::Order | Route::Orders => web::to(move |head: HttpRequest| {
                    let door = door.clone();
                    async move { EventResponse(door.answer(route, &parts(&head)).await) }
                }),
                _ => web::to(move |head: HttpRequest, request: EventRequest| {
                    let (hub, door) = (hub.clone(), door.clone());
                    async move {
                        let head = parts(&head);
                        let granted = door.grant(route, &head);
                        EventResponse(request.open_if_with(&hub, granted, door.settings()).await)
                    }
                }),
            };
            config.route(route.path(), answer);
        }
    }
}

#[test]
fn the_suite_over_the_bare_body() {
    let subject = |hub: Hub, door: Door| served(move || bare(hub.clone(), door.clone()));
    System::new().block_on(async { run_all_but(&subject, NOT_OF_THE_BARE_BODY).await });
}

/// Streams by the bare body, and whatever else is asked for by the door.
fn bare(hub: Hub, door: Door) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        for route in Route::ALL {
            let (hub, door) = (hub.clone(), door.clone());
            let answer = web::to(move |head: HttpRequest| {
                let (hub, door) = (hub.clone(), door.clone());
                async move {
                    let parts = parts(&head);
                    match bare_stream(&hub, &door, route, &parts).await {
                        Some(body) => streams(EventMessage(Body::Events(body))),
                        None => EventResponse(door.answer(route, &parts).await).respond_to(&head),
                    }
                }
            });
            config.route(route.path(), answer);
        }
    }
}

fn streams(body: EventMessage) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    for header in STREAM_HEAD {
        response.insert_header(header);
    }
    response.body(body)
}
