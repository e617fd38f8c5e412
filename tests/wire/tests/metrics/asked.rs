//! What rules, panels and the documentation ask for: a name or a label that is misspelt is answered by
//! nothing, which looks like all being well.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::documented;

/// Set by Prometheus, and said by a histogram's buckets and by alerts themselves.
const NOT_OURS: [&str; 4] = ["instance", "job", "le", "alertname"];

#[test]
fn whatever_is_asked_for_is_documented() {
    let documentation = include_str!("../../../../docs/observability.md");
    let (_, alerts) = documentation.split_once("### What to be woken for\n").unwrap();
    let (alerts, _) = alerts.split_once("\n## ").unwrap();
    assert_documented(&alerts.replace("\\|", "|"));
    assert_documented(include_str!("../../../../examples/observability/alerts.yml"));
    assert_documented(include_str!("../../../../examples/observability/alerts.test.yml"));
    let dashboard = include_str!("../../../../examples/observability/dashboard.json");
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            assert_documented(target["expr"].as_str().unwrap());
        }
    }
}

/// Every metric, every label and every value of one that these expressions name.
fn assert_documented(expressions: &str) {
    let documented = documented();
    let mut theirs: BTreeSet<&str> = NOT_OURS.into();
    let begins = expressions.match_indices("order_events_").map(|(at, _)| &expressions[at..]);
    for asked in begins {
        let end = asked.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(asked.len());
        let (name, rest) = asked.split_at(end);
        let parts = ["_bucket", "_sum", "_count"];
        let name = parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
        let labels = documented.get(name).unwrap_or_else(|| panic!("{name}: {expressions}"));
        theirs.extend(labels.keys().map(String::as_str));
        let matchers = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        for matcher in matchers.into_iter().flat_map(|(matchers, _)| matchers.split(',')) {
            let (label, rest) = matcher.split_once(['=', '!']).unwrap();
            let label = label.trim();
            if NOT_OURS.contains(&label) {
                continue;
            }
            let values = labels.get(label).unwrap_or_else(|| panic!("{name} has no {label}"));
            for value in rest.trim_matches(['=', '~', '"']).split('|') {
                assert!(values.contains(value), "{name} {label}={value}");
            }
        }
    }
    assert!(expressions.contains("order_events_"), "{expressions}");
    for grouping in ["by (", "without ("] {
        for by in expressions.split(grouping).skip(1) {
            let (labels, _) = by.split_once(')').unwrap();
            for label in labels.split(", ") {
                assert!(theirs.contains(label), "{grouping}{labels}): {expressions}");
            }
        }
    }
}
