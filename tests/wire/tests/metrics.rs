//! The metrics are those that docs/observability.md lists, in the form that Prometheus reads, as a
//! parser reads it that is not ours.
//!
//! A recorder is the process's, so one test does everything that can be counted.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use order_events_conformance::moody::{Mood, Moody};
use order_events_core::{
    Cursor, Delivery, Denied, EndReason, Epoch, Grant, GuardVeto, Hub, IdempotencyKey, ManualClock,
    MemoryEngine, OrderId, OrderStatus, Principal, Proposed, Resume, Scope, Subscription,
    Timestamp, Update, authorizer,
};
use order_events_sse::server::{Door, Parts, Route, describe_metrics};
use order_events_wire_tests::{Kind, Peer, Server, Setup, Shop, until};
use prometheus_parse::{Sample, Scrape, Value};

/// The table of names in the documentation: what each label may say.
fn documented() -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let text = include_str!("../../../docs/observability.md");
    let is_metric = |line: &&str| {
        let kind = line.split(" | ").nth(1);
        line.starts_with("| `order_events_")
            && matches!(kind, Some("counter" | "gauge" | "histogram"))
    };
    let rows = text.lines().filter(is_metric);
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let labels = cells[3].split("; ").filter_map(|label| label.split_once(": "));
        let labels = labels.map(|(label, values)| {
            let values = values.split(", ").map(str::to_owned).collect();
            (label.trim_matches('`').to_owned(), values)
        });
        let labels = labels.collect();
        (name, labels)
    })
    .collect()
}

fn scraped(recorder: &PrometheusHandle) -> Vec<Sample> {
    let text = recorder.render();
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    Scrape::parse(lines).expect("Prometheus can read it").samples
}

/// A histogram comes as its sum and its count.
fn name(sample: &Sample) -> &str {
    let name = sample.metric.as_str();
    name.strip_suffix("_sum").or(name.strip_suffix("_count")).unwrap_or(name)
}

/// Of all series that say this.
fn count(samples: &[Sample], name: &str, value: &str) -> f64 {
    let is = |sample: &&Sample| {
        sample.metric == name && (value.is_empty() || sample.labels.values().any(|v| v == value))
    };
    let counts = samples.iter().filter(is).map(|sample| match &sample.value {
        Value::Counter(count) | Value::Gauge(count) | Value::Untyped(count) => *count,
        other => panic!("{name} {value}: {other:?}"),
    });
    counts.sum()
}

fn anna() -> Principal {
    Principal::new("anna").unwrap()
}

fn id(id: &str) -> OrderId {
    OrderId::new(id).unwrap()
}

/// Takes what is there.
async fn take(watching: &mut Subscription) -> Vec<Delivery> {
    let mut taken = Vec::new();
    poll_fn(|cx| {
        while let std::task::Poll::Ready(Some(delivery)) = watching.poll_delivery(cx) {
            taken.push(delivery);
        }
        std::task::Poll::Ready(())
    })
    .await;
    taken
}

