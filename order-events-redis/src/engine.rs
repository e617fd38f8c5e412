//! The engine: what the contract asks for, in scripts and reads.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use order_events_core::engine::{
    Answer, Append, Appended, Current, Draft, EngineError, Follow, History, HistoryLimit, Log,
    Node, Notice, PageToken, Snapshots, Tail,
};
use order_events_core::{Epoch, IdempotencyKey, OrderId, Scope, TenantId, Timestamp};
use redis::{Value, cmd};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};

use crate::append::{Appending, append};
use crate::builder::{RedisEngineBuilder, Settings};
use crate::error::foreign;
use crate::forget::forget;
use crate::history::{Wanted, history};
use crate::keys::{Keys, Prefix};
use crate::link::Link;
use crate::notices::Notices;
use crate::script::{Scripts, run_then};
use crate::snapshots::{STATE_FIELDS, read_state, snapshots};
use crate::tail::Tails;
use crate::text::{self, FORMAT};

const READING: &str = "reading an order";

/// A log on Redis, shared by all nodes that name the same server and prefix.
///
/// Its tasks run on the Tokio runtime that it was connected in, and end when it is dropped.
pub struct RedisEngine {
    link: Arc<Link>,
    /// The same, or where appends are waited for connections of their own: nobody else should wait.
    appends: Vec<Arc<Link>>,
    scripts: Arc<Scripts>,
    prefix: Prefix,
    settings: Settings,
    tails: Arc<Tails>,
    notices: Arc<Notices>,
    /// Whether something is being forgotten just now.
    is_forgetting: Arc<AtomicBool>,
    runtime: Handle,
    tasks: [JoinHandle<()>; 2],
}

impl RedisEngine {
    /// Sets up an engine on the Redis with this address: `redis://[user][:password@]host[:port][/db]`,
    /// or `rediss://…` for TLS.
    pub fn builder(url: impl Into<String>) -> RedisEngineBuilder {
        RedisEngineBuilder::new(url.into())
    }

    /// Of the notices those are known that `end` has the ids of.
    pub(crate) fn start(
        link: Arc<Link>,
        appends: Vec<Arc<Link>>,
        prefix: Prefix,
        settings: Settings,
        notices: Arc<Notices>,
        end: VecDeque<String>,
    ) -> Self {
        let scripts = Arc::new(Scripts::new(&settings));
        let tails = Tails::new(Arc::clone(&link), Arc::clone(&scripts), prefix.clone());
        let tasks = [
            tokio::spawn(Arc::clone(&tails).run(settings.poll)),
            tokio::spawn(Arc::clone(&notices).run(end)),
        ];
        let (is_forgetting, runtime) = (Arc::default(), Handle::current());
        Self {
            link,
            appends,
            scripts,
            prefix,
            settings,
            tails,
            notices,
            is_forgetting,
            runtime,
            tasks,
        }
    }

    /// Does this in the runtime that the engine was connected in, whoever drives it.
    async fn within<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            let _entered = self.runtime.enter();
            work.as_mut().poll(cx)
        })
        .await
    }

    /// The way that the fewest go by just now.
    fn way_of_appends(&self) -> Arc<Link> {
        let ways = self.appends.iter().min_by_key(|way| Arc::strong_count(way));
        Arc::clone(ways.unwrap_or(&self.link))
    }

    async fn read_current(
        &self,
        tenant: &TenantId,
        order: &OrderId,
        key: Option<&IdempotencyKey>,
    ) -> Result<Current, EngineError> {
        let keys = self.prefix.tenant(tenant);
        if let Some(current) = glance(&self.link, &keys, order, key).await? {
            return Ok(current);
        }
        let names = [keys.meta(), keys.log(), keys.order(order), keys.keys()];
        let key = key.map_or("", IdempotencyKey::as_str);
        let epoch = Epoch::draw().to_string();
        let read = async |link, waits, then| {
            let args = [FORMAT, &epoch, key, waits];
            let said = run_then(link, keys.slot, &self.scripts.read, &names, &args, then).await;
            let (said, kept) = said.map_err(|failure| failure.of_reading(READING))?;
            Ok::<_, EngineError>((said_of(said, &keys, order)?, kept))
        };
        let (current, _) = read(&self.link, "", None).await?;
        let durability = self.settings.durability;
        if current.prior.is_none() || !durability.waits() {
            return Ok(current);
        }
        // To say what came of a key is to acknowledge it.
        let (current, kept) = read(&self.way_of_appends(), "1", durability.command()).await?;
        match durability.judge(kept.as_ref()) {
            Some(error) if current.prior.is_some() => Err(error),
            _ => Ok(current),
        }
    }

    async fn append_draft(&self, tenant: &TenantId, draft: Draft) -> Result<Appended, EngineError> {
        let keys = self.prefix.tenant(tenant);
        let customer = draft.becomes.customer.clone();
        let Appending { appended, due, unsafe_yet } =
            append(&self.way_of_appends(), &self.scripts, &keys, &self.settings, draft).await?;
        if let Appended::Committed { epoch, record } = &appended {
            self.tails.appended(&keys.channel(), *epoch, record, customer.as_ref());
        }
        if !due.is_empty() {
            self.forget(keys.clone(), due);
        }
        match (&appended, unsafe_yet) {
            // Nothing was committed that could be lost.
            (Appended::Conflict { .. }, _) | (_, None) => Ok(appended),
            (_, Some(error)) => Err(error),
        }
    }

    /// Forgets in the background, so that no publisher waits for it, and all of them at once, so that
    /// many publishers do not outrun it. What is not forgotten now is named again by a later append.
    fn forget(&self, keys: Keys, due: Vec<String>) {
        if self.is_forgetting.swap(true, Ordering::AcqRel) {
            return;
        }
        let (link, scripts) = (Arc::clone(&self.link), Arc::clone(&self.scripts));
        let is_forgetting = Arc::clone(&self.is_forgetting);
        tokio::spawn(async move {
            let mut forgetting = JoinSet::new();
            for member in due {
                let (link, scripts, keys) = (Arc::clone(&link), Arc::clone(&scripts), keys.clone());
                // Whoever is not forgotten stays in their list until they are.
                forgetting.spawn(async move { forget(&link, &scripts, &keys, &member).await });
            }
            while forgetting.join_next().await.is_some() {}
            is_forgetting.store(false, Ordering::Release);
        });
    }
}

