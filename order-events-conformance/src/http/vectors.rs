//! The bytes that every adapter answers with.

use std::fmt::Write as _;
use std::{env, fs};

use super::Report;

/// The variable of the environment that has [`run_all`](super::run_all) write `vectors/http.txt`
/// anew instead of comparing with it.
pub const WRITE_VECTORS: &str = "ORDER_EVENTS_WRITE_VECTORS";

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/http.txt");
const VECTORS: &str = include_str!("../../vectors/http.txt");

const HEAD: &str = "\
# What clients and servers say to each other in the cases of the HTTP suite, to the byte. Every
# adapter is compared with this file, and so with every other.
#
# Left out is what may differ between servers that are equal: dates, the order of headers, and where
# the chunks of a body begin. Line ends of requests and heads are shown as LF.
#
# Written by the suite itself. After a change that is meant, look at the difference of
#     ORDER_EVENTS_WRITE_VECTORS=1 cargo test -p order-events-axum --test conformance
# and run the tests of all adapters without it.
";

/// Fails each case that passed but said something else than the vectors have. What `is_whole` is
/// what they are written from, where they are to be written.
pub(super) fn compare(report: &mut Report, is_whole: bool) {
    if is_whole && env::var_os(WRITE_VECTORS).is_some() {
        let written = fs::write(FILE, file(report));
        written.unwrap_or_else(|error| panic!("cannot write {FILE}: {error}"));
        return;
    }
    for (name, transcript) in &report.transcripts {
        if let Some(difference) = difference(section(name), transcript) {
            println!("case {name} ... FAILED");
            report.passed.retain(|passed| passed != name);
            report.failed.push((name, difference));
        }
    }
}

fn file(report: &Report) -> String {
    let mut text = HEAD.to_owned();
    for (name, transcript) in report.transcripts.iter().filter(|(_, text)| !text.is_empty()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{}{transcript}", title(name));
    }
    text
}

fn title(name: &str) -> String {
    format!("== {name}\n")
}

/// What the vectors have of a case.
fn section(name: &str) -> &'static str {
    let Some((_, rest)) = VECTORS.split_once(&format!("\n{}", title(name))) else { return "" };
    rest.split_once("\n\n== ").map_or(rest, |(section, _)| section)
}

fn difference(expected: &str, found: &str) -> Option<String> {
    let (expected, found) = (expected.trim_end(), found.trim_end());
    if expected == found {
        return None;
    }
    let pairs = expected.lines().zip(found.lines());
    let same = pairs.take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(12);
    let around = |text: &str| {
        let lines: Vec<_> = text.lines().skip(from).take(same - from + 3).collect();
        lines.join("\n")
    };
    Some(format!(
        "other bytes than vectors/http.txt has\n--- expected\n{}\n--- found\n{}",
        around(expected),
        around(found)
    ))
}
