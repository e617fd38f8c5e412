//! What a reader is given before it is live: the events it missed, or the state of things.

use std::sync::Arc;
use std::vec;

use super::delivery::{Delivery, Event, Reset, SnapshotOf};
use super::registry::Point;
use crate::config::{Config, REPLAY_CHUNK};
use crate::cursor::{Cursor, Epoch};
use crate::engine::{Engine, EngineError, HistoryLimit, Record, Snapshot, State};
use crate::event::Audience;
use crate::grant::Scope;
use crate::lifecycle::Finality;
use crate::resume::{LogView, ResetReason, Resume, judge};
use crate::time::Timestamp;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Backlog {
    /// Where the reader stands before anything of this is given to it.
    pub(crate) from: Cursor,
    pub(crate) reset: Option<Reset>,
    /// Whether the log lost something that the reader had seen. Another epoch alone does not say so.
    pub(crate) log_was_lost: bool,
    /// How the order rests once this was given; none where that is as it was.
    pub(crate) rest: Option<Rest>,
    /// Whether the log has more of what was missed.
    pub(crate) has_more: bool,
    given: Given,
}

#[derive(Debug)]
enum Given {
    Events(vec::IntoIter<Arc<Record>>),
    /// Then `at` is where the reader stands.
    Snapshots {
        orders: vec::IntoIter<Snapshot>,
        at: Option<Cursor>,
    },
}

/// Whether, and since when, the watched order may have come to rest. Of one order only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) finality: Finality,
    pub(crate) since: Timestamp,
}

impl Rest {
    /// Nothing is at rest.
    pub(crate) const NONE: Self = Self { finality: Finality::Open, since: Timestamp::UNIX_EPOCH };

    pub(crate) fn after(record: &Record) -> Self {
        Self { finality: record.finality(), since: record.at() }
    }

    fn of(state: &State) -> Self {
        Self { finality: state.finality, since: state.updated_at }
    }
}

/// The watched order when a reader began, as far as its life goes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Order {
    /// When its life began, if it is known.
    pub(crate) born: Option<Timestamp>,
    pub(crate) is_deleted: bool,
}

impl Backlog {
    /// Reads what brings a reader to the present. It has its seat already, so what is committed
    /// meanwhile is in the window, and what is in both is told apart by seq.
    pub(crate) async fn begin(
        engine: &dyn Engine,
        config: &Config,
        point: &Point,
        resume: Resume,
    ) -> Result<(Self, Order), EngineError> {
        let why = match resume {
            Resume::Fresh => None,
            Resume::Malformed => Some(ResetReason::Malformed),
            Resume::After(cursor) => {
                // Before the history: what becomes of the order after that is in the history, or in
                // the window.
                let state = Self::state(engine, point).await?;
                match Self::missed(engine, config, point, cursor).await? {
                    // What came before the present life may have been somebody else's.
                    Ok((_, is_of_several_lives)) if is_of_several_lives => {
                        Some(ResetReason::Expired)
                    }
                    Ok((mut backlog, _)) => {
                        backlog.rest = backlog.rest.or(state.as_ref().map(Rest::of));
                        let order = state.map_or_else(Order::default, |state| Order {
                            born: Some(state.created_at),
                            is_deleted: state.deleted,
                        });
                        return Ok((backlog, order));
                    }
                    Err((why, _)) => Some(why),
                }
            }
        };
        let backlog = Self::present(engine, config, point, why).await?;
        let born = backlog.stands_since().flatten();
        Ok((backlog, Order { born, is_deleted: false }))
    }

    /// … to the present again, of a reader that was there before.
    pub(crate) async fn go_on(
        engine: &dyn Engine,
        config: &Config,
        point: &Point,
        cursor: Cursor,
    ) -> Result<Self, EngineError> {
        match Self::missed(engine, config, point, cursor).await? {
            Ok((backlog, _)) => Ok(backlog),
            Err((why, epoch)) => {
                let present = Self::present(engine, config, point, Some(why)).await?;
                // Of a log that changed in between nothing was judged.
                let is_another = present.from.epoch != epoch;
                let log_was_lost = is_another || why.is_of_a_lost_log();
                Ok(Self { log_was_lost, ..present })
            }
        }
    }

    /// The state of the one order that is watched.
    async fn state(engine: &dyn Engine, point: &Point) -> Result<Option<State>, EngineError> {
        match &point.scope {
            Scope::Order(order) => {
                let now = Timestamp::UNIX_EPOCH;
                Ok(engine.read(&point.watch.tenant, order, None, now).await?.state)
            }
            Scope::Customer(_) | Scope::Tenant => Ok(None),
        }
    }

