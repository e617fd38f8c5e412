//! The suite that holds an engine to the numbered contract of [`order_events_core::engine`].
//!
//! [`run_all`] prints a line for each of the [`CASES`] and panics at the end where any failed;
//! [`run`] and [`run_some`] print nothing and hand back a [`Report`]. What the suite needs of an engine is a
//! [`Subject`].
//!
//! # What the suite does not assume
//!
//! - *A runtime.* It spawns nothing. Where things should happen at once it asks
//!   [`Subject::race`], and where it must wait it asks [`Subject::settle`] and looks again.
//! - *Speed.* Tails may be told late; only [`Subject::patience`] bounds how often is looked.
//! - *Exact retention.* An engine may hold more than it was told to, but it must trim at last.
//! - *A clock.* The suite's drafts carry their time, and [`Subject::pass`] lets it pass for engines
//!   which look at a clock of their own.

mod append;
mod cancel;
mod cases;
mod customers;
mod drafting;
mod errors;
mod follow;
mod forgetting;
mod history;
mod keys;
mod lab;
mod model;
mod nodes;
mod random;
mod retention;
mod seam;
mod snapshots;
mod subject;
mod tail;
mod timeline;
mod together;

use std::fmt;

pub use cases::CASES;
pub use lab::Lab;
pub use subject::{Retention, Rig, Subject};
pub use together::{BoxFuture, at_once, on_threads, yield_now};

use crate::trial::attempt;

/// One behaviour that every engine has.
pub struct Case {
    /// What the engine does, in words.
    pub name: &'static str,
    /// The rules of the contract that it shows. None where only the documentation of a method
    /// promises it.
    pub rules: &'static [u8],
    /// Tries it. A panic is a failure.
    pub run: for<'a> fn(&'a Lab<'a>) -> BoxFuture<'a, Outcome>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("rules", &self.rules).finish()
    }
}

/// What a case that did not fail came to.
pub type Outcome = Result<(), Skipped>;

/// The engine cannot be put into the situation: the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped(pub String);

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The cases that passed.
    pub passed: Vec<&'static str>,
    /// Those that could not be tried, with the reason.
    pub skipped: Vec<(&'static str, String)>,
    /// Those that failed, with the message.
    pub failed: Vec<(&'static str, String)>,
}

/// Tries every case, prints what came of each, and panics at the end where any failed.
///
/// # Panics
///
/// Where a case failed: with the names and messages of all that did.
pub async fn run_all(subject: &impl Subject) {
    let tell = |case: &Case, came: &Came| match came {
        Came::Passed => println!("case {} ... ok", case.name),
        Came::Skipped(why) => println!("case {} ... skipped: {why}", case.name),
        Came::Failed(_) => println!("case {} ... FAILED", case.name),
    };
    let report = run_cases(subject, |_| true, tell).await;
    println!(
        "{} passed, {} failed, {} skipped",
        report.passed.len(),
        report.failed.len(),
        report.skipped.len()
    );
    assert!(report.failed.is_empty(), "the engine breaks its contract:{report}");
}

/// Tries every case quietly.
pub async fn run(subject: &impl Subject) -> Report {
    run_some(subject, |_| true).await
}

/// Tries the cases that are chosen, quietly: while you work on one rule, say.
pub async fn run_some(subject: &impl Subject, choose: impl Fn(&Case) -> bool) -> Report {
    run_cases(subject, choose, |_, _| {}).await
}

enum Came {
    Passed,
    Skipped(String),
    Failed(String),
}

async fn run_cases(
    subject: &impl Subject,
    choose: impl Fn(&Case) -> bool,
    told: impl Fn(&Case, &Came),
) -> Report {
    let mut report = Report::default();
    for case in CASES.iter().filter(|case| choose(case)) {
        let came = try_case(subject, case).await;
        told(case, &came);
        match came {
            Came::Passed => report.passed.push(case.name),
            Came::Skipped(why) => report.skipped.push((case.name, why)),
            Came::Failed(message) => report.failed.push((case.name, message)),
        }
    }
    report
}

async fn try_case(subject: &impl Subject, case: &Case) -> Came {
    let lab = Lab::new(subject);
    // The call itself may panic as well as any later poll of it, so both are inside.
    match attempt(Box::pin(async { (case.run)(&lab).await })).await {
        Ok(Ok(())) => Came::Passed,
        Ok(Err(Skipped(why))) => Came::Skipped(why),
        Err(message) => Came::Failed(message),
    }
}

impl fmt::Display for Report {
    /// The failures, one a paragraph.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, message) in &self.failed {
            let rules = CASES.iter().find(|case| case.name == *name).map_or(&[][..], |c| c.rules);
            write!(f, "\n{name} (rules {rules:?}): {message}")?;
        }
        Ok(())
    }
}
