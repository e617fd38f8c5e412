//! The hub: publishing, watching, and who is there.
//!
//! ```text
//! Hub::publish ─▶ plan (pure) ─▶ Append (atomic) ─▶ the log's tail ─▶ registry ─▶ Subscription
//!                                                        ▲
//!                                    other nodes' events enter here too
//! ```
//!
//! A hub spawns nothing and owns no timer. It is cheap to clone; all clones are one hub.

mod backlog;
mod builder;
mod codec;
mod delivery;
mod life;
mod listing;
#[cfg(all(test, order_events_loom))]
mod loom_tests;
mod owner;
mod principals;
mod publish;
mod reclaim;
mod registry;
mod shared;
mod standing;
mod stats;
mod subscription;
mod telemetry;
mod watch;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

pub use builder::HubBuilder;
pub use codec::{Codec, JsonCodec};
pub use delivery::{Delivery, End, EndReason, Event, Reset, SnapshotOf};
pub use listing::{Lag, Watcher, WatcherFilter};
pub use publish::{Applied, GuardVeto, Proposed, PublishError, Published};
pub use stats::HubStats;
pub use subscription::Subscription;
#[cfg(feature = "metrics")]
pub use telemetry::describe_hub_metrics;

use crate::config::Config;
use crate::cursor::Cursor;
use crate::engine::{EngineError, Notice, PageToken, Wakes};
use crate::grant::{Grant, Scope};
use crate::id::{OrderId, Principal, TenantId};
use crate::lifecycle::Lifecycle;
use crate::resume::Resume;
use crate::snapshot::OrderState;
use crate::status::OrderStatus;
use crate::time::Timestamp;
use publish::Rules;
use shared::Shared;

/// Where updates are published and watched.
///
/// ```
/// use order_events_core::{
///     Delivery, Grant, Hub, OrderEvent, OrderId, OrderStatus, Principal, Published, Resume, Scope,
///     Update,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hub = Hub::builder().build();
/// let order = OrderId::new("42")?;
/// hub.publish(Update::create(&order)).await?;
///
/// // Whoever may watch it begins with the state of things …
/// let grant = Grant::new(Principal::new("anna")?, Scope::Order(order.clone()));
/// let mut watching = hub.subscribe(grant.clone(), Resume::Fresh).await?;
/// let Some(Delivery::Snapshot(snapshot)) = watching.next().await else { panic!() };
/// assert_eq!(snapshot.decode::<OrderStatus>()?.status, OrderStatus::Pending);
///
/// // … sees what changes as it changes …
/// let update = Update::status(&order, OrderStatus::Processing).with_note("On the bench");
/// let Published::Applied(applied) = hub.publish(update).await? else { panic!() };
/// let Some(Delivery::Event(event)) = watching.next().await else { panic!() };
/// let typed: OrderEvent = event.decode();
/// assert_eq!(typed.kind.status(), Some(OrderStatus::Processing));
/// assert_eq!(event.cursor(), applied.cursor);
///
/// // … and goes on from its cursor after a lost connection.
/// let cursor = watching.cursor();
/// drop(watching);
/// hub.publish(Update::status(&order, OrderStatus::Shipped)).await?;
/// let mut again = hub.subscribe(grant, Resume::After(cursor)).await?;
/// let Some(Delivery::Event(missed)) = again.next().await else { panic!() };
/// assert_eq!(missed.version(), 3);
/// # Ok(())
/// # }
/// ```
pub struct Hub<L: Lifecycle = OrderStatus> {
    shared: Arc<Shared>,
    rules: Arc<Rules<L>>,
}

impl Hub {
    /// Sets up a hub for [`OrderStatus`].
    pub fn builder() -> HubBuilder {
        HubBuilder::new()
    }

    /// Sets up a hub for a lifecycle of the user's own.
    ///
    /// It is a name of its own because default type parameters do not drive inference.
    pub fn builder_for<L: Lifecycle>() -> HubBuilder<L> {
        HubBuilder::new()
    }
}

