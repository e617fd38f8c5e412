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
    let Some((earlier, [stage, later @ ..])) = standing.split_at_mut_checked(at) else {
        return Vec::new();
    };
    let Standing { state, attempt } = *stage;
    let is_passed = later.iter().any(|later| later.state != State::Ahead);
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
    for (before, earlier) in earlier.iter_mut().enumerate() {
        if matches!(earlier.state, State::Running { .. }) {
            earlier.state = State::Completed;
            let what = What::Completed { result: None };
            told.push(Told { at: before, attempt: earlier.attempt, what });
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
    *stage = Standing { state, attempt };
    told
}

/// Applies what was told of the workflow `id` before, by whichever process.
pub(super) fn recall<L: Lifecycle>(
    standing: &mut [Standing],
    id: &str,
    stages: &[String],
    told: &EventKind<L>,
) {
    let (EventKind::Stage { workflow, stage, .. }
    | EventKind::Progress { workflow: Some(workflow), stage: Some(stage), .. }) = told
    else {
        return;
    };
    let mut named = standing.iter_mut().zip(stages);
    let is_it = |(_, name): &(_, &String)| workflow == id && *name == stage;
    let Some((standing, _)) = named.find(is_it) else { return };
    match told {
        // It began before, so this is a retry.
        EventKind::Stage { state: StageState::Started, .. } if standing.state != State::Ahead => {
            standing.state = State::Running { percent: 0 };
            standing.attempt += 1;
        }
        EventKind::Stage { state, .. } => {
            standing.state = match state {
                StageState::Started => State::Running { percent: 0 },
                StageState::Completed => State::Completed,
                StageState::Failed => State::Failed,
            };
        }
        EventKind::Progress { percent, .. } => {
            standing.state = State::Running { percent: *percent };
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
