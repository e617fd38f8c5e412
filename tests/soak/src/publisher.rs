//! Who publishes: at random, in bursts, and again with the same key until it is known what came of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use order_events_core::{Cursor, Lifecycle, OrderStatus};
use tokio::sync::RwLock;
use tokio::time::{Duration, sleep};

use crate::http::{has_no_excuse, once};
use crate::log::Log;
use crate::process::{LOOK_AGAIN, Node};
use crate::told::{Answer, Attempt, PUBLISH, Told, What};

/// Orders that a tenant has open at a time: more than come on a stream, so that pages are needed.
const OPEN: usize = 40;

/// Customers of a tenant.
pub(crate) const CUSTOMERS: usize = 4;

/// What is said of an order that the log does not know.
const GONE: &str = "no such order";

/// A tenant: its log, and its orders as publishers know them.
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) nodes: Vec<Arc<Node>>,
    /// Held by whoever publishes; taken alone by whoever empties the log.
    pub(crate) gate: RwLock<()>,
    log: Mutex<Log>,
    /// The orders that may be published on.
    open: Mutex<BTreeMap<String, Open>>,
    /// Of keys and ids, none of which comes twice.
    numbers: AtomicU64,
    pub(crate) published: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    status: OrderStatus,
    has_customer: bool,
}

impl Tenant {
    pub(crate) fn new(name: &str, nodes: Vec<Arc<Node>>, log: Log) -> Self {
        Self {
            name: name.to_owned(),
            nodes,
            gate: RwLock::new(()),
            log: Mutex::new(log),
            open: Mutex::default(),
            numbers: AtomicU64::new(0),
            published: AtomicU64::new(0),
        }
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<String, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its log was lost, and its orders with it.
    pub(crate) fn forget_orders(&self) {
        self.open().clear();
    }

    /// One of the orders that are open.
    pub(crate) fn any_order(&self, rng: &mut Rng) -> Option<String> {
        let open = self.open();
        let nth = rng.usize(..open.len().max(1));
        open.keys().nth(nth).cloned()
    }

    /// A beginning that everybody who watches the tenant is told of.
    pub(crate) async fn close_the_round(&self, rng: &mut Rng) -> Result<(), String> {
        let attempt = self.creation(rng);
        self.publish(attempt, rng).await
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn creation(&self, rng: &mut Rng) -> Attempt {
        let customer = rng.bool().then(|| customer(rng.usize(..CUSTOMERS)));
        let order = format!("o-{}", self.number());
        self.attempt(order, What::Create { customer })
    }

    fn attempt(&self, order: String, what: What) -> Attempt {
        let tenant = self.name.clone();
        Attempt { key: format!("{tenant}-{}", self.number()), tenant, order, what }
    }

    /// What to do next.
    fn next(&self, rng: &mut Rng) -> Attempt {
        let open = self.open();
        if open.len() < OPEN {
            drop(open);
            return self.creation(rng);
        }
        let nth = rng.usize(..open.len());
        let chosen = open.iter().nth(nth).map(|(order, known)| (order.clone(), *known));
        drop(open);
        let Some((order, known)) = chosen else { return self.creation(rng) };
        let what = match rng.u8(..100) {
            0..25 => What::Note { is_public: true },
            25..45 => What::Note { is_public: false },
            45..65 => What::Progress { percent: rng.u8(..=100) },
            65..80 => What::Custom,
            80..84 if !known.has_customer => {
                What::Attach { customer: customer(rng.usize(..CUSTOMERS)) }
            }
            84..86 => What::Delete,
            86..88 => What::Move { to: OrderStatus::ALL[rng.usize(..OrderStatus::ALL.len())] },
            _ => match rng.choice(known.status.next()) {
                Some(to) => What::Move { to: *to },
                None => What::Note { is_public: true },
            },
        };
        self.attempt(order, what)
    }

    /// Publishes, and is not content before it knows what came of it, unless the log was lost with
    /// the process that may have it.
    pub(crate) async fn publish(&self, attempt: Attempt, rng: &mut Rng) -> Result<(), String> {
        let _nobody_empties_it = self.gate.read().await;
        let body = serde_json::to_vec(&attempt).map_err(|error| error.to_string())?;
        let lives: Vec<u32> = self.nodes.iter().map(|node| node.life()).collect();
        loop {
            let node = &self.nodes[rng.usize(..self.nodes.len())];
            let before = node.disturbances();
            let answered = once(node.address, "POST", PUBLISH, &[], &body).await;
            let answer = match answered {
                Ok((200, answer)) => serde_json::from_slice(&answer)
                    .map_err(|error| format!("an answer that cannot be read: {error}"))?,
                Ok((status, _)) => return Err(format!("a publish was answered by {status}")),
                Err(error) if has_no_excuse(&error) || node.is_in_peace_since(before) => {
                    return Err(format!("{} did not answer a publish: {error}", node.name));
                }
                Err(error) => Answer::Unknown(error.to_string()),
            };
            match answer {
                Answer::Applied { cursor, name, event } => {
                    return self.acknowledged(&cursor, Told::of(&name, &event)?);
                }
                Answer::Refused(why) => {
                    // A delivered order may have been forgotten since.
                    if why == GONE {
                        self.open().remove(&attempt.order);
                    }
                    return Ok(());
                }
                Answer::Wrong(what) => return Err(format!("{attempt:?} was answered by {what}")),
                Answer::Unknown(_) if self.is_lost(&lives) => {
                    self.log().unresolved(attempt);
                    return Ok(());
                }
                Answer::Unknown(_) => sleep(LOOK_AGAIN * 2).await,
            }
        }
    }

    /// Whether the only node was killed since, which has the log.
    fn is_lost(&self, lives: &[u32]) -> bool {
        match (&*self.nodes, lives) {
            ([node], [life]) => node.life() != *life,
            _ => false,
        }
    }

    fn acknowledged(&self, cursor: &str, told: Told) -> Result<(), String> {
        let cursor: Cursor = cursor.parse().map_err(|_| format!("no cursor: {cursor}"))?;
        self.published.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open();
        let before = open.get(&told.order).copied();
        let status = told.status.or(before.map(|before| before.status));
        let has_customer =
            told.customer.is_some() || before.is_some_and(|known| known.has_customer);
        let status = status.filter(|status| !told.deletes() && !status.is_final());
        match (status, before.is_some() || told.enters()) {
            (Some(status), true) => {
                open.insert(told.order.clone(), Open { status, has_customer });
            }
            _ => {
                open.remove(&told.order);
            }
        }
        drop(open);
        self.log().acknowledged(cursor, told)
    }

    /// Publishes until it is told to stop.
    pub(crate) async fn publish_on(
        &self,
        rng: &mut Rng,
        goes_on: impl Fn() -> bool,
    ) -> Result<(), String> {
        while goes_on() {
            for _ in 0..rng.u32(1..30) {
                self.publish(self.next(rng), rng).await?;
            }
            sleep(Duration::from_millis(rng.u64(..300))).await;
        }
        Ok(())
    }
}

pub(crate) fn customer(nth: usize) -> String {
    format!("c-{nth}")
}
