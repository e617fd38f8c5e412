//! Publishing is the transition.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Hub;
use super::telemetry::Publishing;
use crate::config::PUBLISH_ATTEMPTS;
use crate::cursor::Cursor;
use crate::engine::{Appended, EngineError, Fingerprint, Prior};
use crate::event::{Audience, OrderEvent};
use crate::id::{IdempotencyKey, OrderId, TenantId};
use crate::invalid::Invalid;
use crate::lifecycle::{IllegalTransition, Lifecycle, Transition};
use crate::plan::{Plan, Planned, Refusal, fingerprint, found, plan};
use crate::snapshot::OrderState;
use crate::status::OrderStatus;
use crate::update::{Expected, Update};

/// The user's own say in publishing.
pub(super) struct Rules<L: Lifecycle> {
    pub(super) guards: Vec<Guard<L>>,
    pub(super) hooks: Vec<Hook<L>>,
}

type Guard<L> = Box<dyn Fn(&Proposed<'_, L>) -> Result<(), GuardVeto> + Send + Sync>;
type Hook<L> = Box<dyn Fn(&Applied<L>) + Send + Sync>;

impl<L: Lifecycle> Default for Rules<L> {
    fn default() -> Self {
        Self { guards: Vec::new(), hooks: Vec::new() }
    }
}

/// A legal transition, shown to the guards before it is appended.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Proposed<'a, L: Lifecycle = OrderStatus> {
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The order.
    pub order: &'a OrderId,
    /// The move.
    pub transition: Transition<L>,
    /// The order as it is; none where the log does not know it and the caller said what it was.
    pub state: Option<&'a OrderState<L>>,
    /// The event as it would be.
    pub event: &'a OrderEvent<L>,
}

/// A guard's reason for saying no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardVeto(pub String);

impl<S: Into<String>> From<S> for GuardVeto {
    fn from(reason: S) -> Self {
        Self(reason.into())
    }
}

/// What came of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum Published<L: Lifecycle = OrderStatus> {
    /// It is committed.
    Applied(Applied<L>),
    /// This tenant saw the key before, with the same content: this is what came of it then, even if
    /// the order has moved on since.
    Duplicate(Applied<L>),
    /// The order already is as the update wants it, and the update adds nothing.
    Unchanged(OrderState<L>),
}

impl<L: Lifecycle> Published<L> {
    /// A word for it that stays the same, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Applied(_) => "applied",
            Self::Duplicate(_) => "duplicate",
            Self::Unchanged(_) => "unchanged",
        }
    }
}

/// A committed event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Applied<L: Lifecycle = OrderStatus> {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its place in the tenant's log.
    pub cursor: Cursor,
    /// The event, with everything that staff may read.
    pub event: OrderEvent<L>,
}

/// Why an update was not committed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError<L: Lifecycle = OrderStatus> {
    /// The lifecycle has no such edge.
    #[error(transparent)]
    IllegalTransition(#[from] IllegalTransition<L>),
    /// The caller named a version or status that is not the current one; or, without an
    /// expectation, others won [`PUBLISH_ATTEMPTS`] races in a row.
    #[error("expected {expected}, but {}", found(.current))]
    Conflict {
        /// What was expected.
        expected: Expected<L>,
        /// The order as it is; none where it does not exist.
        current: Option<OrderState<L>>,
    },
    /// No such order, and the update neither creates it nor says what it was.
    #[error("no such order")]
    UnknownOrder,
    /// The same key was used before with other content.
    #[error("the key {key} was used before for something else")]
    KeyReused {
        /// The key.
        key: IdempotencyKey,
    },
    /// A guard vetoed.
    #[error("rejected: {reason}")]
    Rejected {
        /// Why, in the guard's words.
        reason: String,
    },
    /// A field is out of bounds.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The engine could not be reached; nothing was committed.
    #[error("nothing was committed")]
    Unavailable(#[source] EngineError),
    /// The answer was lost on the way. Publishing again with this key tells: the event is committed
    /// then at the latest, and once.
    #[error("whether it was committed is unknown; publish again with the key {key}")]
    Indeterminate {
        /// The caller's key, or the one that was minted for the update.
        key: IdempotencyKey,
        /// The cause.
        #[source]
        source: EngineError,
    },
}

impl<L: Lifecycle> PublishError<L> {
    /// A word for it that stays the same, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IllegalTransition(_) => "illegal-transition",
            Self::Conflict { .. } => "conflict",
            Self::UnknownOrder => "unknown-order",
            Self::KeyReused { .. } => "key-reused",
            Self::Rejected { .. } => "rejected",
            Self::Invalid(_) => "invalid",
            Self::Unavailable(_) => "unavailable",
            Self::Indeterminate { .. } => "indeterminate",
        }
    }
}

impl<L: Lifecycle> From<Refusal<L>> for PublishError<L> {
    fn from(refusal: Refusal<L>) -> Self {
        match refusal {
            Refusal::IllegalTransition(illegal) => Self::IllegalTransition(illegal),
            Refusal::Conflict { expected, current } => Self::Conflict { expected, current },
            Refusal::UnknownOrder => Self::UnknownOrder,
            Refusal::Invalid(invalid) => Self::Invalid(invalid),
        }
    }
}

fn unanswered<L: Lifecycle>(source: EngineError, key: Option<IdempotencyKey>) -> PublishError<L> {
    match (source, key) {
        (source @ EngineError::Indeterminate { .. }, Some(key)) => {
            PublishError::Indeterminate { key, source }
        }
        // An engine that cannot lose replies has no business saying so without a key.
        (source, _) => PublishError::Unavailable(source),
    }
}

