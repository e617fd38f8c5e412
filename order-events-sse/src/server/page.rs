//! The same cursor as JSON pages and long polls.
//!
//! A page is a short look at a subscription: what a stream would have been given is given here, in
//! the same order and from the same places, so that a reader may change between the two at any
//! moment.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use order_events_core::{Codec, Cursor, Delivery, EndReason, JsonCodec, Subscription};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

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
        let started = Instant::now();
        let mut page = Self::default();
        loop {
            if page.is_full(settings) {
                page.more = true;
                break;
            }
            let due = subscription.poll_delivery(&mut Context::from_waker(Waker::noop()));
            let next = match due {
                Poll::Ready(next) => next,
                Poll::Pending => {
                    // Whoever waits for the log has not been given what is there.
                    let patience = match subscription.is_live() {
                        false => settings.log_patience,
                        true if page.is_begun => break,
                        true => wait.min(settings.max_wait),
                    };
                    let next = timeout_at(started + patience, subscription.next()).await;
                    next.unwrap_or_default()
                }
            };
            let Some(delivery) = next else { break };
            page.add(&delivery, &subscription);
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
        self.events.len() >= settings.page_events.max(1) || self.bytes >= settings.page_bytes
    }

    fn add(&mut self, delivery: &Delivery, subscription: &Subscription) {
        self.is_begun = true;
        match delivery {
            Delivery::Event(event) => {
                let json = JsonCodec.encode(event.cursor(), event.name(), &event.data());
                self.bytes += json.len();
                self.events.extend(raw(&json));
            }
            Delivery::Snapshot(snapshot) => {
                let json = Bytes::from(snapshot.json());
                self.snapshots.get_or_insert_default().extend(raw(&json));
            }
            Delivery::Reset(reset) => {
                // What came before is of no use any more, for the present follows.
                self.events.clear();
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

/// JSON as it is; none where it is not JSON, which ours is.
fn raw(json: &[u8]) -> Option<Box<RawValue>> {
    serde_json::from_slice(json).ok()
}
