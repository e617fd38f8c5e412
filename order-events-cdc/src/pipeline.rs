//! A source's events, carried out one after the other.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use order_events_core::{Hub, Lifecycle, OrderId, OrderStatus, PublishError, Published, Update};

use crate::cache::{OrderCache, OrderLoader};
use crate::change::{Change, Fields, Position};
use crate::dead::{BoxError, DeadLetter, DeadLetters, Dying};
use crate::decide::{decide, record_of};
use crate::decision::{Decision, LookUp, Skip, Uncertain};
use crate::position::Positions;
use crate::provision::{Enqueued, ProvisioningQueue, QueueError};
use crate::rules::Rules;
use crate::source::Source;

/// Delivers a source's events, at least once and in the order of each record: a subscription by
/// CometD or by the Pub/Sub API, a Kafka consumer, a file.
#[async_trait]
pub trait Feed: Send {
    /// Begins after this position, or where there is none where the source begins.
    async fn open(&mut self, after: Option<&Position>) -> Result<(), FeedError>;

    /// The next event; none where there will be no more.
    async fn next(&mut self) -> Result<Option<Delivered>, FeedError>;
}

/// An event as it was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The event.
    pub raw: Vec<u8>,
    /// Where the feed stands with it. None where the event itself says so.
    pub position: Option<Position>,
}

/// Why a feed does not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FeedError {
    /// The source no longer has what comes after the position: Salesforce keeps events for three
    /// days, a topic for as long as it is told.
    #[error("the source no longer has the position")]
    Gone,
    /// Anything else. Opened again after the last position, it may go on.
    #[error("the source does not go on")]
    Failed(#[source] BoxError),
}

/// Looks records up in the source, for what its events do not say.
#[async_trait]
pub trait LookUps: fmt::Debug + Send + Sync + 'static {
    /// The fields that are asked for, or all; null where one is empty. None where there is no such
    /// record.
    async fn look_up(&self, wanted: &LookUp) -> Result<Option<Fields>, BoxError>;
}

/// Reads all orders anew, where it is not known which of them changed.
#[async_trait]
pub trait Refresh: fmt::Debug + Send + Sync + 'static {
    /// Publishes how orders stand. The source goes on once this is done, and this is asked for again
    /// where it fails.
    async fn refresh(&self, why: Stale<'_>) -> Result<(), BoxError>;
}

/// Why all is to be read anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stale<'a> {
    /// The source no longer has this position, so nobody knows what was missed.
    Lost(&'a Position),
    /// An event says that anything of this entity may have changed.
    Uncertain(&'a str, Uncertain),
}

/// Forgets what is cached.
#[async_trait]
pub trait Forget<L: Lifecycle>: fmt::Debug + Send + Sync + 'static {
    /// What this decision says, or nothing.
    async fn forget(&self, decision: &Decision<L>);

    /// Everything.
    async fn forget_all(&self);
}

#[async_trait]
impl<T: OrderLoader, L: Lifecycle> Forget<L> for OrderCache<T> {
    async fn forget(&self, decision: &Decision<L>) {
        self.heed(decision).await;
    }

    async fn forget_all(&self) {
        self.invalidate_all();
    }
}

/// What was done about an event.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Carried<L: Lifecycle = OrderStatus> {
    /// The hub took the update, now or before.
    Published(Box<Published<L>>),
    /// The hub took it before, in other words: those of other rules, or of what was looked up then.
    PublishedBefore,
    /// The queue took the job, now or before.
    Enqueued(Enqueued),
    /// What was cached is forgotten.
    Forgotten,
    /// Nothing was to be done.
    Skipped(Skip),
    /// All was read anew.
    Refreshed,
    /// It is a dead letter.
    Dead(Dying),
}

/// Why an event is not done. Deliver it again: nothing is done twice by that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotDone {
    /// The hub's log could not be reached, or its answer was lost.
    #[error("an update was not published")]
    Log(#[source] BoxError),
    /// The queue could not be reached.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A hook of the service's own failed: a look-up, a refresh, the dead letters, the position.
    #[error("{what} failed")]
    Hook {
        /// What failed.
        what: &'static str,
        /// The cause.
        #[source]
        source: BoxError,
    },
    /// The feed does not go on.
    #[error(transparent)]
    Feed(#[from] FeedError),
}

/// Carries out what is decided about a source's events, one event after the other: caches forget,
/// the hub is told, the queue takes jobs, records are looked up. The position is kept when an event
/// is done, and never before.
///
/// So whatever fails or is stopped in between is done again, and keys and triggers see to it that
/// nothing is told or provisioned twice.
pub struct Pipeline<L: Lifecycle = OrderStatus> {
    source: Arc<dyn Source>,
    rules: Rules<L>,
    hub: Hub<L>,
    queue: Arc<dyn ProvisioningQueue>,
    dead_letters: Arc<dyn DeadLetters>,
    caches: Vec<Arc<dyn Forget<L>>>,
    look_ups: Option<Arc<dyn LookUps>>,
    refresh: Arc<dyn Refresh>,
}

impl<L: Lifecycle> fmt::Debug for Pipeline<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("source", &self.source).finish_non_exhaustive()
    }
}

