//! A hub whose clock is the runtime's, an engine with moods, and readers of bodies.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, Method, Uri};
pub(crate) use order_events_conformance::moody::Mood;
use order_events_conformance::moody::Moody;
use order_events_core::{
    Applied, Clock, Config, Grant, Hub, MemoryEngine, OrderId, OrderStatus, Principal, Published,
    Resume, Scope, Timestamp, Update,
};
use order_events_sse::server::{EventBody, Settings, StreamRequest};
use tokio::time::Instant;

pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A clock that shows the runtime's paused time.
#[derive(Debug, Clone)]
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        START.saturating_add(self.0.elapsed())
    }
}

/// A hub with one order, `42`, whose engine has moods.
pub(crate) struct House {
    pub(crate) hub: Hub,
    pub(crate) engine: Arc<Moody<MemoryEngine>>,
    /// Publishes whatever the mood.
    shop: Hub,
}

pub(crate) async fn house() -> House {
    house_with(|_| {}).await
}

pub(crate) async fn house_with(change: impl FnOnce(&mut Config)) -> House {
    let clock = Paused(Instant::now());
    house_on(clock, MemoryEngine::new(), change).await
}

pub(crate) async fn house_on(
    clock: impl Clock + Clone,
    memory: MemoryEngine,
    change: impl FnOnce(&mut Config),
) -> House {
    let engine = Arc::new(Moody::new(memory));
    let shop = Hub::builder().engine(engine.beneath()).clock(clock.clone()).build();
    let hub = Hub::builder().engine(Arc::clone(&engine)).clock(clock).seed(7).configure(change);
    let house = House { hub: hub.build(), engine, shop };
    house.publish(Update::create(order())).await;
    house
}

pub(crate) fn order() -> OrderId {
    OrderId::new("42").unwrap()
}

pub(crate) fn anna() -> Grant {
    Grant::new(Principal::new("anna").unwrap(), Scope::Order(order()))
}

impl House {
    pub(crate) async fn publish(&self, update: Update) -> Applied {
        match self.shop.publish(update).await.unwrap() {
            Published::Applied(applied) => applied,
            other => panic!("expected it to be applied, not {other:?}"),
        }
    }

    pub(crate) async fn remark(&self, note: &str) -> Applied {
        self.publish(Update::note(order(), note).public()).await
    }

    pub(crate) async fn deliver(&self) {
        for status in [OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered] {
            self.publish(Update::status(order(), status)).await;
        }
    }

    /// A stream of the order, as far as its first chunk.
    pub(crate) async fn begun(&self, settings: &Settings) -> EventBody {
        let mut body = self.stream(Resume::Fresh, settings).await;
        let first = text(next(&mut body).await);
        assert!(first.contains("event: ready\n") && first.contains("event: snapshot\n"), "{first}");
        body
    }

    pub(crate) async fn stream(&self, resume: Resume, settings: &Settings) -> EventBody {
        let subscription = self.hub.subscribe(anna(), resume).await.unwrap();
        EventBody::new(&self.hub, subscription, settings)
    }
}

/// A request, with or without an `Accept`.
pub(crate) fn request(uri: &str, accept: &'static str) -> StreamRequest {
    let mut headers = HeaderMap::new();
    headers.insert(http::header::ACCEPT, http::HeaderValue::from_static(accept));
    StreamRequest::from_parts(&Method::GET, &uri.parse::<Uri>().unwrap(), &headers)
}

/// The next chunk.
pub(crate) async fn next(body: &mut (impl Stream<Item = Bytes> + Unpin)) -> Option<Bytes> {
    poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await
}

pub(crate) fn text(chunk: Option<Bytes>) -> String {
    String::from_utf8(chunk.expect("a chunk").to_vec()).unwrap()
}

/// What is due at once.
pub(crate) fn due(body: &mut EventBody) -> Option<Bytes> {
    match Pin::new(body).poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(chunk) => Some(chunk.expect("the stream goes on")),
        Poll::Pending => None,
    }
}

/// Counts how often a body wants to be polled.
#[derive(Debug, Default)]
pub(crate) struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Woken {
    pub(crate) fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Seconds, as a duration.
pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(crate) const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn heartbeats_every(every: Duration) -> Settings {
    Settings::default().configure(|settings| settings.heartbeat = every)
}
