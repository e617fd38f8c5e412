//! Processes in stages, told on the order's own stream.

mod standing;

use std::fmt::{self, Display};

use order_events_core::config::PUBLISH_ATTEMPTS;
use order_events_core::engine::EngineError;
use order_events_core::{
    Cursor, Delivery, Grant, Hub, Invalid, Lifecycle, OrderId, OrderStatus, Principal,
    PublishError, Published, Resume, Stage, StageState, SubscribeError, TenantId, Update, Why,
};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::key;
use crate::reason;
use standing::{Report, Standing, Told, What, advance, recall, recall_latest};

/// Who reads the log for a workflow, should anybody ask who is watching.
const READER: &str = "workflow";

/// A process in stages about one order: *AI parsing → database save → shop sync*. It tells the
/// order's watchers of each stage's beginning, progress and end, with what it found.
///
/// ```
/// use order_events_cdc::Workflow;
/// use order_events_core::{Hub, OrderId};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let hub = Hub::builder().build();
/// let stages = ["ai-parsing", "database-save", "shop-sync"];
/// let workflow = Workflow::new(&hub, OrderId::new("po-7")?, "wf-1", stages)?;
/// workflow.progress("ai-parsing", 40, "page 2 of 5").await?;
/// workflow.complete("ai-parsing", json!({"lineItems": 12, "confidence": 0.97})).await?;
/// workflow.fail("database-save", "the database is full").await?;
/// workflow.retry("database-save").await?;
/// # Ok(())
/// # }
/// ```
///
/// **Stages are in order.** To begin or complete one completes what is before it and still runs; what
/// is before it and never began is passed over. **Progress only grows** within an attempt of a stage.
/// What comes late (of a stage that is passed, or ended) or again is [`Reported::Late`] and tells
/// nothing: reports may come from several workers, more than once, and in any order.
///
/// **The log is the memory.** The first report reads what was told of the workflow, and one that
/// another process overtook reads it again. So a process that is started again goes on with the same
/// id, reports whatever it likes, and tells nothing twice and nothing less than was told; several
/// processes may report on one workflow. What is told has a key of the workflow's id, the stage, its
/// attempt and what is told. Where the log no longer replays the order from its beginning, the order's
/// latest word says how the workflow stands; where that is another workflow's, only keys keep what
/// was told from being told again.
pub struct Workflow<L: Lifecycle = OrderStatus> {
    hub: Hub<L>,
    tenant: TenantId,
    order: OrderId,
    id: String,
    stages: Vec<String>,
    /// What is known; nothing where it must be read from the log. Held while something is told, so
    /// that reports are told one after the other.
    known: Mutex<Option<Known>>,
}

/// How the workflow stands.
#[derive(Debug)]
struct Known {
    stages: Vec<Standing>,
    /// … in this version of the order; 0 where there is none.
    version: u64,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// Watchers were told.
    Told,
    /// It came late, or again, and tells nothing.
    Late,
}

impl<L: Lifecycle> fmt::Debug for Workflow<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, id, stages, .. } = self;
        f.debug_struct("Workflow")
            .field("order", order)
            .field("id", id)
            .field("stages", stages)
            .finish_non_exhaustive()
    }
}

impl<L: Lifecycle> Workflow<L> {
    /// A workflow of this order, with these stages in this order. Its id is told with each report,
    /// and another attempt of the whole has another.
    ///
    /// Fails where there is no stage, or one twice. Whether names fit is the hub's to say.
    pub fn new<S: Into<String>>(
        hub: &Hub<L>,
        order: impl Into<OrderId>,
        id: impl Display,
        stages: impl IntoIterator<Item = S>,
    ) -> Result<Self, Invalid> {
        let stages: Vec<String> = stages.into_iter().map(Into::into).collect();
        if stages.is_empty() {
            return Err(Invalid { field: "stages", why: Why::Empty });
        }
        let is_twice = |(at, stage)| stages.iter().take(at).any(|before| before == stage);
        if stages.iter().enumerate().any(is_twice) {
            let expected = "each stage once";
            return Err(Invalid { field: "stages", why: Why::Malformed { expected } });
        }
        Ok(Self {
            hub: hub.clone(),
            tenant: TenantId::default(),
            order: order.into(),
            id: id.to_string(),
            stages,
            known: Mutex::new(None),
        })
    }

