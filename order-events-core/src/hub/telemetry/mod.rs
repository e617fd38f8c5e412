//! What a hub tells those who look after it: spans and events of `tracing`, and `metrics`, each
//! behind the feature of its name. Without them every function here is empty.
//!
//! Ids are told: tenant, scope, principal. Texts of users (notes, data, a guard's reason) and
//! whatever proves who somebody is never are. docs/observability.md lists every name.

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
use super::stats::{HubStats, Lag};
use crate::grant::Grant;
use crate::id::{OrderId, TenantId};
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
    /// A reader was given an event; `is_live` where it waited for it.
    #[inline]
    pub(super) fn delivered(&self, event: &Event, point: &Point, is_live: bool, clock: &dyn Clock) {
        #[cfg(feature = "metrics")]
        {
            let age = is_live.then(|| clock.now().saturating_since(event.record.at()));
            self.deliveries.delivered(&point.scope, age);
        }
        #[cfg(not(feature = "metrics"))]
        let _ = (event, point, is_live, clock);
    }
}

/// One call of `publish`, under way.
pub(super) struct Publishing {
    #[cfg(feature = "metrics")]
    began: std::time::Instant,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Publishing {
    #[inline]
    pub(super) fn begin(tenant: &TenantId, order: &OrderId) -> Self {
        #[cfg(not(feature = "tracing"))]
        let _ = (tenant, order);
        Self {
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
    pub(super) fn end<L: Lifecycle>(self, outcome: &Result<Published<L>, PublishError<L>>) {
        #[cfg(feature = "metrics")]
        meters::published(outcome, self.began.elapsed());
        #[cfg(feature = "tracing")]
        traces::published(&self.span, outcome);
        #[cfg(not(any(feature = "metrics", feature = "tracing")))]
        let _ = (self, outcome);
    }
}

/// A subscription has its beginning.
pub(super) fn opened(point: &Point, seat: u32, opening: Opening) {
    #[cfg(feature = "metrics")]
    meters::opened(opening);
    #[cfg(feature = "tracing")]
    traces::opened(point, seat, opening);
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = (point, seat, opening);
}

/// Nobody was seated.
pub(super) fn refused(grant: &Grant, error: &SubscribeError) {
    #[cfg(feature = "metrics")]
    meters::refused(error);
    #[cfg(feature = "tracing")]
    traces::refused(grant, error);
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = (grant, error);
}

/// A reader that had begun is brought to the present anew.
pub(super) fn reset(point: &Point, seat: u32, reason: ResetReason) {
    #[cfg(feature = "metrics")]
    meters::reset(reason);
    #[cfg(feature = "tracing")]
    traces::reset(point, seat, reason);
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = (point, seat, reason);
}

/// A reader was lapped by its window, and turns to the log.
pub(super) fn fell_behind(point: &Point, seat: u32) {
    #[cfg(feature = "metrics")]
    meters::fell_behind();
    #[cfg(feature = "tracing")]
    traces::fell_behind(point, seat);
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = (point, seat);
}

/// The log could not be read for a reader that needs it.
pub(super) fn log_failed(point: &Point, error: &crate::engine::EngineError) {
    #[cfg(feature = "metrics")]
    meters::log_failed();
    #[cfg(feature = "tracing")]
    traces::log_failed(point, error);
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = (point, error);
}

/// Places were taken back from readers whose drivers do not poll.
pub(super) fn reclaimed(places: usize) {
    #[cfg(feature = "metrics")]
    meters::reclaimed(places);
    #[cfg(feature = "tracing")]
    traces::reclaimed(places);
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = places;
}

/// A subscription is over; without a reason it was dropped by whoever drove it: the peer left.
pub(super) fn ended(point: &Point, seat: u32, reason: Option<EndReason>) {
    #[cfg(feature = "metrics")]
    meters::ended(reason);
    #[cfg(feature = "tracing")]
    traces::ended(point, seat, reason);
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = (point, seat, reason);
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
