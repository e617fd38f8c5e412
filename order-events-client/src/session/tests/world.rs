//! A server in memory, which is well: what it would answer, as text.

use std::collections::BTreeMap;

use url::Url;

/// What the server has.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    /// The order of each event; its place is its index and one.
    pub(super) log: Vec<u8>,
    /// Places up to here are no longer in the log.
    pub(super) trimmed: usize,
    /// More orders than this are to be paged.
    pub(super) inline: usize,
}

const AT: &str = "2026-11-21T12:00:00.000Z";

impl World {
    pub(super) fn publish(&mut self, order: u8) {
        self.log.push(order);
    }

    pub(super) fn head(&self) -> String {
        format!("e.{}", self.log.len())
    }

    /// The name and data of the event at a place.
    fn event(&self, place: usize) -> (&'static str, String) {
        let order = self.log[place - 1];
        let version = self.log[..place].iter().filter(|other| **other == order).count();
        let name = if version == 1 { "order.created" } else { "order.note" };
        let data = format!(
            r#"{{"orderId":"o{order}","version":{version},"status":"PENDING","timestamp":"{AT}","note":"ünï 東 {place}"}}"#
        );
        (name, data)
    }

    pub(super) fn orders(&self) -> BTreeMap<String, u64> {
        self.log.iter().fold(BTreeMap::new(), |mut orders, order| {
            *orders.entry(format!("o{order}")).or_default() += 1;
            orders
        })
    }

    fn snapshots(&self) -> Vec<String> {
        let snapshot = |(order, version)| {
            format!(
                r#"{{"orderId":"{order}","status":"PENDING","version":{version},"createdAt":"{AT}","updatedAt":"{AT}","timeline":[]}}"#
            )
        };
        self.orders().into_iter().map(snapshot).collect()
    }

    /// The place to go on from, or why not.
    fn resumes(&self, cursor: &str) -> Result<usize, Option<&'static str>> {
        let Some(place) = cursor.strip_prefix("e.") else {
            return Err((!cursor.is_empty()).then_some("malformed"));
        };
        match place.parse::<usize>() {
            Ok(place) if place < self.trimmed => Err(Some("expired")),
            Ok(place) => Ok(place),
            Err(_) => Err(Some("malformed")),
        }
    }

    pub(super) fn stream(&self, cursor: &str) -> String {
        match self.resumes(cursor) {
            Ok(place) => {
                let ready = format!(
                    "retry: 100\nevent: ready\nid: {cursor}\ndata: {{\"schema\":1,\"resumed\":\"{cursor}\",\"heartbeatMs\":1000}}\n\n"
                );
                ready + &self.blocks(place)
            }
            Err(reset) => {
                let ready =
                    "retry: 100\nevent: ready\ndata: {\"schema\":1,\"heartbeatMs\":1000}\n\n";
                ready.to_owned() + &self.beginning(reset)
            }
        }
    }

    fn beginning(&self, reset: Option<&str>) -> String {
        let orders = self.snapshots();
        let head = self.head();
        if orders.len() > self.inline {
            let reason = reset.unwrap_or("large");
            return format!(
                "event: reset\ndata: {{\"reason\":\"{reason}\",\"orders\":\"orders\"}}\n\nid: {head}\n\n"
            );
        }
        let mut text = String::new();
        if let Some(reason) = reset {
            text += &format!("event: reset\ndata: {{\"reason\":\"{reason}\"}}\n\n");
        }
        for (place, order) in orders.iter().enumerate() {
            let id =
                if place + 1 == orders.len() { format!("id: {head}\n") } else { String::new() };
            text += &format!("event: snapshot\n{id}data: {order}\n\n");
        }
        if orders.is_empty() {
            text += &format!("id: {head}\n\n");
        }
        text
    }

    pub(super) fn blocks(&self, after: usize) -> String {
        (after + 1..=self.log.len())
            .map(|place| {
                let (name, data) = self.event(place);
                format!("event: {name}\nid: e.{place}\ndata: {data}\n\n")
            })
            .collect()
    }

    /// At most three events at a time.
    pub(super) fn page(&self, cursor: &str) -> String {
        match self.resumes(cursor) {
            Ok(after) => {
                let to = self.log.len().min(after + 3);
                let events: Vec<_> = (after + 1..=to)
                    .map(|place| {
                        let (name, data) = self.event(place);
                        format!(r#"{{"id":"e.{place}","event":"{name}","data":{data}}}"#)
                    })
                    .collect();
                let more = to < self.log.len();
                format!(r#"{{"events":[{}],"cursor":"e.{to}","more":{more}}}"#, events.join(","))
            }
            Err(reset) => {
                let (head, orders) = (self.head(), self.snapshots());
                if orders.len() > self.inline {
                    return format!(
                        r#"{{"events":[],"cursor":"{head}","more":false,"reset":{{"reason":"{}","orders":"orders"}}}}"#,
                        reset.unwrap_or("large")
                    );
                }
                let reset = reset.map(|why| format!(r#","reset":{{"reason":"{why}"}}"#));
                format!(
                    r#"{{"events":[],"cursor":"{head}","more":false{},"snapshots":[{}]}}"#,
                    reset.unwrap_or_default(),
                    orders.join(",")
                )
            }
        }
    }

    /// Two orders at a time.
    pub(super) fn page_of_orders(&self, url: &Url) -> String {
        let token = url.query_pairs().find(|(name, _)| name == "page");
        let from: usize = token.map_or(0, |(_, token)| token.parse().unwrap());
        let orders = self.snapshots();
        let to = orders.len().min(from + 2);
        let next = if to < orders.len() { format!(r#","next":"{to}""#) } else { String::new() };
        format!(r#"{{"orders":[{}],"cursor":"{}"{next}}}"#, orders[from..to].join(","), self.head())
    }
}
