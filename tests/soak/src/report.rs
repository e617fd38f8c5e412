//! What was done, and what came of it, as a table.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::viewer::Habits;
use crate::world::World;

pub(crate) fn print(worlds: &[World], took: Duration) {
    println!();
    for world in worlds {
        let given = world.given();
        let sum = |of: fn(&Habits) -> &AtomicU64| -> u64 {
            world.habits().map(|habits| of(habits).load(Ordering::Relaxed)).sum()
        };
        println!("{}: {} rounds", world.name(), world.rounds());
        line("published", world.published());
        line("events given, each compared with the log", given.events);
        line("links compared, positions among them", given.links);
        line("snapshots given", given.snapshots);
        line("streams opened", sum(|habits| &habits.streams));
        line("pages read", sum(|habits| &habits.pages));
        line("readers frozen", sum(|habits| &habits.frozen));
        line("readers left", sum(|habits| &habits.left));
        line("connections killed", sum(|habits| &habits.killed));
        line("begun afresh", sum(|habits| &habits.afresh));
        line("requests refused for now", sum(|habits| &habits.refused));
        line("connections broken", sum(|habits| &habits.broken));
        for (what, counted) in [("reset", &given.resets), ("end", &given.ends)] {
            for (reason, count) in counted {
                line(&format!("{what}: {reason}"), *count);
            }
        }
        for (act, count) in world.acts() {
            line(&format!("{act:?}"), *count);
        }
        for (node, growth) in world.growth() {
            let Some((first, last, rests)) = growth.longest() else { continue };
            println!(
                "  at rest, {node}, {rests} times: memory {} to {} KiB, files {} to {}, tasks {} to {}",
                first.resident >> 10,
                last.resident >> 10,
                first.files,
                last.files,
                first.vitals.tasks,
                last.vitals.tasks,
            );
        }
    }
    println!("{:.0} s", took.as_secs_f64());
}

fn line(what: &str, count: u64) {
    println!("  {what:<44} {count:>9}");
}