impl<L: Lifecycle> Hub<L> {
    /// Watches what a grant allows, from where the reader says it stands.
    ///
    /// When this returns the reader has its seat and its beginning has been read: no event is lost
    /// or comes twice between the two.
    pub async fn subscribe(
        &self,
        grant: Grant,
        resume: Resume,
    ) -> Result<Subscription, SubscribeError> {
        let subscribing = telemetry::Subscribing::begin(&grant);
        let begun = async {
            let mut subscription = self.shared.seat(&grant)?;
            match subscription.begin(resume, grant.even_if_absent).await? {
                true => Ok(subscription),
                false => Err(SubscribeError::Finished),
            }
        };
        let begun = begun.await;
        subscribing.end();
        begun.inspect_err(|error| {
            self.shared.counters.refused();
            telemetry::refused(&grant, error);
        })
    }

    /// A page of the orders of a grant's scope as they stand, and the cursor to watch them from.
    ///
    /// The cursor of the *first* page is the one to subscribe with once all pages are read; pages
    /// and events are merged by version. A page has at least one order where there is one; `limit`
    /// is not capped here, and each order brings its timeline.
    pub async fn snapshots(
        &self,
        grant: &Grant,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<SnapshotPage, SubscribeError> {
        if grant.is_over(self.shared.clock.now()) {
            return Err(SubscribeError::Expired);
        }
        let Grant { tenant, scope, .. } = grant;
        let found = self.shared.engine.snapshots(tenant, scope, page, limit.max(1)).await?;
        let snapshot = |snapshot| SnapshotOf {
            snapshot: Box::new(snapshot),
            audience: grant.audience,
            cursor: None,
        };
        Ok(SnapshotPage {
            orders: found.orders.into_iter().map(snapshot).collect(),
            cursor: Cursor { epoch: found.epoch, seq: found.head },
            next: found.next,
        })
    }

    /// An order's state; none where there is no such order.
    pub async fn state(
        &self,
        tenant: &TenantId,
        order: &OrderId,
    ) -> Result<Option<OrderState<L>>, EngineError> {
        let now = self.shared.clock.now();
        let current = self.shared.engine.read(tenant, order, None, now).await?;
        let state = current.state.filter(|state| !state.deleted);
        state.map(|state| OrderState::of(order, state)).transpose()
    }

    /// Whether a grant could be watched by now, as far as that is known without the log: it has not
    /// expired, and the hub is not drained. For doors that answer without a subscription.
    pub fn admits(&self, grant: &Grant) -> Result<(), SubscribeError> {
        let admitted = match self.shared.registry.is_closed(&grant.tenant) {
            _ if grant.is_over(self.shared.clock.now()) => Err(SubscribeError::Expired),
            true => Err(SubscribeError::Draining),
            false => Ok(()),
        };
        admitted.inspect_err(|error| {
            self.shared.counters.refused();
            telemetry::refused(grant, error);
        })
    }

    /// Whether there is such an order. Costs the engine one look.
    pub async fn exists(&self, tenant: &TenantId, order: &OrderId) -> Result<bool, EngineError> {
        let now = self.shared.clock.now();
        let current = self.shared.engine.read(tenant, order, None, now).await?;
        Ok(current.state.is_some_and(|state| !state.deleted))
    }

    /// A time within a span, another one at each call: for what should not happen to everybody at
    /// once. Follows the hub's seed.
    pub fn spread(&self, span: Duration) -> Duration {
        self.shared.spread(span, self.shared.next_id())
    }

    /// Ends every stream of a principal, and says how many there were on this node.
    ///
    /// It ends what there is and bars nobody: whoever still gets a grant may come back, so the
    /// authorizer refuses first.
    ///
    /// Once the call's first poll is over, which ends this node's, no further event is taken for
    /// them here; other nodes are told through the engine. An error means that they could not be.
    pub async fn revoke(&self, principal: &Principal) -> Result<usize, EngineError> {
        let ended = self.shared.revoke(principal);
        self.shared.engine.announce(Notice::Revoked(principal.clone())).await?;
        Ok(ended)
    }

    /// Ends every stream, each with a time to come back at that is its own, and takes no new ones.
    ///
    /// The streams have been told when this returns; the [`Drain`] waits until they are gone. There
    /// is no way back: a drained node is about to stop.
    pub fn drain(&self, deadline: Duration) -> Drain {
        let mut wakes = Wakes::new();
        self.shared.registry.close(EndReason::Draining, &mut wakes);
        wakes.wake();
        let until = self.shared.clock.now().saturating_add(deadline);
        Drain { shared: Arc::clone(&self.shared), until }
    }

    /// Numbers. Costs by the number of subscriptions, a word of memory each.
    pub fn stats(&self) -> HubStats {
        let mut stats = self.shared.counters.read();
        self.shared.registry.each(|point| {
            stats.watch_points += 1;
            let count = match point.scope {
                Scope::Order(_) => &mut stats.of_orders,
                Scope::Customer(_) => &mut stats.of_customers,
                Scope::Tenant => &mut stats.of_tenants,
            };
            *count += point.seats.count();
        });
        stats.subscriptions = self.shared.subscriptions(None);
        stats.is_log_reachable = self.shared.engine.is_reachable();
        stats
    }

    /// Sets the gauges among the metrics: how many streams there are, how far they are behind, whether
    /// the log is there. To be called before each scrape, or every few seconds where metrics are
    /// pushed; everything else is counted as it happens. Costs what [`watchers`](Self::watchers) does.
    #[cfg(feature = "metrics")]
    #[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
    pub fn set_gauges(&self) {
        telemetry::report(&self.stats(), self.lag());
    }

    /// What it allows, and how it behaves.
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// A number drawn at random, which tells this hub from any other, of another process or of this
    /// one before it was started again.
    pub fn instance(&self) -> u64 {
        self.shared.nonce
    }

    /// Whether it was [drained](Self::drain).
    pub fn is_draining(&self) -> bool {
        self.shared.registry.is_closed(&TenantId::default())
    }
}

impl<L: Lifecycle> Clone for Hub<L> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), rules: Arc::clone(&self.rules) }
    }
}