impl<L: Lifecycle> Hub<L> {
    /// Validates an update against the order's present state and commits it, in one atomic step.
    ///
    /// In this order: idempotency key; fields; expectation; whose it is; no-op; edge; guards;
    /// append, which rechecks key and version. Of those who race for one version exactly one wins;
    /// a call without an expectation then looks again, from the key to the guards,
    /// [`PUBLISH_ATTEMPTS`] times at most.
    ///
    /// A report on an order that it creates ([`Update::or_create`], [`Update::assuming`]) is two
    /// events, the creation and the report; every other update is one.
    ///
    /// Dropping the future at any await leaves the log with the whole event or without it.
    pub async fn publish(&self, update: Update<L>) -> Result<Published<L>, PublishError<L>> {
        let publishing = Publishing::begin(&update.tenant, &update.order);
        let outcome = publishing.within(self.carry_out(update)).await;
        publishing.end(&outcome);
        outcome
    }

    async fn carry_out(&self, mut update: Update<L>) -> Result<Published<L>, PublishError<L>> {
        let engine = &*self.shared.engine;
        // Nobody else has used a key that is minted here and now: it need not be looked for.
        let is_minted = update.key.is_none() && engine.replies_can_be_lost();
        if is_minted {
            update.key = Some(self.mint_key()?);
        }
        let now = self.shared.clock.now();
        let mut lost = 0;
        let (tenant, order) = (&update.tenant, &update.order);
        for _ in 0..PUBLISH_ATTEMPTS {
            let asked = update.key.as_ref().filter(|_| !is_minted);
            let current = match engine.read(tenant, order, asked, now).await {
                Ok(current) => current,
                Err(source) => return Err(unanswered(source, update.key)),
            };
            if let Some(prior) = current.prior {
                return self.repeated(&update, Cursor { epoch: current.epoch, seq: 0 }, prior);
            }
            let state = current.state.map(|state| OrderState::of(order, state)).transpose();
            let state = state.map_err(PublishError::Unavailable)?;
            let planned = match plan(state.as_ref(), &update, now)? {
                Plan::Unchanged(state) => return Ok(Published::Unchanged(state)),
                Plan::Append(planned) => planned,
            };
            self.ask_guards(tenant, state.as_ref(), &planned)?;
            let Planned { mut draft, event, is_preliminary, .. } = planned;
            draft.epoch = Some(current.epoch);
            match engine.append(tenant, draft).await {
                Ok(Appended::Committed { epoch, record }) => {
                    let cursor = Cursor { epoch, seq: record.seq() };
                    let applied = Applied { tenant: tenant.clone(), cursor, event };
                    self.run_hooks(&applied);
                    if is_preliminary {
                        continue;
                    }
                    return Ok(Published::Applied(applied));
                }
                Ok(Appended::KeySeen { epoch, prior }) => {
                    return self.repeated(&update, Cursor { epoch, seq: 0 }, prior);
                }
                Ok(Appended::Conflict { .. }) => lost = state.map_or(0, |state| state.version),
                Err(source) => return Err(unanswered(source, update.key)),
            }
        }
        let current = engine.read(tenant, order, None, now).await;
        let current = current.map_err(PublishError::Unavailable)?.state;
        let current = current.map(|state| OrderState::of(order, state)).transpose();
        let current = current.map_err(PublishError::Unavailable)?;
        Err(PublishError::Conflict { expected: Expected::Version(lost), current })
    }

    /// The key was used before: with the same content this is the same call again.
    fn repeated(
        &self,
        update: &Update<L>,
        log: Cursor,
        prior: Prior,
    ) -> Result<Published<L>, PublishError<L>> {
        let Prior { fingerprint: before, record } = prior;
        let same: Fingerprint = fingerprint(update);
        if before != same
            && let Some(key) = &update.key
        {
            return Err(PublishError::KeyReused { key: key.clone() });
        }
        let cursor = Cursor { epoch: log.epoch, seq: record.seq() };
        let event = OrderEvent::of_record(&record, Audience::Staff);
        Ok(Published::Duplicate(Applied { tenant: update.tenant.clone(), cursor, event }))
    }

    fn mint_key(&self) -> Result<IdempotencyKey, Invalid> {
        let id = self.shared.next_id();
        IdempotencyKey::new(format!("minted-{:016x}-{id}", self.shared.nonce))
    }

    fn ask_guards(
        &self,
        tenant: &TenantId,
        state: Option<&OrderState<L>>,
        planned: &Planned<L>,
    ) -> Result<(), PublishError<L>> {
        let Some(transition) = planned.transition else { return Ok(()) };
        let event = &planned.event;
        let proposed = Proposed { tenant, order: &event.order_id, transition, state, event };
        for guard in &self.rules.guards {
            match catch_unwind(AssertUnwindSafe(|| guard(&proposed))) {
                Ok(Ok(())) => {}
                Ok(Err(GuardVeto(reason))) => return Err(PublishError::Rejected { reason }),
                Err(_panic) => {
                    let reason = "a guard panicked".to_owned();
                    return Err(PublishError::Rejected { reason });
                }
            }
        }
        Ok(())
    }

    fn run_hooks(&self, applied: &Applied<L>) {
        for hook in &self.rules.hooks {
            // The event is in the log, whatever becomes of this.
            let _panic = catch_unwind(AssertUnwindSafe(|| hook(applied)));
        }
    }
}
