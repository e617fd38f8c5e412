//! A reader as a real client is one: it applies by version, keeps its cursor and comes back with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use order_events_core::{
    Cursor, Delivery, EndReason, Grant, Hub, OrderId, ResetReason, Resume, Scope, Subscription,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::support::facts::{Fact, Story, assert_same};
use crate::support::wait::{LOOK_AGAIN, until};

/// Watches until it is dropped.
#[derive(Debug)]
pub(crate) struct Viewer {
    name: String,
    seen: Arc<Mutex<Seen>>,
    wish: watch::Sender<Wish>,
    task: JoinHandle<()>,
}

/// What it has come to know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// Where it stands.
    pub(crate) cursor: Option<Cursor>,
    /// What it saw since the last reset, if there was one.
    pub(crate) facts: Vec<Fact>,
    /// The orders as it knows them.
    pub(crate) versions: BTreeMap<OrderId, u64>,
    pub(crate) resets: Vec<ResetReason>,
    /// Events that came twice.
    pub(crate) repeats: usize,
    /// Events that did not follow the one before, without a reset between.
    pub(crate) holes: Vec<String>,
    pub(crate) ends: Vec<EndReason>,
    /// How often it came, and was refused.
    pub(crate) visits: usize,
    pub(crate) refusals: usize,
    is_watching: bool,
    /// What the snapshots of orders told already, by the place of the last event in them: they may
    /// be newer than the place they are given at.
    told: BTreeMap<OrderId, u64>,
}

#[derive(Debug, Clone, Copy)]
struct Wish {
    is_away: bool,
    /// Grows with each connection that is to be given up for another.
    connection: usize,
    /// It goes to the next node after so many events.
    restless: Option<usize>,
}

