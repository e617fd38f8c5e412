//! What was done, and what came of it, as a table.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::trouble::Act;
use crate::viewer::Habits;
use crate::witness::Counts;
use crate::world::World;

/// After so many rounds whatever is always done has been.
const ENOUGH: usize = 3;

pub(crate) fn print(worlds: &[World], took: Duration) {
    println!();
    for world in worlds {
        let given = world.given();
        println!("{}: {} rounds", world.name(), world.rounds());
        for (what, count) in always(world, &given) {
            line(what, count);
        }
        line("requests refused for now", sum(world, |habits| &habits.refused));
        line("connections broken", sum(world, |habits| &habits.broken));
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

/// What did not happen in a world that had the time for it: a soak that leaves out something is not
/// one that found nothing. What is done to servers is certain in a calm world only.
pub(crate) fn missing(world: &World) -> Option<&'static str> {
    let acts = [
        ("anybody revoked", Act::Revoke, world.is_calm()),
        ("a node drained", Act::Drain, world.is_calm()),
        ("Redis restarted", Act::RestartRedis, world.is_calm() && world.redis().is_some()),
    ];
    let acts = acts.into_iter().filter(|(_, _, is_certain)| *is_certain);
    let acts = acts.map(|(what, act, _)| (what, world.acts().get(&act).copied().unwrap_or(0)));
    let all = always(world, &world.given()).into_iter().chain(acts);
    all.filter(|_| world.rounds() >= ENOUGH).find(|(_, count)| *count == 0).map(|(what, _)| what)
}

/// What is done in every world, and what comes of it.
fn always(world: &World, given: &Counts) -> [(&'static str, u64); 10] {
    [
        ("published", world.published()),
        ("events given, each compared with the log", given.events),
        ("links compared, positions among them", given.links),
        ("snapshots given", given.snapshots),
        ("streams opened", sum(world, |habits| &habits.streams)),
        ("pages read", sum(world, |habits| &habits.pages)),
        ("readers frozen", sum(world, |habits| &habits.frozen)),
        ("readers left", sum(world, |habits| &habits.left)),
        ("connections killed", sum(world, |habits| &habits.killed)),
        ("begun afresh", sum(world, |habits| &habits.afresh)),
    ]
}

fn sum(world: &World, of: fn(&Habits) -> &AtomicU64) -> u64 {
    world.habits().map(|habits| of(habits).load(Ordering::Relaxed)).sum()
}

fn line(what: &str, count: u64) {
    println!("  {what:<44} {count:>9}");
}
