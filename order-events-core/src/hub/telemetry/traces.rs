//! Spans and events, all of the target `order_events`.

use tracing::{Span, debug, debug_span, field::Empty, info, warn};

use crate::engine::EngineError;
use crate::grant::Grant;
use crate::hub::SubscribeError;
use crate::hub::delivery::EndReason;
use crate::hub::publish::{PublishError, Published};
use crate::hub::registry::Point;
use crate::hub::stats::Opening;
use crate::id::{OrderId, Principal, TenantId};
use crate::lifecycle::Lifecycle;
use crate::resume::ResetReason;

const TARGET: &str = "order_events";

pub(super) fn publishing(tenant: &TenantId, order: &OrderId) -> Span {
    debug_span!(target: TARGET, "publish", %tenant, %order, outcome = Empty, version = Empty)
}

pub(super) fn published<L: Lifecycle>(
    span: &Span,
    code: &'static str,
    outcome: &Result<Published<L>, PublishError<L>>,
) {
    let _entered = span.enter();
    span.record("outcome", code);
    match outcome {
        Ok(published) => {
            if let Published::Applied(applied) = published {
                span.record("version", applied.event.version);
            }
            debug!(target: TARGET, outcome = code, "published");
        }
        Err(error) => {
            match error {
                // With the log's own words, since the service is not to blame for it.
                PublishError::Unavailable(error)
                | PublishError::Indeterminate { source: error, .. } => {
                    let cause = error.cause().as_str();
                    warn!(target: TARGET, outcome = code, cause, %error, "not published");
                }
                _ => debug!(target: TARGET, outcome = code, "not published"),
            }
        }
    }
}

pub(super) fn cancelled(span: &Span) {
    let _entered = span.enter();
    span.record("outcome", "cancelled");
    debug!(target: TARGET, outcome = "cancelled", "not published");
}

/// The number of a seat's subscription. Asked, as all fields here, only where somebody listens.
fn id(point: &Point, seat: u32) -> Option<u64> {
    point.seats.owner(seat, |owner| owner.id)
}

fn principal(point: &Point, seat: u32) -> Option<String> {
    point.seats.owner(seat, |owner| owner.principal.to_string())
}

pub(super) fn opened(point: &Point, seat: u32, opening: Opening, reset: Option<ResetReason>) {
    let outcome = opening.as_str();
    match reset {
        Some(reason) => {
            let reason = reason.as_str();
            info!(target: TARGET, tenant = %point.watch.tenant, scope = %point.scope, id = id(point, seat), principal = principal(point, seat), outcome, reason, "subscribed");
        }
        None => {
            debug!(target: TARGET, tenant = %point.watch.tenant, scope = %point.scope, id = id(point, seat), principal = principal(point, seat), outcome, "subscribed")
        }
    }
}

pub(super) fn refused(grant: &Grant, error: &SubscribeError) {
    let (tenant, scope, principal) = (&grant.tenant, &grant.scope, grant.principal.as_str());
    let reason = error.code();
    match error {
        SubscribeError::Engine(error) => {
            let cause = error.cause().as_str();
            warn!(target: TARGET, %tenant, %scope, principal, reason, cause, %error, "refused");
        }
        // No fault, but a reader that has seen all.
        SubscribeError::Finished => {
            debug!(target: TARGET, %tenant, %scope, principal, reason, "refused");
        }
        _ => info!(target: TARGET, %tenant, %scope, principal, reason, "refused"),
    }
}

pub(super) fn given_up(grant: &Grant) {
    let (tenant, scope, principal) = (&grant.tenant, &grant.scope, grant.principal.as_str());
    debug!(target: TARGET, %tenant, %scope, principal, reason = "cancelled", "refused");
}

pub(super) fn reset(point: &Point, seat: u32, reason: ResetReason) {
    let reason = reason.as_str();
    info!(target: TARGET, tenant = %point.watch.tenant, scope = %point.scope, id = id(point, seat), principal = principal(point, seat), reason, "reset");
}

pub(super) fn fell_behind(point: &Point, seat: u32) {
    debug!(target: TARGET, tenant = %point.watch.tenant, scope = %point.scope, id = id(point, seat), principal = principal(point, seat), "fell behind its window");
}

pub(super) fn log_failed(point: &Point, error: &EngineError) {
    let (tenant, scope) = (&point.watch.tenant, &point.scope);
    // Of each reader, and each time it tries: an outage is one fact, which a gauge tells.
    let cause = error.cause().as_str();
    debug!(target: TARGET, %tenant, %scope, cause, %error, "the log could not be read");
}

pub(super) fn reclaimed(places: usize) {
    info!(target: TARGET, places, "places of silent readers were taken back");
}

pub(super) fn ended(point: &Point, owner: Option<(u64, Principal)>, reason: Option<EndReason>) {
    let reason = reason.map_or("left", EndReason::as_str);
    let (tenant, scope) = (&point.watch.tenant, &point.scope);
    let (id, principal) = owner.unzip();
    let principal = principal.as_ref().map(Principal::as_str);
    debug!(target: TARGET, %tenant, %scope, id, principal, reason, "ended");
}
