//! Appending: one script, and where it is asked for, the wait until it is safe.

use std::sync::Arc;

use order_events_core::engine::{Appended, Draft, EngineError, Record};
use order_events_core::{CustomerId, Epoch};
use redis::Value;

use crate::builder::Settings;
use crate::error::{Failure, foreign};
use crate::keys::Keys;
use crate::link::Link;
use crate::script::{Scripts, run_then};
use crate::text::{self, Unreadable};

/// What came of it, and who may be forgotten now.
pub(crate) struct Appending {
    pub(crate) appended: Appended,
    pub(crate) due: Vec<String>,
    /// What is wrong with it though it is in the log: it is not as safe as was asked.
    pub(crate) unsafe_yet: Option<EngineError>,
}

/// How often it is asked again whose the order was: it must be named before it is written.
const ATTEMPTS: usize = 4;

const WHAT: &str = "appending an event";

pub(crate) async fn append(
    link: &Link,
    scripts: &Scripts,
    keys: &Keys,
    settings: &Settings,
    draft: Draft,
) -> Result<Appending, EngineError> {
    let text = text::write(&draft).map_err(|error| EngineError::Unavailable {
        what: "an event whose data is no JSON".to_owned(),
        source: Some(Box::new(error)),
    })?;
    let mut former = None;
    for _ in 0..ATTEMPTS {
        let said = ask(link, scripts, keys, settings, &draft, &text, former.as_ref()).await;
        let (said, kept) = said.map_err(|failure| failure.of_writing(WHAT))?;
        let unsafe_yet = settings.durability.judge(kept.as_ref());
        let (appended, due) = match read(said).map_err(|_| foreign(&keys.meta()))? {
            Said::Committed { epoch, seq, due } => {
                let record = Arc::new(Record::commit(draft, seq));
                (Appended::Committed { epoch, record }, due)
            }
            Said::Conflict { version } => (Appended::Conflict { version }, Vec::new()),
            Said::Seen { epoch, prior } => {
                let prior = text::read_prior(&prior).map_err(|_| foreign(&keys.keys()))?;
                (Appended::KeySeen { epoch, prior }, Vec::new())
            }
            Said::Former(whose) => {
                former = Some(whose);
                continue;
            }
        };
        return Ok(Appending { appended, due, unsafe_yet });
    }
    Err(EngineError::unavailable("the order does not stay with one customer"))
}

async fn ask(
    link: &Link,
    scripts: &Scripts,
    keys: &Keys,
    settings: &Settings,
    draft: &Draft,
    text: &str,
    former: Option<&CustomerId>,
) -> Result<(Value, Option<Value>), Failure> {
    let Draft { order, expected, epoch, becomes, event, key } = draft;
    let mut names = vec![keys.meta(), keys.log(), keys.order(order), keys.order_seqs(order)];
    names.extend([keys.timeline(order), keys.orders(), keys.keys(), keys.keyring()]);
    names.extend([keys.finished(), keys.waiting()]);
    // The script goes by places: where there is only a former customer, that one fills them.
    if let Some(customer) = becomes.customer.as_ref().or(former) {
        names.extend([keys.customer(customer), keys.customer_seqs(customer)]);
        names.push(keys.customer_orders(customer));
    }
    names.extend(former.map(|former| keys.customer_orders(former)));

    let flag = |is_so: bool| if is_so { "1" } else { "" };
    let kind = event.name.known();
    let weight = event.payload.len() + event.staff.as_ref().map_or(0, |staff| staff.len());
    let fingerprint = key.as_ref().map(|(_, asked)| text::write_fingerprint(*asked));
    let offered = Epoch::draw().to_string();
    let args = [
        offered.as_str(),
        &keys.channel(),
        order.as_str(),
        &expected.to_string(),
        &expected.saturating_add(1).to_string(),
        text,
        text::visibility(event.visibility),
        &weight.to_string(),
        &event.at.as_millis().to_string(),
        &becomes.status,
        becomes.customer.as_ref().map_or("", CustomerId::as_str),
        text::finality(becomes.finality),
        flag(becomes.deleted),
        flag(kind.is_some_and(|kind| kind.is_timeline())),
        flag(kind.is_some_and(|kind| kind.is_work())),
        key.as_ref().map_or("", |(key, _)| key.as_str()),
        fingerprint.as_deref().unwrap_or_default(),
        former.map_or("", CustomerId::as_str),
        &epoch.map_or_else(String::new, |epoch| epoch.to_string()),
    ];
    let then = settings.durability.command();
    run_then(link, keys.slot, &scripts.append, &names, &args, then).await
}

enum Said {
    Committed {
        epoch: Epoch,
        seq: u64,
        due: Vec<String>,
    },
    Conflict {
        version: u64,
    },
    Seen {
        epoch: Epoch,
        prior: String,
    },
    /// The order was this customer's, whose keys were not named.
    Former(CustomerId),
}

fn read(said: Value) -> Result<Said, Unreadable> {
    let Value::Array(mut said) = said else { return Err(Unreadable) };
    let due = if said.len() == 4 { said.pop() } else { None };
    let words: Vec<String> = redis::from_redis_value(Value::Array(said)).map_err(|_| Unreadable)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let epoch = |text: &str| text.parse().map_err(|_| Unreadable);
    match words.as_slice() {
        ["committed", its, seq] => Ok(Said::Committed {
            epoch: epoch(its)?,
            seq: seq.parse().map_err(|_| Unreadable)?,
            due: due.and_then(|due| redis::from_redis_value(due).ok()).unwrap_or_default(),
        }),
        ["conflict", version] => {
            Ok(Said::Conflict { version: version.parse().map_err(|_| Unreadable)? })
        }
        ["seen", its, prior] => Ok(Said::Seen { epoch: epoch(its)?, prior: (*prior).to_owned() }),
        ["former", whose] => Ok(Said::Former(CustomerId::new(whose).map_err(|_| Unreadable)?)),
        _ => Err(Unreadable),
    }
}