impl<L: Lifecycle> fmt::Debug for Hub<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("subscriptions", &self.shared.subscriptions(None))
            .finish_non_exhaustive()
    }
}

/// A page of orders as they stand.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SnapshotPage {
    /// The orders.
    pub orders: Vec<SnapshotOf>,
    /// The place they are at least as new as.
    pub cursor: Cursor,
    /// Where the next page begins; none after the last.
    pub next: Option<PageToken>,
}

/// Why a subscription, or a page, was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The grant's time is over.
    #[error("the grant has expired")]
    Expired,
    /// A limit is reached.
    #[error("too many subscriptions {what}: at most {limit}")]
    Full {
        /// Whose limit it is.
        what: Limit,
        /// How many there may be.
        limit: usize,
    },
    /// The hub is drained; another node may take it.
    #[error("this node is going away")]
    Draining,
    /// The reader has seen everything, and the order cannot go on.
    #[error("the order is final and has been seen whole")]
    Finished,
    /// The log could not be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl SubscribeError {
    /// A word for it that stays the same, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Full { what: Limit::Principal, .. } => "principal-full",
            Self::Full { what: Limit::Scope, .. } => "scope-full",
            Self::Full { what: Limit::Total, .. } => "full",
            Self::Draining => "draining",
            Self::Finished => "finished",
            Self::Engine(_) => "unavailable",
        }
    }
}

/// Whose limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// One principal's.
    Principal,
    /// One scope's.
    Scope,
    /// The process's.
    Total,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Principal => "of this principal",
            Self::Scope => "of this scope",
            Self::Total => "in this process",
        })
    }
}

/// Waits until the streams of a drained hub are gone; see [`Hub::drain`].
///
/// Resolves to how many are left: 0, or more where it was polled past the deadline. The hub has no
/// timer, so whoever must not wait longer puts it into their runtime's time-out and ends the
/// connections that are left.
#[must_use = "the streams were told to end; this waits until they have"]
pub struct Drain {
    shared: Arc<Shared>,
    until: Timestamp,
}

impl Drain {
    /// When the waiting is over in any case.
    pub fn deadline(&self) -> Timestamp {
        self.until
    }
}

impl Future for Drain {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        let left = self.shared.subscriptions(Some(cx.waker()));
        if left == 0 || self.until <= self.shared.clock.now() {
            return Poll::Ready(left);
        }
        Poll::Pending
    }
}

impl fmt::Debug for Drain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").field("deadline", &self.until).finish_non_exhaustive()
    }
}
