//! The suite that holds an HTTP adapter to what `order_events_sse::server` promises, over real
//! sockets.
//!
//! [`run_all`] prints a line for each of the [`CASES`] and panics at the end where any failed;
//! [`run_some`] prints nothing and hands back a [`Report`]. What the suite needs of an adapter is a
//! [`Subject`]: how to start a server.
//!
//! # Identical bytes
//!
//! What every exchange comes to is written down: the status line, the headers by name without the
//! date, and the body without the boundaries of its chunks. [`run_all`] compares that with
//! `vectors/http.txt`, so two adapters that pass it answer alike to the byte. Epochs, times and
//! whatever is spread at random are the same in every run; cases whose course depends on the moment
//! are left out.
//!
//! # Three ways to mount
//!
//! An adapter offers the ready-made routes; an extractor and an answer for handlers of the user's
//! own; and the bare body. Clients do not see which was taken, so a subject that mounts handlers of
//! its own at the same paths is held to the same bytes. A handler asks [`Door::grant`] and opens the
//! request with that; the bare body is had from [`bare_stream`], under [`STREAM_HEAD`], and held to
//! all cases [but these](NOT_OF_THE_BARE_BODY).
//!
//! [`Door::grant`]: order_events_sse::server::Door::grant
//!
//! # What the suite does not assume
//!
//! - *A framework, or a runtime of the server's.* The suite itself must be run within a Tokio
//!   runtime whose I/O and time are on and not paused.
//! - *Speed.* It waits for what must come, for a long time at most, and for nothing else.

mod bare;
mod cases;
mod client;
mod lab;
mod people;
mod subject;
mod vectors;

use std::fmt;

pub use bare::{NOT_OF_THE_BARE_BODY, STREAM_HEAD, bare_stream};
pub use cases::CASES;
use client::Patience;
pub use lab::Lab;
pub use subject::{Server, Subject};
pub use vectors::WRITE_VECTORS;

use crate::engine::BoxFuture;
use crate::trial::attempt;

/// One behaviour that every adapter has.
pub struct Case {
    /// What the server does, in words.
    pub name: &'static str,
    /// Tries it. A panic is a failure.
    pub run: for<'a> fn(&'a Lab<'a>) -> BoxFuture<'a, ()>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The cases that passed.
    pub passed: Vec<&'static str>,
    /// Those that failed, with the message.
    pub failed: Vec<(&'static str, String)>,
    /// What was said in each; empty where a case takes another course each time.
    pub transcripts: Vec<(&'static str, String)>,
}

/// Tries every case, compares what was said with the vectors, prints what came of each, and panics
/// at the end where any failed.
///
/// # Panics
///
/// Where a case failed: with the names and messages of all that did.
pub async fn run_all(subject: &impl Subject) -> Report {
    run_all_but(subject, &[]).await
}

/// Tries every case but those that are named with a reason why they cannot apply, which is printed.
///
/// # Panics
///
/// As [`run_all`]; and where there is no case of a name.
pub async fn run_all_but(subject: &impl Subject, left_out: &[(&str, &str)]) -> Report {
    for (name, _) in left_out {
        assert!(CASES.iter().any(|case| case.name == *name), "there is no case {name}");
    }
    let mut report = Report::default();
    for case in CASES {
        if let Some((name, reason)) = left_out.iter().find(|(name, _)| *name == case.name) {
            println!("case {name} ... skipped: {reason}");
            continue;
        }
        try_case(subject, case, &mut report).await;
        let failed = report.failed.iter().any(|(name, _)| *name == case.name);
        println!("case {} ... {}", case.name, if failed { "FAILED" } else { "ok" });
    }
    vectors::compare(&mut report, left_out.is_empty());
    println!("{} passed, {} failed", report.passed.len(), report.failed.len());
    assert!(report.failed.is_empty(), "the adapter breaks its contract:{report}");
    report
}

/// Tries the cases that are chosen, quietly: while you work on one of them, say. Bytes are not
/// compared.
pub async fn run_some(subject: &impl Subject, choose: impl Fn(&Case) -> bool) -> Report {
    let mut report = Report::default();
    for case in CASES.iter().filter(|case| choose(case)) {
        try_case(subject, case, &mut report).await;
    }
    report
}

async fn try_case(subject: &dyn Subject, case: &Case, report: &mut Report) {
    let lab = Lab::new(subject);
    // Heartbeats alone could keep a case waiting for ever.
    let patience = Patience(subject.patience() * 3);
    let running = async { patience.until("its end", (case.run)(&lab)).await };
    let came = attempt(Box::pin(running)).await;
    // A server is stopped whatever its case came to.
    let transcript = attempt(Box::pin(lab.close())).await;
    match came.and(transcript) {
        Ok(transcript) => {
            report.passed.push(case.name);
            report.transcripts.push((case.name, transcript));
        }
        Err(message) => report.failed.push((case.name, message)),
    }
}

impl fmt::Display for Report {
    /// The failures, one a paragraph.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, message) in &self.failed {
            write!(f, "\n{name}: {message}")?;
        }
        Ok(())
    }
}