#[tokio::test]
async fn what_is_measured_is_what_is_documented() {
    let recorder = PrometheusBuilder::new().install_recorder().unwrap();
    describe_metrics();
    // Each value of each label is there from the beginning.
    for (name, labels) in documented() {
        let is_counter = name.ends_with("_total");
        for (label, value) in labels
            .iter()
            .filter(|_| is_counter)
            .flat_map(|(label, values)| values.iter().map(move |value| (label, value)))
        {
            let is =
                |sample: &Sample| sample.metric == name && sample.labels.get(label) == Some(value);
            assert!(scraped(&recorder).iter().any(is), "{name} {label}={value}");
        }
    }
    publishes().await;
    subscriptions().await;
    refusals().await;
    places_taken_back().await;
    a_log_that_fails().await;
    requests().await;
    connections().await;
    let samples = scraped(&recorder);

    let documented = documented();
    let told: BTreeSet<_> = samples.iter().map(name).map(str::to_owned).collect();
    assert_eq!(told, documented.keys().cloned().collect(), "names");
    for name in documented.keys() {
        assert!(recorder.render().contains(&format!("# HELP {name} ")), "{name} has no help");
    }
    for sample in &samples {
        let labels = &documented[name(sample)];
        for (label, value) in sample.labels.iter().filter(|(label, _)| *label != "quantile") {
            let values =
                labels.get(label).unwrap_or_else(|| panic!("{label} of {}", sample.metric));
            assert!(values.contains(value), "{} {label}={value}", sample.metric);
        }
    }
    for (name, value, least) in [
        ("order_events_publishes_total", "cancelled", 1.0),
        ("order_events_publishes_total", "duplicate", 1.0),
        ("order_events_publishes_total", "unchanged", 1.0),
        ("order_events_publishes_total", "illegal-transition", 1.0),
        ("order_events_publishes_total", "conflict", 1.0),
        ("order_events_publishes_total", "unknown-order", 1.0),
        ("order_events_publishes_total", "key-reused", 1.0),
        ("order_events_publishes_total", "rejected", 1.0),
        ("order_events_opened_total", "resumed", 1.0),
        ("order_events_opened_total", "replayed", 1.0),
        ("order_events_resets_total", "foreign", 1.0),
        ("order_events_refused_total", "principal-full", 1.0),
        ("order_events_refused_total", "full", 1.0),
        ("order_events_refused_total", "draining", 1.0),
        ("order_events_refused_total", "finished", 1.0),
        ("order_events_ended_total", "final", 1.0),
        ("order_events_ended_total", "left", 1.0),
        ("order_events_ended_total", "revoked", 1.0),
        ("order_events_http_refused_total", "unauthenticated", 1.0),
        ("order_events_http_refused_total", "method-not-allowed", 1.0),
        ("order_events_reconnects_total", "4-7", 1.0),
        ("order_events_fell_behind_total", "", 2.0),
        ("order_events_reclaimed_total", "", 1.0),
        ("order_events_log_failures_total", "", 1.0),
        ("order_events_connection_failures_total", "heartbeat", 1.0),
        ("order_events_streams", "order", 2.0),
        ("order_events_streams", "tenant", 1.0),
        ("order_events_behind_streams", "", 1.0),
        ("order_events_catching_up_streams", "", 2.0),
        ("order_events_lag_events", "", 3.0),
        ("order_events_log_reachable", "", 1.0),
    ] {
        let count = count(&samples, name, value);
        assert!(count >= least, "{name} {value}: {count}");
    }
}

async fn publishes() {
    let vetoed = |_: &Proposed<'_>| Err(GuardVeto("closed on Sundays".to_owned()));
    let hub = Hub::builder().guard(vetoed).build();
    let order = id("1");
    let key = || IdempotencyKey::new("once").unwrap();
    for (update, code) in [
        (Update::create(&order).with_key(key()), "applied"),
        (Update::create(&order).with_key(key()), "duplicate"),
        (Update::note(&order, "other").with_key(key()), "key-reused"),
        (Update::status(&order, OrderStatus::Pending), "unchanged"),
        (Update::status(&order, OrderStatus::Delivered), "illegal-transition"),
        (Update::status(&order, OrderStatus::Processing), "rejected"),
        (Update::note(&order, "x").expecting_version(9), "conflict"),
        (Update::note(id("2"), "x"), "unknown-order"),
        (Update::note(&order, "x".repeat(1 << 20)), "invalid"),
    ] {
        let outcome = hub.publish(update).await;
        let seen = outcome.as_ref().map_or_else(|error| error.code(), |published| published.code());
        assert_eq!(seen, code);
    }
}

async fn subscriptions() {
    let hub = Hub::builder().configure(|config| config.window_events = 4).build();
    let order = id("1");
    let grant = || Grant::new(anna(), &order);
    hub.publish(Update::create(&order)).await.unwrap();
    let mut watching = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    take(&mut watching).await;
    let cursor = watching.cursor();
    drop(hub.subscribe(grant(), Resume::After(cursor)).await.unwrap());
    hub.publish(Update::status(&order, OrderStatus::Processing)).await.unwrap();
    take(&mut watching).await;
    drop(hub.subscribe(grant(), Resume::After(cursor)).await.unwrap());
    drop(hub.subscribe(grant(), Resume::Malformed).await.unwrap());
    let foreign = Cursor { epoch: Epoch::from_u64(7), seq: 1 };
    drop(hub.subscribe(grant(), Resume::After(foreign)).await.unwrap());
    // Six events are more than a window of four.
    for _ in 0..6 {
        hub.publish(Update::note(&order, "x").public()).await.unwrap();
    }
    assert_eq!(take(&mut watching).await.len(), 6);
    hub.revoke(&anna()).await.unwrap();
    assert!(
        matches!(take(&mut watching).await[..], [Delivery::End(end)] if end.reason == EndReason::Revoked)
    );
    hub.publish(Update::status(&order, OrderStatus::Cancelled)).await.unwrap();
    let mut last = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    assert!(
        matches!(take(&mut last).await[..], [_, Delivery::End(end)] if end.reason == EndReason::Final)
    );
    hub.subscribe(grant(), Resume::After(last.cursor())).await.expect_err("it is finished");
    drop(watching);

    let all = hub.subscribe(Grant::new(anna(), Scope::Tenant), Resume::Fresh).await.unwrap();
    let [one, two] = [id("a"), id("b")]
        .map(|order| Grant::new(anna(), &order).even_if_absent())
        .map(|grant| hub.subscribe(grant, Resume::Fresh));
    let (mut one, two) = (one.await.unwrap(), two.await.unwrap());
    take(&mut one).await;
    for _ in 0..3 {
        hub.publish(Update::note(id("a"), "x").or_create().public()).await.unwrap();
    }
    hub.set_gauges();
    drop((all, one, two));
    hub.drain(Duration::ZERO).await;
    hub.subscribe(grant(), Resume::Fresh).await.expect_err("it drains");
}

