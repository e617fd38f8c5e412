//! The example, run as a user runs it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn every_purchase_order_comes_into_the_shop_and_one_of_them_at_the_second_attempt() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_po-workflow"))
        .env("PORT", "0")
        .env("PACE", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("listening on http://127.0.0.1:"));
    // Four orders of three stages, and what failed.
    let told: Vec<_> = lines.by_ref().take(13).collect();
    let pid = program.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(program.wait().unwrap().success());
    assert_eq!(lines.next(), None, "nothing is told twice");

    let of = |order: &str| -> Vec<_> {
        told.iter().filter_map(|line| line.strip_prefix(order)?.strip_prefix(' ')).collect()
    };
    let expected = [
        "ai-parsing: confidence 0.81, lineItems 10",
        "database-save: rows 10",
        "shop-sync: the shop did not answer within 5 s",
        "shop-sync: shopOrder S-4713",
    ];
    assert_eq!(of("PO-4713"), expected);
    for order in ["PO-4711", "PO-4712", "PO-4714"] {
        assert_eq!(of(order).len(), 3, "{told:?}");
        assert!(!of(order).concat().contains("did not answer"), "{told:?}");
    }
}
