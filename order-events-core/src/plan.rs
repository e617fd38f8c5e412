//! From a state and a wish to the event that fulfils it, or why not: pure.
//!
//! Nothing else validates. An engine only compares and appends what comes out of here, so an engine
//! over a database can plan and append inside its caller's own transaction.
//!
//! ```
//! use order_events_core::plan::{Plan, plan};
//! use order_events_core::{OrderId, OrderStatus, Timestamp, Update};
//!
//! let update = Update::<OrderStatus>::create(OrderId::new("42")?);
//! let Ok(Plan::Append(planned)) = plan(None, &update, Timestamp::UNIX_EPOCH) else {
//!     panic!("a new order can be created");
//! };
//! assert_eq!(planned.draft.expected, 0);
//! assert_eq!(planned.event.kind.status(), Some(OrderStatus::Pending));
//! # Ok::<(), order_events_core::Invalid>(())
//! ```

mod fingerprint;
mod validate;

use std::borrow::Cow;

pub use fingerprint::fingerprint;

use crate::config::MAX_EVENT_BYTES;
use crate::engine::{Becomes, Draft, NewEvent};
use crate::event::{EventKind, EventName, OrderEvent, Visibility};
use crate::id::CustomerId;
use crate::invalid::{Invalid, Why};
use crate::lifecycle::{Finality, IllegalTransition, Lifecycle, Transition};
use crate::snapshot::OrderState;
use crate::time::Timestamp;
use crate::update::{Action, Expected, Stage, Update};

/// What is to be done.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "made and taken apart at once, on every publish")]
pub enum Plan<L: Lifecycle> {
    /// Nothing: the order already is as the update wants it.
    Unchanged(OrderState<L>),
    /// This event is to be appended.
    Append(Planned<L>),
}

/// An event to be appended.
#[derive(Debug, Clone)]
pub struct Planned<L: Lifecycle> {
    /// What the engine is given.
    pub draft: Draft,
    /// The same event, typed.
    pub event: OrderEvent<L>,
    /// The proof that the move is legal, where the machine moves.
    pub transition: Option<Transition<L>>,
    /// Whether this only creates the order, because the update reports on one that the log does not
    /// know: a report cannot tell a status, and everybody must be told the order's. Once this is
    /// appended, without the update's key, the update is planned again.
    pub is_preliminary: bool,
}

/// Why an update cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal<L: Lifecycle> {
    /// The lifecycle has no such edge.
    #[error(transparent)]
    IllegalTransition(#[from] IllegalTransition<L>),
    /// The caller expected something else of the order.
    #[error("expected {expected}, but {}", found(.current))]
    Conflict {
        /// What was expected.
        expected: Expected<L>,
        /// The order as it is; none where it does not exist.
        current: Option<OrderState<L>>,
    },
    /// The log does not know the order, and the update neither creates it nor says what it was.
    #[error("no such order")]
    UnknownOrder,
    /// A field is out of bounds.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

pub(crate) fn found<L: Lifecycle>(current: &Option<OrderState<L>>) -> Cow<'static, str> {
    match current {
        None => Cow::Borrowed("the order does not exist"),
        Some(state) => Cow::Owned(format!(
            "the order has version {} and status {}",
            state.version,
            state.status.token()
        )),
    }
}

impl<L: Lifecycle> std::fmt::Display for Expected<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("no order"),
            Self::Version(version) => write!(f, "version {version}"),
            Self::Status(status) => write!(f, "status {}", status.token()),
        }
    }
}

/// What an update makes of an order: the heart of it, before versions and bytes.
struct Outcome<L: Lifecycle> {
    kind: EventKind<L>,
    status: L,
    customer: Option<CustomerId>,
    visibility: Visibility,
    transition: Option<Transition<L>>,
    is_preliminary: bool,
}