async fn refusals() {
    for (most, per_principal) in [(usize::MAX, 1), (1, usize::MAX)] {
        let hub = Hub::builder()
            .configure(|config| {
                config.max_subscriptions = most;
                config.max_per_principal = per_principal;
            })
            .build();
        let grant = || Grant::new(anna(), Scope::Tenant);
        let _one = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
        hub.subscribe(grant(), Resume::Fresh).await.expect_err("it is full");
    }
}

/// Somebody's driver promised to poll, and does not.
async fn places_taken_back() {
    let clock = ManualClock::new(Timestamp::from_millis(1_000_000));
    let limited =
        Hub::builder().clock(clock.clone()).configure(|config| config.max_subscriptions = 1);
    let hub = limited.build();
    let grant = || Grant::new(anna(), Scope::Tenant);
    let silent = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    silent.will_be_polled_every(Duration::from_secs(15));
    // It is looked at, then woken, then given up.
    let mut newer = None;
    while newer.is_none() {
        newer = hub.subscribe(grant(), Resume::Fresh).await.ok();
        clock.advance(Duration::from_secs(60));
    }
}

async fn a_log_that_fails() {
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
    let hub = Hub::builder()
        .engine(Arc::clone(&engine))
        .configure(|config| config.window_events = 1)
        .build();
    let order = id("1");
    hub.publish(Update::create(&order)).await.unwrap();
    let mut watching = hub.subscribe(Grant::new(anna(), &order), Resume::Fresh).await.unwrap();
    take(&mut watching).await;
    for _ in 0..3 {
        hub.publish(Update::note(&order, "x").public()).await.unwrap();
    }
    engine.turn(Mood::Holds);
    let hangs = hub.publish(Update::note(&order, "x"));
    tokio::time::timeout(Duration::ZERO, hangs).await.expect_err("it is given up");
    engine.turn(Mood::Fails);
    assert!(take(&mut watching).await.is_empty(), "what was missed cannot be read");
}

async fn may((): (), caller: Parts, wanted: Scope) -> Result<Grant, Denied> {
    match caller.headers.contains_key("x-user") {
        true => Ok(Grant::new(anna(), wanted)),
        false => Err(Denied::Unauthenticated),
    }
}

async fn requests() {
    let hub = Hub::builder().build();
    hub.publish(Update::create(id("1"))).await.unwrap();
    let door = Door::new(&hub, authorizer((), may));
    for (method, path, user, status) in [
        ("GET", "/orders/1/events", false, 401),
        ("GET", "/orders/2/events", true, 404),
        ("POST", "/orders/1/events", true, 405),
        ("GET", "/orders/1/events?attempt=5", true, 200),
    ] {
        let mut request = Request::builder().method(method).uri(path);
        if user {
            request = request.header("x-user", "anna");
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(
            door.answer(Route::OrderEvents, &parts).await.status(),
            status,
            "{method} {path}"
        );
    }
}

/// A heartbeat, and a connection that fails.
async fn connections() {
    let shop = Shop::open().await;
    let mut setup = Setup::default();
    setup.settings.heartbeat = Duration::from_millis(50);
    let server = Server::start(Kind::Axum, &shop, &setup);
    let mut peer = Peer::watch(server.address).await;
    peer.read_to(": hb").await;
    // With this the kernel tells the other side that the connection failed.
    peer.reset();
    until("its stream is gone", || shop.streams() == 0).await;
    server.stop().await;
}
