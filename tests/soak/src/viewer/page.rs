//! Pages: of events, by long polls, and of orders.

use order_events_core::Scope;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::stream::parse;
use super::{Phase, Trouble, Viewer, count};
use crate::http::{Connection, once};
use crate::process::Node;
use crate::told::Told;
use crate::witness::{Shown, Witness};

impl Viewer {
    /// Reads some pages, one after the other, on one connection.
    pub(super) async fn read_pages(&mut self, node: &Node) -> Result<(), Trouble> {
        let mut connection = Connection::open(node.address).await?;
        for _ in 0..self.rng.u32(1..8) {
            if self.house.phase() != Phase::Chaos || self.look(|seen| seen.over().is_some()) {
                return Ok(());
            }
            count(&self.house.habits.pages);
            let mut headers = self.headers();
            headers.push(("accept", "application/json".to_owned()));
            let wait = self.rng.u8(..2);
            let losses = self.house.losses();
            let after = self.look(|seen| seen.connects(losses));
            let after = after.map(|cursor| format!("&after={cursor}")).unwrap_or_default();
            let path = format!("{}?wait={wait}{after}", self.path());
            let status = connection.ask("GET", &path, &headers, b"").await?;
            let body = connection.body().await?;
            if status != 200 {
                return self.refused(status);
            }
            let page: Value = serde_json::from_slice(&body)
                .map_err(|error| format!("a page is not JSON, {error}"))?;
            self.take_page(node, &page).await?;
        }
        Ok(())
    }

    /// In this order: reset, snapshots, events.
    async fn take_page(&mut self, node: &Node, page: &Value) -> Result<(), Trouble> {
        let losses = self.house.losses();
        let list = |name: &str| page.get(name).and_then(Value::as_array).into_iter().flatten();
        let text = |from: &Value, name: &str| {
            from.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let cursor = parse(&text(page, "cursor"))?;
        if let Some(reset) = page.get("reset") {
            let is_to_page = reset.get("orders").is_some();
            self.look(|seen| seen.reset(&text(reset, "reason"), is_to_page, losses))?;
        }
        for snapshot in list("snapshots") {
            let shown = shown(snapshot)?;
            self.look(|seen| seen.snapshot(shown))?;
        }
        // Where a beginning ends a page does not say: its first event goes on from there.
        if self.look(|seen| seen.is_beginning()) {
            if self.look(|seen| seen.is_to_page()) {
                self.page_orders(node).await?;
            }
            match (list("events").next(), page.get("end")) {
                (Some(_), _) => self.look(Witness::is_followed)?,
                (None, None) => self.look(|seen| seen.position(cursor))?,
                // It may have been cut off.
                (None, Some(end)) => {
                    self.look(|seen| seen.begins_anew());
                    self.look(|seen| seen.end(&text(end, "reason")));
                    return Ok(());
                }
            }
        }
        for event in list("events") {
            let at = parse(&text(event, "id"))?;
            let told = Told::of(&text(event, "event"), event.get("data").unwrap_or(&Value::Null))?;
            self.look(|seen| seen.event(at, told))?;
        }
        self.look(|seen| seen.position(cursor))?;
        if let Some(end) = page.get("end") {
            self.look(|seen| seen.end(&text(end, "reason")));
        }
        Ok(())
    }

    /// All orders of the scope, page by page, into the beginning.
    pub(super) async fn page_orders(&mut self, node: &Node) -> Result<(), Trouble> {
        let mut headers = self.headers();
        headers.push(("accept", "application/json".to_owned()));
        let customer = self.look(|seen| match &seen.scope {
            Scope::Customer(id) => {
                format!("&customer={}", utf8_percent_encode(id.as_str(), NON_ALPHANUMERIC))
            }
            _ => String::new(),
        });
        let mut next = String::new();
        loop {
            let path = format!("/orders?limit=7{customer}{next}");
            let (status, body) = once(node.address, "GET", &path, &headers, b"").await?;
            match status {
                200 => {}
                // A token of a log that was lost meanwhile.
                400 | 503 => return Err(Trouble::Refused(status)),
                401 if self.is_granted_briefly => return Err(Trouble::Refused(status)),
                other => return Err(Trouble::Wrong(format!("{path} was answered by {other}"))),
            }
            let page: Value = serde_json::from_slice(&body)
                .map_err(|error| format!("a page is not JSON, {error}"))?;
            for order in page.get("orders").and_then(Value::as_array).into_iter().flatten() {
                let shown = shown(order)?;
                self.look(|seen| seen.snapshot(shown))?;
            }
            match page.get("next").and_then(Value::as_str) {
                Some(token) => {
                    next = format!("&page={}", utf8_percent_encode(token, NON_ALPHANUMERIC));
                }
                None => return Ok(()),
            }
        }
    }
}

/// A snapshot, as far as it is compared.
pub(super) fn shown(json: &Value) -> Result<Shown, String> {
    let read = || {
        Some(Shown {
            order: json.get("orderId")?.as_str()?.to_owned(),
            version: json.get("version")?.as_u64()?,
            status: json.get("status")?.as_str()?.parse().ok()?,
        })
    };
    read().ok_or_else(|| format!("a snapshot that cannot be read: {json}"))
}
