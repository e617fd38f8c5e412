//! A subscription as a body: what is due leaves, and silence is filled.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Frame, SizeHint};
use order_events_core::{Delivery, EndReason, Hub, Lifecycle, Subscription, Timestamp};
use smallvec::SmallVec;
use tokio::time::{Instant, Sleep, sleep_until};

use super::control::{self, ResetData};
use super::heartbeat::{Heartbeat, Style};
use super::settings::Settings;
use super::telemetry;
use crate::codec::SseCodec;

/// A stream of server-sent events: an [`http_body::Body`], and a [`Stream`] of [`Bytes`].
///
/// # What leaves together
///
/// Each chunk is one event's own bytes, shared with everybody who is given it, where one event is
/// due; where several are due at once they are copied together, once, up to
/// [`Settings::frame_bytes`].
///
/// # Time
///
/// One timer serves heartbeat, lifetime and the deadline of the subscription. It is not touched when
/// an event passes. It is Tokio's: the body must be polled within a Tokio runtime.
///
/// # Ending
///
/// The last chunk says why. A body that is dropped, polled or not, leaves no trace in the hub.
///
/// A body ends when it is polled, and servers do not poll what they cannot send. Over HTTP/1 a peer
/// that takes nothing is the kernel's to end ([`Socket`](super::Socket)). Over HTTP/2 one can keep
/// its connection alive and leave its stream no window: it is given nothing, and where a limit is
/// reached, its place goes to others ([`Subscription::will_be_polled_every`]).
pub struct EventBody {
    subscription: Subscription,
    /// What is given before the subscription is asked; boxed, for it is soon gone.
    first: Option<Box<Bytes>>,
    heartbeat: Heartbeat,
    lives_until: Option<Instant>,
    lifetime_retry: Duration,
    frame_bytes: usize,
    timer: Option<Timer>,
    /// The subscription's deadline that the timer was set by.
    deadline: Option<Timestamp>,
    /// Something was said since the clock was read.
    has_spoken: bool,
    is_over: bool,
}

impl EventBody {
    /// A stream of this subscription, with the comments that [`Settings`] ask for.
    ///
    /// This is the barest of the three ways to mount a stream: head, authorisation and refusals are
    /// the caller's. `hub` is the subscription's own; it is asked for what is spread (heartbeat,
    /// lifetime, retry) so that not all streams of a server do the same at the same time.
    pub fn new<L: Lifecycle>(
        hub: &Hub<L>,
        subscription: Subscription,
        settings: &Settings,
    ) -> Self {
        Self::styled(hub, subscription, settings, Style::Comment)
    }

    pub(crate) fn styled<L: Lifecycle>(
        hub: &Hub<L>,
        subscription: Subscription,
        settings: &Settings,
        style: Style,
    ) -> Self {
        let now = Instant::now();
        let every = around(hub, settings.heartbeat);
        let lives_until = settings.lifetime.and_then(|span| now.checked_add(around(hub, span)));
        let retry = settings.retry.saturating_add(hub.spread(settings.retry));
        let resumed = subscription.is_resumed().then(|| subscription.cursor());
        let first = control::ready(retry, resumed, every);
        subscription.will_be_polled_every(every);
        Self {
            subscription,
            first: Some(Box::new(first)),
            heartbeat: Heartbeat::new(every, style, now),
            lives_until,
            lifetime_retry: hub.spread(settings.retry),
            frame_bytes: settings.frame_bytes,
            timer: None,
            deadline: None,
            has_spoken: false,
            is_over: false,
        }
    }

