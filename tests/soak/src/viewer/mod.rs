//! Who watches: comes, reads, stops reading, leaves, is killed, comes back with its cursor, to
//! another server, by another way, or afresh.

mod client;
mod page;
mod stream;

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use order_events_core::{Audience, CustomerId, OrderId, Scope};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::watch;
use tokio::time::{Duration, sleep};

use crate::http::has_no_excuse;
use crate::publisher::{CUSTOMERS, Tenant, customer};
use crate::told::{GRANTED_MS, STAFF, TENANT, USER};
use crate::witness::{Counts, Over, Witness};

/// Who did not read for so long may have been given up by the server's kernel: it does so after 5 s, and
/// may ask for the last time when half of them are over.
const GIVEN_UP: Duration = Duration::from_secs(2);

/// What everybody is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Whatever comes to their mind.
    Chaos,
    /// Read, and be there.
    Settle,
    /// Go away, for now.
    Leave,
    /// Go away.
    Over,
}

/// What is found wrong first, and what the viewer concerned was given last.
#[derive(Debug, Clone)]
pub(crate) struct Wrong {
    pub(crate) what: String,
    pub(crate) recent: String,
}

/// What the viewers of a tenant share.
pub(crate) struct House {
    pub(crate) name: String,
    /// Nothing is away there but the node.
    pub(crate) is_in_memory: bool,
    pub(crate) phase: watch::Receiver<Phase>,
    /// How many logs were lost; counted before and after each loss.
    pub(crate) losses: AtomicUsize,
    pub(crate) wrong: watch::Sender<Option<Wrong>>,
    /// The witnesses of those who watch something else by now.
    pub(crate) left: Mutex<Vec<Witness>>,
    pub(crate) habits: Habits,
}

/// How often what was done.
#[derive(Debug, Default)]
pub(crate) struct Habits {
    pub(crate) streams: AtomicU64,
    pub(crate) pages: AtomicU64,
    pub(crate) frozen: AtomicU64,
    pub(crate) left: AtomicU64,
    pub(crate) killed: AtomicU64,
    pub(crate) afresh: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) broken: AtomicU64,
}

impl House {
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(crate) fn losses(&self) -> usize {
        self.losses.load(Ordering::SeqCst)
    }

    /// Tells what is wrong, unless something was before.
    pub(crate) fn is_wrong(&self, what: String, recent: String) {
        self.wrong.send_if_modified(|wrong| {
            let is_first = wrong.is_none();
            wrong.get_or_insert(Wrong { what, recent });
            is_first
        });
    }
}

/// Why a connection is over before its time.
pub(crate) enum Trouble {
    /// It broke, or could not be had: right where there is a reason for it.
    Broken(io::Error),
    /// It was refused by a status that is right where there is a reason for it.
    Refused(u16),
    /// What should never be.
    Wrong(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match has_no_excuse(&error) {
            true => Self::Wrong(error.to_string()),
            false => Self::Broken(error),
        }
    }
}

impl From<String> for Trouble {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

/// What a viewer watches all along.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Interest {
    Tenant,
    Customer(usize),
    /// One order, and another one once that is over.
    Orders,
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By streams and pages, on raw sockets.
    Raw,
    /// By the client for Rust. Of what breaks it says nothing, and it leaves whoever is silent by itself;
    /// that servers break nothing and are not silent is for the others to see.
    Client,
}

pub(crate) struct Viewer {
    house: Arc<House>,
    tenant: Arc<Tenant>,
    interest: Interest,
    audience: Audience,
    kind: Kind,
    name: String,
    witness: Arc<Mutex<Witness>>,
    /// For how long in all it did not read from the connection that it has.
    unread: Duration,
    /// What it was granted last is for a short time only.
    is_granted_briefly: bool,
    rng: Rng,
}

impl Viewer {
    /// The `nth` of a tenant. Of all interests there are some for staff and some for the public, and
    /// some that come by the client.
    pub(crate) fn nth(house: &Arc<House>, tenant: &Arc<Tenant>, nth: usize, rng: Rng) -> Self {
        let interest = match nth % 4 {
            0 => Interest::Tenant,
            1 => Interest::Customer(nth / 4 % CUSTOMERS),
            _ => Interest::Orders,
        };
        let audience = if (nth / 4).is_multiple_of(2) { Audience::Staff } else { Audience::Public };
        let kind = if nth % 3 == 2 { Kind::Client } else { Kind::Raw };
        let name = format!("viewer-{}-{nth}", tenant.name);
        // Until it has chosen an order it watches one that nobody has.
        let scope = scope(interest, "none");
        let who = format!("{} of {} ({kind:?}, {audience:?}, {interest:?})", name, house.name);
        let witness = Witness::new(who, scope, audience);
        let witness = if kind == Kind::Client { witness.of_a_client() } else { witness };
        Self {
            house: Arc::clone(house),
            tenant: Arc::clone(tenant),
            interest,
            audience,
            kind,
            name,
            witness: Arc::new(Mutex::new(witness)),
            unread: Duration::ZERO,
            is_granted_briefly: false,
            rng,
        }
    }

    pub(crate) fn shared_witness(&self) -> Arc<Mutex<Witness>> {
        Arc::clone(&self.witness)
    }