/// The usual case, an order that is there and a key that is new, without the script, which takes
/// the server five times as long. None for whatever else there is: the script sees and says what.
///
/// The key is looked for last. So nothing was committed with it when the state was read, and whatever
/// was committed since then the append will see.
async fn glance(
    link: &Link,
    keys: &Keys,
    order: &OrderId,
    key: Option<&IdempotencyKey>,
) -> Result<Option<Current>, EngineError> {
    let mut request = vec![
        cmd("HMGET").arg(keys.meta()).arg("format").arg("epoch").to_owned(),
        cmd("HMGET").arg(keys.order(order)).arg(&STATE_FIELDS).to_owned(),
    ];
    request.extend(key.map(|key| cmd("HGET").arg(keys.keys()).arg(key.as_str()).to_owned()));
    match link.ask_all(keys.slot, &request, link.deadline()).await {
        Ok(said) => Ok(seen(said)),
        // A server that says nothing would have the caller wait once more.
        Err(failure) if failure.code().is_none() => Err(failure.of_reading(READING)),
        Err(_) => Ok(None),
    }
}

fn seen(said: Vec<Value>) -> Option<Current> {
    let mut said = said.into_iter();
    let (format, epoch): (String, String) = redis::from_redis_value(said.next()?).ok()?;
    let fields: Vec<Option<String>> = redis::from_redis_value(said.next()?).ok()?;
    let state = read_state(&fields).ok()??;
    let epoch = epoch.parse().ok()?;
    let is_usual = format == FORMAT && said.all(|prior| prior == Value::Nil);
    is_usual.then_some(Current { epoch, state: Some(state), prior: None })
}

fn said_of(said: Value, keys: &Keys, order: &OrderId) -> Result<Current, EngineError> {
    let (epoch, fields, prior): (String, Vec<Option<String>>, Option<String>) =
        redis::from_redis_value(said).map_err(|_| foreign(&keys.meta()))?;
    let prior = prior.map(|prior| text::read_prior(&prior)).transpose();
    Ok(Current {
        epoch: epoch.parse().map_err(|_| foreign(&keys.meta()))?,
        state: read_state(&fields).map_err(|_| foreign(&keys.order(order)))?,
        prior: prior.map_err(|_| foreign(&keys.keys()))?,
    })
}

#[async_trait]
impl Log for RedisEngine {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        _now: Timestamp,
    ) -> Answer<'a, Current> {
        Answer::later(self.within(self.read_current(tenant, order, key)))
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        let keys = self.prefix.tenant(tenant);
        self.within(async {
            self.tails.placed(&keys.channel()).await?;
            history(&self.link, &self.scripts, &keys, Wanted { scope, after, limit }).await
        })
        .await
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        let keys = self.prefix.tenant(tenant);
        self.within(async {
            self.tails.placed(&keys.channel()).await?;
            snapshots(&self.link, &self.scripts, &keys, scope, page, limit).await
        })
        .await
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        self.tails.follow(tenant, tail)
    }

    fn attend(&self, node: Weak<dyn Node>) {
        self.notices.attend(node);
    }

    fn is_reachable(&self) -> bool {
        self.link.is_up()
    }
}

#[async_trait]
impl Append for RedisEngine {
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended> {
        Answer::later(self.within(self.append_draft(tenant, draft)))
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        self.within(self.notices.announce(notice)).await
    }

    fn replies_can_be_lost(&self) -> bool {
        true
    }
}

impl Drop for RedisEngine {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl fmt::Debug for RedisEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisEngine")
            .field("prefix", &self.prefix)
            .field("settings", &self.settings)
            .field("is_reachable", &self.link.is_up())
            .finish_non_exhaustive()
    }
}
