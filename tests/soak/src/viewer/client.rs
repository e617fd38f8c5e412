//! The client for Rust, which connects again by itself.

use http::{HeaderName, HeaderValue};
use order_events_client::{Client, Cursor as Text, Delivery, Error, Given, Watching, Why};
use order_events_core::OrderStatus;
use tokio::time::{Duration, Instant, sleep, sleep_until};

use super::stream::parse;
use super::{Phase, Trouble, Viewer, count};
use crate::process::Node;
use crate::told::{self, Told};
use crate::witness::{Over, Shown, Witness};

impl Viewer {
    /// Follows until it is over, or until it has enough of this server.
    pub(super) async fn follow(&mut self, node: &Node) -> Result<(), Trouble> {
        count(&self.house.habits.streams);
        let watching = self.watching(node)?;
        let opened = watching.open().await;
        let mut events = opened.map_err(|error| error.to_string())?;
        let mut phase = self.house.phase.clone();
        phase.mark_unchanged();
        if matches!(self.house.phase(), Phase::Leave | Phase::Over) {
            return Ok(());
        }
        let until = Instant::now() + Duration::from_millis(self.rng.u64(200..9_000));
        let mut next_freeze = until - Duration::from_millis(self.rng.u64(..200));
        loop {
            let given = tokio::select! {
                given = events.next() => given,
                _ = phase.changed() => match self.house.phase() {
                    Phase::Leave | Phase::Over => return Ok(()),
                    Phase::Chaos | Phase::Settle => continue,
                },
                () = sleep_until(next_freeze), if self.house.phase() == Phase::Chaos => {
                    if until <= Instant::now() {
                        count(&self.house.habits.left);
                        return Ok(());
                    }
                    count(&self.house.habits.frozen);
                    // Whoever does not poll reads nothing.
                    let span = Duration::from_millis(self.rng.u64(100..5_000));
                    tokio::select! {
                        () = sleep(span) => {}
                        _ = phase.wait_for(|phase| *phase != Phase::Chaos) => {}
                    }
                    next_freeze = until;
                    continue;
                }
            };
            match given {
                Some(Ok(given)) => self.is_given(given)?,
                None => return Ok(self.look(|seen| seen.is_told_of_the_end(Over::Finished))?),
                Some(Err(Error::NotFound)) => {
                    return Ok(self.look(|seen| seen.is_told_of_the_end(Over::Absent))?);
                }
                // A short grant is over, and nothing renews it.
                Some(Err(Error::Unauthenticated)) if self.is_granted_briefly => {
                    return Err(Trouble::Refused(401));
                }
                Some(Err(error)) => return Err(Trouble::Wrong(format!("the client: {error}"))),
            }
        }
    }

    fn watching(&mut self, node: &Node) -> Result<Watching, Trouble> {
        let mut client = Client::builder(format!("http://{}", node.address));
        for (name, value) in self.headers() {
            let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
            client = client.header(HeaderName::from_static(name), value);
        }
        let client = client.seed(self.rng.u64(..)).configure(|settings| {
            settings.backoff = Duration::from_millis(50);
            settings.max_backoff = Duration::from_millis(400);
            settings.max_told = Duration::from_millis(500);
            settings.probe = Duration::from_millis(500);
            settings.poll_wait = Duration::from_secs(1);
        });
        let client = client.build().map_err(|error| error.to_string())?;
        let losses = self.house.losses();
        let (scope, cursor) = self.look(|seen| (seen.scope.clone(), seen.connects(losses)));
        let mut watching = client.watch(scope);
        if let Some(cursor) = cursor {
            watching = watching.after(Text::new(cursor.to_string()));
        }
        Ok(watching)
    }

    fn is_given(&mut self, given: Given<OrderStatus>) -> Result<(), Trouble> {
        let losses = self.house.losses();
        let cursor = given.cursor.as_ref().map(|text| parse(text.as_str())).transpose()?;
        let at = || cursor.ok_or_else(|| "nothing is said of where it stands".to_owned());
        match given.delivery {
            Delivery::Reset(Why::New) => self.look(|seen| seen.begins()),
            Delivery::Reset(Why::Reset(reason)) => {
                self.look(|seen| seen.reset(reason.as_str(), false, losses))?;
            }
            Delivery::Snapshot(order) => {
                let shown = Shown {
                    order: order.order_id.as_str().to_owned(),
                    version: order.version,
                    status: order.status,
                };
                self.look(|seen| seen.snapshot(shown))?;
            }
            Delivery::Current => match cursor {
                Some(at) => self.look(|seen| seen.position(at))?,
                None => self.look(Witness::is_followed)?,
            },
            Delivery::Event(event) => {
                let (at, told) = (at()?, Told::of(event.kind.name(), &told::data(&event))?);
                self.look(|seen| seen.event(at, told))?;
            }
            other => return Err(Trouble::Wrong(format!("the client gave {other:?}"))),
        }
        Ok(())
    }
}
