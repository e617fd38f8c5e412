//! When to connect, how, and when to give up: sans-IO. It owns no clock, no timer and no connection;
//! it is told what happened and when, and asked what to do next.
//!
//! ```text
//!          ┌───────── waiting (full jitter; `retry:` and `Retry-After` at least) ◀────────┐
//!          ▼                                                                              │
//!        asked ─▶ answered ─▶ open ─▶ (silence: stale, then given up) ──▶ lost, ended, refused
//!          │                                                                              │
//!          └─ 204, `final`, 401 twice, 403, 404 ─▶ over        lost × poll_after ─▶ polls, and a
//!                                                                stream is tried now and then
//! ```
//!
//! The driver calls [`step`](Machine::step), does what it says, and calls it again after whatever
//! happens. There is one connection at most: an [`Step::Ask`] never comes while one is held, for a
//! [`Step::LetGo`] comes before it.
//!
//! Time is how long ago the client was made, so that a test can say what time it is.

use std::time::Duration;

use crate::config::{SILENT_PERCENT, STALE_PERCENT, Settings};
use crate::state::State;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A stream of events.
    Stream,
    /// A page of events.
    Page,
    /// A page of orders, where the present is too much for a stream.
    Orders,
}

/// A request to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) form: Form,
    /// Which request this is since one was answered, for the server's metrics.
    pub(crate) attempt: u32,
    /// How long the server may hold a page back.
    pub(crate) wait: Duration,
    /// Whether the credentials that were used last were refused.
    pub(crate) renew: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Make this request.
    Ask(Ask),
    /// Drop the connection, whatever comes of it.
    LetGo,
    /// Nothing, unless something happens before this time.
    Wait(Duration),
    /// Nothing any more.
    Over(Ending),
}

/// Why it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Final,
    Unauthenticated,
    Forbidden,
    NotFound,
    Schema(u64),
}

/// What did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    Answer,
    FirstByte,
    Heartbeat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Until `due`.
    Waiting,
    /// For a head until `due`; pages are waited for until they are whole.
    Asked,
    /// A stream's head came; for its first byte until `due`.
    Answered,
    /// A stream has spoken.
    Open,
    Over(Ending),
}

#[derive(Debug)]
pub(crate) struct Machine {
    settings: Settings,
    rng: fastrand::Rng,
    can_renew: bool,
    phase: Phase,
    /// Whether the driver has a connection.
    is_held: bool,
    /// What was asked for last.
    form: Form,
    /// Orders are to be paged before events are followed again.
    pages_orders: bool,
    /// When they were last paged to their end.
    orders_at: Option<Duration>,
    /// Polling has taken over; a stream that is asked for meanwhile is tried out.
    polls: bool,
    /// The polls work.
    has_polled: bool,
    /// Nobody was there at the last attempt.
    is_unreachable: bool,
    /// A heartbeat is overdue.
    is_doubtful: bool,
    /// We were not there when the time was up, and what came meanwhile has not been read yet. Once
    /// for each silence.
    is_forgiven: bool,
    /// The stream has said that it is one.
    is_ready: bool,
    /// Since an answer: credentials were refused and are to be, or have been, renewed.
    is_refused: bool,
    renew: bool,
    /// Failures in a row, for the waits; and those of them that a poll might not have had.
    failures: u32,
    lost: u32,
    attempt: u32,
    /// The next poll asks for what there is, the others for what comes.
    is_first_poll: bool,
    asked_at: Duration,
    opened_at: Duration,
    heard_at: Duration,
    heartbeat: Duration,
    /// What the server last said to wait.
    retry: Duration,
    due: Duration,
    probe: Duration,
    probe_at: Duration,
    lapse: Option<Lapse>,
}

