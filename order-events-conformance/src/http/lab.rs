//! What a case works with: a shop of its own, served by the adapter under test.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use order_events_core::{
    Applied, Config, Cursor, CustomerId, Epoch, Hub, ManualClock, MemoryEngine, OrderId,
    OrderStatus, Published, TenantId, Timestamp, Update,
};
use order_events_sse::server::{Door, Settings};
use tokio::time::sleep;

use super::client::{Answer, Connection, Events, Patience, Request, Transcript};
use super::people::Desk;
use super::subject::{Server, Subject};

/// The epoch of every log here.
pub(super) const EPOCH: Epoch = Epoch::from_u64(0x0123_4567_89ab_cdef);

/// A random word that is the same in every run.
const SEED: u64 = 7;

/// 2026-11-21T12:00:00Z.
const NOON: Duration = Duration::from_secs(1_795_262_400);

/// What one case is given.
pub struct Lab<'a> {
    subject: &'a dyn Subject,
    servers: Mutex<Vec<Server>>,
    transcript: Transcript,
}

/// What a case wants to be other than usual.
#[derive(Clone, Default)]
pub(super) struct Setup {
    pub(super) config: Config,
    pub(super) settings: Settings,
    pub(super) retain_events: Option<usize>,
}

/// A hub behind a running server.
pub(super) struct Shop {
    pub(super) hub: Hub,
    pub(super) clock: ManualClock,
    engine: Arc<MemoryEngine>,
    setup: Setup,
    address: SocketAddr,
    transcript: Transcript,
    patience: Patience,
}

impl<'a> Lab<'a> {
    pub(super) fn new(subject: &'a dyn Subject) -> Self {
        Self { subject, servers: Mutex::default(), transcript: Transcript::default() }
    }

    pub(super) async fn shop(&self) -> Shop {
        self.shop_with(|_| {}).await
    }

    pub(super) async fn shop_with(&self, change: impl FnOnce(&mut Setup)) -> Shop {
        let mut setup = Setup::default();
        change(&mut setup);
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH.saturating_add(NOON));
        let mut engine = MemoryEngine::builder().fixed_epoch(EPOCH);
        if let Some(events) = setup.retain_events {
            engine = engine.retain_events(events);
        }
        self.node(Arc::new(engine.build()), clock, setup).await
    }

    /// Another node of the same shop: on the same log, with a hub and a server of its own.
    pub(super) async fn another_node(&self, shop: &Shop) -> Shop {
        self.node(Arc::clone(&shop.engine), shop.clock.clone(), shop.setup.clone()).await
    }

    async fn node(&self, engine: Arc<MemoryEngine>, clock: ManualClock, setup: Setup) -> Shop {
        let hub = Hub::builder()
            .engine(Arc::clone(&engine))
            .clock(clock.clone())
            .configure(|config| *config = setup.config.clone())
            .seed(SEED)
            .build();
        let desk = Desk { hub: hub.clone(), clock: clock.clone() };
        let door = Door::with_settings(&hub, desk, setup.settings.clone());
        let server = self.subject.serve(hub.clone(), door).await;
        let address = server.address;
        self.servers.lock().unwrap_or_else(PoisonError::into_inner).push(server);
        let patience = Patience(self.subject.patience());
        let transcript = self.transcript.clone();
        Shop { hub, clock, engine, setup, address, transcript, patience }
    }

    /// For a case whose course is not the same each time, so that its bytes are not compared.
    pub(super) fn is_not_recorded(&self) {
        self.transcript.turn_off();
    }

    /// What was said, once the case is over; its servers are stopped.
    pub(super) async fn close(self) -> String {
        let patience = Patience(self.subject.patience());
        let servers = self.servers.into_inner().unwrap_or_else(PoisonError::into_inner);
        for server in servers {
            patience.until("a server to stop", server.stop).await;
        }
        self.transcript.text()
    }
}

impl fmt::Debug for Lab<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab").finish_non_exhaustive()
    }
}

impl Shop {
    /// Its log, for a hub that publishes what this shop's cannot.
    pub(super) fn engine(&self) -> Arc<MemoryEngine> {
        Arc::clone(&self.engine)
    }

    pub(super) async fn connect(&self) -> Connection {
        Connection::open(self.address, None, &self.transcript, self.patience).await
    }

    /// A connection that soon holds the server up when it does not read.
    pub(super) async fn connect_narrow(&self) -> Connection {
        Connection::open(self.address, Some(4096), &self.transcript, self.patience).await
    }

    /// The answer to a request, on a connection of its own.
    pub(super) async fn ask(&self, request: Request) -> Answer {
        self.connect().await.ask(&request).await
    }

    /// The answer to a request for JSON, which is given.
    pub(super) async fn page(&self, request: Request) -> serde_json::Value {
        let answer = self.ask(request.for_json()).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
        answer.json()
    }

    /// A stream, whose head has come.
    pub(super) async fn watch(&self, request: Request) -> Events {
        self.connect().await.watch(&request).await
    }

    /// A stream that is live: everything that comes first has been read.
    pub(super) async fn watch_order(&self, order: &str, who: &str) -> Events {
        let mut events = self.watch(Request::events_of(order).by(who)).await;
        events.ready().await;
        events.event("snapshot").await;
        events
    }

    /// Publishes, a second after what was published before.
    pub(super) async fn publish(&self, update: Update) -> Cursor {
        self.apply(update).await.cursor
    }

    /// … and says all that came of it.
    pub(super) async fn apply(&self, update: Update) -> Applied {
        self.clock.advance(Duration::from_secs(1));
        match self.hub.publish(update).await {
            Ok(Published::Applied(applied)) => applied,
            other => panic!("not published: {other:?}"),
        }
    }

    pub(super) async fn create(&self, id: &str) -> Cursor {
        self.publish(Update::create(order(id))).await
    }

    pub(super) async fn note(&self, id: &str, text: &str) -> Cursor {
        self.publish(Update::note(order(id), text).public()).await
    }

    /// Moves an order through these statuses.
    pub(super) async fn walk(&self, id: &str, path: &[OrderStatus]) {
        for status in path {
            self.publish(Update::status(order(id), *status)).await;
        }
    }

    /// Waits until something holds that no answer tells of.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&Hub) -> bool) {
        let waiting = async {
            while !holds(&self.hub) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        self.patience.until(what, waiting).await;
    }

    pub(super) async fn until_watched_by(&self, count: usize) {
        let watched = |hub: &Hub| hub.stats().subscriptions == count;
        self.until(&format!("{count} subscriptions"), watched).await;
    }
}

pub(super) fn order(id: &str) -> OrderId {
    OrderId::new(id).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn customer(id: &str) -> CustomerId {
    CustomerId::new(id).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn acme() -> TenantId {
    TenantId::new("acme").unwrap_or_else(|error| panic!("{error}"))
}

/// The text of the place of an event in the default log.
pub(super) fn cursor(seq: u64) -> String {
    Cursor { epoch: EPOCH, seq }.to_string()
}
