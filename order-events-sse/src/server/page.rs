//! The same cursor as JSON pages and long polls.
//!
//! A page is a short look at a subscription: what a stream would have been given is given here, in
//! the same order and from the same places, so that a reader may change between the two at any
//! moment.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use order_events_core::{Codec, Cursor, Delivery, EndReason, JsonCodec, Subscription};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, Sleep, sleep_until};

use super::body::Body;
use super::control::ResetData;
use super::settings::Settings;

/// `{events, cursor, more, reset?, snapshots?, end?}`: to be applied in the order reset, snapshots,
/// events.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Page {
    events: Vec<Box<RawValue>>,
    cursor: String,
    /// Whether the page was full, so that more may be there at once.
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<ResetData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshots: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<EndData>,
    #[serde(skip)]
    bytes: usize,
    #[serde(skip)]
    state_bytes: usize,
    /// Whether the snapshots were more than a page takes.
    #[serde(skip)]
    is_too_large: bool,
    #[serde(skip)]
    is_begun: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EndData {
    reason: EndReason,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_ms: Option<u64>,
}

impl Page {
    /// What a subscription that has just begun has to tell; where that is nothing, what it has to
    /// tell within `wait`.
    pub(crate) async fn of(
        mut subscription: Subscription,
        wait: Duration,
        settings: &Settings,
    ) -> Self {
        let mut page = Self::default();
        let mut patience = Patience::new(wait, settings);
        loop {
            if page.is_full(settings) {
                page.more = true;
                break;
            }
            let due = poll_fn(|cx| patience.poll_delivery(&mut subscription, page.is_begun, cx));
            let Some(delivery) = due.await else { break };
            page.add(&delivery, &subscription, settings);
        }
        page.cursor = subscription.cursor().to_string();
        page
    }

    /// For a reader who has seen everything of an order that cannot go on.
    pub(crate) fn finished(cursor: Cursor) -> Self {
        let end = Some(EndData { reason: EndReason::Final, retry_ms: None });
        Self { cursor: cursor.to_string(), end, ..Self::default() }
    }

    pub(crate) fn body(&self) -> Body {
        // Structures of numbers and texts always have a JSON form.
        Body::full(serde_json::to_vec(self).unwrap_or_default())
    }

    fn is_full(&self, settings: &Settings) -> bool {
        self.events.len() >= settings.page_events.max(1) || self.bytes >= settings.page_bytes.max(1)
    }

    fn add(&mut self, delivery: &Delivery, subscription: &Subscription, settings: &Settings) {
        self.is_begun = true;
        match delivery {
            Delivery::Event(event) => {
                let json = JsonCodec.encode(event.cursor(), event.name(), &event.data());
                self.bytes += json.len();
                self.events.extend(raw(&json));
            }
            Delivery::Snapshot(_) if self.is_too_large => {}
            Delivery::Snapshot(snapshot) => {
                let json = snapshot.json();
                self.state_bytes += json.len();
                let snapshots = self.snapshots.get_or_insert_default();
                snapshots.extend(raw(json.as_bytes()));
                // Half a state is worse than none: a larger one is paged from its beginning.
                if self.state_bytes > settings.page_bytes && snapshots.len() > 1 {
                    self.is_too_large = true;
                    snapshots.clear();
                    let reason = self.reset.as_ref().map(ResetData::reason);
                    self.reset = Some(ResetData::paged(reason, subscription.scope()));
                }
            }
            Delivery::Reset(reset) => {
                // What came before is of no use any more, for the present follows.
                self.events.clear();
                (self.bytes, self.state_bytes, self.is_too_large) = (0, 0, false);
                self.reset = Some(ResetData::of(*reset, subscription.scope()));
                self.snapshots = Some(Vec::new());
            }
            Delivery::End(end) => {
                let retry_ms = end.retry.map(|retry| retry.as_millis() as u64);
                self.end = Some(EndData { reason: end.reason, retry_ms });
            }
            _ => {}
        }
    }
}

/// How long a page is waited for.
struct Patience {
    began: Instant,
    wait: Duration,
    with_log: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Patience {
    fn new(wait: Duration, settings: &Settings) -> Self {
        let began = Instant::now();
        let wait = wait.min(settings.max_wait);
        let with_log = wait.max(settings.log_patience);
        Self { began, wait, with_log, timer: Box::pin(sleep_until(began)) }
    }

    /// The next that belongs on the page; none once the page is as it is.
    fn poll_delivery(
        &mut self,
        subscription: &mut Subscription,
        is_begun: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Delivery>> {
        loop {
            if let Poll::Ready(next) = subscription.poll_delivery(cx) {
                return Poll::Ready(next);
            }
            // Whoever waits for the log has not been given what is there.
            let span = match subscription.is_live() {
                false => self.with_log,
                true if is_begun => return Poll::Ready(None),
                true => self.wait,
            };
            let now = Instant::now();
            let left = span.saturating_sub(now - self.began);
            if left.is_zero() {
                return Poll::Ready(None);
            }
            // A grant that expires, or an order that goes quiet, ends the waiting.
            let left = subscription.due_in().map_or(left, |due| left.min(due));
            match now.checked_add(left) {
                Some(until) => self.timer.as_mut().reset(until),
                None => return Poll::Pending,
            }
            ready!(self.timer.as_mut().poll(cx));
        }
    }
}

/// JSON as it is. What is none, which only somebody else can have put into the log, is told as a
/// text: a page leaves nothing out.
fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    let as_text = || serde_json::value::to_raw_value(&String::from_utf8_lossy(json)).ok();
    serde_json::from_slice(json).ok().or_else(as_text)
}
