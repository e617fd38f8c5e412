//! Every refusal of both doors, and connections that fail.

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use order_events_conformance::moody::{Mood, Moody};
use order_events_core::{
    Denied, Grant, Hub, MemoryEngine, Principal, Scope, Timestamp, Update, authorizer,
};
use order_events_sse::server::{
    AdminAction, AdminDoor, AdminRoute, Door, Parts, Route, admin_authorizer,
};
use order_events_wire_tests::{Kind, Peer, Server, Setup, Shop, until};

use crate::support::{anna, id, watch};

pub(crate) async fn all() {
    readers().await;
    admins().await;
    connections().await;
}

/// `mallory` is known and may nothing; what `olga` may is over.
async fn may((): (), caller: Parts, wanted: Scope) -> Result<Grant, Denied> {
    match caller.headers.get("x-user").map(|user| user.as_bytes()) {
        Some(b"mallory") => Err(Denied::Forbidden),
        Some(b"olga") => Ok(Grant::new(anna(), wanted).until(Timestamp::from_millis(1))),
        Some(_) => Ok(Grant::new(anna(), wanted)),
        None => Err(Denied::Unauthenticated),
    }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

async fn asks(door: &Door, route: Route, parts: Parts, status: u16) {
    let answer = door.answer(route, &parts).await;
    assert_eq!(answer.status(), status, "{} {}", parts.method, parts.uri);
}

async fn readers() {
    let hub = Hub::builder().build();
    hub.publish(Update::create(id("1"))).await.unwrap();
    let door = Door::new(&hub, authorizer((), may));
    let user = ("x-user", "anna");
    let events = |path: &str, headers: &[(&str, &str)]| request("GET", path, headers);
    for (parts, status) in [
        (events("/orders/1/events", &[]), 401),
        (events("/orders/1/events", &[("x-user", "olga")]), 401),
        (events("/orders/1/events", &[("x-user", "mallory")]), 403),
        (events("/orders/2/events", &[user]), 404),
        (request("POST", "/orders/1/events", &[user]), 405),
        (events("/orders/1/events", &[user, ("accept", "image/png")]), 406),
        (events("/orders/1/events?attempt=1", &[user]), 200),
        (events("/orders/1/events?attempt=2", &[user]), 200),
        (events("/orders/1/events?attempt=5", &[user]), 200),
        (events("/orders/1/events?attempt=9", &[user]), 200),
    ] {
        asks(&door, Route::OrderEvents, parts, status).await;
    }
    asks(&door, Route::Orders, request("GET", "/orders?page=nowhere", &[user]), 400).await;
    hub.drain(Duration::ZERO).await;
    asks(&door, Route::OrderEvents, events("/orders/1/events", &[user]), 503).await;

    for (most, per_principal, status) in [(usize::MAX, 1, 429), (1, usize::MAX, 503)] {
        let full = Hub::builder().configure(|config| {
            config.max_subscriptions = most;
            config.max_per_principal = per_principal;
        });
        let full = full.build();
        let _one = watch(&full, Scope::Tenant).await;
        let door = Door::new(&full, authorizer((), may));
        asks(&door, Route::Events, events("/events", &[user]), status).await;
    }
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
    let failing = Hub::builder().engine(Arc::clone(&engine)).build();
    engine.turn(Mood::Fails);
    let door = Door::new(&failing, authorizer((), may));
    asks(&door, Route::Events, events("/events", &[user]), 503).await;
}

async fn lets_in((): (), _: Parts, _: AdminAction) -> Result<Principal, Denied> {
    Ok(anna())
}

async fn admins() {
    let door = AdminDoor::new(&Hub::builder().build(), admin_authorizer((), lets_in));
    let misspelt = request("GET", "/watchers?pricipal=anna", &[]);
    assert_eq!(door.answer(AdminRoute::Watchers, &misspelt).await.status(), 400);
}

/// Connections that fail: after a heartbeat, and after events.
async fn connections() {
    for heartbeat in [Some(Duration::from_millis(50)), None] {
        let shop = Shop::open().await;
        let mut setup = Setup::default();
        setup.settings.heartbeat = heartbeat.unwrap_or(setup.settings.heartbeat);
        let server = Server::start(Kind::Axum, &shop, &setup);
        let mut peer = Peer::watch(server.address).await;
        if heartbeat.is_some() {
            peer.read_to(": hb").await;
        }
        // With this the kernel tells the other side that the connection failed.
        peer.reset();
        until("its stream is gone", || shop.streams() == 0).await;
        server.stop().await;
    }
}