/// Decides what an update does to an order in this state (none where the log does not know it).
///
/// In this order: fields, expectation, whose it is, no-op, edge. The idempotency key comes before
/// all of it and guards after; both are the hub's.
pub fn plan<L: Lifecycle>(
    state: Option<&OrderState<L>>,
    update: &Update<L>,
    now: Timestamp,
) -> Result<Plan<L>, Refusal<L>> {
    validate::fields(update)?;
    let version = state.map_or(0, |state| state.version);
    let alive = state.filter(|state| !state.deleted);
    let outcome = match alive {
        Some(state) => {
            meets_expectation(state, update)?;
            match on_known(state, update)? {
                Some(outcome) => outcome,
                None => return Ok(Plan::Unchanged(state.clone())),
            }
        }
        None => on_absent(update)?,
    };
    let Outcome { kind, status, customer, visibility, transition, is_preliminary } = outcome;
    let mut event = OrderEvent {
        order_id: update.order.clone(),
        version: version.saturating_add(1),
        timestamp: now,
        actor: update.actor.clone(),
        visibility,
        kind,
    };
    let mut draft = draft(update, version, &event, status, customer)?;
    if is_preliminary {
        draft.key = None;
        // An order is not created for a report that would then be refused.
        let creation = std::mem::replace(&mut event.kind, plain_kind(update));
        sized(&event, update.show_actor)?;
        event.kind = creation;
    }
    Ok(Plan::Append(Planned { draft, event, transition, is_preliminary }))
}

fn meets_expectation<L: Lifecycle>(
    state: &OrderState<L>,
    update: &Update<L>,
) -> Result<(), Refusal<L>> {
    let met = match update.expected {
        None => true,
        Some(Expected::Absent) => false,
        Some(Expected::Version(version)) => state.version == version,
        Some(Expected::Status(status)) => state.status == status,
    };
    if met { Ok(()) } else { Err(conflict(update.expected, Some(state))) }
}

fn conflict<L: Lifecycle>(
    expected: Option<Expected<L>>,
    current: Option<&OrderState<L>>,
) -> Refusal<L> {
    let expected = expected.unwrap_or(Expected::Absent);
    Refusal::Conflict { expected, current: current.cloned() }
}

/// None where the update adds nothing.
fn on_known<L: Lifecycle>(
    state: &OrderState<L>,
    update: &Update<L>,
) -> Result<Option<Outcome<L>>, Refusal<L>> {
    let (customer, attaches) = merge_customer(state.customer.as_ref(), update.customer.as_ref())?;
    let attached =
        || EventKind::CustomerAttached { customer: customer.clone(), status: state.status };
    let mut status = state.status;
    let mut transition = None;
    let mut visibility = None;
    let kind = match &update.action {
        Action::Create { status } if *status != state.status => {
            return Err(conflict(None, Some(state)));
        }
        Action::Status { status: to } if *to != state.status => {
            transition = Some(Transition::new(state.status, *to)?);
            status = *to;
            EventKind::Status {
                status,
                previous: state.status,
                customer: if attaches { customer.clone() } else { None },
                note: update.note.clone(),
            }
        }
        Action::Create { .. } | Action::Status { .. } if update.note.is_some() => {
            only_one_fact(attaches)?;
            // What was written beside a status is for those who see the status.
            visibility = Some(Visibility::Public);
            remark(update)
        }
        Action::Create { .. } | Action::Status { .. } | Action::Attach if attaches => attached(),
        Action::Create { .. } | Action::Status { .. } | Action::Attach => return Ok(None),
        _ => {
            only_one_fact(attaches)?;
            plain_kind(update)
        }
    };
    let visibility = update.visibility.or(visibility).unwrap_or_else(|| kind.default_visibility());
    Ok(Some(Outcome { kind, status, customer, visibility, transition, is_preliminary: false }))
}

fn on_absent<L: Lifecycle>(update: &Update<L>) -> Result<Outcome<L>, Refusal<L>> {
    let creates = update.or_create || matches!(update.action, Action::Create { .. });
    if !creates && update.assumed.is_none() {
        return Err(Refusal::UnknownOrder);
    }
    let met = match update.expected {
        None | Some(Expected::Absent | Expected::Version(0)) => true,
        Some(Expected::Version(_)) => false,
        Some(Expected::Status(status)) => update.assumed == Some(status),
    };
    if !met {
        return Err(conflict(update.expected, None));
    }
    let created = |status| EventKind::Created {
        status,
        customer: update.customer.clone(),
        note: update.note.clone(),
    };
    let mut transition = None;
    let mut is_preliminary = false;
    let (kind, status) = match (&update.action, update.assumed) {
        (Action::Create { status }, _) => (created(*status), *status),
        (Action::Status { status }, Some(was)) if was != *status => {
            transition = Some(Transition::new(was, *status)?);
            let kind = EventKind::Status {
                status: *status,
                previous: was,
                customer: update.customer.clone(),
                note: update.note.clone(),
            };
            (kind, *status)
        }
        // The log learns of an order that was in this status before it knew.
        (Action::Status { status }, _) => (created(*status), *status),
        (action, was) => {
            is_preliminary = !matches!(action, Action::Attach);
            let status = was.unwrap_or(L::INITIAL);
            let customer = update.customer.clone();
            (EventKind::Created { status, customer, note: None }, status)
        }
    };
    Ok(Outcome {
        kind,
        status,
        customer: update.customer.clone(),
        visibility: Visibility::Public,
        transition,
        is_preliminary,
    })
}

