//! What is told is what docs/observability.md lists: each row is seen, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use order_events_conformance::moody::{Mood, Moody};
use order_events_core::{
    Denied, Grant, Hub, ManualClock, MemoryEngine, OrderStatus, Resume, Scope, Subscription,
    Timestamp, Update, authorizer,
};
use order_events_sse::server::{AdminDoor, AdminRoute, Door, Parts, Route, admin_authorizer};
use order_events_wire_tests::{Kind, Peer, Server, Setup, Shop, until};

use crate::told::Told;
use crate::trail::{self, request};
use crate::{grant, order};

/// Level, text, and the fields.
type Row = (String, String, BTreeSet<String>);

/// The words between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = String> + '_ {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The table; what a row is about ends at its colon.
fn documented() -> BTreeSet<Row> {
    let text = include_str!("../../../../docs/observability.md");
    let (_, text) = text.split_once("\n## Spans and events\n").unwrap();
    let (text, _) = text.split_once("\n## ").unwrap();
    let rows = text.lines().filter(|line| line.contains(" | `"));
    rows.flat_map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let fields: BTreeSet<_> = quoted(cells[3]).collect();
        let (texts, _) = cells[2].split_once(':').unwrap_or((cells[2], ""));
        quoted(texts).map(move |text| (cells[1].to_owned(), text, fields.clone()))
    })
    .collect()
}

#[tokio::test]
async fn each_span_and_event_is_as_documented() {
    let told = Told::default();
    // Connections are served by threads of their own.
    tracing::subscriber::set_global_default(told.subscriber()).unwrap();
    published_and_watched().await;
    refused().await;
    lapped().await;
    the_log_fails().await;
    places_taken_back().await;
    requested().await;
    a_connection_fails().await;
    let lines = told.lines();
    let rows: BTreeSet<Row> = lines
        .into_iter()
        .map(|line| {
            let kind = if line.is_span { " span" } else { "" };
            let fields = line.fields.into_keys().map(str::to_owned).collect();
            (format!("{}{kind}", line.level), line.text, fields)
        })
        .collect();
    let documented = documented();
    let missing: Vec<_> = documented.difference(&rows).collect();
    let unknown: Vec<_> = rows.difference(&documented).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not told: {missing:#?}\nnot documented: {unknown:#?}"
    );
    // Where a formatter puts fields beside what it says itself, as JSON that is flattened does.
    let theirs = ["timestamp", "level", "target", "message", "span", "spans", "fields"];
    for (_, text, fields) in &documented {
        assert!(theirs.iter().all(|name| !fields.contains(*name)), "{text}: {fields:?}");
    }
}

async fn remark(hub: &Hub, times: usize) {
    for _ in 0..times {
        hub.publish(Update::note(order(), "x").public().or_create()).await.unwrap();
    }
}

/// Takes what is there.
async fn take(watching: &mut Subscription) {
    while let Ok(Some(_)) = tokio::time::timeout(Duration::ZERO, watching.next()).await {}
}

async fn published_and_watched() {
    let hub = Hub::builder().build();
    remark(&hub, 1).await;
    hub.publish(Update::status(order(), OrderStatus::Delivered)).await.unwrap_err();
    drop(hub.subscribe(grant(), Resume::Fresh).await.unwrap());
    drop(hub.subscribe(grant(), Resume::Malformed).await.unwrap());
}

async fn refused() {
    let hub = Hub::builder().configure(|config| config.max_per_principal = 1).build();
    remark(&hub, 1).await;
    let mut watching = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    hub.subscribe(grant(), Resume::Fresh).await.expect_err("there is one");
    hub.publish(Update::status(order(), OrderStatus::Cancelled)).await.unwrap();
    take(&mut watching).await;
    let seen = Resume::After(watching.cursor());
    drop(watching);
    hub.subscribe(grant(), seen).await.expect_err("it has seen all");
}

/// By its window, and by the log.
async fn lapped() {
    let engine = MemoryEngine::builder().retain_events(8).build();
    let hub = Hub::builder().engine(Arc::new(engine)).configure(|config| config.window_events = 1);
    let hub = hub.build();
    remark(&hub, 1).await;
    let mut watching = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    take(&mut watching).await;
    remark(&hub, 20).await;
    take(&mut watching).await;
}

async fn the_log_fails() {
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
    let hub = Hub::builder()
        .engine(Arc::clone(&engine))
        .configure(|config| config.window_events = 1)
        .build();
    remark(&hub, 1).await;
    let mut watching = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    take(&mut watching).await;
    remark(&hub, 3).await;
    engine.turn(Mood::Fails);
    take(&mut watching).await;
    hub.publish(Update::note(order(), "x")).await.unwrap_err();
    hub.subscribe(grant(), Resume::Fresh).await.expect_err("there is no beginning");
    engine.turn(Mood::Holds);
    let publishing = hub.publish(Update::note(order(), "x"));
    tokio::time::timeout(Duration::ZERO, publishing).await.expect_err("it hangs");
    let subscribing = hub.subscribe(grant(), Resume::Fresh);
    tokio::time::timeout(Duration::ZERO, subscribing).await.expect_err("so does this");
}

async fn places_taken_back() {
    let clock = ManualClock::new(Timestamp::from_millis(1_000_000));
    let limited =
        Hub::builder().clock(clock.clone()).configure(|config| config.max_subscriptions = 1);
    let hub = limited.build();
    let silent = hub.subscribe(grant().even_if_absent(), Resume::Fresh).await.unwrap();
    silent.will_be_polled_every(Duration::from_secs(15));
    // It is looked at, then woken, then given up.
    while hub.subscribe(grant().even_if_absent(), Resume::Fresh).await.is_err() {
        clock.advance(Duration::from_secs(60));
    }
}

/// Whoever says their name may; the store of those who may not has failed.
async fn may((): (), caller: Parts, _: Scope) -> Result<Grant, Denied> {
    caller.headers.get("x-user").map(|_| grant()).ok_or(Denied::Failed)
}

async fn requested() {
    let hub = Hub::builder().build();
    remark(&hub, 1).await;
    let door = Door::new(&hub, authorizer((), may));
    let (failing, ()) = Request::get("/orders/order-42/events").body(()).unwrap().into_parts();
    door.answer(Route::OrderEvents, &failing).await;
    let posted = Request::post("/orders/order-42/events?attempt=1").header("x-user", "anna");
    let (mut parts, ()) = posted.body(()).unwrap().into_parts();
    door.answer(Route::OrderEvents, &parts).await;
    parts.method = http::Method::GET;
    door.answer(Route::OrderEvents, &parts).await;
    let door = AdminDoor::new(&hub, admin_authorizer((), trail::may));
    door.answer(AdminRoute::Drain, &request("PUT", "/drain")).await;
}

async fn a_connection_fails() {
    let shop = Shop::open().await;
    let server = Server::start(Kind::Axum, &shop, &Setup::default());
    let peer = Peer::watch(server.address).await;
    // With this the kernel tells the other side that the connection failed.
    peer.reset();
    until("its stream is gone", || shop.streams() == 0).await;
    server.stop().await;
}
