//! The metrics are those that docs/observability.md lists, in the form that Prometheus reads, as a
//! parser reads it that is not ours.
//!
//! A recorder is the process's, so one test does everything that can be counted.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod asked;
mod failed;
mod published;
mod requested;
mod support;
mod watched;

use std::collections::{BTreeMap, BTreeSet};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use order_events_sse::server::describe_metrics;
use prometheus_parse::{Sample, Scrape, Value};

/// The table of names in the documentation: what each label may say.
fn documented() -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let text = include_str!("../../../../docs/observability.md");
    let is_metric = |line: &&str| {
        let kind = line.split(" | ").nth(1);
        line.starts_with("| `order_events_")
            && matches!(kind, Some("counter" | "gauge" | "histogram"))
    };
    let rows = text.lines().filter(is_metric);
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let labels = cells[3].split("; ").filter_map(|label| label.split_once(": "));
        let labels = labels.map(|(label, values)| {
            let values = values.split(", ").map(str::to_owned).collect();
            (label.trim_matches('`').to_owned(), values)
        });
        let labels = labels.collect();
        (name, labels)
    })
    .collect()
}

fn scraped(recorder: &PrometheusHandle) -> Vec<Sample> {
    let text = recorder.render();
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    Scrape::parse(lines).expect("Prometheus can read it").samples
}

/// A histogram comes as its sum and its count.
fn name(sample: &Sample) -> &str {
    let name = sample.metric.as_str();
    name.strip_suffix("_sum").or(name.strip_suffix("_count")).unwrap_or(name)
}

/// Each value that the documentation has of each label of these.
fn values(of: impl Fn(&str) -> bool) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (name, labels) in documented().into_iter().filter(|(name, _)| of(name)) {
        for (label, values) in labels {
            let value = |value| (name.clone(), label.clone(), value);
            found.extend(values.into_iter().map(value));
        }
    }
    found
}

fn says(sample: &Sample, label: &str, value: &str) -> bool {
    sample.labels.get(label) == Some(value)
}

/// Of all series that say this, or of all.
fn count(samples: &[Sample], name: &str, label: &str, value: &str) -> f64 {
    let is = |sample: &&Sample| {
        sample.metric == name && (label.is_empty() || says(sample, label, value))
    };
    let counts = samples.iter().filter(is).map(|sample| match &sample.value {
        Value::Counter(count) | Value::Gauge(count) | Value::Untyped(count) => *count,
        other => panic!("{name} {value}: {other:?}"),
    });
    counts.sum()
}

#[tokio::test]
async fn what_is_measured_is_what_is_documented() {
    let recorder = PrometheusBuilder::new().install_recorder().unwrap();
    describe_metrics();
    // Each value of each label of a counter is there from the beginning.
    let begun = scraped(&recorder);
    for (name, label, value) in values(|name| name.ends_with("_total")) {
        let is = |sample: &Sample| sample.metric == name && says(sample, &label, &value);
        assert!(begun.iter().any(is), "{name} {label}={value}");
    }
    published::all().await;
    watched::all().await;
    failed::all().await;
    requested::all().await;
    let samples = scraped(&recorder);

    let documented = documented();
    let told: BTreeSet<_> = samples.iter().map(name).map(str::to_owned).collect();
    assert_eq!(told, documented.keys().cloned().collect(), "names");
    for name in documented.keys() {
        assert!(recorder.render().contains(&format!("# HELP {name} ")), "{name} has no help");
    }
    for sample in &samples {
        let labels = &documented[name(sample)];
        for (label, value) in sample.labels.iter().filter(|(label, _)| *label != "quantile") {
            let values =
                labels.get(label).unwrap_or_else(|| panic!("{label} of {}", sample.metric));
            assert!(values.contains(value), "{} {label}={value}", sample.metric);
        }
    }
    // Each value of each label was seen, so none is there that cannot be.
    for (name, label, value) in values(|_| true) {
        assert!(count(&samples, &name, &label, &value) >= 1.0, "{name} {label}={value}");
    }
    for (name, least) in [
        ("order_events_fell_behind_total", 2.0),
        ("order_events_reclaimed_total", 1.0),
        ("order_events_heartbeats_total", 1.0),
        ("order_events_watch_points", 4.0),
        ("order_events_behind_streams", 3.0),
        ("order_events_catching_up_streams", 2.0),
        ("order_events_lag_events", 3.0),
        ("order_events_log_reachable", 1.0),
    ] {
        let count = count(&samples, name, "", "");
        assert!(count >= least, "{name}: {count}");
    }
}