impl Machine {
    /// One that connects as soon as it is asked. `can_renew`: somebody can give other credentials
    /// than those that were refused.
    pub(crate) fn new(settings: Settings, can_renew: bool, seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
            can_renew,
            phase: Phase::Waiting,
            is_held: false,
            form: Form::Stream,
            pages_orders: false,
            orders_at: None,
            polls: false,
            has_polled: false,
            is_unreachable: false,
            is_doubtful: false,
            is_forgiven: false,
            is_ready: false,
            is_refused: false,
            renew: false,
            failures: 0,
            lost: 0,
            attempt: 0,
            is_first_poll: true,
            asked_at: Duration::ZERO,
            opened_at: Duration::ZERO,
            heard_at: Duration::ZERO,
            heartbeat: settings.heartbeat,
            retry: Duration::ZERO,
            due: Duration::ZERO,
            probe: settings.probe,
            probe_at: Duration::ZERO,
            lapse: None,
            settings,
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.phase {
            Phase::Over(_) => State::Closed,
            Phase::Open if self.is_doubtful => State::Stale,
            Phase::Open => State::Live,
            _ if self.is_unreachable => State::Offline,
            _ if self.has_polled => State::Polling,
            _ => State::Connecting,
        }
    }

    /// What to do now. Asked again after everything that it says, but a wait.
    pub(crate) fn step(&mut self, now: Duration) -> Step {
        let is_connected = matches!(self.phase, Phase::Asked | Phase::Answered | Phase::Open);
        if self.is_held && !is_connected {
            self.is_held = false;
            return Step::LetGo;
        }
        if let Phase::Over(ending) = self.phase {
            return Step::Over(ending);
        }
        let until = self.until();
        if now < until {
            return Step::Wait(until);
        }
        if self.phase == Phase::Waiting {
            return Step::Ask(self.ask(now));
        }
        self.late(now, now - until);
        self.step(now)
    }

    /// What did not come in time since this was last asked.
    pub(crate) fn take_lapse(&mut self) -> Option<Lapse> {
        self.lapse.take()
    }

    /// Whether what the stream says is still of interest.
    pub(crate) fn listens(&self) -> bool {
        matches!(self.phase, Phase::Answered | Phase::Open)
    }

    /// The head of an answer came, and it is what was asked for.
    pub(crate) fn answered(&mut self, now: Duration) {
        self.is_unreachable = false;
        if self.form == Form::Stream && self.phase == Phase::Asked {
            self.phase = Phase::Answered;
            self.due = now.saturating_add(self.settings.first_byte);
        }
    }

    /// Bytes of a stream came.
    pub(crate) fn heard(&mut self, now: Duration) {
        if self.phase == Phase::Answered {
            self.phase = Phase::Open;
            self.opened_at = now;
        }
        self.heard_at = now;
        self.is_doubtful = false;
        self.is_forgiven = false;
    }

    /// The stream said that it is one of ours, and how often it will speak.
    pub(crate) fn ready(&mut self, heartbeat: Option<Duration>) {
        if let Some(heartbeat) = heartbeat.filter(|span| !span.is_zero()) {
            // One that never comes would hide a server that is gone.
            self.heartbeat = heartbeat.min(self.settings.max_told);
        }
        self.is_ready = true;
        self.connected();
        (self.polls, self.has_polled) = (false, false);
        self.probe = self.settings.probe;
    }

    /// The server said how long to wait before coming back.
    pub(crate) fn told(&mut self, retry: Duration) {
        self.retry = retry.min(self.settings.max_told);
    }

    /// It speaks a version that we would misread.
    pub(crate) fn misunderstood(&mut self, schema: u64) {
        self.phase = Phase::Over(Ending::Schema(schema));
    }

    /// A stream, or the page that told it, ended with a word. Whether that was a refusal.
    pub(crate) fn ended(&mut self, now: Duration, reason: &str, retry: Option<Duration>) -> bool {
        if reason == "final" {
            self.phase = Phase::Over(Ending::Final);
            return false;
        }
        if let Some(retry) = retry {
            self.told(retry);
        }
        // A stream that never was one: a refusal in soft words. And two clients that replace each
        // other must not do so for ever at the same pace.
        let is_refusal = self.form == Form::Stream && !self.is_ready;
        self.settle_failures(now, is_refusal || reason == "replaced");
        // An order that is probably finished is looked at now and then, which is what polling is.
        self.has_polled = reason == "quiet" || self.polls;
        self.wait(now, self.retry);
        is_refusal
    }

