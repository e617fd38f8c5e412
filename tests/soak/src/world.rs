//! A service under soak: its nodes, its log, its tenants, who publishes and who watches; and the
//! rounds of chaos and rest that it goes through.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use fastrand::Rng;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Duration, sleep};

use crate::Result;
use crate::growth::Growth;
use crate::http::PATIENCE;
use crate::log::{Kept, Log};
use crate::process::{LOOK_AGAIN, Node, Redis};
use crate::publisher::Tenant;
use crate::trouble::Act;
use crate::viewer::{Habits, House, Phase, Viewer, Wrong, counted, lock};
use crate::witness::{Counts, Witness};

/// They have orders and customers of the same ids, so that what is confused shows.
const TENANTS: [&str; 2] = ["north", "south"];

/// Of each tenant.
const PUBLISHERS: usize = 2;
const VIEWERS: usize = 24;

/// How a world is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) adapters: &'static [&'static str],
    pub(crate) kept: Kept,
}

/// Every one: each adapter on its own, and both together on one Redis.
pub(crate) const PLANS: [Plan; 3] = [
    Plan { name: "axum in memory", adapters: &["axum"], kept: Kept::InMemory },
    Plan { name: "actix in memory", adapters: &["actix"], kept: Kept::InMemory },
    Plan { name: "axum and actix on Redis", adapters: &["axum", "actix"], kept: Kept::OnRedis },
];

pub(crate) struct World {
    name: String,
    // Dropped, and so ended, before the Redis that they are on.
    nodes: Vec<Arc<Node>>,
    redis: Option<Redis>,
    people: Vec<People>,
    phase: watch::Sender<Phase>,
    wrong: watch::Sender<Option<Wrong>>,
    publishing: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
    growth: Vec<Growth>,
    acts: BTreeMap<Act, u64>,
    counts: Counts,
    rounds: usize,
    is_calm: bool,
    rng: Rng,
}

/// A tenant, and who watches it.
struct People {
    tenant: Arc<Tenant>,
    house: Arc<House>,
    witnesses: Vec<Arc<Mutex<Witness>>>,
}

impl World {
    pub(crate) async fn start(
        plan: &Plan,
        seed: u64,
        is_calm: bool,
        wrong: watch::Sender<Option<Wrong>>,
    ) -> Result<Self> {
        let redis = match plan.kept {
            Kept::OnRedis => Some(Redis::start().await?),
            Kept::InMemory => None,
        };
        let mut nodes = Vec::new();
        for adapter in plan.adapters {
            let name = format!("{adapter} ({})", plan.name);
            nodes.push(Arc::new(Node::start(&name, adapter, redis.as_ref()).await?));
        }
        let mut world = Self {
            name: plan.name.to_owned(),
            growth: nodes.iter().map(|_| Growth::default()).collect(),
            nodes,
            redis,
            people: Vec::new(),
            phase: watch::Sender::new(Phase::Leave),
            wrong,
            publishing: Arc::default(),
            tasks: JoinSet::new(),
            acts: BTreeMap::new(),
            counts: Counts::default(),
            rounds: 0,
            is_calm,
            rng: Rng::with_seed(seed),
        };
        for name in TENANTS {
            world.settle_in(name, plan.kept);
        }
        Ok(world)
    }

    fn settle_in(&mut self, name: &str, kept: Kept) {
        let tenant = Arc::new(Tenant::new(name, self.nodes.clone(), Log::new(kept)));
        let house = Arc::new(House {
            name: self.name.clone(),
            is_in_memory: kept == Kept::InMemory,
            phase: self.phase.subscribe(),
            losses: AtomicUsize::new(0),
            wrong: self.wrong.clone(),
            left: Mutex::default(),
            habits: Habits::default(),
        });
        for _ in 0..PUBLISHERS {
            let rng = self.rng.fork();
            let publishing = Arc::clone(&self.publishing);
            self.tasks.spawn(publish(Arc::clone(&tenant), Arc::clone(&house), publishing, rng));
        }
        let mut witnesses = Vec::new();
        for nth in 0..VIEWERS {
            let viewer = Viewer::nth(&house, &tenant, nth, self.rng.fork());
            witnesses.push(viewer.shared_witness());
            self.tasks.spawn(viewer.live());
        }
        self.people.push(People { tenant, house, witnesses });
    }

    /// Chaos for so long, and then rest: everybody knows the truth, and, once they have gone, nothing
    /// is left of them.
    pub(crate) async fn round(&mut self, span: Duration) -> Result<()> {
        self.phase.send_replace(Phase::Chaos);
        self.trouble(span).await?;
        self.phase.send_replace(Phase::Settle);
        self.comes_true("publishers rest", |world| match world.publishing.load(Ordering::SeqCst) {
            0 => Ok(()),
            some => Err(format!("{some} publish")),
        })
        .await?;
        for node in &self.nodes {
            node.comes_to_peace().await?;
        }
        for people in &self.people {
            people.tenant.close_the_round(&mut self.rng).await?;
        }
        self.comes_true("everybody knows the truth", Self::all_know).await?;
        self.phase.send_replace(Phase::Leave);
        for (node, growth) in self.nodes.iter().zip(&mut self.growth) {
            growth.rest(node).await?;
        }
        self.all_know()?;
        for people in &self.people {
            let left = std::mem::take(&mut *lock(&people.house.left));
            self.counts.add(&counted(&left));
            let mut log = people.tenant.log();
            let behind = people.witnesses.iter().filter_map(|seen| lock(seen).stands_before(&log));
            let least = behind.min();
            log.forget(least);
        }
        self.rounds += 1;
        Ok(())
    }

