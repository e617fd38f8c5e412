//! Servers of ours, on free ports, which come and go.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use order_events_axum::{
    Authorizer, Denied, Door, Grant, Hub, Listener, Parts, Principal, Published, Scope, Settings,
    TenantId, Update, async_trait,
};
use order_events_client::{Client, ClientBuilder, Delivery, Events, Given, OrderId};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Nothing here takes so long unless it never happens.
pub(crate) const CAP: Duration = Duration::from_secs(60);

/// Whoever has a token may see everything: `public` as the public, `staff` as staff.
pub(crate) struct Desk;

#[async_trait]
impl Authorizer<Parts> for Desk {
    async fn authorize(&self, caller: &Parts, wanted: &Scope) -> Result<Grant, Denied> {
        let token = caller.headers.get("authorization").and_then(|value| value.to_str().ok());
        let name = token.and_then(|token| token.strip_prefix("Bearer "));
        let principal = Principal::new(name.unwrap_or("nobody")).map_err(|_| Denied::Failed)?;
        let grant = Grant::new(principal, wanted.clone());
        match name {
            Some("public") => Ok(grant),
            Some("staff") => Ok(grant.as_staff()),
            Some("acme") => Ok(grant.in_tenant(TenantId::new("acme").map_err(|_| Denied::Failed)?)),
            Some("stranger") => Err(Denied::Forbidden),
            _ => Err(Denied::Unauthenticated),
        }
    }
}

/// What a server makes of requests before they are answered.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    /// Refuses streams, as a proxy that knows none would.
    pub(crate) refuses_streams: Arc<std::sync::atomic::AtomicBool>,
    /// Streams and pages that were asked for.
    pub(crate) streams: Arc<AtomicUsize>,
    pub(crate) pages: Arc<AtomicUsize>,
}

pub(crate) async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if accept == Some("text/event-stream") {
        gate.streams.fetch_add(1, Ordering::SeqCst);
        if gate.refuses_streams.load(Ordering::SeqCst) {
            return StatusCode::NOT_ACCEPTABLE.into_response();
        }
    } else {
        gate.pages.fetch_add(1, Ordering::SeqCst);
    }
    next.run(request).await
}

/// A server over axum, which runs until it is stopped.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Host {
    pub(crate) async fn start(hub: &Hub, settings: Settings) -> Self {
        Self::start_behind(hub, settings, Gate::default(), 0).await
    }

    /// … at a port that may be one that was free a moment ago.
    pub(crate) async fn start_behind(hub: &Hub, settings: Settings, door: Gate, port: u16) -> Self {
        let routes = order_events_axum::routes(&Door::with_settings(hub, Desk, settings));
        let router = Router::new().nest("/live", routes).layer(from_fn_with_state(door, gate));
        let listener = Listener::bind(("127.0.0.1", port)).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let hub = hub.clone();
        let served = tokio::spawn(async move {
            let stop = async { drop(stopped.await) };
            order_events_axum::serve(listener, router, &hub, stop, Duration::from_secs(1)).await;
        });
        Self { address, stop, served }
    }

    pub(crate) fn client(&self) -> Client {
        client(self.address, "staff")
    }

    /// Ends it as a service would.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.served.await.unwrap();
    }
}

/// A client that loses no time.
pub(crate) fn client(address: SocketAddr, token: &str) -> Client {
    let client = Client::builder(format!("http://{address}/live"));
    with_token(client, token).configure(hurry).seed(7).build().unwrap()
}

pub(crate) fn with_token(client: ClientBuilder, token: &str) -> ClientBuilder {
    let token = token.to_owned();
    client.bearer(move |_| {
        let token = token.clone();
        async move { Ok(token) }
    })
}

/// Loses no time.
pub(crate) fn hurry(settings: &mut order_events_client::Settings) {
    settings.backoff = Duration::from_millis(5);
    settings.max_backoff = Duration::from_millis(50);
    settings.poll_pause = Duration::from_millis(20);
    settings.probe = Duration::from_millis(100);
    settings.max_probe = Duration::from_millis(200);
    settings.poll_wait = Duration::from_secs(1);
}

/// A door that has its clients back soon.
pub(crate) fn brisk() -> Settings {
    Settings::default().configure(|settings| {
        settings.retry = Duration::from_millis(5);
        settings.retry_after = Duration::from_millis(5);
        settings.heartbeat = Duration::from_secs(1);
    })
}

pub(crate) fn order(id: &str) -> OrderId {
    OrderId::new(id).unwrap()
}

pub(crate) async fn publish(hub: &Hub, update: Update) -> u64 {
    match hub.publish(update).await {
        Ok(Published::Applied(applied)) => applied.cursor.seq,
        other => panic!("not applied: {other:?}"),
    }
}

/// The next delivery, which comes.
pub(crate) async fn next(events: &mut Events) -> Given {
    match timeout(CAP, events.next()).await {
        Ok(Some(Ok(given))) => given,
        Ok(other) => panic!("{other:?}"),
        Err(_) => panic!("nothing comes: {events:?}, {:?}", events.failure()),
    }
}

/// A delivery in a word.
pub(crate) fn word(given: &Given) -> String {
    match &given.delivery {
        Delivery::Reset(why) => format!("reset {why:?}"),
        Delivery::Snapshot(order) => format!("{} at {}", order.order_id, order.version),
        Delivery::Current => "current".to_owned(),
        Delivery::Event(event) => {
            format!("{} {}@{}", event.kind.name(), event.order_id, event.version)
        }
        other => format!("{other:?}"),
    }
}

/// The next so many.
pub(crate) async fn words(events: &mut Events, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    for _ in 0..count {
        words.push(word(&next(events).await));
    }
    words
}

/// Waits for what no delivery tells of.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(timeout(CAP, waiting).await.is_ok(), "never: {what}");
}

/// A server over actix, until what is returned with its address is dropped.
pub(crate) fn actix(hub: &Hub, settings: Settings) -> (SocketAddr, oneshot::Sender<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let (listening, address) = std::sync::mpsc::channel();
    let hub = hub.clone();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let door = order_events_actix::Door::with_settings(&hub, Desk, settings);
            let app = move || {
                let live = actix_web::web::scope("/live");
                let live = live.configure(order_events_actix::routes(&door));
                actix_web::App::new().service(live)
            };
            let listener = order_events_actix::Listener::bind("127.0.0.1:0").unwrap().workers(1);
            listening.send(listener.local_addr().unwrap()).unwrap();
            let stop = async { drop(stopped.await) };
            let deadline = Duration::from_secs(1);
            order_events_actix::serve(listener, app, &hub, stop, deadline).await.unwrap();
        });
    });
    (address.recv().unwrap(), stop)
}