impl Viewer {
    /// Begins on the first of the hubs, and goes on to the next at each connection.
    pub(crate) fn of(hubs: Vec<Hub>, grant: Grant, name: &str) -> Self {
        let wish = Wish { is_away: false, connection: 0, restless: None };
        let (wish, wished) = watch::channel(wish);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let reader = Reader { hubs, grant, seen: Arc::clone(&seen), wished };
        Self { name: name.to_owned(), seen, wish, task: tokio::spawn(reader.run()) }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until it has its beginning.
    pub(crate) async fn has_begun(&self) {
        until(&format!("{} has begun", self.name), || self.look(|seen| seen.cursor.is_some()))
            .await;
    }

    /// It loses its connection and comes back, to the next node.
    pub(crate) fn reconnect(&self) {
        self.wish.send_modify(|wish| wish.connection += 1);
    }

    /// It goes to the next node by itself after every so many events.
    pub(crate) fn reconnect_every(&self, events: usize) {
        self.wish.send_modify(|wish| wish.restless = Some(events));
    }

    /// It is offline, with its cursor, when this returns.
    pub(crate) async fn leave(&self) {
        self.wish.send_modify(|wish| wish.is_away = true);
        until(&format!("{} has left", self.name), || self.look(|seen| !seen.is_watching)).await;
    }

    /// It comes back with its cursor.
    pub(crate) fn come_back(&self) {
        self.wish.send_modify(|wish| wish.is_away = false);
    }

    /// Waits until it stands here. The epoch does not matter: who has everything is not told of a
    /// new one before something happens in it.
    pub(crate) async fn is_at(&self, place: Cursor) {
        let what = format!("{} stands at {place}", self.name);
        until(&what, || self.look(|seen| seen.cursor.is_some_and(|at| at.seq == place.seq))).await;
    }

    /// Waits until it has seen so many resets.
    pub(crate) async fn is_reset(&self, times: usize) {
        let what = format!("{} is reset for the {times}th time", self.name);
        until(&what, || self.look(|seen| seen.resets.len() >= times)).await;
    }

    fn look<T>(&self, at: impl FnOnce(&Seen) -> T) -> T {
        at(&self.seen.lock().unwrap())
    }

    /// It has the whole log, nothing twice, and was never reset.
    pub(crate) async fn saw_it_all(&self, log: &Story) {
        self.is_at(log.head).await;
        let seen = self.seen();
        let Self { name, .. } = self;
        assert!(seen.resets.is_empty(), "{name} was reset: {:?}", seen.resets);
        self.saw_no_hole(&seen);
        assert_same(name, &seen.facts, &log.facts);
    }

    /// It ends with the log's picture; what it missed was told.
    pub(crate) async fn ends_true(&self, log: &Story) {
        self.is_at(log.head).await;
        let seen = self.seen();
        self.saw_no_hole(&seen);
        if seen.resets.is_empty() {
            assert_same(&self.name, &seen.facts, &log.facts);
        }
        let mut truth = BTreeMap::new();
        for fact in &log.facts {
            truth.insert(fact.order.clone(), fact.version);
        }
        assert_eq!(seen.versions, truth, "{} has another picture than the log", self.name);
    }

    fn saw_no_hole(&self, seen: &Seen) {
        assert!(seen.holes.is_empty(), "{} saw holes: {:?}", self.name, seen.holes);
        assert_eq!(seen.repeats, 0, "{} saw events twice", self.name);
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Reader {
    hubs: Vec<Hub>,
    grant: Grant,
    seen: Arc<Mutex<Seen>>,
    wished: watch::Receiver<Wish>,
}

impl Reader {
    async fn run(mut self) {
        loop {
            if self.wished.wait_for(|wish| !wish.is_away).await.is_err() {
                return;
            }
            let hub =
                self.hubs[self.look(|seen| seen.visits + seen.refusals) % self.hubs.len()].clone();
            let resume = self.look(|seen| seen.cursor).map_or(Resume::Fresh, Resume::After);
            match hub.subscribe(self.grant.clone(), resume).await {
                Ok(watching) => {
                    self.look(|seen| (seen.visits, seen.is_watching) = (seen.visits + 1, true));
                    self.watch(watching).await;
                    self.look(|seen| seen.is_watching = false);
                }
                Err(_) => {
                    self.look(|seen| seen.refusals += 1);
                    sleep(LOOK_AGAIN).await;
                }
            }
        }
    }

    /// Until it ends, or another connection is wished for.
    async fn watch(&mut self, mut watching: Subscription) {
        let connection = self.wished.borrow_and_update().connection;
        let mut events = 0;
        loop {
            let Wish { is_away, connection: wanted, restless } = *self.wished.borrow();
            if is_away || wanted != connection || restless.is_some_and(|most| events >= most) {
                return;
            }
            // A driver polls now and then though nothing happens, as a door does at its heartbeat.
            let next = tokio::select! {
                next = timeout(LOOK_AGAIN * 10, watching.next()) => next,
                _ = self.wished.changed() => continue,
            };
            match next {
                Err(_nothing) => {}
                Ok(None) => return,
                Ok(Some(delivery)) => {
                    events += usize::from(matches!(delivery, Delivery::Event(_)));
                    let scope = &self.grant.scope().clone();
                    self.look(|seen| seen.take(scope, delivery));
                }
            }
        }
    }

    fn look<T>(&self, at: impl FnOnce(&mut Seen) -> T) -> T {
        at(&mut self.seen.lock().unwrap())
    }
}

impl Seen {
    fn take(&mut self, scope: &Scope, delivery: Delivery) {
        match delivery {
            Delivery::Reset(reset) => {
                self.resets.push(reset.reason);
                self.versions.clear();
                self.facts.clear();
                self.told.clear();
                // It stands nowhere before it has been brought to the present.
                self.cursor = None;
            }
            Delivery::Snapshot(snapshot) => {
                self.versions.insert(snapshot.order().clone(), snapshot.version());
                self.told.insert(snapshot.order().clone(), snapshot.seq());
                self.cursor = snapshot.cursor().or(self.cursor);
            }
            Delivery::Position(cursor) => self.cursor = Some(cursor),
            Delivery::Event(event) => self.take_event(scope, &event),
            Delivery::End(end) => self.ends.push(end.reason),
            other => panic!("something new: {other:?}"),
        }
    }

    fn take_event(&mut self, scope: &Scope, event: &order_events_core::Event) {
        let place = event.cursor();
        // Staff who watch everything see every seq; who watches an order, every version.
        let follows = match (scope, self.cursor) {
            (Scope::Tenant, Some(before)) => place.seq == before.seq + 1,
            (Scope::Tenant, None) => false,
            _ => self.versions.get(event.order()).is_none_or(|v| event.version() == v + 1),
        };
        if !follows {
            self.holes.push(format!("{place} after {:?}", self.cursor));
        }
        self.cursor = Some(place);
        if self.told.get(event.order()).is_some_and(|told| place.seq <= *told) {
            return;
        }
        let known = self.versions.get(event.order()).copied().unwrap_or(0);
        if event.version() <= known {
            self.repeats += 1;
            return;
        }
        self.versions.insert(event.order().clone(), event.version());
        self.facts.push(Fact::seen(event));
    }
}

/// Each saw the whole log, and was not reset.
pub(crate) async fn all_saw_it_all(viewers: &[Viewer], log: &Story) {
    for viewer in viewers {
        viewer.saw_it_all(log).await;
    }
}

/// Each was told that it had seen what is lost, and is left with what is so.
pub(crate) async fn all_are_reset(viewers: &[Viewer], log: &Story) {
    for viewer in viewers {
        viewer.is_reset(1).await;
        viewer.ends_true(log).await;
    }
}
