//! How the stages of a workflow stand, and what a report makes of it: pure.

use order_events_core::{EventKind, Lifecycle, StageState};
use serde_json::Value;

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
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

/// What is reported of a stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Report {
    Start,
    Progress { percent: u8, message: Option<String> },
    Complete { result: Option<Value> },
    Fail { reason: String },
    Retry,
}

/// Something to be told of a stage.
#[derive(Debug, PartialEq)]
pub(super) struct Told {
    pub(super) at: usize,
    pub(super) attempt: u32,
    pub(super) what: What,
}

#[derive(Debug, PartialEq)]
pub(super) enum What {
    Started,
    Progress { percent: u8, message: Option<String> },
    Completed { result: Option<Value> },
    Failed { reason: String },
}

impl Standing {
    /// The stage has not begun.
    pub(super) const AHEAD: Self = Self { state: State::Ahead, attempt: 1 };
}

/// Applies a report, and says what is to be told of it: nothing where it comes late.
pub(super) fn advance(standing: &mut [Standing], at: usize, report: Report) -> Vec<Told> {
    let Standing { state, attempt } = standing[at];
    let is_passed = standing[at + 1..].iter().any(|later| later.state != State::Ahead);
    let is_news = match (&report, state) {
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
            let what = What::Completed { result: None };
            told.push(Told { at: before, attempt: stage.attempt, what });
        }
    }
    let is_again = report == Report::Retry;
    let attempt = if is_again { attempt + 1 } else { attempt };
    let mut tell = |what| told.push(Told { at, attempt, what });
    if is_again || state == State::Ahead {
        tell(What::Started);
    }
    let state = match report {
        Report::Start | Report::Retry => State::Running { percent: 0 },
        Report::Progress { percent, message } => {
            // That it begins says so already.
            if percent > 0 {
                tell(What::Progress { percent, message });
            }
            State::Running { percent }
        }
        Report::Complete { result } => {
            tell(What::Completed { result });
            State::Completed
        }
        Report::Fail { reason } => {
            tell(What::Failed { reason });
            State::Failed
        }
    };
    standing[at] = Standing { state, attempt };
    told
}

/// Applies what was told of the workflow `id` before, by whichever process.
pub(super) fn recall<L: Lifecycle>(
    standing: &mut [Standing],
    id: &str,
    stages: &[String],
    told: &EventKind<L>,
) {
    let place = |workflow: &String, stage: &String| {
        let is_ours = workflow == id;
        stages.iter().position(|name| name == stage).filter(|_| is_ours)
    };
    match told {
        EventKind::Stage { workflow, stage, state, .. } => {
            let Some(at) = place(workflow, stage) else { return };
            let Standing { state: before, attempt } = standing[at];
            let (state, attempt) = match state {
                // It began before, so this is a retry.
                StageState::Started if before != State::Ahead => {
                    (State::Running { percent: 0 }, attempt + 1)
                }
                StageState::Started => (State::Running { percent: 0 }, attempt),
                StageState::Completed => (State::Completed, attempt),
                StageState::Failed => (State::Failed, attempt),
            };
            standing[at] = Standing { state, attempt };
        }
        EventKind::Progress { percent, workflow: Some(workflow), stage: Some(stage), .. } => {
            if let Some(at) = place(workflow, stage) {
                standing[at].state = State::Running { percent: *percent };
            }
        }
        _ => {}
    }
}

/// How the stages stand where only the latest word of the workflow is left, in the order's version
/// `version`. No earlier attempt had so high a number, for each has told something.
pub(super) fn recall_latest<L: Lifecycle>(
    standing: &mut [Standing],
    id: &str,
    stages: &[String],
    latest: &EventKind<L>,
    version: u64,
) {
    recall(standing, id, stages, latest);
    let attempt = u32::try_from(version).unwrap_or(u32::MAX);
    for stage in standing.iter_mut().filter(|stage| stage.state != State::Ahead) {
        stage.attempt = attempt;
    }
}