    /// The events after a cursor, and whether one order's are of more than one life; or why they
    /// cannot be had, and of which epoch that was judged.
    async fn missed(
        engine: &dyn Engine,
        config: &Config,
        point: &Point,
        cursor: Cursor,
    ) -> Result<Result<(Self, bool), (ResetReason, Epoch)>, EngineError> {
        let (tenant, scope) = (&point.watch.tenant, &point.scope);
        let limit = HistoryLimit {
            audience: point.audience,
            events: config.replay_events,
            bytes: config.replay_bytes,
        };
        let history = engine.history(tenant, scope, cursor.seq, limit).await?;
        point.watch.set_epoch(history.epoch);
        let view = LogView {
            epoch: history.epoch,
            lineage: &history.lineage,
            head: history.head,
            dropped: history.dropped,
            complete: history.complete,
        };
        if let Err(why) = judge(cursor, view) {
            return Ok(Err((why, history.epoch)));
        }
        let mut records = history.records;
        let is_of_one = matches!(scope, Scope::Order(_));
        let rest = records.last().filter(|_| is_of_one).map(|last| Rest::after(last));
        let former = records.split_last().map_or(&[][..], |(_, former)| former);
        let is_of_several_lives = is_of_one && former.iter().any(|record| record.is_deletion());
        let has_more = records.len() > REPLAY_CHUNK;
        records.truncate(REPLAY_CHUNK);
        records.shrink_to_fit();
        let given = Given::Events(records.into_iter());
        // What comes now is of the log's present epoch, whatever that of the cursor was.
        let from = Cursor { epoch: history.epoch, seq: cursor.seq };
        let backlog = Self { from, reset: None, log_was_lost: false, rest, has_more, given };
        Ok(Ok((backlog, is_of_several_lives)))
    }

    /// The state of things.
    async fn present(
        engine: &dyn Engine,
        config: &Config,
        point: &Point,
        why: Option<ResetReason>,
    ) -> Result<Self, EngineError> {
        let limit = config.inline_snapshots;
        let page = engine.snapshots(&point.watch.tenant, &point.scope, None, limit).await?;
        point.watch.set_epoch(page.epoch);
        let at = Cursor { epoch: page.epoch, seq: page.head };
        let is_paged = page.next.is_some();
        // Half a state is worse than none: a larger scope is paged from its beginning.
        let orders = if is_paged { Vec::new() } else { page.orders };
        let rest = match (&point.scope, orders.first()) {
            (Scope::Order(_), Some(order)) => Rest::of(&order.state),
            _ => Rest::NONE,
        };
        let why = why.or(is_paged.then_some(ResetReason::Large));
        Ok(Self {
            // Before the snapshots are given the reader stands nowhere.
            from: Cursor { epoch: page.epoch, seq: 0 },
            reset: why.map(|reason| Reset { reason, is_paged }),
            log_was_lost: false,
            rest: Some(rest),
            has_more: false,
            given: Given::Snapshots { orders: orders.into_iter(), at: Some(at) },
        })
    }

    /// Of a state, since when the order in it is there, if there is one; none where this is of
    /// events. Asked before any of it is given, and of one order only.
    pub(crate) fn stands_since(&self) -> Option<Option<Timestamp>> {
        let Given::Snapshots { orders, .. } = &self.given else { return None };
        Some(orders.as_slice().first().map(|order| order.state.created_at))
    }

    /// Whether there is nothing to give.
    pub(crate) fn is_empty(&self) -> bool {
        let Given::Events(events) = &self.given else { return false };
        self.reset.is_none() && events.len() == 0
    }

    /// Whether there are events to give, rather than a state.
    pub(crate) fn has_events(&self) -> bool {
        matches!(&self.given, Given::Events(events) if events.len() > 0)
    }

    /// The next of it.
    pub(crate) fn next(&mut self, audience: Audience) -> Option<Delivery> {
        if let Some(reset) = self.reset.take() {
            return Some(Delivery::Reset(reset));
        }
        match &mut self.given {
            Given::Events(events) => {
                let record = events.next()?;
                let cursor = Cursor { epoch: self.from.epoch, seq: record.seq() };
                Some(Delivery::Event(Event { record, audience, cursor }))
            }
            Given::Snapshots { orders, at } => match orders.next() {
                Some(snapshot) => {
                    let cursor = if orders.len() == 0 { at.take() } else { None };
                    let snapshot = Box::new(snapshot);
                    Some(Delivery::Snapshot(SnapshotOf { snapshot, audience, cursor }))
                }
                None => at.take().map(Delivery::Position),
            },
        }
    }
}
