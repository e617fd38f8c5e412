//! What is told of requests and connections to those who look after a service, beside what the hub
//! tells of subscriptions. Each behind the feature of its name; without them these functions are
//! empty. Neither addresses nor headers nor cursors are told, as they came from outside.

#![cfg_attr(
    not(all(feature = "metrics", feature = "tracing")),
    allow(unused_variables, reason = "what only one of them is told")
)]

use order_events_core::Principal;

#[cfg(feature = "metrics")]
use super::admin::BadParameter;
#[cfg(any(feature = "metrics", feature = "tracing"))]
use super::problem::Problem;

/// Whose door it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum For {
    Readers,
    Admins,
}

impl For {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    const fn as_str(self) -> &'static str {
        match self {
            Self::Readers => "readers",
            Self::Admins => "admins",
        }
    }
}

/// A request was refused.
pub(super) fn refused(code: &'static str, door: For) {
    #[cfg(feature = "metrics")]
    metrics::counter!("order_events_http_refused_total", "door" => door.as_str(), "code" => code)
        .increment(1);
    #[cfg(feature = "tracing")]
    match Problem::Unavailable(std::time::Duration::ZERO).code() == code {
        // The service's own fault, of which whoever asked can tell nobody more.
        true => {
            tracing::warn!(target: "order_events", door = door.as_str(), code, "request refused")
        }
        false => {
            tracing::debug!(target: "order_events", door = door.as_str(), code, "request refused");
        }
    }
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
}

/// What an admin does, under way: the trail of who ended what. Dropped before its end, since the admin
/// left, some of it may have been done, so that is told, too.
#[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "told to `tracing` alone"))]
pub(super) struct Acting<'a> {
    admin: &'a Principal,
    action: &'static str,
    subject: &'a str,
    is_over: bool,
}

impl<'a> Acting<'a> {
    pub(super) fn begin(admin: &'a Principal, (action, subject): (&'static str, &'a str)) -> Self {
        Self { admin, action, subject, is_over: false }
    }

    /// It is done, or was refused by this code.
    pub(super) fn end(mut self, code: Option<&'static str>) {
        self.is_over = true;
        self.tell(code.unwrap_or("done"));
    }

    fn tell(&self, outcome: &'static str) {
        #[cfg(feature = "tracing")]
        {
            let (admin, action, subject) = (self.admin.as_str(), self.action, self.subject);
            tracing::info!(target: "order_events", admin, action, subject, outcome, "an admin acts");
        }
    }
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.tell("cancelled");
        }
    }
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
        let name = format!("order_events_{name}_total");
        metrics::describe_counter!(name, metrics::Unit::Count, text);
    }
    // At 0 from the beginning: one that is born with its first event has no rate.
    metrics::counter!("order_events_heartbeats_total").increment(0);
    for attempt in ["1", "2-3", "4-7", "8+"] {
        metrics::counter!("order_events_reconnects_total", "attempt" => attempt).increment(0);
    }
    for after in ["heartbeat", "events"] {
        metrics::counter!("order_events_connection_failures_total", "after" => after).increment(0);
    }
    for door in [For::Readers, For::Admins] {
        let bad_parameter = matches!(door, For::Admins).then_some(BadParameter::CODE);
        for code in Problem::ALL.iter().map(Problem::code).chain(bad_parameter) {
            let door = door.as_str();
            metrics::counter!("order_events_http_refused_total", "door" => door, "code" => code)
                .increment(0);
        }
    }
}
