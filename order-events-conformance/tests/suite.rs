//! The suite itself: complete, and able to fail.

use std::collections::BTreeSet;

use order_events_conformance::engine::{CASES, Retention, Rig, run};

#[test]
fn every_rule_has_a_case() {
    let named: BTreeSet<u8> = CASES.iter().flat_map(|case| case.rules).copied().collect();
    assert_eq!(named, (1..=21).collect());
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let names: BTreeSet<_> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len());
}

#[tokio::test]
async fn an_engine_that_cannot_be_opened_is_skipped_loudly() {
    async fn open(_: Retention) -> Option<Rig> {
        None
    }
    let report = run(&open).await;
    assert_eq!(report.skipped.len(), CASES.len());
    assert!(report.skipped.iter().all(|(_, why)| why.contains("Retention")));
    assert!(report.passed.is_empty() && report.failed.is_empty());
}

#[tokio::test]
async fn a_case_that_panics_is_reported_and_the_others_run() {
    async fn open(_: Retention) -> Option<Rig> {
        panic!("no log today")
    }
    let report = run(&open).await;
    assert_eq!(report.failed.len(), CASES.len());
    assert!(report.failed.iter().all(|(_, message)| message == "no log today"));
    assert!(report.to_string().contains("(rules [1]): no log today"));
}