    /// The next chunk; none after the last.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            // A reader who is always behind is never given everything, and would live for ever: a
            // chunk after its time was the last.
            if self.first.is_none() && self.has_lived(self.heartbeat.last_word()) {
                return Poll::Ready(self.end_of_life());
            }
            if let Some(chunk) = self.gather(cx) {
                // Whoever takes a chunk mostly asks for the next at once, and the clock is read then.
                if std::mem::replace(&mut self.has_spoken, true) {
                    self.heartbeat.spoken(Instant::now());
                }
                return Poll::Ready(Some(chunk));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            let now = ready!(self.poll_timer(cx));
            if self.has_lived(now) {
                // What was due by now has been given.
                return Poll::Ready(self.end_of_life());
            }
            if self.heartbeat.due() <= now {
                self.heartbeat.spoken(now);
                telemetry::heartbeat();
                let cursor = self.subscription.cursor();
                return Poll::Ready(Some(self.heartbeat.frame(cursor)));
            }
            // The subscription's own deadline: it is asked again.
        }
    }

    fn has_lived(&self, now: Instant) -> bool {
        !self.is_over && self.lives_until.is_some_and(|until| until <= now)
    }

    fn end_of_life(&mut self) -> Option<Bytes> {
        self.is_over = true;
        self.subscription.finish(EndReason::Lifetime);
        Some(control::end(EndReason::Lifetime.as_str(), Some(self.lifetime_retry)))
    }

    /// What is due at once, in one piece: one frame as it is, several copied together, once.
    fn gather(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        let first = self.next_frame(cx)?;
        if first.len() >= self.frame_bytes {
            return Some(first);
        }
        match self.next_frame(cx) {
            None => Some(first),
            Some(second) => Some(self.together(first, second, cx)),
        }
    }

    /// Apart, so that a single event, which is what most chunks are, makes no room for several.
    #[inline(never)]
    fn together(&mut self, first: Bytes, second: Bytes, cx: &mut Context<'_>) -> Bytes {
        let mut bytes = first.len() + second.len();
        let mut frames: SmallVec<[Bytes; 16]> = SmallVec::new();
        frames.extend([first, second]);
        while bytes < self.frame_bytes
            && let Some(frame) = self.next_frame(cx)
        {
            bytes += frame.len();
            frames.push(frame);
        }
        let mut chunk = Vec::with_capacity(bytes);
        frames.iter().for_each(|frame| chunk.extend_from_slice(frame));
        Bytes::from(chunk)
    }

    /// The next frame that is due.
    fn next_frame(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(*first);
        }
        while !self.is_over {
            match self.subscription.poll_delivery(cx) {
                Poll::Pending => return None,
                Poll::Ready(None) => self.is_over = true,
                Poll::Ready(Some(delivery)) => {
                    let frame = self.frame(&delivery);
                    if !frame.is_empty() {
                        return Some(frame);
                    }
                }
            }
        }
        None
    }

    fn frame(&self, delivery: &Delivery) -> Bytes {
        match delivery {
            Delivery::Event(event) => event.frame(&SseCodec),
            Delivery::Snapshot(snapshot) => control::snapshot(snapshot),
            Delivery::Position(cursor) => control::position(*cursor),
            Delivery::Reset(reset) => {
                control::reset(&ResetData::of(*reset, self.subscription.scope()))
            }
            Delivery::End(end) => control::end(end.reason.as_str(), end.retry),
            // Of a kind that this version does not know: the reader is none the wiser, but stays.
            _ => Bytes::new(),
        }
    }

    /// Waits until something is due by the clock, and says what time it is.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        loop {
            let mut now = Instant::now();
            if std::mem::take(&mut self.has_spoken) {
                self.heartbeat.spoken(now);
            }
            // An order that was delivered since goes quiet at a time the timer does not know of.
            // Later deadlines need no care: the timer asks when it fires.
            let deadline = self.subscription.deadline();
            let is_sooner = deadline.is_some_and(|at| self.deadline.is_none_or(|known| at < known));
            if let Some(timer) = self.timer.as_mut().filter(|_| !is_sooner) {
                ready!(timer.poll(cx, now));
                now = Instant::now();
            }
            self.deadline = deadline;
            let asked = self.subscription.due_in().and_then(|span| now.checked_add(span));
            let next = [self.lives_until, asked]
                .into_iter()
                .flatten()
                .fold(self.heartbeat.due(), Instant::min);
            if next <= now {
                return Poll::Ready(now);
            }
            match &mut self.timer {
                None => self.timer = Some(Timer::until(next)),
                Some(timer) => timer.bring_forward(next),
            }
        }
    }
}

/// A timer that is asked far more often than it fires: a server polls a body again and again for
/// each event.
struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// When it fires, here at hand.
    fires: Instant,
    /// Whom it will wake.
    wakes: Option<Waker>,
}

impl Timer {
    fn until(at: Instant) -> Self {
        Self { sleep: Box::pin(sleep_until(at)), fires: at, wakes: None }
    }

    /// Fires at this time, if it would fire later, or has fired.
    fn bring_forward(&mut self, at: Instant) {
        if self.sleep.is_elapsed() || at < self.fires {
            self.sleep.as_mut().reset(at);
            self.fires = at;
            self.wakes = None;
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        let is_known = self.wakes.as_ref().is_some_and(|wakes| wakes.will_wake(cx.waker()));
        // Reading the clock is a tenth of asking the runtime's timer.
        if is_known && now < self.fires {
            return Poll::Pending;
        }
        let fires = self.sleep.as_mut().poll(cx);
        self.wakes = fires.is_pending().then(|| cx.waker().clone());
        fires
    }
}

/// A stream that was told to speak without a pause would do nothing else.
const SHORTEST: Duration = Duration::from_millis(10);

/// A span that is meant to be endless must not overflow a clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Up to a fifth more or less than a span, so that what began together does not go on together.
fn around<L: Lifecycle>(hub: &Hub<L>, span: Duration) -> Duration {
    let span = span.clamp(SHORTEST, LONGEST);
    span * 4 / 5 + hub.spread(span * 2 / 5)
}

impl Stream for EventBody {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.get_mut().poll_chunk(cx)
    }
}

impl http_body::Body for EventBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.get_mut().poll_chunk(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}

impl fmt::Debug for EventBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBody")
            .field("subscription", &self.subscription)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

/// The body of any answer.
#[derive(Debug)]
pub enum Body {
    /// A stream of events.
    Events(EventBody),
    /// A text that is there, perhaps an empty one.
    Full(Bytes),
    /// Nothing, where a stream would be: the answer to a `HEAD`, which states no length.
    Head,
}

impl Body {
    pub(crate) fn full(text: impl Into<Bytes>) -> Self {
        Self::Full(text.into())
    }

    pub(crate) fn empty() -> Self {
        Self::Full(Bytes::new())
    }
}

impl Stream for Body {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.get_mut() {
            Self::Events(body) => body.poll_chunk(cx),
            Self::Head => Poll::Ready(None),
            Self::Full(text) => {
                let text = std::mem::take(text);
                Poll::Ready(Some(text).filter(|text| !text.is_empty()))
            }
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll_next(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(text) if text.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Events(_) | Self::Head => SizeHint::default(),
            Self::Full(text) => SizeHint::with_exact(text.len() as u64),
        }
    }
}
