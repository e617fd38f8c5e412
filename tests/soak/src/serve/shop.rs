//! A hub and its door, with little room and short times, so that a minute meets each bound of a stream.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use order_events_core::engine::Engine;
use order_events_core::{
    Applied, Authorizer, Clock, Denied, EventName, Grant, Hub, IdempotencyKey, MemoryEngine,
    OrderId, Principal, PublishError, Published, Scope, SystemClock, TenantId, Update,
};
use order_events_redis::RedisEngine;
use order_events_sse::server::{Door, Parts, Settings, Socket};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::Result;
use crate::told::{self, Answer, Attempt, Vitals, What};

/// Events that a log retains.
const RETAINED: usize = 2_000;
/// For how long a key is known, and how many are: longer than any retry here, and few enough that
/// a minute fills them.
const KEY_WINDOW: Duration = Duration::from_secs(60);
const KEYS: usize = 4_000;

/// What outlives the hubs.
#[derive(Clone)]
pub(super) struct Kept {
    engine: Arc<dyn Engine>,
    /// How many hubs there were.
    served: Arc<AtomicU32>,
}

impl Kept {
    pub(super) async fn open(redis: Option<&str>) -> Result<Self> {
        let Some(url) = redis else {
            let engine = MemoryEngine::builder().retain_events(RETAINED);
            return Ok(Self::on(engine.key_window(KEY_WINDOW).max_keys(KEYS).build()));
        };
        let engine = RedisEngine::builder(url).retain_events(RETAINED).order_history(200);
        let engine = engine.key_window(KEY_WINDOW).max_keys(KEYS).poll(Duration::from_millis(300));
        Ok(Self::on(engine.connect().await?))
    }

    fn on(engine: impl Engine) -> Self {
        Self { engine: Arc::new(engine), served: Arc::default() }
    }
}

/// A hub, from one drain to the next. Cheap to clone.
#[derive(Clone)]
pub(super) struct Shop {
    pub(super) hub: Hub,
    pub(super) door: Door,
    /// Its number, from one.
    served: u32,
    drained: Arc<Notify>,
    /// The runtimes that serve, where they are not the one that began.
    runtimes: Arc<Mutex<Vec<Handle>>>,
}

impl Shop {
    pub(super) fn open(kept: &Kept) -> Self {
        let hub = Hub::builder().any_engine(Arc::clone(&kept.engine)).configure(|config| {
            config.window_events = 64;
            config.replay_events = 300;
            config.inline_snapshots = 24;
            config.quiet_grace = Some(Duration::from_secs(2));
            config.quiet_retry = Duration::from_millis(500);
            config.drain_spread = Duration::from_millis(500);
        });
        let hub = hub.build();
        let settings = Settings::default().configure(|settings| {
            settings.heartbeat = Duration::from_secs(1);
            settings.lifetime = Some(Duration::from_secs(8));
            settings.retry = Duration::from_millis(50);
            settings.retry_after = Duration::from_millis(50);
            settings.page_events = 50;
            settings.page_orders = 10;
        });
        let door = Door::with_settings(&hub, Trusting, settings);
        let runtimes = Arc::new(Mutex::new(vec![Handle::current()]));
        let served = kept.served.fetch_add(1, Ordering::Relaxed) + 1;
        Self { hub, door, served, drained: Arc::default(), runtimes }
    }

    /// Called where a thread begins to serve.
    pub(super) fn serves_here(&self) {
        self.runtimes.lock().unwrap_or_else(PoisonError::into_inner).push(Handle::current());
    }

    /// Resolves when it is asked to stop.
    pub(super) fn drained(&self) -> impl Future<Output = ()> + use<> {
        let drained = Arc::clone(&self.drained);
        async move { drained.notified().await }
    }

    pub(super) fn drain(&self) {
        self.drained.notify_one();
    }

