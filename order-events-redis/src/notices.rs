//! What nodes tell each other: a short stream that every node reads on from where it was.
//!
//! It is read twice a second and not by wake-ups, so that a node that was away for a while learns of
//! what it missed in the same way as any other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use order_events_core::Principal;
use order_events_core::engine::{EngineError, Node, Notice};
use redis::{Cmd, Value, cmd};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use crate::error::{Failure, foreign};
use crate::keys::Prefix;
use crate::link::Link;

/// How often the stream is read. A notice must reach every node within a second.
const EVERY: Duration = Duration::from_millis(400);

/// How many notices are kept: as many as a node may miss while it is away.
const KEPT: usize = 10_000;

/// How many are read at once.
const AT_ONCE: usize = 256;

/// How many of the last a node remembers: as many may be lost by a failover without any before them
/// being told again.
const REMEMBERED: usize = 256;

/// Before every id, as Redis writes it.
const BEGIN: &str = "-";

/// See the [module](self).
pub(crate) struct Notices {
    link: Arc<Link>,
    key: String,
    slot: u16,
    nodes: Mutex<Vec<Weak<dyn Node>>>,
    bell: Notify,
}

impl Notices {
    pub(crate) fn new(link: Arc<Link>, prefix: &Prefix) -> Arc<Self> {
        let (key, slot) = prefix.notices();
        Arc::new(Self { link, key, slot, nodes: Mutex::default(), bell: Notify::new() })
    }

    pub(crate) fn slot(&self) -> u16 {
        self.slot
    }

    /// Where the stream ends now, by its last ids: nodes that come later are told what comes later.
    pub(crate) async fn end(&self) -> Result<VecDeque<String>, EngineError> {
        let mut last = cmd("XREVRANGE");
        last.arg(&self.key).arg("+").arg("-").arg("COUNT").arg(REMEMBERED);
        let last = self.ask(last).await.map_err(|failure| self.failed(failure))?;
        let last = entries(&last).ok_or_else(|| foreign(&self.key))?;
        Ok(last.into_iter().rev().map(|(id, _)| id).collect())
    }

    pub(crate) fn attend(&self, node: Weak<dyn Node>) {
        let mut nodes = self.lock();
        nodes.retain(|node| node.strong_count() > 0);
        nodes.push(node);
    }

    pub(crate) async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        let (kind, whom) = match &notice {
            Notice::Revoked(principal) => ("revoked", principal.as_str()),
            _ => return Err(EngineError::unavailable("a notice that this version does not know")),
        };
        let mut add = cmd("XADD");
        add.arg(&self.key).arg("MAXLEN").arg("~").arg(KEPT).arg("*").arg(kind).arg(whom);
        self.ask(add).await.map_err(|failure| match failure.code() {
            Some("WRONGTYPE") => foreign(&self.key),
            _ => failure.of_writing("announcing"),
        })?;
        self.bell.notify_one();
        Ok(())
    }

    /// Reads on from what is known until it is aborted.
    pub(crate) async fn run(self: Arc<Self>, mut known: VecDeque<String>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.bell.notified() => {}
            }
            // What could not be read now is still there the next time.
            while let Some(news) = self.news(&mut known).await
                && !news.is_empty()
            {
                for (id, fields) in news {
                    self.tell(&fields);
                    known.push_back(id);
                }
                known.drain(..known.len().saturating_sub(REMEMBERED));
            }
        }
    }

    /// What comes after the last that is known and is still there.
    ///
    /// One that is not there was trimmed away with all before it, or it was lost, by a flush or by a
    /// failover. What was told since then has the ids of another clock, and these may be less than
    /// those that were lost: it is looked for after the last that was not.
    async fn news(&self, known: &mut VecDeque<String>) -> Option<Vec<Entry>> {
        loop {
            let Some(last) = known.back() else { return self.range(BEGIN, AT_ONCE).await };
            let mut news = self.range(last, AT_ONCE).await?;
            if news.first().is_some_and(|(id, _)| id == last) {
                news.remove(0);
                return Some(news);
            }
            let first = self.range(BEGIN, 1).await?;
            if first.first().is_some_and(|(id, _)| place(id) > place(last)) {
                return Some(news);
            }
            known.pop_back();
        }
    }

    async fn range(&self, from: &str, count: usize) -> Option<Vec<Entry>> {
        let mut read = cmd("XRANGE");
        read.arg(&self.key).arg(from).arg("+").arg("COUNT").arg(count);
        entries(&self.ask(read).await.ok()?)
    }

    fn tell(&self, fields: &[String]) {
        // Notices of a later version are not for this one.
        let [kind, whom] = fields else { return };
        let Ok(principal) = Principal::new(whom) else { return };
        if kind != "revoked" {
            return;
        }
        let nodes: Vec<_> = self.lock().iter().filter_map(Weak::upgrade).collect();
        for node in nodes {
            node.notice(&Notice::Revoked(principal.clone()));
        }
    }

    async fn ask(&self, command: Cmd) -> Result<Value, Failure> {
        self.link.ask(self.slot, command).await
    }

    fn failed(&self, failure: Failure) -> EngineError {
        match failure.code() {
            Some("WRONGTYPE") => foreign(&self.key),
            _ => failure.of_reading("reading what nodes tell each other"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<dyn Node>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parts of an id, which is `<milliseconds>-<number>`.
fn place(id: &str) -> Option<(u64, u64)> {
    let (millis, number) = id.split_once('-')?;
    Some((millis.parse().ok()?, number.parse().ok()?))
}

/// An id, and fields with their values.
type Entry = (String, Vec<String>);

/// `[[id, [field, value, …]]…]`
fn entries(value: &Value) -> Option<Vec<Entry>> {
    redis::from_redis_value_ref(value).ok()
}
