//! Draws a lifecycle from its table, so that a drawing in the docs can be checked against it.
//!
//! ```
//! use order_events_core::{OrderStatus, diagram};
//!
//! println!("{}", diagram::text::<OrderStatus>());
//! assert!(diagram::mermaid::<OrderStatus>().contains("PENDING --> PROCESSING\n"));
//! ```
//!
//! The drawings are for tables that pass [`check`](crate::lifecycle::check). Statuses and moves
//! come in the order in which the table has them, so that equal tables give equal drawings.

use crate::lifecycle::{Finality, Lifecycle};

/// A Mermaid `stateDiagram-v2`, which GitHub and many documentation tools render. Ends with a line
/// break. Mermaid has keywords of its own: a status called `NOTE`, say, will not render.
pub fn mermaid<L: Lifecycle>() -> String {
    let mut out = String::from("stateDiagram-v2\n");
    let mut edge = |from: &str, to: &str| out.extend(["    ", from, " --> ", to, "\n"]);
    edge("[*]", L::INITIAL.token());
    for status in L::ALL {
        for to in status.next() {
            edge(status.token(), to.token());
        }
        if status.is_final() {
            edge(status.token(), "[*]");
        }
    }
    out
}

/// Plain text, one line for each status: what it may become, or that it is final. An arrow in front
/// marks where orders begin. Ends with a line break.
///
/// ```
/// # use order_events_core::{OrderStatus, diagram};
/// let drawing = diagram::text::<OrderStatus>();
/// assert_eq!(drawing.lines().next(), Some("─▶ PENDING    ─▶ PROCESSING, CANCELLED"));
/// assert_eq!(drawing.lines().nth(3), Some("   DELIVERED  ─▶ REFUNDED (quiet)"));
/// assert_eq!(drawing.lines().last(), Some("   REFUNDED   ■  final"));
/// ```
pub fn text<L: Lifecycle>() -> String {
    let width = L::ALL.iter().map(|status| status.token().len()).max().unwrap_or(0);
    let mut out = String::new();
    for &status in L::ALL {
        let start = if status == L::INITIAL { "─▶" } else { "  " };
        let token = status.token();
        let next = status.next().iter().map(|to| to.token()).collect::<Vec<_>>().join(", ");
        let exits = match status.finality() {
            Finality::Open => format!("─▶ {next}"),
            Finality::Quiet => format!("─▶ {next} (quiet)"),
            Finality::Final => "■  final".to_owned(),
        };
        out.push_str(&format!("{start} {token:width$} {exits}\n"));
    }
    out
}
