//! The same in the terminal: bars, or where nobody looks at a terminal a line for each stage.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use order_events_axum::{Delivery, EventKind, OrderEvent, OrderId, StageState, Subscription};
use serde_json::Value;

use crate::import::STAGES;

/// Characters of a bar.
const WIDTH: usize = 24;

/// Takes the terminal's cursor so many lines up, and wipes what follows.
fn rewind(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!("\x1b[{lines}F\x1b[J") }
}

#[derive(Debug, Clone, Default)]
struct Bar {
    percent: u8,
    said: String,
    has_failed: bool,
}

#[derive(Debug, Default)]
struct Board {
    orders: BTreeMap<OrderId, [Bar; STAGES.len()]>,
    /// Lines that are drawn.
    lines: usize,
}

/// Shows what is told until it is over.
pub(crate) async fn show(mut watching: Subscription) {
    let is_terminal = std::io::stdout().is_terminal();
    let mut board = Board::default();
    while let Some(delivery) = watching.next().await {
        let Delivery::Event(event) = delivery else { continue };
        let line = board.apply(event.decode());
        if is_terminal {
            board.draw();
        } else if let Some(line) = line {
            println!("{line}");
        }
    }
}

impl Board {
    /// A line on it, where it is more than progress.
    fn apply(&mut self, event: OrderEvent) -> Option<String> {
        let bars = self.orders.entry(event.order_id.clone()).or_default();
        let (stage, state, percent, said) = match event.kind {
            EventKind::Progress { stage: Some(stage), percent, message, .. } => {
                (stage, StageState::Started, Some(percent), message)
            }
            EventKind::Stage { stage, state, result, reason, .. } => match state {
                StageState::Started => (stage, state, Some(0), None),
                StageState::Completed => (stage, state, Some(100), result.as_ref().map(words)),
                // How far it came stays to be seen.
                StageState::Failed => (stage, state, None, reason),
            },
            _ => return None,
        };
        let place = STAGES.iter().position(|name| *name == stage)?;
        let bar = &mut bars[place];
        bar.percent = percent.unwrap_or(bar.percent);
        bar.said = said.unwrap_or_default();
        bar.has_failed = state == StageState::Failed;
        (state != StageState::Started).then(|| format!("{} {stage}: {}", event.order_id, bar.said))
    }

    fn draw(&mut self) {
        let mut text = rewind(self.lines);
        for (order, bars) in &self.orders {
            text.push_str(&format!("{order}\n"));
            for (name, Bar { percent, said, has_failed }) in STAGES.iter().zip(bars) {
                let full = usize::from(*percent) * WIDTH / 100;
                let bar = "█".repeat(full) + &"░".repeat(WIDTH - full);
                let (red, plain) = if *has_failed { ("\x1b[31m", "\x1b[0m") } else { ("", "") };
                text.push_str(&format!("  {name:<14}{red}{bar} {percent:>3} %  {said}{plain}\n"));
            }
        }
        self.lines = self.orders.len() * (1 + STAGES.len());
        // Nobody is there to be told where it fails.
        let _gone = std::io::stdout().write_all(text.as_bytes());
    }
}

/// What a stage found: `confidence 0.97, lineItems 12`.
fn words(result: &Value) -> String {
    let fields = result.as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| match value {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    });
    let mut fields: Vec<_> = fields.collect();
    // Whatever order serde_json was built to keep them in.
    fields.sort_unstable();
    fields.join(", ")
}