    /// … of this tenant instead of the default one.
    #[must_use]
    pub fn in_tenant(mut self, tenant: impl Into<TenantId>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// The stage begins. A progress begins it as well.
    pub async fn start(&self, stage: &str) -> Result<Reported, PublishError<L>> {
        self.report(stage, Report::Start).await
    }

    /// The stage is so far, 0 to 100.
    pub async fn progress(
        &self,
        stage: &str,
        percent: u8,
        message: impl Into<String>,
    ) -> Result<Reported, PublishError<L>> {
        let message = Some(message.into()).filter(|message| !message.is_empty());
        self.report(stage, Report::Progress { percent, message }).await
    }

    /// The stage is done, and this is what it found; null where nothing is to be told of it.
    pub async fn complete(
        &self,
        stage: &str,
        result: impl Into<Value>,
    ) -> Result<Reported, PublishError<L>> {
        let result = Some(result.into()).filter(|result| !result.is_null());
        self.report(stage, Report::Complete { result }).await
    }

    /// The stage failed. The reason is staff's, and is cut where it is longer than
    /// [`MAX_NOTE_BYTES`](order_events_core::config::MAX_NOTE_BYTES).
    pub async fn fail(
        &self,
        stage: &str,
        reason: impl Into<String>,
    ) -> Result<Reported, PublishError<L>> {
        let reason = reason::fitting(&reason.into()).to_owned();
        self.report(stage, Report::Fail { reason }).await
    }

    /// The stage that failed begins again, with no progress.
    pub async fn retry(&self, stage: &str) -> Result<Reported, PublishError<L>> {
        self.report(stage, Report::Retry).await
    }

    async fn report(&self, stage: &str, report: Report) -> Result<Reported, PublishError<L>> {
        let Some(at) = self.stages.iter().position(|name| name == stage) else {
            let expected = "one of the workflow's stages";
            return Err(Invalid { field: "stage", why: Why::Malformed { expected } }.into());
        };
        if let Report::Progress { percent: percent @ 101.., .. } = report {
            let why = Why::OutOfRange { min: 0, max: 100, actual: percent.into() };
            return Err(Invalid { field: "progress", why }.into());
        }
        let mut place = self.known.lock().await;
        let mut overtaken = 0;
        loop {
            // Whatever fails or is dropped on the way leaves nothing here: it is read again.
            let remembered = place.take();
            let is_remembered = remembered.is_some();
            let mut known = match remembered {
                Some(known) => known,
                None => self.read().await?,
            };
            let told = advance(&mut known.stages, at, report.clone());
            // Late is what the log says is late: another process may have tried a stage again.
            if told.is_empty() && is_remembered && self.is_overtaken(&known).await? {
                continue;
            }
            let reported = if told.is_empty() { Reported::Late } else { Reported::Told };
            match self.tell_all(told, &mut known.version).await {
                Ok(()) => {
                    *place = Some(known);
                    return Ok(reported);
                }
                // Something else happened to the order meanwhile, perhaps to this workflow.
                Err(PublishError::Conflict { .. }) if overtaken < PUBLISH_ATTEMPTS => {
                    overtaken += 1
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn tell_all(&self, told: Vec<Told>, version: &mut u64) -> Result<(), PublishError<L>> {
        if *version == 0 && !told.is_empty() {
            let create = Update::create(&self.order).in_tenant(&self.tenant).expecting_absent();
            self.publish(create, version).await?;
        }
        for told in told {
            let update = self.update(told)?.expecting_version(*version);
            self.publish(update, version).await?;
        }
        Ok(())
    }

    async fn publish(&self, update: Update<L>, version: &mut u64) -> Result<(), PublishError<L>> {
        match self.hub.publish(update).await {
            Ok(Published::Applied(applied)) => *version = applied.event.version,
            // An earlier process told it, perhaps in other words.
            Ok(_) | Err(PublishError::KeyReused { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn update(&self, Told { at, attempt, what }: Told) -> Result<Update<L>, Invalid> {
        let name = self.stages.get(at).ok_or(Invalid { field: "stage", why: Why::Empty })?;
        let (id, name) = (self.id.as_str(), name.as_str());
        let stage = |state, result, reason| {
            let (workflow, stage) = (id.to_owned(), name.to_owned());
            Update::stage(&self.order, Stage { workflow, stage, state, result, reason })
        };
        let percent_text;
        let (update, key) = match what {
            What::Started => (stage(StageState::Started, None, None), "started"),
            What::Completed { result } => (stage(StageState::Completed, result, None), "completed"),
            What::Failed { reason } => (stage(StageState::Failed, None, Some(reason)), "failed"),
            What::Progress { percent, message } => {
                percent_text = percent.to_string();
                let update = Update::stage_progress(&self.order, id, name, percent, message);
                (update, percent_text.as_str())
            }
        };
        let attempt = attempt.to_string();
        let key = key::of(["workflow", id, self.order.as_str(), name, &attempt, key])?;
        // Where the order was deleted meanwhile, that is a conflict and no unknown order.
        Ok(update.in_tenant(&self.tenant).or_create().with_key(key))
    }

    async fn is_overtaken(&self, known: &Known) -> Result<bool, PublishError<L>> {
        let state = self.hub.state(&self.tenant, &self.order).await;
        let state = state.map_err(PublishError::Unavailable)?;
        Ok(state.map_or(0, |state| state.version) != known.version)
    }

    /// How the workflow stands, as the log has it.
    async fn read(&self) -> Result<Known, PublishError<L>> {
        let mut stages = vec![Standing::AHEAD; self.stages.len()];
        let reader = Principal::new(READER)?;
        let grant = Grant::new(reader, &self.order).in_tenant(&self.tenant).as_staff();
        let now = self.hub.snapshots(&grant, None, 1).await.map_err(unread)?;
        let Some(order) = now.orders.first() else { return Ok(Known { stages, version: 0 }) };
        let version = order.version();
        // Reading along needs a place, which a hub that is drained or full does not give.
        let beginning = Resume::After(Cursor { seq: 0, ..now.cursor });
        if let Ok(mut past) = self.hub.subscribe(grant, beginning).await {
            while let Some(Delivery::Event(event)) = past.next().await {
                recall(&mut stages, &self.id, &self.stages, &event.decode::<L>().kind);
                if event.version() >= version {
                    return Ok(Known { stages, version: event.version() });
                }
            }
            stages.fill(Standing::AHEAD);
        }
        let order = order.decode::<L>().map_err(|error| {
            PublishError::Unavailable(EngineError::unavailable(error.to_string()))
        })?;
        if let Some(latest) = order.work {
            let version = latest.version;
            recall_latest(&mut stages, &self.id, &self.stages, &latest.kind, version);
        }
        Ok(Known { stages, version })
    }
}

/// Nothing is told where it is not known what was.
fn unread<L: Lifecycle>(error: SubscribeError) -> PublishError<L> {
    PublishError::Unavailable(match error {
        SubscribeError::Engine(source) => source,
        other => EngineError::unavailable(other.to_string()),
    })
}
