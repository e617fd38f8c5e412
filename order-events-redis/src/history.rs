//! Histories, a bounded look at a time: no call holds the server for long, however much there is.

use order_events_core::engine::{EngineError, History, HistoryLimit, Record};
use order_events_core::{Audience, Cursor, Epoch, Scope};
use redis::Value;

use crate::error::foreign;
use crate::keys::Keys;
use crate::link::Link;
use crate::script::{Scripts, run};
use crate::text::{self, FORMAT, Placed, Unreadable};

/// How many events are looked at in one call.
const LOOKS: usize = 1_000;

/// How often a history is begun anew because the log was another in the middle of it.
const ATTEMPTS: usize = 3;

/// The greatest place that a script is asked about: the last that a Lua number holds exactly.
pub(crate) const LAST_PLACE: u64 = 1 << 53;

/// A part of a scope's history.
pub(crate) struct Page {
    pub(crate) epoch: Epoch,
    pub(crate) head: u64,
    pub(crate) lineage: Vec<Cursor>,
    pub(crate) dropped: u64,
    pub(crate) records: Vec<Placed>,
    /// Where the next part begins, where there is one.
    came: Option<u64>,
    is_complete: bool,
}

/// What is read.
pub(crate) struct Wanted<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) after: u64,
    pub(crate) limit: HistoryLimit,
}

/// The whole of a history, within its limits.
pub(crate) async fn history(
    link: &Link,
    scripts: &Scripts,
    keys: &Keys,
    mut wanted: Wanted<'_>,
) -> Result<History, EngineError> {
    let (after, limit) = (wanted.after, wanted.limit);
    for _ in 0..ATTEMPTS {
        (wanted.after, wanted.limit) = (after, limit);
        let mut first = page(link, scripts, keys, &wanted, None).await?;
        let mut came = first.came;
        let mut is_complete = first.is_complete;
        let mut is_same = true;
        while let Some(place) = came
            && is_same
        {
            let weight: usize = first.records.iter().map(|(record, _)| record.weight()).sum();
            wanted.after = place;
            wanted.limit.events = limit.events.saturating_sub(first.records.len());
            wanted.limit.bytes = limit.bytes.saturating_sub(weight);
            let next = page(link, scripts, keys, &wanted, Some(first.head)).await?;
            is_same = next.epoch == first.epoch;
            // One event comes however large it is, but only where there is none yet.
            let fits = |record: &Record| record.weight() <= wanted.limit.bytes;
            let is_full = !first.records.is_empty()
                && next.records.first().is_some_and(|(record, _)| !fits(record));
            first.dropped = first.dropped.max(next.dropped);
            came = next.came.filter(|_| !is_full);
            is_complete = next.is_complete && !is_full;
            if !is_full {
                first.records.extend(next.records);
            }
        }
        if is_same {
            let Page { epoch, head, lineage, dropped, records, .. } = first;
            let records = records.into_iter().map(|(record, _)| record);
            let records = records.filter(|record| record.seq() > dropped).collect();
            return Ok(History { epoch, lineage, head, dropped, records, complete: is_complete });
        }
    }
    Err(EngineError::unavailable("the log does not stay the same while it is read"))
}

/// The next part of it, up to `last`, or to the head.
pub(crate) async fn page(
    link: &Link,
    scripts: &Scripts,
    keys: &Keys,
    wanted: &Wanted<'_>,
    last: Option<u64>,
) -> Result<Page, EngineError> {
    let mut names = vec![keys.meta(), keys.log()];
    let mut id = "";
    match wanted.scope {
        Scope::Tenant => {}
        Scope::Order(order) => {
            names.extend([keys.order(order), keys.order_seqs(order), keys.orders()]);
            id = order.as_str();
        }
        Scope::Customer(customer) => {
            names.extend([keys.customer(customer), keys.customer_seqs(customer)]);
            names.push(keys.customer_orders(customer));
        }
    }
    let audience = if wanted.limit.audience == Audience::Staff { "staff" } else { "public" };
    let most = |limit: usize| (limit as u64).min(LAST_PLACE).to_string();
    let args = [
        FORMAT,
        &Epoch::draw().to_string(),
        &wanted.after.min(LAST_PLACE).to_string(),
        &last.map_or_else(String::new, |last| last.to_string()),
        audience,
        &most(wanted.limit.events),
        &most(wanted.limit.bytes),
        &LOOKS.to_string(),
        id,
    ];
    let said = run(link, keys.slot, &scripts.history, &names, &args).await;
    let said = said.map_err(|failure| failure.of_reading("reading a history"))?;
    read(said).map_err(|Unreadable| foreign(&keys.log()))
}

/// Epoch, head, lineage, dropped, how it stopped, where, and the events.
type Said = (String, String, String, String, String, String, Vec<String>);

fn read(said: Value) -> Result<Page, Unreadable> {
    let said: Said = redis::from_redis_value(said).map_err(|_| Unreadable)?;
    let (epoch, head, lineage, dropped, stopped, came, records) = said;
    let number = |text: &str| text.parse().map_err(|_| Unreadable);
    Ok(Page {
        epoch: epoch.parse().map_err(|_| Unreadable)?,
        head: number(&head)?,
        lineage: read_lineage(&lineage)?,
        dropped: number(&dropped)?,
        came: if stopped == "more" { Some(number(&came)?) } else { None },
        is_complete: stopped == "complete",
        records: records
            .iter()
            .map(|record| text::read_placed(record))
            .collect::<Result<_, _>>()?,
    })
}

/// `<epoch>:<place> …`
pub(crate) fn read_lineage(text: &str) -> Result<Vec<Cursor>, Unreadable> {
    let former = |mark: &str| {
        let (epoch, seq) = mark.split_once(':')?;
        Some(Cursor { epoch: epoch.parse().ok()?, seq: seq.parse().ok()? })
    };
    text.split_ascii_whitespace().map(|mark| former(mark).ok_or(Unreadable)).collect()
}
