//! One tail for the whole process: it hears of what is appended anywhere to the tenants that are
//! followed here, and passes it on in order.
//!
//! A wake-up (sharded pub/sub, one connection for each primary) carries the event itself, and is
//! only a hint: what counts is the log. Every event is checked for being the next; a gap is healed
//! from the log, a lost wake-up is noticed by looking at the heads now and then, and a lost
//! connection is replaced and what came meanwhile is read. Only where the log itself has lost what
//! was passed on, or no longer has what should be, are readers told to look for themselves.

mod followed;
mod wake;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use order_events_core::engine::{Cause, EngineError, Follow, HistoryLimit, Record, Tail};
use order_events_core::{Audience, CustomerId, Epoch, Scope, TenantId};
use redis::RedisError;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::history::{LAST_PLACE, Wanted, page};
use crate::keys::Prefix;
use crate::link::Link;
use crate::script::Scripts;
use followed::{Followed, Need, Stand};
use wake::Wake;

/// The least and the most time between two attempts, but for jitter.
const LEAST_GAP: Duration = Duration::from_millis(50);
const MOST_GAP: Duration = Duration::from_secs(2);

/// How much of a gap is read at once.
const HEALED: HistoryLimit =
    HistoryLimit { audience: Audience::Staff, events: 256, bytes: 4 * 1024 * 1024 };

/// See the [module](self).
pub(crate) struct Tails {
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    prefix: Prefix,
    /// By the name of the channel, which is one for each tenant.
    followed: Mutex<HashMap<String, Arc<Followed>>>,
    /// Those that need something, and who is told so.
    needy: Mutex<Vec<Arc<Followed>>>,
    bell: Notify,
    /// The connections that wake, by the server they are to.
    wakes: tokio::sync::Mutex<Vec<Arc<Wake>>>,
}

impl Tails {
    pub(crate) fn new(link: Arc<Link>, scripts: Arc<Scripts>, prefix: Prefix) -> Arc<Self> {
        Arc::new(Self {
            link,
            scripts,
            prefix,
            followed: Mutex::default(),
            needy: Mutex::default(),
            bell: Notify::new(),
            wakes: tokio::sync::Mutex::default(),
        })
    }

    /// Sees to whoever needs something, until it is aborted.
    pub(crate) async fn run(self: Arc<Self>, poll: Duration) {
        let mut ticks = tokio::time::interval(poll);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seeing = JoinSet::new();
        let mut looking = JoinSet::new();
        loop {
            for followed in std::mem::take(&mut *lock(&self.needy)) {
                if followed.begin() {
                    seeing.spawn(Arc::clone(&self).see_to(followed));
                }
            }
            tokio::select! {
                () = self.bell.notified() => {}
                _ = ticks.tick() => {
                    // One look at a time, however long it takes.
                    if looking.is_empty() {
                        let its = Arc::clone(&self);
                        looking.spawn(async move { its.look().await });
                    }
                }
                Some(_) = seeing.join_next() => {}
                Some(_) = looking.join_next() => {}
            }
        }
    }

    /// Feeds a tail from now on. Returns at once: its place is found by [`run`](Self::run).
    pub(crate) fn follow(self: &Arc<Self>, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        let keys = self.prefix.tenant(tenant);
        let (followed, id) = {
            let mut all = lock(&self.followed);
            let new = || Arc::new(Followed::new(keys.clone()));
            let followed = Arc::clone(all.entry(keys.channel()).or_insert_with(new));
            let id = followed.add(tail);
            (followed, id)
        };
        self.needs(&followed);
        let tails = Arc::downgrade(self);
        Follow::new(move || {
            // Dropped outside of the lock: it may be the last owner of much.
            let _gone = followed.remove(id);
            if let Some(tails) = tails.upgrade()
                && !followed.is_wanted()
            {
                tails.needs(&followed);
            }
        })
    }

