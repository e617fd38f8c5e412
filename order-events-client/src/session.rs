//! One followed scope: what was said, applied to what is known and to the connection. Sans-IO.

use std::time::Duration;

use http::StatusCode;
use order_events_core::{Lifecycle, ResetReason, SCHEMA_VERSION};
use order_events_sse::{Decoder, Message};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use crate::address;
use crate::config::Settings;
use crate::delivery::{Given, Why};
use crate::error::Failure;
use crate::feed::Feed;
use crate::reconnect::{Ask, Form, Lapse, Machine, Step};
use crate::state::State;
use crate::store::Cursor;

#[derive(Debug)]
pub(crate) struct Session<L: Lifecycle> {
    /// The address of the scope's events.
    address: Url,
    machine: Machine,
    feed: Feed<L>,
    orders: Option<Orders>,
    failure: Option<Failure>,
}

/// Orders that are being paged.
#[derive(Debug)]
struct Orders {
    why: Why,
    link: String,
    /// What the link is relative to.
    base: Url,
    /// The page to ask for; none for the first.
    next: Option<String>,
    /// Where to follow events from: as of the first page.
    cursor: Option<String>,
}

/// A request, up to who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) url: Url,
    pub(crate) form: Form,
    /// Empty where there is none.
    pub(crate) cursor: String,
    pub(crate) renew: bool,
}

/// A stream that is being read.
#[derive(Debug)]
pub(crate) struct Reading {
    decoder: Decoder,
    /// What its links are relative to.
    base: Url,
    position: String,
}

impl<L: Lifecycle> Session<L> {
    pub(crate) fn new(address: Url, machine: Machine, feed: Feed<L>) -> Self {
        Self { address, machine, feed, orders: None, failure: None }
    }

    pub(crate) fn step(&mut self, now: Duration) -> Step {
        let step = self.machine.step(now);
        match self.machine.take_lapse() {
            Some(Lapse::Answer) => self.failure = Some(Failure::NoAnswer),
            Some(Lapse::FirstByte) => self.failure = Some(Failure::HeldBack),
            Some(Lapse::Heartbeat) => self.failure = Some(Failure::Silent),
            None => {}
        }
        step
    }

    pub(crate) fn state(&self) -> State {
        self.machine.state()
    }

    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    pub(crate) fn next(&mut self) -> Option<Given<L>> {
        self.feed.next()
    }

    pub(crate) fn given(&self) -> Option<&Cursor> {
        self.feed.given()
    }

    /// What to ask for, or why that cannot be asked.
    pub(crate) fn request(&self, ask: Ask) -> Result<Request, Failure> {
        let Ask { form, attempt, wait, renew } = ask;
        if let (Form::Orders, Some(orders)) = (form, &self.orders) {
            let url = address::page(&orders.base, &orders.link, orders.next.as_deref());
            let url = url.ok_or(Failure::Redirects)?;
            // A link that leads elsewhere would carry credentials there.
            address::same_origin(&self.address, &url)?;
            return Ok(Request { url, form, cursor: String::new(), renew });
        }
        let mut url = self.address.clone();
        if attempt > 0 {
            url.query_pairs_mut().append_pair("attempt", &attempt.to_string());
        }
        if !wait.is_zero() {
            url.query_pairs_mut().append_pair("wait", &wait.as_secs().to_string());
        }
        Ok(Request { url, form, cursor: self.feed.cursor().to_owned(), renew })
    }

    /// The head of a stream or page came, from this address.
    pub(crate) fn answered(&mut self, now: Duration, base: Url, settings: &Settings) -> Reading {
        self.machine.answered(now);
        let decoder = Decoder::with_limits(settings.stream);
        Reading { decoder, base, position: String::new() }
    }

    /// It went wrong.
    pub(crate) fn failed(&mut self, now: Duration, failure: Failure) {
        match &failure {
            Failure::Unreachable(_) => self.machine.unreachable(now),
            Failure::Credentials(_) => self.machine.without_credentials(now),
            Failure::Refused { status, retry_after } => {
                // The token of a page that cannot be asked for any more.
                if *status == StatusCode::BAD_REQUEST {
                    self.begin_orders_anew();
                }
                self.machine.refused(now, status.as_u16(), *retry_after);
            }
            _ => self.machine.lost(now),
        }
        self.failure = Some(failure);
    }

    /// Bytes of a stream came. Whether more of them are of interest.
    pub(crate) fn heard(&mut self, now: Duration, reading: &mut Reading, mut bytes: &[u8]) -> bool {
        self.machine.heard(now);
        loop {
            match reading.decoder.decode(&mut bytes) {
                Ok(Some(message)) => self.said(now, reading, &message),
                Ok(None) => break,
                Err(error) => self.failed(now, error.into()),
            }
            if !self.machine.listens() {
                return false;
            }
        }
        if let Some(retry) = reading.decoder.retry() {
            self.machine.told(retry);
        }
        // A place without an event: the end of a beginning that had nothing to tell.
        let position = reading.decoder.last_event_id();
        if reading.position != position {
            position.clone_into(&mut reading.position);
            self.feed.position(position);
        }
        true
    }

    fn said(&mut self, now: Duration, reading: &mut Reading, message: &Message) {
        if let Some(retry) = reading.decoder.retry() {
            self.machine.told(retry);
        }
        let is_elsewhere = *message.last_event_id != *reading.position;
        if is_elsewhere {
            message.last_event_id.as_ref().clone_into(&mut reading.position);
        }
        match &*message.event {
            "ready" => self.ready(&message.data),
            "reset" => return self.reset(now, &message.data, &reading.base),
            "snapshot" => self.feed.snapshot(&message.data),
            "heartbeat" => {}
            "end" => {
                if is_elsewhere {
                    self.feed.position(&reading.position);
                }
                return self.ended(now, &message.data);
            }
            name => return self.feed.event(name, &message.data, &reading.position),
        }
        if is_elsewhere {
            self.feed.position(&reading.position);
        }
    }