impl<L: Lifecycle> Pipeline<L> {
    /// From this source, by these rules, to this hub and this queue. What cannot be carried out is
    /// kept by the dead letters; where all must be read anew, `refresh` does.
    pub fn new(
        source: impl Source,
        rules: Rules<L>,
        hub: Hub<L>,
        queue: Arc<dyn ProvisioningQueue>,
        dead_letters: impl DeadLetters,
        refresh: impl Refresh,
    ) -> Self {
        Self {
            source: Arc::new(source),
            rules,
            hub,
            queue,
            dead_letters: Arc::new(dead_letters),
            caches: Vec::new(),
            look_ups: None,
            refresh: Arc::new(refresh),
        }
    }

    /// … and this cache forgets.
    #[must_use]
    pub fn forgetting(mut self, cache: Arc<dyn Forget<L>>) -> Self {
        self.caches.push(cache);
        self
    }

    /// … and what is to be looked up is asked of this. Without it, it is a dead letter.
    #[must_use]
    pub fn looking_up(mut self, look_ups: impl LookUps) -> Self {
        self.look_ups = Some(Arc::new(look_ups));
        self
    }

    /// Carries out what comes from the feed, after the position that is kept, until it ends. On an
    /// error run it again, after a wait: it goes on with the event that is not done.
    pub async fn run(
        &self,
        feed: &mut dyn Feed,
        positions: &dyn Positions,
        mut seen: impl FnMut(&[Carried<L>]),
    ) -> Result<(), NotDone> {
        let position = positions.load().await.map_err(hook("loading the position"))?;
        match (feed.open(position.as_ref()).await, &position) {
            (Err(FeedError::Gone), Some(lost)) => {
                self.start_over(lost).await?;
                positions.forget().await.map_err(hook("forgetting the position"))?;
                feed.open(None).await?;
            }
            (opened, _) => opened?,
        }
        while let Some(Delivered { raw, position }) = feed.next().await? {
            let (carried, of_event) = self.carry_out(&raw).await?;
            seen(&carried);
            if let Some(position) = position.or(of_event) {
                positions.save(&position).await.map_err(hook("saving the position"))?;
            }
        }
        Ok(())
    }

    /// Carries out one event. Gives what was done, and the position that the event itself tells.
    pub async fn carry_out(
        &self,
        raw: &[u8],
    ) -> Result<(Vec<Carried<L>>, Option<Position>), NotDone> {
        let mut carried = Vec::new();
        let change = match self.source.read(raw) {
            Ok(change) => change,
            Err(malformed) => {
                carried.push(self.keep(raw, Dying::Malformed(malformed)).await?);
                return Ok((carried, None));
            }
        };
        let position = change.position.clone();
        match decide(&change, &self.rules) {
            Ok(decisions) => self.carry_out_all(raw, change, decisions, &mut carried).await?,
            Err(malformed) => carried.push(self.keep(raw, Dying::Malformed(malformed)).await?),
        }
        Ok((carried, position))
    }