    /// Waits until the tenant's tails have their place, where it is followed here.
    pub(crate) async fn placed(&self, channel: &str) -> Result<(), EngineError> {
        let Some(followed) = self.find(channel) else { return Ok(()) };
        match tokio::time::timeout_at(self.link.deadline(), followed.placed()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(what)) => Err(EngineError::unavailable(what).because(Cause::Foreign)),
            Err(_) => {
                let late = EngineError::unavailable("the tenant's tail has not found its place");
                Err(late.because(Cause::Timeout))
            }
        }
    }

    /// What this process appended: passed on at once, unless something else comes before it.
    pub(crate) fn appended(
        &self,
        channel: &str,
        epoch: Epoch,
        record: &Arc<Record>,
        customer: Option<&CustomerId>,
    ) {
        let Some(followed) = self.find(channel) else { return };
        let event = || Some((Arc::clone(record), customer.cloned()));
        if followed.offer(epoch, record.seq(), false, event) {
            self.needs(&followed);
        }
    }

    fn find(&self, channel: &str) -> Option<Arc<Followed>> {
        lock(&self.followed).get(channel).cloned()
    }

    fn needs(&self, followed: &Arc<Followed>) {
        lock(&self.needy).push(Arc::clone(followed));
        self.bell.notify_one();
    }

    /// Does what it needs until it needs nothing, and does not give up.
    async fn see_to(self: Arc<Self>, followed: Arc<Followed>) {
        let mut backoff = None;
        while let Some(need) = followed.next_need() {
            if self.meet(&followed, need).await.is_ok() {
                backoff = None;
                continue;
            }
            if let Need::Heal(_) = need {
                followed.is_behind();
            }
            let gaps = ExponentialBuilder::new()
                .with_min_delay(LEAST_GAP)
                .with_max_delay(MOST_GAP)
                .with_jitter()
                .without_max_times();
            let gap = backoff.get_or_insert_with(|| gaps.build()).next().unwrap_or(MOST_GAP);
            tokio::select! {
                () = tokio::time::sleep(gap) => {}
                () = followed.hurry.notified() => {}
            }
        }
        // Whoever is followed again from now on begins anew.
        let mut all = lock(&self.followed);
        let channel = followed.keys.channel();
        let is_it = all.get(&channel).is_some_and(|other| Arc::ptr_eq(other, &followed));
        if is_it && !followed.is_wanted() && followed.wake().is_none() {
            all.remove(&channel);
        }
    }

    async fn meet(self: &Arc<Self>, followed: &Arc<Followed>, need: Need) -> Result<(), ()> {
        let keys = &followed.keys;
        match need {
            Need::Wake => {
                let wake = self.wake_for(keys.slot).await?;
                let asked = wake.subscribe(&keys.channel(), self.link.deadline()).await;
                self.judge(&wake, keys.slot, asked)?;
                followed.woken_by(wake.id);
                // It may have been lost before it was noted.
                if wake.is_lost() {
                    followed.lost(wake.id);
                }
                Ok(())
            }
            Need::Rest(id) => {
                let wake = self.wakes.lock().await.iter().find(|wake| wake.id == id).cloned();
                followed.lost(id);
                match wake {
                    Some(wake) => {
                        let asked = wake.unsubscribe(&keys.channel(), self.link.deadline()).await;
                        if asked.is_err() {
                            // It is still told of the channel, or will be told later that it is not.
                            self.give_up(&wake);
                        }
                        self.judge(&wake, keys.slot, asked)
                    }
                    None => Ok(()),
                }
            }
            Need::Heal(from) => {
                let after = from.map_or(LAST_PLACE, |stand| stand.last);
                let wanted = Wanted { scope: &Scope::Tenant, after, limit: HEALED };
                let read = page(&self.link, &self.scripts, keys, &wanted, None).await;
                match read {
                    Ok(read) => followed.heal(from, read),
                    Err(error) => {
                        let is_foreign = error.cause() == Cause::Foreign;
                        // That does not go away by waiting.
                        if let EngineError::Unavailable { what, .. } = error
                            && is_foreign
                        {
                            followed.hindered(what);
                        }
                        return Err(());
                    }
                }
                Ok(())
            }
        }
    }

    /// What an answer says of the connection it came by.
    fn judge(&self, wake: &Wake, slot: u16, asked: Result<(), RedisError>) -> Result<(), ()> {
        asked.map_err(|error| match error.code() {
            // The slot is another's by now, or nobody's.
            Some(_) => self.link.forget(slot),
            None => self.give_up(wake),
        })
    }

    /// The connection to whoever has the slot, made where there is none.
    async fn wake_for(self: &Arc<Self>, slot: u16) -> Result<Arc<Wake>, ()> {
        let node = self.link.node(slot).await.map_err(drop)?;
        let mut wakes = self.wakes.lock().await;
        wakes.retain(|wake| !wake.is_lost());
        if let Some(wake) = wakes.iter().find(|wake| wake.is_to(&node)) {
            return Ok(Arc::clone(wake));
        }
        let deadline = self.link.deadline();
        let wake = Wake::open(Arc::downgrade(self), node, deadline).await.map_err(drop)?;
        wakes.push(Arc::clone(&wake));
        Ok(wake)
    }

    /// A wake-up: `<epoch> <seq> <text>`.
    fn woken(&self, channel: &str, message: &str) {
        let Some(followed) = self.find(channel) else { return };
        let Ok((epoch, placed)) = crate::text::split::<Epoch>(message) else { return };
        let Ok((seq, text)) = crate::text::split::<u64>(placed) else { return };
        if followed.offer(epoch, seq, true, || crate::text::read(seq, text).ok()) {
            self.needs(&followed);
        }
    }

    /// Another connection is to be opened.
    fn give_up(&self, wake: &Wake) {
        wake.give_up();
        self.lost(wake.id);
    }

    /// A connection is gone.
    fn lost(&self, wake: u64) {
        let all: Vec<_> = lock(&self.followed).values().cloned().collect();
        for followed in all {
            if followed.lost(wake) {
                self.needs(&followed);
            }
        }
    }

    /// Compares every followed tenant with its log: the last wake-up may have been lost, and after
    /// it none comes. It goes by the connections that wake, and so finds those that are dead.
    async fn look(&self) {
        self.link.revisit().await;
        let wakes = self.wakes.lock().await.clone();
        for wake in wakes {
            let its: Vec<_> = lock(&self.followed).values().cloned().collect();
            let its = its.into_iter().filter(|followed| followed.wake() == Some(wake.id));
            let stands = its.filter_map(|followed| Some((followed.stand()?, followed)));
            let stands: Vec<(Stand, _)> = stands.collect();
            if stands.is_empty() {
                continue;
            }
            if wake.is_to_another(self.link.deadline()).await == Ok(true) {
                self.give_up(&wake);
                continue;
            }
            for some in stands.chunks(wake::HEADS) {
                let keys = some.iter().map(|(_, followed)| followed.keys.meta());
                let Ok(heads) = wake.heads(keys, self.link.deadline()).await else {
                    self.give_up(&wake);
                    break;
                };
                for ((at, followed), (epoch, head)) in some.iter().zip(heads) {
                    if !followed.compare(*at, epoch, head) {
                        self.needs(followed);
                    }
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