    /// Waits for it.
    async fn comes_true(
        &self,
        what: &str,
        is_so: impl Fn(&Self) -> std::result::Result<(), String>,
    ) -> Result<()> {
        let since = Instant::now();
        while let Err(why) = is_so(self) {
            if since.elapsed() > PATIENCE {
                return Err(format!("{}: never: {what}: {why}", self.name).into());
            }
            for node in &self.nodes {
                node.is_alive()?;
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Compares what was given with the logs, which is wrong or right for good; then says who does
    /// not know the truth yet.
    fn all_know(&self) -> std::result::Result<(), String> {
        for People { tenant, house, witnesses } in &self.people {
            let mut log = tenant.log();
            let mut left = lock(&house.left);
            for witness in witnesses {
                let seen = lock(witness);
                seen.tell(&mut log).map_err(|wrong| self.is_wrong(&seen, wrong))?;
            }
            for seen in &*left {
                seen.tell(&mut log).map_err(|wrong| self.is_wrong(seen, wrong))?;
            }
            if let Err(wrong) = log.fold() {
                let wrong = format!("{}, {}: {wrong}", self.name, tenant.name);
                self.wrong.send_replace(Some(Wrong { what: wrong.clone(), recent: String::new() }));
                return Err(wrong);
            }
            for seen in &mut *left {
                seen.compare(&log).map_err(|wrong| self.is_wrong(seen, wrong))?;
            }
            for witness in witnesses {
                let mut seen = lock(witness);
                seen.compare(&log).map_err(|wrong| self.is_wrong(&seen, wrong))?;
            }
            for witness in witnesses {
                let seen = lock(witness);
                seen.is_current(&log)
                    .map_err(|why| format!("{}: {why}\n    {}", seen.who, seen.recent()))?;
            }
        }
        Ok(())
    }

    fn is_wrong(&self, seen: &Witness, what: String) -> String {
        let what = format!("{}: {what}", seen.who);
        self.wrong.send_replace(Some(Wrong { what: what.clone(), recent: seen.recent() }));
        what
    }

    /// Everybody goes home; whether anything grew that should not have.
    pub(crate) fn judge(&self) -> Result<()> {
        self.phase.send_replace(Phase::Over);
        for (node, growth) in self.nodes.iter().zip(&self.growth) {
            growth.judge(&node.name)?;
        }
        Ok(())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn rounds(&self) -> usize {
        self.rounds
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.is_calm
    }

    pub(crate) fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    pub(crate) fn redis(&self) -> Option<&Redis> {
        self.redis.as_ref()
    }

    pub(crate) fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    pub(crate) fn growth(&self) -> impl Iterator<Item = (&str, &Growth)> {
        self.nodes.iter().map(|node| &*node.name).zip(&self.growth)
    }

    pub(crate) fn habits(&self) -> impl Iterator<Item = &Habits> {
        self.people.iter().map(|people| &people.house.habits)
    }

    pub(crate) fn acts(&self) -> &BTreeMap<Act, u64> {
        &self.acts
    }

    pub(crate) fn published(&self) -> u64 {
        self.people.iter().map(|people| people.tenant.published.load(Ordering::Relaxed)).sum()
    }

    /// What all its viewers were given.
    pub(crate) fn given(&self) -> Counts {
        let mut counts = self.counts.clone();
        for witness in self.people.iter().flat_map(|people| &people.witnesses) {
            counts.add(&lock(witness).counts);
        }
        counts
    }

    pub(crate) fn count(&mut self, act: Act) {
        *self.acts.entry(act).or_default() += 1;
    }

    /// The principal of one of the viewers.
    pub(crate) fn any_viewer(&mut self) -> String {
        let tenant = self.rng.choice(TENANTS).unwrap_or_default();
        format!("viewer-{tenant}-{}", self.rng.usize(..VIEWERS))
    }

    /// Said before a loss and after it, so that whoever came to a cursor in between is excused.
    pub(crate) fn loses_logs(&self) {
        for people in &self.people {
            people.house.losses.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(crate) fn lost_logs(&self) {
        self.loses_logs();
        self.people.iter().for_each(|people| people.tenant.forget_orders());
    }

    /// Empties Redis while nobody publishes, so that it is known what is before it and what after.
    pub(crate) async fn flush(&self) -> Result<()> {
        let Some(redis) = &self.redis else { return Ok(()) };
        let mut gates = Vec::new();
        for people in &self.people {
            gates.push(people.tenant.gate.write().await);
        }
        self.loses_logs();
        redis.flush()?;
        self.people.iter().for_each(|people| people.tenant.log().lose());
        self.lost_logs();
        Ok(())
    }
}

/// Publishes whenever there is chaos.
async fn publish(
    tenant: Arc<Tenant>,
    house: Arc<House>,
    publishing: Arc<AtomicUsize>,
    mut rng: Rng,
) {
    let mut phase = house.phase.clone();
    while phase.wait_for(|phase| matches!(phase, Phase::Chaos | Phase::Over)).await.is_ok() {
        publishing.fetch_add(1, Ordering::SeqCst);
        let done = tenant.publish_on(&mut rng, || house.phase() == Phase::Chaos).await;
        publishing.fetch_sub(1, Ordering::SeqCst);
        if let Err(what) = done {
            let who = format!("a publisher of {}", house.name);
            return house.is_wrong(format!("{who}: {what}"), String::new());
        }
        if house.phase() == Phase::Over {
            return;
        }
        let _told = phase.wait_for(|phase| *phase != Phase::Chaos).await;
    }
}
