//! The formula of the page on sizing, held to what is counted.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use cookbook::sizing::Node;
use order_events_axum::config::TIMELINE_ENTRIES;
use order_events_axum::engine::{HistoryLimit, Log};
use order_events_axum::order_events_sse::SseCodec;
use order_events_axum::{
    Audience, Clock, Delivery, Denied, Door, Grant, Hub, IdempotencyKey, Listener, MemoryEngine,
    OrderStatus, Parts, Principal, Resume, STOP_DEADLINE, Scope, Subscription, SystemClock,
    TenantId, Update, authorizer, routes, serve,
};
use order_events_benches::counting::{self, Counting};
use order_events_benches::redis::Redis;
use order_events_benches::{customer_id, order_id, publish, ready};
use order_events_redis::RedisEngine;
use tokio::sync::{mpsc, oneshot};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const STATUSES: [OrderStatus; 4] =
    [OrderStatus::Pending, OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered];
const ORDERS_PER_CUSTOMER: usize = 4;
/// What the page says of an event on Redis with its part of its order, and of its key in that.
const REDIS_EVENT: usize = 1_900;
const REDIS_KEY: usize = 650;
const STREAMS: usize = 1_000;

/// The nth order's way through the lifecycle: each step with a note of so many bytes.
fn steps(n: usize, note: usize, keyed: bool) -> impl Iterator<Item = Update> {
    STATUSES.into_iter().enumerate().map(move |(step, status)| {
        let mut update = Update::status(order_id(n), status).or_create();
        update = update.with_customer(customer_id(n / ORDERS_PER_CUSTOMER));
        if note > 0 {
            update = update.with_note("x".repeat(note));
        }
        if keyed {
            let key = format!("{n:08x}-0000-4000-8000-{step:012x}");
            update = update.with_key(IdempotencyKey::new(key).unwrap());
        }
        update
    })
}

fn assert_near(what: &str, counted: usize, formula: usize) {
    let ratio = counted as f64 / formula as f64;
    println!("{what}: counted {counted}, by the formula {formula}: {ratio:.3}");
    assert!((0.85..=1.15).contains(&ratio), "{what}: {counted} counted, {formula} by the formula");
}

#[test]
fn a_log_weighs_what_the_formula_says() {
    for (orders, note, keyed, watched) in [
        (5_000, 0, false, false),
        (5_000, 100, false, false),
        (5_000, 100, false, true),
        (5_000, 100, true, false),
        (5_000, 1_000, true, true),
    ] {
        let before = counting::live();
        let engine = Arc::new(MemoryEngine::builder().retain_events(usize::MAX).build());
        let hub = Hub::builder().engine(Arc::clone(&engine)).build();
        let mut watching = watched.then(|| watch_all(&hub));
        for n in 0..orders {
            steps(n, note, keyed).for_each(|step| publish(&hub, step));
            watching.iter_mut().for_each(take_frames);
        }
        drop(watching);
        let counted = (counting::live() - before).unsigned_abs();
        let events = orders * STATUSES.len();
        let formula = Node {
            events,
            json: json_bytes(&engine) / events,
            orders,
            keys: if keyed { events } else { 0 },
            encoded: if watched { events } else { 0 },
            ..Node::default()
        };
        assert_near(&format!("{formula:?}"), counted, formula.bytes());
    }
}

#[test]
fn the_timeline_of_an_open_order_weighs_what_the_formula_says() {
    const ORDERS: usize = 200;
    const NOTES: usize = 100;
    let note = |n| Update::note(order_id(n), "x".repeat(100)).or_create();
    let publish_all = |engine: &Arc<MemoryEngine>| {
        let hub = Hub::builder().engine(Arc::clone(engine)).build();
        (0..NOTES).for_each(|_| (0..ORDERS).for_each(|n| publish(&hub, note(n))));
    };
    let whole = Arc::new(MemoryEngine::builder().retain_events(usize::MAX).build());
    publish_all(&whole);
    let json = json_bytes(&whole) / whole.counts().events;

    let before = counting::live();
    let trimmed = Arc::new(MemoryEngine::builder().retain_events(1).build());
    publish_all(&trimmed);
    let counted = (counting::live() - before).unsigned_abs();
    let held = trimmed.counts().held;
    assert!((TIMELINE_ENTRIES..=TIMELINE_ENTRIES * 3 / 2).contains(&(held / ORDERS)), "{held}");
    let formula = Node { events: held, json, orders: ORDERS, ..Node::default() };
    assert_near(&format!("{formula:?}"), counted, formula.bytes());

    trimmed.sweep(SystemClock.now());
    assert_eq!(trimmed.counts().held, ORDERS * TIMELINE_ENTRIES);
}

fn watch_all(hub: &Hub) -> Subscription {
    let staff = Grant::new(Principal::new("sam").unwrap(), Scope::Tenant).as_staff();
    ready(hub.subscribe(staff, Resume::Fresh)).unwrap()
}

