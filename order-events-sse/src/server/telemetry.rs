//! What is told of requests and connections to those who look after a service, beside what the hub
//! tells of subscriptions. Each behind the feature of its name; without them these functions are
//! empty. Neither addresses nor headers nor cursors are told, as they came from outside.

use super::admin::AdminAction;
use super::problem::Problem;

/// A request was refused.
pub(super) fn refused(problem: &Problem) {
    let code = problem.code();
    #[cfg(feature = "metrics")]
    metrics::counter!("order_events_http_refused_total", "code" => code).increment(1);
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "order_events", code, "request refused");
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = code;
}

/// A client says that this is its attempt of this number in a row.
pub(super) fn reconnects(attempt: Option<u32>) {
    let attempts = match attempt {
        None | Some(0) => return,
        Some(1) => "1",
        Some(2..=3) => "2-3",
        Some(4..=7) => "4-7",
        Some(8..) => "8+",
    };
    #[cfg(feature = "metrics")]
    metrics::counter!("order_events_reconnects_total", "attempt" => attempts).increment(1);
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "order_events", attempt, "a client reconnects");
    #[cfg(not(any(feature = "metrics", feature = "tracing")))]
    let _ = attempts;
}

/// A stream was silent for so long that it said so.
#[inline]
pub(super) fn heartbeat() {
    #[cfg(feature = "metrics")]
    metrics::counter!("order_events_heartbeats_total").increment(1);
}

/// A connection with an open stream failed: what was sent last could not be written, or was not
/// acknowledged in time, or the peer threw it away. Only our own servers see it.
pub(super) fn failed(after_heartbeat: bool, error: &std::io::Error) {
    let after = if after_heartbeat { "heartbeat" } else { "events" };
    #[cfg(feature = "metrics")]
    metrics::counter!("order_events_connection_failures_total", "after" => after).increment(1);
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "order_events", after, kind = %error.kind(), "a connection failed");
    #[cfg(not(all(feature = "metrics", feature = "tracing")))]
    let _ = (after, error);
}

/// An admin was let in, and does this: for whoever must know later who ended what, the authorizer
/// knows who it was.
pub(super) fn admin(action: &AdminAction) {
    #[cfg(feature = "tracing")]
    if *action != AdminAction::See {
        tracing::info!(target: "order_events", ?action, "an admin acts");
    }
    #[cfg(not(feature = "tracing"))]
    let _ = action;
}

/// Says to the recorder what each metric is, the hub's and the door's. To be called once it is
/// installed.
#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub fn describe_metrics() {
    order_events_core::describe_hub_metrics();
    let counters = [
        ("http_refused", "Requests that were refused, by the code of their answer."),
        ("reconnects", "Requests of clients that say which attempt in a row this is."),
        ("heartbeats", "Heartbeats."),
        (
            "connection_failures",
            "Connections with an open stream that failed, by what was sent last.",
        ),
    ];
    for (name, text) in counters {
        metrics::describe_counter!(
            format!("order_events_{name}_total"),
            metrics::Unit::Count,
            text
        );
    }
}
