//! The example, run as a user runs it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::process::Command;

#[test]
fn recorded_changes_become_jobs_and_live_updates() {
    let ran = Command::new(env!("CARGO_BIN_EXE_provisioning")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).unwrap();
    let count = |what: &str| text.matches(what).count();
    // Two by approval, one by the numbered request; the repetition and the first request are known.
    assert_eq!((count("a new job"), count("a job that is known")), (3, 3), "{text}");
    assert_eq!(count("ExternalId"), 1, "{text}");
    assert_eq!(count("nothing: Internal"), 1, "{text}");
    assert_eq!(count("dead: data.payload.ChangeEventHeader.transactionKey: expected"), 1, "{text}");
    assert_eq!((count("Done"), count("Again")), (3, 2), "{text}");
    assert_eq!(count("activation Started"), 3, "{text}");
    assert_eq!(count("activation Completed"), 3, "{text}");
}