    /// Lives until it is told to go.
    pub(crate) async fn live(mut self) {
        loop {
            match self.house.phase() {
                Phase::Over => return,
                Phase::Leave => {
                    self.until_told().await;
                    continue;
                }
                Phase::Settle if self.is_idle() => {
                    self.until_told().await;
                    continue;
                }
                Phase::Chaos if self.is_idle() && !self.takes_up_another() => {
                    self.pause(100).await;
                    continue;
                }
                Phase::Chaos | Phase::Settle => {}
            }
            let node = Arc::clone(&self.tenant.nodes[self.rng.usize(..self.tenant.nodes.len())]);
            let before = node.disturbances();
            self.unread = Duration::ZERO;
            let done = match self.kind {
                Kind::Client => self.follow(&node).await,
                Kind::Raw if self.house.phase() == Phase::Chaos && self.rng.u8(..4) == 0 => {
                    self.read_pages(&node).await
                }
                Kind::Raw => self.watch(&node).await,
            };
            let is_in_peace = node.is_in_peace_since(before);
            match done {
                Ok(()) => {}
                Err(Trouble::Broken(error)) if is_in_peace && !self.may_be_given_up() => {
                    return self.is_wrong(&format!("{} cut it for no reason: {error}", node.name));
                }
                Err(Trouble::Broken(_)) => count(&self.house.habits.broken),
                Err(Trouble::Refused(status))
                    if is_in_peace && self.house.is_in_memory && !self.is_granted_briefly =>
                {
                    return self.is_wrong(&format!("{} said {status} for no reason", node.name));
                }
                Err(Trouble::Refused(_)) => count(&self.house.habits.refused),
                Err(Trouble::Wrong(what)) => return self.is_wrong(&what),
            }
            self.pause(60).await;
            self.is_away().await;
        }
    }

    fn may_be_given_up(&self) -> bool {
        self.unread >= GIVEN_UP
    }

    fn is_wrong(&self, what: &str) {
        let (who, recent) = self.look(|seen| (seen.who.clone(), seen.recent()));
        self.house.is_wrong(format!("{who}: {what}"), recent);
    }

    fn look<T>(&self, at: impl FnOnce(&mut Witness) -> T) -> T {
        at(&mut lock(&self.witness))
    }

    /// It has nothing to watch, or nothing any more.
    fn is_idle(&self) -> bool {
        let is_over = self.look(|seen| seen.over().is_some());
        is_over
            || self.look(|seen| matches!(&seen.scope, Scope::Order(id) if id.as_str() == "none"))
    }

    /// Whether there is another order to watch.
    fn takes_up_another(&mut self) -> bool {
        let Some(order) = self.tenant.any_order(&mut self.rng) else { return false };
        let who = self.look(|seen| seen.who.clone());
        let witness = Witness::new(who, scope(self.interest, &order), self.audience);
        let witness = if self.kind == Kind::Client { witness.of_a_client() } else { witness };
        let before = self.look(|seen| std::mem::replace(seen, witness));
        self.house.left.lock().unwrap_or_else(PoisonError::into_inner).push(before);
        true
    }

    /// Now and then it is away for longer, or has lost its cursor when it comes back.
    async fn is_away(&mut self) {
        if self.house.phase() == Phase::Chaos && self.rng.u8(..8) == 0 {
            self.pause(4_000).await;
        }
        if self.house.phase() == Phase::Chaos && self.rng.u8(..20) == 0 {
            count(&self.house.habits.afresh);
            self.look(Witness::begins_anew);
        }
    }

    /// Some time below so many milliseconds, unless something else is to be done.
    async fn pause(&mut self, most: u64) {
        let span = Duration::from_millis(self.rng.u64(1..most));
        let mut phase = self.house.phase.clone();
        phase.mark_unchanged();
        tokio::select! {
            () = sleep(span) => {}
            _ = phase.changed() => {}
        }
    }

    async fn until_told(&self) {
        let now = self.house.phase();
        let mut phase = self.house.phase.clone();
        let _told = phase.wait_for(|phase| *phase != now).await;
    }

    /// Who it is, and what it is granted: now and then for a short time only.
    fn headers(&mut self) -> Vec<(&'static str, String)> {
        let mut headers = vec![(USER, self.name.clone()), (TENANT, self.tenant.name.clone())];
        if self.audience == Audience::Staff {
            headers.push((STAFF, "yes".to_owned()));
        }
        self.is_granted_briefly = self.house.phase() == Phase::Chaos && self.rng.u8(..5) == 0;
        if self.is_granted_briefly {
            headers.push((GRANTED_MS, self.rng.u64(200..4_000).to_string()));
        }
        headers
    }

    fn path(&self) -> String {
        let encoded = |id: &str| utf8_percent_encode(id, NON_ALPHANUMERIC).to_string();
        self.look(|seen| match &seen.scope {
            Scope::Order(order) => format!("/orders/{}/events", encoded(order.as_str())),
            Scope::Customer(id) => format!("/customers/{}/events", encoded(id.as_str())),
            Scope::Tenant => "/events".to_owned(),
        })
    }

    /// What a status other than 200 means to it.
    fn refused(&self, status: u16) -> Result<(), Trouble> {
        match status {
            204 => Ok(self.look(|seen| seen.is_told_of_the_end(Over::Finished))?),
            404 => Ok(self.look(|seen| seen.is_told_of_the_end(Over::Absent))?),
            // A short grant may be over before it is looked at.
            401 if self.is_granted_briefly => Err(Trouble::Refused(status)),
            // The log is away, or the node stops.
            503 => Err(Trouble::Refused(status)),
            other => Err(Trouble::Wrong(format!("answered by {other}"))),
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn scope(interest: Interest, order: &str) -> Scope {
    match interest {
        Interest::Tenant => Scope::Tenant,
        Interest::Customer(nth) => {
            CustomerId::new(customer(nth)).map_or(Scope::Tenant, Scope::Customer)
        }
        Interest::Orders => OrderId::new(order).map_or(Scope::Tenant, Scope::Order),
    }
}

/// What all who watch were given.
pub(crate) fn counted<'a>(witnesses: impl IntoIterator<Item = &'a Witness>) -> Counts {
    let mut sum = Counts::default();
    witnesses.into_iter().for_each(|witness| sum.add(&witness.counts));
    sum
}
