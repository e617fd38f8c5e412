//! Processes in stages, told on the order's own stream.

use std::fmt::{self, Display};
use std::sync::{Mutex, PoisonError};

use order_events_core::{
    Hub, Invalid, Lifecycle, OrderId, OrderStatus, PublishError, Stage, StageState, TenantId,
    Update, Why,
};
use serde_json::Value;

use crate::key;

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
/// What is told has a key of the workflow's id, the stage, its attempt and what is told. So where a
/// process ends in the midst, another goes on with the same id and tells nothing twice; it begins
/// with no memory, and its first reports are [`Reported::Told`] as they were.
pub struct Workflow<L: Lifecycle = OrderStatus> {
    hub: Hub<L>,
    tenant: TenantId,
    order: OrderId,
    id: String,
    stages: Vec<String>,
    standing: Mutex<Vec<Standing>>,
}

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    state: State,
    /// From 1; each retry is another.
    attempt: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ahead,
    Running { percent: u8 },
    Failed,
    Completed,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// Watchers were told, now or by an earlier process.
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
        if let Some(twice) = (1..stages.len()).find(|at| stages[..*at].contains(&stages[*at])) {
            let name = stages[twice].clone();
            return Err(Invalid { field: "stages", why: Why::Reserved { name } });
        }
        let ahead = Standing { state: State::Ahead, attempt: 1 };
        Ok(Self {
            hub: hub.clone(),
            tenant: TenantId::default(),
            order: order.into(),
            id: id.to_string(),
            standing: Mutex::new(vec![ahead; stages.len()]),
            stages,
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

    /// The stage failed. The reason is staff's.
    pub async fn fail(
        &self,
        stage: &str,
        reason: impl Into<String>,
    ) -> Result<Reported, PublishError<L>> {
        self.report(stage, Report::Fail { reason: reason.into() }).await
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
        // Decided under the lock, told outside of it. Where the telling fails it is undone, so that
        // the same report may come again; who reports at once on one stage may then overtake.
        let (before, told) = {
            let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
            let before = standing.clone();
            let told = advance(&mut standing, at, &report);
            (before, told)
        };
        if told.is_empty() {
            return Ok(Reported::Late);
        }
        for told in told {
            if let Err(error) = self.tell(told, at, &report).await {
                *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = before;
                return Err(error);
            }
        }
        Ok(Reported::Told)
    }

    async fn tell(
        &self,
        told: Told,
        reported: usize,
        report: &Report,
    ) -> Result<(), PublishError<L>> {
        let Told { at, attempt, what } = told;
        let name = self.stages[at].as_str();
        let stage = |state, result, reason| {
            let (workflow, stage) = (self.id.clone(), name.to_owned());
            Update::stage(&self.order, Stage { workflow, stage, state, result, reason })
        };
        let mut percent_text = String::new();
        let (update, key) = match (what, report) {
            (What::Started, _) => (stage(StageState::Started, None, None), "started"),
            (What::Completed, Report::Complete { result }) if at == reported => {
                (stage(StageState::Completed, result.clone(), None), "completed")
            }
            // Passed, by a later stage.
            (What::Completed, _) => (stage(StageState::Completed, None, None), "completed"),
            (What::Failed, Report::Fail { reason }) => {
                (stage(StageState::Failed, None, Some(reason.clone())), "failed")
            }
            (What::Failed, _) => return Ok(()),
            (What::Progress(percent), report) => {
                let message = match report {
                    Report::Progress { message, .. } => message.clone(),
                    _ => None,
                };
                percent_text.push_str(&percent.to_string());
                let id = self.id.as_str();
                let update = Update::stage_progress(&self.order, id, name, percent, message);
                (update, percent_text.as_str())
            }
        };
        let attempt = attempt.to_string();
        let key = key::of(["workflow", &self.id, self.order.as_str(), name, &attempt, key]);
        let update = update.in_tenant(&self.tenant).or_create().with_key(key);
        match self.hub.publish(update).await {
            // An earlier process told it in other words.
            Ok(_) | Err(PublishError::KeyReused { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

enum Report {
    Start,
    Progress { percent: u8, message: Option<String> },
    Complete { result: Option<Value> },
    Fail { reason: String },
    Retry,
}

/// Something to be told of a stage.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    at: usize,
    attempt: u32,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Started,
    Progress(u8),
    Completed,
    Failed,
}

/// Applies a report, and says what is to be told of it: nothing where it comes late. Pure.
fn advance(standing: &mut [Standing], at: usize, report: &Report) -> Vec<Told> {
    let is_passed = standing[at + 1..].iter().any(|later| later.state != State::Ahead);
    let Standing { state, attempt } = standing[at];
    let begins = state == State::Ahead;
    let is_news = match (report, state) {
        _ if is_passed => false,
        (Report::Retry, State::Failed) => true,
        (Report::Retry, _) | (_, State::Failed | State::Completed) => false,
        (Report::Start, State::Running { .. }) => false,
        (Report::Progress { percent, .. }, State::Running { percent: before }) => *percent > before,
        _ => true,
    };
    if !is_news {
        return Vec::new();
    }
    let mut told = Vec::new();
    for (before, stage) in standing[..at].iter_mut().enumerate() {
        if matches!(stage.state, State::Running { .. }) {
            stage.state = State::Completed;
            told.push(Told { at: before, attempt: stage.attempt, what: What::Completed });
        }
    }
    let attempt = if matches!(report, Report::Retry) { attempt + 1 } else { attempt };
    let mut tell = |what| told.push(Told { at, attempt, what });
    if begins || matches!(report, Report::Retry) {
        tell(What::Started);
    }
    let state = match report {
        Report::Start | Report::Retry => State::Running { percent: 0 },
        Report::Progress { percent, .. } => {
            // That it begins says so already.
            if *percent > 0 {
                tell(What::Progress(*percent));
            }
            State::Running { percent: *percent }
        }
        Report::Complete { .. } => {
            tell(What::Completed);
            State::Completed
        }
        Report::Fail { .. } => {
            tell(What::Failed);
            State::Failed
        }
    };
    standing[at] = Standing { state, attempt };
    told
}