    /// The connection was lost, could not be had, or what came was no answer to the question.
    pub(crate) fn lost(&mut self, now: Duration) {
        let was_tried_out = self.polls && self.form == Form::Stream;
        self.settle_failures(now, true);
        if was_tried_out {
            return self.tried_in_vain(now);
        }
        if self.form == Form::Stream {
            self.lost = self.lost.saturating_add(1);
            if self.lost >= self.settings.poll_after {
                self.take_to_polling(now);
            }
        }
        self.has_polled = false;
        self.wait(now, self.retry);
    }

    /// … because nobody was there.
    pub(crate) fn unreachable(&mut self, now: Duration) {
        self.is_unreachable = true;
        self.lost(now);
    }

    /// … because the credentials could not be had. Where they were to be renewed, the next ones are
    /// not yet the renewed ones.
    pub(crate) fn without_credentials(&mut self, now: Duration) {
        self.is_refused = false;
        self.lost(now);
    }

    /// The server refused, by a status.
    pub(crate) fn refused(&mut self, now: Duration, status: u16, retry_after: Option<Duration>) {
        self.is_unreachable = false;
        let ending = match status {
            204 => Ending::Final,
            401 if self.can_renew && !self.is_refused => {
                (self.is_refused, self.renew) = (true, true);
                self.phase = Phase::Waiting;
                self.due = now;
                return;
            }
            401 => Ending::Unauthenticated,
            403 => Ending::Forbidden,
            404 => Ending::NotFound,
            _ => {
                let Some(retry_after) = retry_after else { return self.lost(now) };
                // A server that says when to come back would answer a poll no better.
                self.settle_failures(now, true);
                self.has_polled = false;
                return self.wait(now, retry_after.min(self.settings.max_told));
            }
        };
        self.phase = Phase::Over(ending);
    }

    /// A poll was answered.
    pub(crate) fn paged(&mut self, now: Duration, more: bool, is_empty: bool) {
        if !self.has_polled {
            // Polls had failed as well, so whatever it was may be over for streams, too.
            self.probe = self.settings.probe;
            self.probe_at = self.probe_at.min(now.saturating_add(self.probe));
        }
        self.has_polled = true;
        self.connected();
        (self.failures, self.lost) = (0, 0);
        // The first one is asked to answer at once, and so is one whose page may be followed by more.
        let was_held = now.saturating_sub(self.asked_at) >= self.settings.poll_pause;
        // One that promises more and brings nothing would be asked without end.
        let goes_on = !is_empty || was_held || self.is_first_poll;
        self.is_first_poll = more && !is_empty;
        match goes_on {
            true => self.ask_at(now),
            false => self.wait(now, self.settings.poll_pause),
        }
    }

    /// The present is too much for a stream or a page: its orders are to be paged.
    pub(crate) fn begin_orders(&mut self, now: Duration) {
        self.pages_orders = true;
        self.connected();
        match self.orders_at.is_some_and(|at| now.saturating_sub(at) < self.settings.stable) {
            // So much happens that events could not go on from the pages: not in a tight loop.
            true => {
                self.settle_failures(now, true);
                self.wait(now, self.retry);
            }
            false => self.ask_at(now),
        }
    }

    /// A page of orders was answered.
    pub(crate) fn orders_paged(&mut self, now: Duration, is_last: bool, is_empty: bool) {
        self.connected();
        if is_last {
            self.pages_orders = false;
            self.orders_at = Some(now);
        }
        match is_last || !is_empty {
            true => self.ask_at(now),
            false => self.wait(now, self.settings.poll_pause),
        }
    }

