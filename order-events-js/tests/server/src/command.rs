//! What a test may ask for.

use order_events_axum::{CustomerId, OrderId, OrderStatus, Update};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::Hold;
use crate::shop::Shop;

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Command {
    /// Publishes.
    Publish(Change),
    /// Refuses the next so many requests for events.
    Refuse { status: u16, times: usize, retry_after: Option<u64> },
    /// Holds back what streams say, as a proxy that gathers does.
    Hold { what: Hold },
    /// Closes every connection without a word.
    Cut,
    /// … and listens no more, until it is up again.
    Down,
    /// Listens again.
    Up,
    /// Drains, ends and starts again.
    Restart,
    /// Of a server that is down: its log is lost, and another begun. What it holds is published before
    /// it is up again, for who asks meanwhile would be told that there is nothing.
    Lose,
    /// Refuses by streams from now on, for a browser's own `EventSource`.
    Soft,
    /// Nobody is signed in any more, and their streams end.
    SignOut,
    /// What is watched, by whom.
    Streams,
    /// What was asked for since the last time, and how it was answered.
    Seen,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Change {
    Create { order: String, customer: String },
    Status { order: String, status: OrderStatus, note: Option<String> },
    Note { order: String, note: String, public: bool },
    Assign { order: String, assignee: String },
    Delete { order: String },
}

impl Change {
    fn update(self) -> Result<Update, String> {
        let id = |order: String| OrderId::new(order).map_err(|error| error.to_string());
        Ok(match self {
            Self::Create { order, customer } => {
                let customer = CustomerId::new(customer).map_err(|error| error.to_string())?;
                Update::create(id(order)?).with_customer(customer)
            }
            Self::Status { order, status, note } => {
                let update = Update::status(id(order)?, status);
                match note {
                    Some(note) => update.with_note(note),
                    None => update,
                }
            }
            Self::Note { order, note, public } => {
                let update = Update::note(id(order)?, note);
                if public { update.public() } else { update }
            }
            Self::Assign { order, assignee } => Update::assign(id(order)?, assignee),
            Self::Delete { order } => Update::delete(id(order)?),
        })
    }
}

impl Shop {
    pub(crate) async fn carry_out(&mut self, command: Command) -> Result<Value, String> {
        match command {
            Command::Publish(change) => {
                let published = self.hub.publish(change.update()?).await;
                let applied = published.map_err(|error| error.to_string())?;
                let version = match applied {
                    order_events_axum::Published::Applied(applied) => applied.event.version,
                    other => return Err(format!("not applied: {other:?}")),
                };
                return Ok(json!({ "version": version }));
            }
            Command::Refuse { status, times, retry_after } => {
                self.faults.refuse(status, times, retry_after);
            }
            Command::Hold { what } => self.faults.hold(what),
            Command::Cut => {
                self.down().await;
                self.up()?;
            }
            Command::Down => self.down().await,
            Command::Up => self.up()?,
            Command::Restart => self.restart().await?,
            Command::Lose => self.lose(),
            Command::Soft => {
                self.is_soft = true;
                self.restart().await?;
            }
            Command::SignOut => {
                for user in self.access.sign_out() {
                    self.hub.revoke(&user).await.map_err(|error| error.to_string())?;
                }
            }
            Command::Streams => {
                let watchers = self.hub.watchers();
                let users = watchers.iter().map(|watcher| watcher.principal.as_str());
                return Ok(json!({ "users": users.collect::<Vec<_>>() }));
            }
            Command::Seen => return Ok(json!({ "requests": self.faults.seen() })),
        }
        Ok(json!({}))
    }
}