/// The kinds that do not depend on the order's state.
fn plain_kind<L: Lifecycle>(update: &Update<L>) -> EventKind<L> {
    match &update.action {
        Action::Create { .. } | Action::Status { .. } | Action::Attach | Action::Note => {
            remark(update)
        }
        Action::Assign { assignee } => EventKind::Assigned { assignee: assignee.clone() },
        Action::Track { carrier, number, url } => EventKind::Tracking {
            carrier: carrier.clone(),
            number: number.clone(),
            url: url.clone(),
        },
        Action::Stage(Stage { workflow, stage, state, result, reason }) => EventKind::Stage {
            workflow: workflow.clone(),
            stage: stage.clone(),
            state: *state,
            result: result.clone(),
            reason: reason.clone(),
        },
        Action::Progress { percent, message, of } => {
            let (workflow, stage) = of.clone().unzip();
            EventKind::Progress { percent: *percent, message: message.clone(), workflow, stage }
        }
        Action::Fail { reason } => EventKind::Failed { reason: reason.clone() },
        Action::Delete => EventKind::Deleted,
        Action::Custom { name, data } => {
            EventKind::Custom { name: name.clone(), data: data.clone() }
        }
    }
}

fn remark<L: Lifecycle>(update: &Update<L>) -> EventKind<L> {
    EventKind::Note { note: update.note.clone().unwrap_or_default() }
}

/// A remark or a report is one fact, whose the order becomes another: an event tells one, and the
/// customer's page would not understand the first without the second.
fn only_one_fact(attaches: bool) -> Result<(), Invalid> {
    if attaches { Err(Invalid { field: "customer", why: Why::Misplaced }) } else { Ok(()) }
}

/// Whose the order is, and whether that is news.
fn merge_customer(
    current: Option<&CustomerId>,
    wanted: Option<&CustomerId>,
) -> Result<(Option<CustomerId>, bool), Invalid> {
    match (current, wanted) {
        (Some(current), Some(wanted)) if current != wanted => {
            Err(Invalid { field: "customer", why: Why::AlreadyAttached })
        }
        (None, Some(wanted)) => Ok((Some(wanted.clone()), true)),
        (current, _) => Ok((current.cloned(), false)),
    }
}

/// The event's bytes, if they are not too many.
fn sized<L: Lifecycle>(
    event: &OrderEvent<L>,
    show_actor: bool,
) -> Result<(Box<str>, Option<Box<str>>), Invalid> {
    let (payload, staff) = event.to_payload(show_actor);
    let size = payload.len() + staff.as_deref().map_or(0, str::len);
    if size > MAX_EVENT_BYTES {
        let why = Why::TooLong { limit: MAX_EVENT_BYTES, actual: size };
        return Err(Invalid { field: "event", why });
    }
    Ok((payload, staff))
}

fn draft<L: Lifecycle>(
    update: &Update<L>,
    expected: u64,
    event: &OrderEvent<L>,
    status: L,
    customer: Option<CustomerId>,
) -> Result<Draft, Invalid> {
    let deleted = event.kind == EventKind::Deleted;
    let (payload, staff) = sized(event, update.show_actor)?;
    let name = match &event.kind {
        EventKind::Custom { name, .. } => name.clone(),
        kind => kind.known().map_or_else(|| EventName::stored(kind.name()), EventName::from),
    };
    Ok(Draft {
        order: update.order.clone(),
        expected,
        // Whoever appends it knows when the state was read.
        epoch: None,
        becomes: Becomes {
            status: Cow::Borrowed(status.token()),
            customer,
            // It may be created again.
            finality: if deleted { Finality::Open } else { status.finality() },
            deleted,
        },
        event: NewEvent { name, at: event.timestamp, visibility: event.visibility, payload, staff },
        key: update.key.clone().map(|key| (key, fingerprint(update))),
    })
}
