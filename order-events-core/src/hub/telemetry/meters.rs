//! Counters, histograms and gauges. Their labels are of closed lists, so their number is bounded
//! whatever comes: none is an id.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram, counter, gauge, histogram};

use crate::engine::Cause;
use crate::grant::Scope;
use crate::hub::delivery::EndReason;
use crate::hub::stats::Opening;
use crate::hub::{HubStats, Lag};
use crate::resume::ResetReason;

/// What is used for each delivery. Looked up with the first one, and kept: a recorder may be installed
/// after the hub was set up, and must be before that.
#[derive(Default)]
pub(super) struct Deliveries(OnceLock<Instruments>);

struct Instruments {
    orders: Counter,
    customers: Counter,
    tenants: Counter,
    seconds: Histogram,
}

impl Instruments {
    fn make() -> Self {
        let of = |scope| counter!("order_events_deliveries_total", "scope" => scope);
        Self {
            orders: of("order"),
            customers: of("customer"),
            tenants: of("tenant"),
            seconds: histogram!("order_events_delivery_seconds"),
        }
    }
}

impl Deliveries {
    pub(super) fn delivered(&self, scope: &Scope, age: Option<Duration>) {
        let instruments = match self.0.get() {
            Some(instruments) => instruments,
            // Made before the cell is entered: a recorder is a user's code.
            None => {
                let made = Instruments::make();
                self.0.get_or_init(|| made)
            }
        };
        let deliveries = match scope {
            Scope::Order(_) => &instruments.orders,
            Scope::Customer(_) => &instruments.customers,
            Scope::Tenant => &instruments.tenants,
        };
        deliveries.increment(1);
        if let Some(age) = age {
            instruments.seconds.record(age);
        }
    }
}

/// Seats of each watch point whose every delivery is timed; of the others …
const ALWAYS_TIMED: u32 = 4;

/// … each one in so many, another one at each event.
const TIMED_ONE_IN: u64 = 16;

/// Whether a delivery is timed: the clock and the histogram cost as much as the delivery itself, and of
/// a crowd that is given the same event some say as much as all.
pub(super) fn is_timed(seat: u32, seq: u64) -> bool {
    seat < ALWAYS_TIMED || seq.wrapping_add(u64::from(seat)).is_multiple_of(TIMED_ONE_IN)
}

pub(super) fn published(outcome: &'static str, took: Duration) {
    counter!("order_events_publishes_total", "outcome" => outcome).increment(1);
    histogram!("order_events_publish_seconds").record(took);
}

/// The log failed whoever published.
pub(super) fn publish_failed(cause: Cause) {
    counter!("order_events_publish_failures_total", "cause" => cause.as_str()).increment(1);
}

pub(super) fn opened(opening: Opening, why: Option<ResetReason>) {
    counter!("order_events_opened_total", "outcome" => opening.as_str()).increment(1);
    why.into_iter().for_each(reset);
}

pub(super) fn refused(reason: &'static str) {
    counter!("order_events_refused_total", "reason" => reason).increment(1);
}

pub(super) fn reset(reason: ResetReason) {
    counter!("order_events_resets_total", "reason" => reason.as_str()).increment(1);
}

pub(super) fn fell_behind() {
    counter!("order_events_fell_behind_total").increment(1);
}

pub(super) fn log_failed(cause: Cause) {
    counter!("order_events_log_failures_total", "cause" => cause.as_str()).increment(1);
}

pub(super) fn reclaimed(places: usize) {
    counter!("order_events_reclaimed_total").increment(places as u64);
}

pub(super) fn ended(reason: Option<EndReason>) {
    let reason = reason.map_or("left", EndReason::as_str);
    counter!("order_events_ended_total", "reason" => reason).increment(1);
}

pub(super) fn report(stats: &HubStats, lag: Lag) {
    let streams = |scope, count| gauge!("order_events_streams", "scope" => scope).set(count);
    streams("order", stats.of_orders as f64);
    streams("customer", stats.of_customers as f64);
    streams("tenant", stats.of_tenants as f64);
    gauge!("order_events_watch_points").set(stats.watch_points as f64);
    gauge!("order_events_log_reachable").set(f64::from(u8::from(stats.is_log_reachable)));
    gauge!("order_events_behind_streams").set(lag.streams as f64);
    gauge!("order_events_catching_up_streams").set(lag.catching_up as f64);
    gauge!("order_events_lag_events").set(lag.most as f64);
}

