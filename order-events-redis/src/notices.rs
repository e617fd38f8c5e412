//! What nodes tell each other: a short stream that every node reads on from where it was.
//!
//! It is read twice a second and not by wake-ups, so that a node that was away for a while learns of
//! what it missed in the same way as any other.

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

/// Before every id.
const BEGIN: &str = "0-0";

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

    /// Where the stream ends now: nodes that come later are told what comes later.
    pub(crate) async fn end(&self) -> Result<String, EngineError> {
        let last = cmd("XREVRANGE").arg(&self.key).arg("+").arg("-").arg("COUNT").arg(1).to_owned();
        let last = self.ask(last).await.map_err(|failure| self.failed(failure))?;
        let last = entries(&last).ok_or_else(|| foreign(&self.key))?;
        Ok(last.first().map_or(BEGIN, |(id, _)| id).to_owned())
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

    /// Reads on from `last` until it is aborted.
    pub(crate) async fn run(self: Arc<Self>, mut last: String) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.bell.notified() => {}
            }
            // What could not be read now is still there the next time.
            while let Some(read) = self.read(&last).await {
                let is_all = read.len() < AT_ONCE;
                let is_there = read.first().is_some_and(|(id, _)| *id == last);
                for (id, fields) in read.into_iter().skip(usize::from(is_there)) {
                    self.tell(&fields);
                    last = id;
                }
                if !is_there && self.is_behind(&last).await {
                    last = BEGIN.to_owned();
                }
                if is_all {
                    break;
                }
            }
        }
    }

    /// From this place on, which is still there unless it was trimmed away, or lost.
    async fn read(&self, last: &str) -> Option<Vec<(String, Vec<String>)>> {
        let mut read = cmd("XRANGE");
        read.arg(&self.key).arg(last).arg("+").arg("COUNT").arg(AT_ONCE);
        entries(&self.ask(read).await.ok()?)
    }

    /// Whether the stream ends before this place: it was lost, or its end was, and by a clock that is
    /// behind it would be long before what is told now comes after it. To tell a notice again ends
    /// streams that may begin anew; to tell it not at all leaves them open.
    async fn is_behind(&self, last: &str) -> bool {
        self.end().await.is_ok_and(|end| place(&end) < place(last))
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

/// `[[id, [field, value, …]]…]`
fn entries(value: &Value) -> Option<Vec<(String, Vec<String>)>> {
    redis::from_redis_value_ref(value).ok()
}
