//! Whether a server keeps anything of those who have gone: looked at whenever everybody has.
//!
//! Streams, watch points, tasks and files are counted, and come back to what they were at the first
//! rest of a process. Memory is judged by a bound, since an allocator gives back when it likes: what
//! a process holds at rest stays within [`FACTOR`] times and [`SLACK`] of the most that it held at
//! rest in the first third of its rests, by when its log, its keys and its buffers have filled.

use std::time::Instant;

use tokio::time::sleep;

use crate::http::PATIENCE;
use crate::process::{LOOK_AGAIN, Node, Reading};

/// By how much memory at rest may be more later than in the beginning, in percent …
const FACTOR: u64 = 125;

/// … and in bytes.
const SLACK: u64 = 16 * 1024 * 1024;

/// How often a process must have come to rest before anything is said of its memory.
const RESTS: usize = 4;

/// Files and tasks that may be more at a rest than at the first: a connection of the engine that is
/// about to be closed, or is open for the first time.
const STRAYS: usize = 3;

/// What a server was seen to hold at rest.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    rests: Vec<(u32, Reading)>,
}

impl Growth {
    /// Waits until nothing is left of anybody, and takes note of what the server holds then.
    pub(crate) async fn rest(&mut self, node: &Node) -> Result<(), String> {
        let life = node.life();
        let first = self.rests.iter().find(|(of, _)| *of == life).map(|(_, reading)| *reading);
        let since = Instant::now();
        let mut before: Option<Reading> = None;
        loop {
            let now = node.read().await;
            if let Some(now) = now {
                let is_empty = now.vitals.streams == 0 && now.vitals.watch_points == 0;
                let is_as_before = match first.or(before) {
                    // Whatever the first rest is compared with, it is a rest.
                    None => false,
                    Some(then) => {
                        now.files <= then.files + STRAYS
                            && now.vitals.tasks <= then.vitals.tasks + STRAYS
                    }
                };
                if is_empty && is_as_before {
                    self.rests.push((life, now));
                    return Ok(());
                }
                before = is_empty.then_some(now);
            }
            if since.elapsed() > PATIENCE {
                let name = &node.name;
                return Err(format!(
                    "{name} keeps something of those who left: {now:?}, at its first rest {first:?}"
                ));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Whether memory stayed within its bound, for each life of the process.
    pub(crate) fn judge(&self, name: &str) -> Result<(), String> {
        for life in self.lives() {
            if life.len() < RESTS {
                continue;
            }
            let (warm, later) = life.split_at(life.len().div_ceil(3));
            let most =
                |rests: &[Reading]| rests.iter().map(|rest| rest.resident).max().unwrap_or(0);
            let (bound, most) = (most(warm) * FACTOR / 100 + SLACK, most(later));
            if most > bound {
                let all: Vec<u64> = life.iter().map(|rest| rest.resident >> 10).collect();
                return Err(format!("{name} grows beyond {} KiB: {all:?} KiB", bound >> 10));
            }
        }
        Ok(())
    }

    fn lives(&self) -> impl Iterator<Item = Vec<Reading>> {
        let lives = self.rests.chunk_by(|(one, _), (other, _)| one == other);
        lives.map(|life| life.iter().map(|(_, reading)| *reading).collect())
    }

    /// At the first and the last rest of the life that came to rest most often, and how often.
    pub(crate) fn longest(&self) -> Option<(Reading, Reading, usize)> {
        let life = self.lives().max_by_key(Vec::len)?;
        Some((*life.first()?, *life.last()?, life.len()))
    }
}