    /// When something is due.
    fn until(&self) -> Duration {
        if self.phase != Phase::Open {
            return self.due;
        }
        let percent = if self.is_doubtful { SILENT_PERCENT } else { STALE_PERCENT };
        self.heard_at.saturating_add(self.heartbeat.saturating_mul(percent) / 100)
    }

    fn ask(&mut self, now: Duration) -> Ask {
        self.form = match (self.pages_orders, self.polls && now < self.probe_at) {
            (true, _) => Form::Orders,
            (_, true) => Form::Page,
            _ => Form::Stream,
        };
        self.phase = Phase::Asked;
        self.is_held = true;
        self.asked_at = now;
        (self.is_doubtful, self.is_forgiven, self.is_ready) = (false, false, false);
        let wait = match self.form {
            Form::Page if !self.is_first_poll => self.settings.poll_wait,
            _ => Duration::ZERO,
        };
        let patience = match self.form {
            Form::Stream => self.settings.head,
            Form::Page | Form::Orders => wait.saturating_add(self.settings.poll_slack),
        };
        self.due = now.saturating_add(patience);
        let (attempt, renew) = (self.attempt, std::mem::take(&mut self.renew));
        self.attempt = attempt.saturating_add(1);
        Ask { form: self.form, attempt, wait, renew }
    }

    /// The time is up, and has been for so long.
    fn late(&mut self, now: Duration, by: Duration) {
        if by > self.heartbeat && !self.is_forgiven {
            // Nobody looked: a laptop slept, or whoever takes the events was busy. What came
            // meanwhile has not been read yet, so the time begins anew.
            self.is_forgiven = true;
            self.heard_at = now;
            self.due = now.saturating_add(self.settings.head);
            return;
        }
        if self.phase == Phase::Open && !self.is_doubtful {
            self.is_doubtful = true;
            return;
        }
        self.lapse = Some(match self.phase {
            Phase::Open => Lapse::Heartbeat,
            Phase::Answered => Lapse::FirstByte,
            _ => Lapse::Answer,
        });
        if self.phase == Phase::Asked {
            // Whoever was to renew what was refused may have taken too long: to be asked again.
            self.is_refused = false;
        }
        if self.phase == Phase::Open || self.form != Form::Stream {
            self.lost(now);
        } else {
            // No answer, or a head without a body: somebody holds the stream back. That is no reason
            // to wait, but one to poll.
            self.settle_failures(now, true);
            if self.polls {
                return self.tried_in_vain(now);
            }
            self.take_to_polling(now);
            self.ask_at(now);
        }
    }

    fn connected(&mut self) {
        (self.is_unreachable, self.is_refused) = (false, false);
        self.attempt = 0;
    }

    fn settle_failures(&mut self, now: Duration, has_failed: bool) {
        let lived = now.saturating_sub(self.opened_at);
        if self.phase == Phase::Open && lived >= self.settings.stable {
            (self.failures, self.lost) = (0, 0);
        }
        self.failures = self.failures.saturating_add(has_failed.into());
    }

    fn take_to_polling(&mut self, now: Duration) {
        self.polls = true;
        self.is_first_poll = true;
        self.probe_at = now.saturating_add(self.probe);
    }

    fn tried_in_vain(&mut self, now: Duration) {
        self.probe = self.probe.saturating_mul(2).min(self.settings.max_probe);
        self.probe_at = now.saturating_add(self.probe);
        self.ask_at(now);
    }

    fn ask_at(&mut self, at: Duration) {
        self.phase = Phase::Waiting;
        self.due = at;
    }

    /// Full jitter on top of what was told, which is the least.
    fn wait(&mut self, now: Duration, told: Duration) {
        let doublings = self.failures.saturating_sub(1).min(30);
        let most = self.settings.backoff.saturating_mul(1 << doublings);
        let most = most.min(self.settings.max_backoff);
        let ours = most.as_secs_f64() * self.rng.f64();
        let ours = Duration::try_from_secs_f64(ours).unwrap_or(most);
        self.ask_at(now.saturating_add(told).saturating_add(ours));
    }
}

#[cfg(test)]
mod tests;
