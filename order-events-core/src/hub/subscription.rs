//! A reader's place: before the log, or in a watch point's window.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::backlog::{Backlog, Rest};
use super::delivery::{Delivery, End, EndReason, Event};
use super::life::Life;
use super::registry::Point;
use super::shared::Shared;
use super::stats::Opening;
use super::telemetry;
use super::watch::Taken;
use crate::cursor::Cursor;
use crate::engine::{EngineError, Record};
use crate::event::Audience;
use crate::grant::Scope;
use crate::lifecycle::Finality;
use crate::resume::Resume;
use crate::time::Timestamp;

/// A stream of what happens in one scope, for one audience.
///
/// # Lagging
///
/// A subscription has no queue. It holds a position in a window that it shares with all who watch
/// the same scope; if it is not polled while the window moves on, it reads the log from its own
/// cursor, and if it missed more than is replayed, or the log no longer has it, it is told by
/// [`Delivery::Reset`] and brought to the present by snapshots. It is never skipped silently, and
/// it slows nobody else.
///
/// # Ending
///
/// Once [`Delivery::End`] is taken the stream is over, and its place in the limits is free.
/// Dropping the subscription at any moment, polled or not, leaves no trace either.
///
/// A subscription to one order ends as [`EndReason::Final`] once it has given the order's deletion,
/// unless the grant [may be early](crate::Grant::even_if_absent): the next order of the same id may
/// be somebody else's, so whoever comes back is authorised anew.
///
/// # Time
///
/// The hub has no timers. Expiry and `quiet` are judged when the subscription is polled: whoever
/// drives one polls it again at its [`deadline`](Self::deadline), and now and then (a heartbeat
/// will do), so that a read of the log that failed is tried again.
#[must_use = "a subscription does nothing unless it is polled"]
pub struct Subscription {
    point: Arc<Point>,
    cursor: Cursor,
    phase: Phase,
    expires: Timestamp,
    /// Since when the order is as `finality` says.
    rests_since: Timestamp,
    finality: Finality,
    life: Life,
    begun: Begun,
    /// It has been given everything, and was not polled since.
    waits: bool,
    seat: u32,
}

/// Whether it has its beginning, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    NotYet,
    Anew,
    Resumed,
}

type Answer = Pin<Box<dyn Future<Output = Result<Backlog, EngineError>> + Send>>;

enum Phase {
    /// Takes from the window.
    Live,
    /// Is given what it missed.
    Behind(Box<Backlog>),
    /// Waits for the log's answer. Boxed once more, for it is rare: a subscription that waits
    /// should be small.
    Reading(Box<Answer>),
    /// The log could not be read: tried again when polled again.
    Stalled,
    /// Has ended, and given its seat back.
    Over,
}