/// What each counter may say, where it has a label: the closed lists.
const LABELS: [(&str, &str, &[&str]); 6] = [
    (
        "order_events_publishes_total",
        "outcome",
        &[
            "applied",
            "duplicate",
            "unchanged",
            "illegal-transition",
            "conflict",
            "unknown-order",
            "key-reused",
            "rejected",
            "invalid",
            "unavailable",
            "indeterminate",
            "cancelled",
        ],
    ),
    ("order_events_opened_total", "outcome", &["fresh", "resumed", "replayed", "reset"]),
    (
        "order_events_resets_total",
        "reason",
        &["malformed", "foreign", "future", "expired", "behind", "large"],
    ),
    (
        "order_events_refused_total",
        "reason",
        &[
            "expired",
            "principal-full",
            "scope-full",
            "full",
            "draining",
            "finished",
            "unavailable",
            "cancelled",
        ],
    ),
    (
        "order_events_ended_total",
        "reason",
        &["final", "quiet", "expired", "revoked", "draining", "lifetime", "replaced", "left"],
    ),
    ("order_events_deliveries_total", "scope", &["order", "customer", "tenant"]),
];

/// Says to the recorder what each is, once it is installed, and begins the counters at 0: one that
/// is born with its first event has no rate, and that event may be the one to be woken for.
pub(super) fn describe() {
    for (name, label, values) in LABELS {
        for value in values {
            counter!(name, label => *value).increment(0);
        }
    }
    for cause in Cause::ALL {
        for name in ["order_events_publish_failures_total", "order_events_log_failures_total"] {
            counter!(name, "cause" => cause.as_str()).increment(0);
        }
    }
    for name in ["fell_behind", "reclaimed"] {
        counter!(format!("order_events_{name}_total")).increment(0);
    }
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    let counters = [
        ("publishes", "Calls of publish, by what came of them."),
        ("publish_failures", "Calls of publish that the log failed, by why it did."),
        ("opened", "Subscriptions that began, and how."),
        ("resets", "Readers that were brought to the present anew, and why."),
        ("refused", "Subscriptions that were not given, and why."),
        ("ended", "Subscriptions that ended, and why."),
        ("deliveries", "Events that readers were given."),
        ("fell_behind", "Readers that were lapped by their window and turned to the log."),
        ("log_failures", "Times the log could not be read for a reader that needed it, and why."),
        ("reclaimed", "Places taken back from readers whose connections take nothing."),
    ];
    for (name, text) in counters {
        describe_counter!(format!("order_events_{name}_total"), Unit::Count, text);
    }
    let gauges = [
        ("streams", "Subscriptions, by what they watch."),
        ("watch_points", "Scopes that are watched, each audience counted."),
        ("log_reachable", "1, or 0 while the log cannot be reached."),
        ("behind_streams", "Readers that do not have everything yet."),
        ("catching_up_streams", "Those of them that wait for the log, or are given what it said."),
        ("lag_events", "The most that one reader has yet to take of its window."),
    ];
    for (name, text) in gauges {
        describe_gauge!(format!("order_events_{name}"), Unit::Count, text);
    }
    let publish = "How long publish took.";
    describe_histogram!("order_events_publish_seconds", Unit::Seconds, publish);
    let delivery = "From an event's timestamp to a reader who waited for it.";
    describe_histogram!("order_events_delivery_seconds", Unit::Seconds, delivery);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_scope_is_timed_whole_and_of_a_crowd_everybody_in_turn() {
        for seq in [1, 7, u64::MAX] {
            assert!((0..ALWAYS_TIMED).all(|seat| is_timed(seat, seq)));
            let timed = (0..1_600).filter(|seat| is_timed(*seat, seq)).count();
            assert!((100..=100 + ALWAYS_TIMED as usize).contains(&timed), "{timed} at {seq}");
        }
        for seat in [ALWAYS_TIMED, 99, u32::MAX] {
            assert_eq!((1..=TIMED_ONE_IN).filter(|seq| is_timed(seat, *seq)).count(), 1);
        }
    }
}