/// Takes what there is, as a stream would.
fn take_frames(watching: &mut Subscription) {
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(delivery)) = Pin::new(&mut *watching).poll_delivery(&mut cx) {
        if let Delivery::Event(event) = delivery {
            let _bytes = event.frame(&SseCodec);
        }
    }
}

/// The JSON of all events, with the fields that are staff's.
fn json_bytes(engine: &MemoryEngine) -> usize {
    let limit = HistoryLimit { audience: Audience::Staff, events: usize::MAX, bytes: usize::MAX };
    let history = ready(engine.history(&TenantId::default(), &Scope::Tenant, 0, limit)).unwrap();
    let json = history
        .records
        .iter()
        .map(|record| record.payload().len() + record.staff_fields().map_or(0, str::len));
    json.sum()
}

/// Whoever comes is somebody else.
async fn anybody(_: (), request: Parts, wanted: Scope) -> Result<Grant, Denied> {
    let name = request.headers.get("x-user").and_then(|name| name.to_str().ok());
    let principal = Principal::new(name.unwrap_or("?")).map_err(|_| Denied::Failed)?;
    Ok(Grant::new(principal, wanted))
}

/// A server on a thread of its own, which can be asked what that thread holds: its runtime, its
/// connections, its streams, and its log.
fn server(orders: usize) -> (SocketAddr, mpsc::UnboundedSender<oneshot::Sender<isize>>) {
    let (listening, address) = oneshot::channel();
    let (asks, mut asked) = mpsc::unbounded_channel::<oneshot::Sender<isize>>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let hub = Hub::builder().build();
            (0..orders).for_each(|n| publish(&hub, Update::create(order_id(n))));
            let door = Door::new(&hub, authorizer((), anybody));
            let listener = Listener::bind("127.0.0.1:0").unwrap();
            listening.send(listener.local_addr().unwrap()).unwrap();
            // Its end is the test's: nobody asks any more.
            let stop = async move {
                while let Some(answer) = asked.recv().await {
                    let _gone = answer.send(counting::live());
                }
            };
            serve(listener, routes(&door), &hub, stop, STOP_DEADLINE).await;
        });
    });
    (address.blocking_recv().unwrap(), asks)
}

/// A stream that has had its snapshot and waits.
fn watch(address: SocketAddr, n: usize) -> BufReader<TcpStream> {
    let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
    let request = format!(
        "GET /orders/{}/events HTTP/1.1\r\nhost: shop\r\nx-user: user-{n}\r\n\r\n",
        order_id(n)
    );
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    while !line.starts_with("event: snapshot") {
        line.clear();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "it is not over");
    }
    while line.trim_end() != "" {
        line.clear();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "it is not over");
    }
    stream
}

#[test]
fn a_stream_weighs_what_the_formula_says() {
    let (address, asks) = server(STREAMS + 1);
    let held = || {
        let (answer, held) = oneshot::channel();
        asks.send(answer).unwrap();
        held.blocking_recv().unwrap()
    };
    // What the first one alone needs is not counted.
    let _first = watch(address, STREAMS);
    let before = held();
    let streams: Vec<_> = (0..STREAMS).map(|n| watch(address, n)).collect();
    let counted = (held() - before).unsigned_abs();
    // Each order that is watched has its snapshot encoded for its stream, and let go of.
    let formula = Node { streams: STREAMS, ..Node::default() };
    assert_near(&format!("{formula:?}"), counted, formula.bytes());
    drop(streams);
}

#[test]
#[ignore = "wants redis-server"]
fn redis_holds_what_the_page_says() {
    const ORDERS: usize = 2_000;
    let redis = Redis::start().unwrap();
    let said = |words: &[&str]| {
        let said = redis.tool("redis-cli").args(words).output().unwrap().stdout;
        String::from_utf8(said).unwrap()
    };
    let used = || -> usize {
        let said = said(&["info", "memory"]);
        let used = said.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
        used.unwrap().trim().parse().unwrap()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let engine = RedisEngine::builder(redis.url()).connect().await.unwrap();
        let hub = Hub::builder().engine(Arc::new(engine)).build();
        hub.publish(Update::create(order_id(ORDERS))).await.unwrap();
        let before = used();
        for n in 0..ORDERS {
            for step in steps(n, 100, true) {
                hub.publish(step).await.unwrap();
            }
        }
        let each = |bytes: usize| bytes / (ORDERS * STATUSES.len());
        let of = |key: &str| -> usize {
            let said = said(&["memory", "usage", &format!("oe:{{default}}:{key}"), "samples", "0"]);
            said.trim().parse().unwrap()
        };
        let (all, keys) = (each(used() - before), each(of("keys") + of("keyring")));
        println!("Redis holds {all} bytes for each event, {keys} of them for its key");
        println!("    {} of them in the log", each(of("log")));
        assert!((REDIS_EVENT * 85 / 100..=REDIS_EVENT * 115 / 100).contains(&all), "{all}");
        assert!((REDIS_KEY * 85 / 100..=REDIS_KEY * 115 / 100).contains(&keys), "{keys}");
    });
}