    /// Whether nobody is left of those whom a server that has ended served.
    pub(super) async fn is_left(&self) -> Result<()> {
        for _ in 0..1_000 {
            if self.hub.stats().subscriptions == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(format!("streams outlived their server: {:?}", self.hub.watchers()).into())
    }

    pub(super) async fn revoke(&self, principal: &str) -> Answer {
        match Principal::new(principal) {
            Ok(principal) => match self.hub.revoke(&principal).await {
                Ok(ended) => Answer::Refused(format!("{ended} streams")),
                Err(error) => Answer::Unknown(error.to_string()),
            },
            Err(invalid) => Answer::Wrong(invalid.to_string()),
        }
    }

    pub(super) fn vitals(&self) -> Vitals {
        let stats = self.hub.stats();
        let runtimes = self.runtimes.lock().unwrap_or_else(PoisonError::into_inner);
        Vitals {
            pid: std::process::id(),
            served: self.served,
            tasks: runtimes.iter().map(|runtime| runtime.metrics().num_alive_tasks()).sum(),
            streams: stats.subscriptions,
            watch_points: stats.watch_points,
        }
    }

    pub(super) async fn publish(&self, attempt: &[u8]) -> Answer {
        let update = serde_json::from_slice(attempt).map_err(Into::into).and_then(update);
        let update = match update {
            Ok(update) => update,
            Err(error) => return Answer::Wrong(error.to_string()),
        };
        match self.hub.publish(update).await {
            Ok(Published::Applied(applied) | Published::Duplicate(applied)) => of(&applied),
            Ok(Published::Unchanged(_)) => Answer::Refused("unchanged".to_owned()),
            Err(error @ PublishError::KeyReused { .. }) => Answer::Wrong(error.to_string()),
            Err(error @ (PublishError::Unavailable(_) | PublishError::Indeterminate { .. })) => {
                Answer::Unknown(error.to_string())
            }
            Err(error) => Answer::Refused(error.to_string()),
        }
    }
}

/// How sockets are set up: a peer that reads nothing is not kept for a minute.
pub(super) fn socket() -> Socket {
    Socket::default().configure(|socket| socket.user_timeout = Duration::from_secs(5))
}

fn of(applied: &Applied) -> Answer {
    Answer::Applied {
        cursor: applied.cursor.to_string(),
        name: applied.event.kind.name().to_owned(),
        event: told::data(&applied.event),
    }
}

fn update(attempt: Attempt) -> Result<Update> {
    let Attempt { tenant, order, key, what } = attempt;
    let order = OrderId::new(order)?;
    let customer = |id: String| order_events_core::CustomerId::new(id);
    let update = match what {
        What::Create { customer: None } => Update::create(order).with_note(&*key),
        What::Create { customer: Some(id) } => {
            Update::create(order).with_note(&*key).with_customer(customer(id)?)
        }
        What::Move { to } => Update::status(order, to).with_note(&*key),
        What::Note { is_public: true } => Update::note(order, &*key).public(),
        What::Note { is_public: false } => Update::note(order, &*key),
        What::Progress { percent } => Update::progress(order, percent, Some(key.clone())),
        What::Custom => Update::custom(order, EventName::custom("soak.mark")?, told::marked(&key)),
        What::Attach { customer: id } => Update::attach(order, customer(id)?),
        What::Delete => Update::delete(order),
    };
    Ok(update.in_tenant(TenantId::new(tenant)?).with_key(IdempotencyKey::new(key)?))
}

/// Whoever comes may watch what they say, as whom they say, for as long as they say.
struct Trusting;

#[async_trait]
impl Authorizer<Parts> for Trusting {
    async fn authorize(
        &self,
        caller: &Parts,
        wanted: &Scope,
    ) -> std::result::Result<Grant, Denied> {
        let said = |name: &str| caller.headers.get(name).and_then(|value| value.to_str().ok());
        let user = said(told::USER).ok_or(Denied::Unauthenticated)?;
        let user = Principal::new(user).map_err(|_| Denied::Unauthenticated)?;
        let tenant = TenantId::new(said(told::TENANT).unwrap_or_default());
        let mut grant =
            Grant::new(user, wanted.clone()).in_tenant(tenant.map_err(|_| Denied::Forbidden)?);
        if said(told::STAFF).is_some() {
            grant = grant.as_staff();
        }
        if let Some(span) = said(told::GRANTED_MS).and_then(|span| span.parse().ok()) {
            grant = grant.until(SystemClock.now().saturating_add(Duration::from_millis(span)));
        }
        Ok(grant)
    }
}