impl Subscription {
    /// Takes over a seat; from here on dropping the subscription gives it back.
    pub(super) fn seated(point: Arc<Point>, seat: u32, expires: Option<Timestamp>) -> Self {
        let cursor = Cursor { epoch: point.watch.epoch(), seq: 0 };
        Self {
            point,
            cursor,
            phase: Phase::Stalled,
            expires: expires.unwrap_or(Timestamp::MAX),
            rests_since: Rest::NONE.since,
            finality: Rest::NONE.finality,
            life: Life::any(),
            begun: Begun::NotYet,
            waits: false,
            seat,
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.point.watch.shared
    }

    /// Reads the beginning. False where the reader has everything and nothing can follow.
    /// `even_if_absent` is the grant's.
    pub(super) async fn begin(
        &mut self,
        resume: Resume,
        even_if_absent: bool,
    ) -> Result<bool, EngineError> {
        let presented = matches!(resume, Resume::After(_));
        if let Resume::After(cursor) = &resume {
            self.cursor = *cursor;
        }
        let is_of_one_life = matches!(self.point.scope, Scope::Order(_)) && !even_if_absent;
        let Shared { engine, config, .. } = &**self.shared();
        let (backlog, order) = Backlog::begin(&**engine, config, &self.point, resume).await?;
        let is_resumed = presented && backlog.reset.is_none();
        if is_resumed && backlog.is_empty() {
            let is_final = backlog.rest.is_some_and(|rest| rest.finality == Finality::Final);
            if is_final || (is_of_one_life && order.is_deleted) {
                return Ok(false);
            }
        }
        if is_of_one_life {
            self.life = Life::of(order.born);
        }
        let opening = Opening::of(presented, backlog.reset, backlog.is_empty());
        let reset = backlog.reset.map(|reset| reset.reason);
        self.shared().counters.opened(opening);
        reset.into_iter().for_each(|reason| self.shared().counters.reset(reason));
        telemetry::opened(&self.point, self.seat, opening, reset);
        self.begun = if is_resumed { Begun::Resumed } else { Begun::Anew };
        self.enter(backlog);
        Ok(true)
    }

    fn enter(&mut self, backlog: Backlog) {
        // Who is to be reset stands where it stood until it is told so: what ends before is no reason
        // to begin anew.
        if backlog.reset.is_none() {
            self.cursor = backlog.from;
        }
        if let Some(rest) = backlog.rest {
            self.rest(rest);
        }
        self.phase = Phase::Behind(Box::new(backlog));
    }

    /// The next delivery; none after [`Delivery::End`].
    pub async fn next(&mut self) -> Option<Delivery> {
        poll_fn(|cx| self.poll_delivery(cx)).await
    }

    /// The next delivery; none after [`Delivery::End`].
    pub fn poll_delivery(&mut self, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        if matches!(self.phase, Phase::Over) {
            return Poll::Ready(None);
        }
        if self.is_expired() {
            return self.end(EndReason::Expired);
        }
        let mut has_tried = false;
        loop {
            match &mut self.phase {
                Phase::Over => return Poll::Ready(None),
                Phase::Live if self.life.is_over() => return self.end(EndReason::Final),
                Phase::Live => {
                    let taken = match self.point.seats.poll(self.seat, self.cursor.seq, cx) {
                        Poll::Ready(taken) => taken,
                        Poll::Pending => return self.pause(),
                    };
                    match taken {
                        // It came from the log already.
                        Taken::Item(record) if record.seq() <= self.cursor.seq => {}
                        Taken::Item(record) => {
                            if let Err(why) = self.life.take(&record) {
                                return self.end(why);
                            }
                            let event = self.take(record);
                            self.tell_delivered(&event);
                            self.waits = false;
                            return Poll::Ready(Some(Delivery::Event(event)));
                        }
                        Taken::Lapped => {
                            self.waits = false;
                            self.shared().counters.fell_behind();
                            telemetry::fell_behind(&self.point, self.seat);
                            self.read_log();
                        }
                        Taken::Ended(why) => return self.end(why),
                    }
                }
                Phase::Behind(backlog) => {
                    if let Some(why) = self.point.seats.ask_whether_over(self.seat) {
                        return self.end(why);
                    }
                    match backlog.next(self.point.audience) {
                        Some(delivery) => {
                            if let Delivery::Event(event) = &delivery {
                                if let Err(why) = self.life.take(&event.record) {
                                    return self.end(why);
                                }
                                self.tell_delivered(event);
                            }
                            self.waits = false;
                            self.stand_after(&delivery);
                            return Poll::Ready(Some(delivery));
                        }
                        None if backlog.has_more && !self.life.is_over() => self.read_log(),
                        None => self.phase = Phase::Live,
                    }
                }
                Phase::Reading(answer) => {
                    let answer = (**answer).as_mut().poll(cx);
                    if let Some(why) = self.point.seats.wait(self.seat, cx) {
                        return self.end(why);
                    }
                    match answer {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Ok(backlog)) => {
                            if let Some(born) = backlog.stands_since()
                                && let Err(why) = self.life.stand(born, backlog.log_was_lost)
                            {
                                return self.end(why);
                            }
                            if let Some(reset) = backlog.reset {
                                self.shared().counters.reset(reset.reason);
                                telemetry::reset(&self.point, self.seat, reset.reason);
                            }
                            self.enter(backlog);
                        }
                        Poll::Ready(Err(error)) => {
                            self.shared().counters.log_failed();
                            telemetry::log_failed(&self.point, &error);
                            self.phase = Phase::Stalled;
                        }
                    }
                }
                Phase::Stalled if has_tried => return Poll::Pending,
                Phase::Stalled => {
                    has_tried = true;
                    self.read_log();
                }
            }
        }
    }

    /// Takes a seat at the end of the window, then asks the log for what was missed: what is
    /// committed in between is in both, and told apart by seq.
    fn read_log(&mut self) {
        self.point.seats.catch_up(self.seat);
        let (shared, point) = (Arc::clone(self.shared()), Arc::clone(&self.point));
        let cursor = self.cursor;
        let answer: Answer = Box::pin(async move {
            Backlog::go_on(&*shared.engine, &shared.config, &point, cursor).await
        });
        self.phase = Phase::Reading(Box::new(answer));
    }

    fn take(&mut self, record: Arc<Record>) -> Event {
        self.cursor.seq = record.seq();
        if matches!(self.point.scope, Scope::Order(_)) {
            self.rest(Rest::after(&record));
        }
        Event { record, audience: self.point.audience, cursor: self.cursor }
    }

    fn tell_delivered(&self, event: &Event) {
        let shared = self.shared();
        shared.telemetry.delivered(event, (&self.point, self.seat), self.waits, &*shared.clock);
    }

    fn rest(&mut self, rest: Rest) {
        Rest { finality: self.finality, since: self.rests_since } = rest;
    }

    fn stand_after(&mut self, delivery: &Delivery) {
        let cursor = match delivery {
            Delivery::Event(event) => Some(event.cursor),
            Delivery::Snapshot(snapshot) => snapshot.cursor,
            Delivery::Position(cursor) => Some(*cursor),
            // Before the snapshots are given it stands nowhere.
            Delivery::Reset(_) => Some(Cursor { epoch: self.point.watch.epoch(), seq: 0 }),
            Delivery::End(_) => None,
        };
        self.cursor = cursor.unwrap_or(self.cursor);
    }

