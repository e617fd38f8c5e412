//! What a hub tells those who look after it: spans and events of `tracing`, and `metrics`, each
//! behind the feature of its name. Without them every function here is empty.
//!
//! Ids are told: tenant, scope, principal. Texts of users (notes, data, a guard's reason) and
//! whatever proves who somebody is never are. docs/observability.md lists every name.
//!
//! Whoever listens is a user's code: nothing here is called under a lock of ours, or before what it
//! tells of is done.

#![cfg_attr(
    not(all(feature = "metrics", feature = "tracing")),
    allow(unused_variables, reason = "what only one of them is told")
)]

#[cfg(feature = "metrics")]
mod meters;
#[cfg(feature = "tracing")]
mod traces;

use super::SubscribeError;
use super::delivery::{EndReason, Event};
use super::publish::{PublishError, Published};
use super::registry::Point;
use super::stats::Opening;
#[cfg(feature = "metrics")]
use super::{HubStats, Lag};
use crate::grant::Grant;
use crate::id::{OrderId, Principal, TenantId};
use crate::lifecycle::Lifecycle;
use crate::resume::ResetReason;
use crate::time::Clock;

/// A hub's own instruments: those that are used for each delivery are looked up once.
#[derive(Default)]
pub(crate) struct Telemetry {
    #[cfg(feature = "metrics")]
    deliveries: meters::Deliveries,
}

impl Telemetry {
    /// A reader on this seat was given an event, for which it had `waited`.
    #[inline]
    pub(super) fn delivered(
        &self,
        event: &Event,
        (point, seat): (&Point, u32),
        waited: bool,
        clock: &dyn Clock,
    ) {
        #[cfg(feature = "metrics")]
        {
            let is_timed = waited && meters::is_timed(seat, event.record.seq());
            let age = is_timed.then(|| clock.now().saturating_since(event.record.at()));
            self.deliveries.delivered(&point.scope, age);
        }
    }
}

/// One call of `publish`, under way. Dropped before its end it was cancelled, which is told, too: a
/// log that hangs shows by nothing else.
pub(super) struct Publishing {
    is_over: bool,
    #[cfg(feature = "metrics")]
    began: std::time::Instant,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Publishing {
    #[inline]
    pub(super) fn begin(tenant: &TenantId, order: &OrderId) -> Self {
        Self {
            is_over: false,
            // Not the hub's clock: that one dates events, and by whole milliseconds.
            #[cfg(feature = "metrics")]
            began: std::time::Instant::now(),
            #[cfg(feature = "tracing")]
            span: traces::publishing(tenant, order),
        }
    }

    /// Carries it out within its span.
    #[cfg(feature = "tracing")]
    pub(super) async fn within<T>(&self, publish: impl Future<Output = T>) -> T {
        tracing::Instrument::instrument(publish, self.span.clone()).await
    }

    /// Carries it out.
    #[cfg(not(feature = "tracing"))]
    pub(super) fn within<F>(&self, publish: F) -> F {
        publish
    }

    #[inline]
    pub(super) fn end<L: Lifecycle>(mut self, outcome: &Result<Published<L>, PublishError<L>>) {
        self.is_over = true;
        let code = match outcome {
            Ok(published) => published.code(),
            Err(error) => error.code(),
        };
        #[cfg(feature = "metrics")]
        {
            meters::published(code, self.began.elapsed());
            if let Err(
                PublishError::Unavailable(error)
                | PublishError::Indeterminate { source: error, .. },
            ) = outcome
            {
                meters::publish_failed(error.cause());
            }
        }
        #[cfg(feature = "tracing")]
        traces::published(&self.span, code, outcome);
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        if !self.is_over {
            #[cfg(feature = "metrics")]
            meters::published("cancelled", self.began.elapsed());
            #[cfg(feature = "tracing")]
            traces::cancelled(&self.span);
        }
    }
}

/// One call of `subscribe`, under way. Dropped before its end it was cancelled, which is told, too:
/// of a log that hangs nobody is told an error.
#[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "told to `tracing` alone"))]
pub(super) struct Subscribing<'a> {
    grant: &'a Grant,
    is_over: bool,
}

impl<'a> Subscribing<'a> {
    pub(super) fn begin(grant: &'a Grant) -> Self {
        Self { grant, is_over: false }
    }

    /// What came of it is told by [`opened`] or [`refused`].
    pub(super) fn end(mut self) {
        self.is_over = true;
    }
}

impl Drop for Subscribing<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            #[cfg(feature = "metrics")]
            meters::refused("cancelled");
            #[cfg(feature = "tracing")]
            traces::given_up(self.grant);
        }
    }
}

/// A subscription has its beginning.
pub(super) fn opened(point: &Point, seat: u32, opening: Opening, reset: Option<ResetReason>) {
    #[cfg(feature = "metrics")]
    meters::opened(opening, reset);
    #[cfg(feature = "tracing")]
    traces::opened(point, seat, opening, reset);
}

/// Nobody was seated.
pub(super) fn refused(grant: &Grant, error: &SubscribeError) {
    #[cfg(feature = "metrics")]
    meters::refused(error.code());
    #[cfg(feature = "tracing")]
    traces::refused(grant, error);
}

/// A reader that had begun is brought to the present anew.
pub(super) fn reset(point: &Point, seat: u32, reason: ResetReason) {
    #[cfg(feature = "metrics")]
    meters::reset(reason);
    #[cfg(feature = "tracing")]
    traces::reset(point, seat, reason);
}

/// A reader was lapped by its window, and turns to the log.
pub(super) fn fell_behind(point: &Point, seat: u32) {
    #[cfg(feature = "metrics")]
    meters::fell_behind();
    #[cfg(feature = "tracing")]
    traces::fell_behind(point, seat);
}

/// The log could not be read for a reader that needs it.
pub(super) fn log_failed(point: &Point, error: &crate::engine::EngineError) {
    #[cfg(feature = "metrics")]
    meters::log_failed(error.cause());
    #[cfg(feature = "tracing")]
    traces::log_failed(point, error);
}

/// Places were taken back from readers whose drivers do not poll.
pub(super) fn reclaimed(places: usize) {
    #[cfg(feature = "metrics")]
    meters::reclaimed(places);
    #[cfg(feature = "tracing")]
    traces::reclaimed(places);
}

/// A subscription is over, and its seat given back; without a reason it was dropped by whoever drove
/// it: the peer left.
pub(super) fn ended(point: &Point, owner: Option<(u64, Principal)>, reason: Option<EndReason>) {
    #[cfg(feature = "metrics")]
    meters::ended(reason);
    #[cfg(feature = "tracing")]
    traces::ended(point, owner, reason);
}

/// How things stand, as gauges.
#[cfg(feature = "metrics")]
pub(super) fn report(stats: &HubStats, lag: Lag) {
    meters::report(stats, lag);
}

/// Says to the recorder what each metric of a hub is. To be called once it is installed; doors have
/// `describe_metrics`, which does this and describes their own.
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub fn describe_hub_metrics() {
    meters::describe();
}