    async fn carry_out_all(
        &self,
        raw: &[u8],
        mut change: Change,
        decisions: Vec<Decision<L>>,
        carried: &mut Vec<Carried<L>>,
    ) -> Result<(), NotDone> {
        let mut asked = Vec::new();
        for decision in decisions {
            match self.carry_out_one(raw, &change, decision).await? {
                Outcome::Done(done) => carried.push(done),
                Outcome::LookUp(wanted) => asked.push(wanted),
                Outcome::Unknown(order) => match self.of_unknown(&change, &order) {
                    // Of each that is told of it.
                    Some(wanted) if asked.contains(&wanted) => {}
                    Some(wanted) => asked.push(wanted),
                    None => carried.push(self.keep(raw, unknown(order)).await?),
                },
            }
        }
        let mut is_found = false;
        for wanted in asked {
            let found = match &self.look_ups {
                Some(look_ups) => {
                    look_ups.look_up(&wanted).await.map_err(hook("looking a record up"))?
                }
                None => None,
            };
            match found {
                Some(fields) => {
                    change = change.knowing(wanted.record, fields);
                    is_found = true;
                }
                None => carried.push(self.keep(raw, Dying::NotFound(wanted)).await?),
            }
        }
        if !is_found {
            return Ok(());
        }
        // With what is known now. What was carried out above is carried out again, to no effect;
        // what is still to be looked up was looked up in vain.
        let decisions = match decide(&change, &self.rules) {
            Ok(decisions) => decisions,
            Err(malformed) => {
                carried.push(self.keep(raw, Dying::Malformed(malformed)).await?);
                return Ok(());
            }
        };
        for decision in decisions {
            match self.carry_out_one(raw, &change, decision).await? {
                Outcome::Done(done) => carried.push(done),
                Outcome::LookUp(wanted) if !change.known.contains_key(&wanted.record) => {}
                Outcome::LookUp(wanted) => {
                    carried.push(self.keep(raw, Dying::NotFound(wanted)).await?);
                }
                Outcome::Unknown(order) => carried.push(self.keep(raw, unknown(order)).await?),
            }
        }
        Ok(())
    }

    async fn carry_out_one(
        &self,
        raw: &[u8],
        change: &Change,
        decision: Decision<L>,
    ) -> Result<Outcome<L>, NotDone> {
        for cache in &self.caches {
            cache.forget(&decision).await;
        }
        Ok(Outcome::Done(match decision {
            Decision::Publish(update) => return self.publish(raw, change, update).await,
            Decision::Provision(job) => Carried::Enqueued(self.queue.enqueue(job).await?),
            Decision::Invalidate { .. } => Carried::Forgotten,
            Decision::Skip(skip) => Carried::Skipped(skip),
            Decision::Refresh { entity, why } => {
                let stale = Stale::Uncertain(&entity, why);
                self.refresh.refresh(stale).await.map_err(hook("reading all anew"))?;
                Carried::Refreshed
            }
            Decision::LookUp(wanted) => return Ok(Outcome::LookUp(wanted)),
        }))
    }

    async fn publish(
        &self,
        raw: &[u8],
        change: &Change,
        update: Update<L>,
    ) -> Result<Outcome<L>, NotDone> {
        let order = update.order_id().clone();
        Ok(Outcome::Done(match self.hub.publish(update).await {
            Ok(published) => Carried::Published(Box::new(published)),
            Err(error @ (PublishError::Unavailable(_) | PublishError::Indeterminate { .. })) => {
                return Err(NotDone::Log(Box::new(error)));
            }
            Err(PublishError::KeyReused { .. }) => Carried::PublishedBefore,
            Err(PublishError::UnknownOrder) if change.is_deletion() => {
                Carried::Skipped(Skip::NotThere { order })
            }
            Err(PublishError::UnknownOrder) => return Ok(Outcome::Unknown(order)),
            Err(refused) => {
                let reason = refused.to_string();
                self.keep(raw, Dying::Refused { order, reason }).await?
            }
        }))
    }

    /// What is to be looked up of an order that the log does not know: it must begin with the status
    /// that it has, and no change tells that which is about something else.
    fn of_unknown(&self, change: &Change, order: &OrderId) -> Option<LookUp> {
        self.look_ups.as_ref()?;
        let Rules { entity, status, account, .. } = &self.rules;
        let record = record_of(change, &self.rules, order)?;
        let fields = [Some(status.clone()?), account.clone()].into_iter().flatten().collect();
        Some(LookUp { entity: entity.clone(), record, fields })
    }

    async fn start_over(&self, lost: &Position) -> Result<(), NotDone> {
        for cache in &self.caches {
            cache.forget_all().await;
        }
        self.refresh.refresh(Stale::Lost(lost)).await.map_err(hook("reading all anew"))
    }

    async fn keep(&self, raw: &[u8], why: Dying) -> Result<Carried<L>, NotDone> {
        let letter = DeadLetter { raw: raw.to_vec(), why: why.clone() };
        self.dead_letters.keep(letter).await.map_err(hook("keeping a dead letter"))?;
        Ok(Carried::Dead(why))
    }
}

/// What came of a decision.
enum Outcome<L: Lifecycle> {
    Done(Carried<L>),
    LookUp(LookUp),
    /// The log does not know the order, and the update does not say what it is.
    Unknown(OrderId),
}

fn unknown(order: OrderId) -> Dying {
    Dying::Refused { order, reason: "no such order".to_owned() }
}

fn hook(what: &'static str) -> impl Fn(BoxError) -> NotDone {
    move |source| NotDone::Hook { what, source }
}