    fn ready(&mut self, data: &str) {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Ready {
            schema: u64,
            resumed: Option<String>,
            heartbeat_ms: Option<u64>,
        }
        let Ready { schema, resumed, heartbeat_ms } = read(data);
        if schema > SCHEMA_VERSION.into() {
            return self.machine.misunderstood(schema);
        }
        self.machine.ready(heartbeat_ms.map(Duration::from_millis));
        self.failure = None;
        // Whoever asked to go on and is not going on begins anew; and so does whoever is new.
        match resumed {
            Some(_) => self.feed.go_on(),
            None => self.feed.begin(Why::New),
        }
    }

    fn reset(&mut self, now: Duration, data: &str, base: &Url) {
        let reset: Reset = read(data);
        self.feed.begin(why(&reset.reason));
        if let Some(link) = reset.orders {
            self.begin_orders(now, why(&reset.reason), link, base.clone());
        }
    }

    fn ended(&mut self, now: Duration, data: &str) {
        let end: End = read(data);
        if self.machine.ended(now, &end.reason, end.retry_ms.map(Duration::from_millis)) {
            self.failure = Some(Failure::EndedAtOnce(end.reason));
        }
    }

    /// A page of events came, whole.
    pub(crate) fn paged(&mut self, now: Duration, base: &Url, json: &[u8]) {
        #[derive(Deserialize)]
        struct Page<'a> {
            #[serde(borrow)]
            events: Vec<Event<'a>>,
            cursor: String,
            #[serde(default)]
            more: bool,
            reset: Option<Reset>,
            #[serde(borrow)]
            snapshots: Option<Vec<&'a RawValue>>,
            end: Option<End>,
        }
        #[derive(Deserialize)]
        struct Event<'a> {
            id: String,
            event: String,
            #[serde(borrow)]
            data: &'a RawValue,
        }
        let page: Page<'_> = match serde_json::from_slice(json) {
            Ok(page) => page,
            Err(error) => return self.failed(now, Failure::Unreadable(error)),
        };
        // Nor does one bring anything that leads back to where we are, as a cache's would; or one
        // that begins anew, as that of each of two servers would that know nothing of each other.
        let is_empty = page.events.is_empty() || page.cursor == self.feed.cursor();
        let is_anew = page.snapshots.is_some() || self.feed.cursor().is_empty();
        match page.reset {
            Some(Reset { reason, orders: Some(link) }) => {
                self.feed.begin(why(&reason));
                return self.begin_orders(now, why(&reason), link, base.clone());
            }
            Some(Reset { reason, orders: None }) => self.feed.begin(why(&reason)),
            None if is_anew => self.feed.begin(Why::New),
            None => self.feed.go_on(),
        }
        for snapshot in page.snapshots.into_iter().flatten() {
            self.feed.snapshot(snapshot.get());
        }
        for Event { id, event, data } in page.events {
            self.feed.event(&event, data.get(), &id);
        }
        self.feed.position(&page.cursor);
        match page.end {
            Some(end) => {
                let retry = end.retry_ms.map(Duration::from_millis);
                self.machine.ended(now, &end.reason, retry);
            }
            None => self.machine.paged(now, page.more, is_empty),
        }
    }

    /// A page of orders came, whole.
    pub(crate) fn orders_paged(&mut self, now: Duration, json: &[u8]) {
        #[derive(Deserialize)]
        struct Page<'a> {
            #[serde(borrow)]
            orders: Vec<&'a RawValue>,
            cursor: String,
            next: Option<String>,
        }
        let page: Page<'_> = match serde_json::from_slice(json) {
            Ok(page) => page,
            Err(error) => return self.failed(now, Failure::Unreadable(error)),
        };
        let Some(mut orders) = self.orders.take() else { return };
        let is_empty = page.orders.is_empty() || (page.next.is_some() && page.next == orders.next);
        for order in page.orders {
            self.feed.snapshot(order.get());
        }
        let cursor = orders.cursor.take().unwrap_or(page.cursor);
        let is_last = page.next.is_none();
        if is_last {
            self.feed.position(&cursor);
        } else {
            (orders.cursor, orders.next) = (Some(cursor), page.next);
            self.orders = Some(orders);
        }
        self.machine.orders_paged(now, is_last, is_empty);
    }

    fn begin_orders(&mut self, now: Duration, why: Why, link: String, base: Url) {
        self.orders = Some(Orders { why, link, base, next: None, cursor: None });
        self.machine.begin_orders(now);
    }

    /// What was told of the orders so far does not fit what will be.
    fn begin_orders_anew(&mut self) {
        if let Some(orders) = &mut self.orders {
            (orders.next, orders.cursor) = (None, None);
            self.feed.begin(orders.why.clone());
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reset {
    reason: String,
    orders: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct End {
    reason: String,
    retry_ms: Option<u64>,
}

/// What cannot be read of what a stream says of itself is as if it had not been said.
fn read<'a, T: Default + Deserialize<'a>>(data: &'a str) -> T {
    serde_json::from_str(data).unwrap_or_default()
}

fn why(reason: &str) -> Why {
    match ResetReason::ALL.into_iter().find(|known| known.as_str() == reason) {
        Some(known) => Why::Reset(known),
        None => Why::Other(reason.to_owned()),
    }
}

#[cfg(test)]
mod tests;