    /// Everything is given: waits, unless nothing can follow.
    fn pause(&mut self) -> Poll<Option<Delivery>> {
        if self.finality == Finality::Final {
            return self.end(EndReason::Final);
        }
        if self.quiet_at().is_some_and(|at| at <= self.shared().clock.now()) {
            return self.end(EndReason::Quiet);
        }
        self.waits = true;
        Poll::Pending
    }

    fn is_expired(&self) -> bool {
        self.expires != Timestamp::MAX && self.expires <= self.shared().clock.now()
    }

    fn quiet_at(&self) -> Option<Timestamp> {
        let grace = self.shared().config.quiet_grace?;
        (self.finality == Finality::Quiet).then(|| self.rests_since.saturating_add(grace))
    }

    fn end(&mut self, reason: EndReason) -> Poll<Option<Delivery>> {
        let retry = match reason {
            EndReason::Quiet => Some(self.shared().config.quiet_retry),
            EndReason::Draining => Some(self.spread_retry()),
            _ => None,
        };
        self.stop(Some(reason));
        Poll::Ready(Some(Delivery::End(End { reason, retry })))
    }

    /// A time of its own within the span, so that readers of a drained node do not come all at
    /// once.
    fn spread_retry(&self) -> Duration {
        self.shared().spread(self.shared().config.drain_spread, self.id().unwrap_or(0))
    }

    /// Gives the seat back. Without a reason nobody was told: whoever drove it let go.
    fn stop(&mut self, reason: Option<EndReason>) {
        if !matches!(self.phase, Phase::Over) {
            self.phase = Phase::Over;
            // Whoever let go may have been told to, and not have looked.
            let reason = reason.or_else(|| self.point.seats.ask_whether_over(self.seat));
            let owner = self.shared().leave(&self.point, self.seat);
            if self.begun != Begun::NotYet {
                telemetry::ended(&self.point, owner, reason);
            }
        }
    }

    /// Ends the subscription for a reason of the driver's own: a lifetime that is up.
    pub fn finish(&mut self, reason: EndReason) -> Option<Delivery> {
        if matches!(self.phase, Phase::Over) {
            return None;
        }
        match self.end(reason) {
            Poll::Ready(delivery) => delivery,
            Poll::Pending => None,
        }
    }

    /// Promises that it will be polled at least this often, whatever happens.
    ///
    /// Where a limit is reached, one that was not polled for
    /// [`SILENT_POLLS`](crate::config::SILENT_POLLS) times as long is woken, and if it is not polled
    /// within some seconds, its place goes to who asks for it: its peer is taken to be stalled,
    /// where the server knows no better. It ends as `lifetime` if it is polled again. Who has
    /// promised nothing, or less than one poll in four hours, keeps the place.
    pub fn will_be_polled_every(&self, every: Duration) {
        if !matches!(self.phase, Phase::Over) {
            self.point.seats.will_be_polled_every(self.seat, every);
        }
    }

    /// Where the reader stands: what it was given last.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Whether it goes on from the cursor that was presented.
    pub fn is_resumed(&self) -> bool {
        self.begun == Begun::Resumed
    }

    /// What it watches.
    pub fn scope(&self) -> &Scope {
        &self.point.scope
    }

    /// On whose behalf.
    pub fn audience(&self) -> Audience {
        self.point.audience
    }

    /// Its number, as the [listing](super::Hub::watchers) shows it; none once it has ended.
    pub fn id(&self) -> Option<u64> {
        if matches!(self.phase, Phase::Over) {
            return None;
        }
        self.point.seats.owner(self.seat, |owner| owner.id)
    }

    /// Whether it has been given everything and waits for news. It is not live while it waits for
    /// the log.
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live | Phase::Over)
    }

    /// Whether events are due that the reader missed.
    pub fn has_missed(&self) -> bool {
        matches!(&self.phase, Phase::Behind(backlog) if backlog.has_events())
    }

    /// How long until it must be polled again though nothing happens, by the hub's clock: until its
    /// [`deadline`](Self::deadline).
    pub fn due_in(&self) -> Option<Duration> {
        Some(self.deadline()?.saturating_since(self.shared().clock.now()))
    }

    /// When it must be polled again at the latest though nothing happens: its grant expires, or its
    /// order will have been quiet for long enough.
    pub fn deadline(&self) -> Option<Timestamp> {
        let expires = (self.expires != Timestamp::MAX).then_some(self.expires);
        // Who is behind is not told of the end before what came before it.
        let quiet = self.quiet_at().filter(|_| self.is_live());
        match (expires, quiet) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

impl Stream for Subscription {
    type Item = Delivery;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_delivery(cx)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.stop(None);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("id", &self.id())
            .field("scope", &self.point.scope)
            .field("audience", &self.point.audience)
            .field("cursor", &self.cursor)
            .finish_non_exhaustive()
    }
}
