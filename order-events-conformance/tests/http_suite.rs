//! The HTTP suite itself: whole, and able to fail.

use std::collections::BTreeSet;

use order_events_conformance::http::{CASES, Server, run_some};
use order_events_core::Hub;
use order_events_sse::server::Door;

#[test]
fn every_case_has_a_name_of_its_own() {
    let names: BTreeSet<_> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.len());
}

#[test]
fn the_vectors_are_of_cases_that_there_are() {
    let vectors = include_str!("../vectors/http.txt");
    let titles: Vec<_> = vectors.lines().filter_map(|line| line.strip_prefix("== ")).collect();
    assert!(titles.len() > CASES.len() / 2, "most cases are compared: {titles:?}");
    for title in titles {
        assert!(CASES.iter().any(|case| case.name == title), "{title}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_start_fails_each_case_and_the_others_run() {
    async fn serve(_: Hub, _: Door) -> Server {
        panic!("no server today")
    }
    let report = run_some(&serve, |_| true).await;
    assert_eq!(report.failed.len(), CASES.len());
    assert!(report.failed.iter().all(|(_, message)| message == "no server today"));
    assert!(report.to_string().contains("no server today"));
}
