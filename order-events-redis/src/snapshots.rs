//! Orders as they stand, a page at a time.

use std::borrow::Cow;

use order_events_core::engine::{EngineError, PageToken, Snapshot, Snapshots, State};
use order_events_core::{Cursor, CustomerId, Epoch, OrderId, Scope, Timestamp};

use crate::error::foreign;
use crate::history::read_lineage;
use crate::keys::Keys;
use crate::link::Link;
use crate::script::{Scripts, run};
use crate::text::{self, FORMAT, Unreadable};

/// How many orders one call reads, each with its timeline.
const AT_ONCE: usize = 32;

/// A page of a scope's orders.
///
/// The head is read before any order is, so that none is older. Pages go by the order of ids, so
/// that they outlive whatever comes and goes.
pub(crate) async fn snapshots(
    link: &Link,
    scripts: &Scripts,
    keys: &Keys,
    scope: &Scope,
    page: Option<&PageToken>,
    limit: usize,
) -> Result<Snapshots, EngineError> {
    let list = match scope {
        Scope::Order(_) | Scope::Tenant => keys.orders(),
        Scope::Customer(customer) => keys.customer_orders(customer),
    };
    let (token_epoch, from) = match page {
        None => (None, "-".to_owned()),
        Some(page) => {
            let (epoch, last) = read_token(page).ok_or(EngineError::UnknownPage)?;
            (Some(epoch), format!("({last}"))
        }
    };
    let is_one = matches!(scope, Scope::Order(_));
    let wanted = if is_one { 0 } else { limit.saturating_add(1) };
    let names = [keys.meta(), keys.log(), list.clone()];
    let args = [FORMAT, &Epoch::draw().to_string(), &from, &(wanted.min(1 << 30)).to_string()];
    let said = run(link, keys.slot, &scripts.page, &names, &args).await;
    let said = said.map_err(|failure| failure.of_reading("reading a page"))?;
    let unreadable = |_| foreign(&keys.meta());
    let (epoch, head, lineage, ids): (String, String, String, Vec<String>) =
        redis::from_redis_value(said).map_err(unreadable)?;
    let there = || -> Result<(Cursor, Vec<Cursor>), Unreadable> {
        let epoch = epoch.parse().map_err(|_| Unreadable)?;
        let seq = head.parse().map_err(|_| Unreadable)?;
        Ok((Cursor { epoch, seq }, read_lineage(&lineage)?))
    };
    let (there, lineage) = there().map_err(|_| foreign(&keys.meta()))?;
    let is_ours = |epoch| there.epoch == epoch || lineage.iter().any(|its| its.epoch == epoch);
    if token_epoch.is_some_and(|epoch| !is_ours(epoch)) {
        return Err(EngineError::UnknownPage);
    }

    let mut ids: Vec<OrderId> = match scope {
        Scope::Order(order) => vec![order.clone()],
        _ => ids.iter().map(OrderId::new).collect::<Result<_, _>>().map_err(|_| foreign(&list))?,
    };
    let has_more = ids.len() > limit;
    ids.truncate(limit);
    let next = ids.last().filter(|_| has_more && !is_one);
    let next = next.map(|last| write_token(there.epoch, last));
    let mut orders = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        orders.extend(read_orders(link, scripts, keys, some).await?);
    }
    Ok(Snapshots { epoch: there.epoch, head: there.seq, orders, next })
}

/// An order's hash and its timeline.
type Fields = (Vec<Option<String>>, Vec<String>);

async fn read_orders(
    link: &Link,
    scripts: &Scripts,
    keys: &Keys,
    ids: &[OrderId],
) -> Result<Vec<Snapshot>, EngineError> {
    let mut names = vec![keys.meta(), keys.log()];
    names.extend(ids.iter().flat_map(|id| [keys.order(id), keys.timeline(id)]));
    let args = [FORMAT, &Epoch::draw().to_string()];
    let said = run(link, keys.slot, &scripts.orders, &names, &args).await;
    let said = said.map_err(|failure| failure.of_reading("reading orders"))?;
    let (_, _, orders): (String, String, Vec<Fields>) =
        redis::from_redis_value(said).map_err(|_| foreign(&keys.meta()))?;
    let mut snapshots = Vec::with_capacity(ids.len());
    for (id, (fields, timeline)) in ids.iter().zip(orders) {
        let snapshot = read_order(id, &fields, &timeline).map_err(|_| foreign(&keys.order(id)))?;
        snapshots.extend(snapshot.filter(|snapshot| !snapshot.state.deleted));
    }
    Ok(snapshots)
}

fn read_order(
    id: &OrderId,
    fields: &[Option<String>],
    timeline: &[String],
) -> Result<Option<Snapshot>, Unreadable> {
    let Some(state) = read_state(fields)? else { return Ok(None) };
    let record = |placed: &str| text::read_placed(placed).map(|(record, _)| record);
    let work = |place: usize| fields.get(place).and_then(Option::as_deref).map(record).transpose();
    Ok(Some(Snapshot {
        order: id.clone(),
        state,
        timeline: timeline.iter().map(|entry| record(entry)).collect::<Result<_, _>>()?,
        work: work(8)?,
        public_work: work(9)?,
    }))
}

/// The fields of an order's hash that are its state.
pub(crate) const STATE_FIELDS: [&str; 8] =
    ["version", "status", "customer", "finality", "deleted", "created", "updated", "seq"];

/// The values of [`STATE_FIELDS`]; none where the log does not know the order.
pub(crate) fn read_state(fields: &[Option<String>]) -> Result<Option<State>, Unreadable> {
    let field = |place: usize| fields.get(place).and_then(Option::as_deref).ok_or(Unreadable);
    let number = |place: usize| field(place)?.parse::<u64>().map_err(|_| Unreadable);
    let time = |place: usize| {
        let millis = field(place)?.parse().map_err(|_| Unreadable)?;
        Ok(Timestamp::from_millis(millis))
    };
    if fields.first().is_none_or(Option::is_none) {
        return Ok(None);
    }
    let customer = Some(field(2)?).filter(|customer| !customer.is_empty());
    Ok(Some(State {
        version: number(0)?,
        status: Cow::Owned(field(1)?.to_owned()),
        customer: customer.map(CustomerId::new).transpose().map_err(|_| Unreadable)?,
        finality: text::parse_finality(field(3)?).ok_or(Unreadable)?,
        deleted: field(4)? == "1",
        created_at: time(5)?,
        updated_at: time(6)?,
        seq: number(7)?,
    }))
}

/// `<epoch>.<the last order's id, in hexadecimal>`: such text fits anywhere.
fn write_token(epoch: Epoch, last: &OrderId) -> PageToken {
    use std::fmt::Write;
    let mut token = format!("{epoch}.");
    for byte in last.as_str().bytes() {
        // Writing to a string cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    PageToken(token)
}

fn read_token(token: &PageToken) -> Option<(Epoch, String)> {
    let (epoch, last) = token.0.split_once('.')?;
    let digit =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    let last: Vec<u8> = last.as_bytes().chunks(2).map(byte).collect::<Option<_>>()?;
    let last = String::from_utf8(last).ok()?;
    OrderId::new(&last).ok()?;
    Some((epoch.parse().ok()?, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_plain_text_and_leads_back() {
        let (epoch, order) = (Epoch::from_u64(7), OrderId::new("№ 42/{}").unwrap());
        let token = write_token(epoch, &order);
        assert!(token.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'));
        assert_eq!(read_token(&token), Some((epoch, order.as_str().to_owned())));
    }

    #[test]
    fn what_is_no_token_is_told_apart() {
        let long = format!("{}.{}", Epoch::from_u64(7), "61".repeat(200));
        let odd = format!("{}.6", Epoch::from_u64(7));
        let empty = format!("{}.", Epoch::from_u64(7));
        for text in ["", "not a page", "-1", "7.61", "\u{1f9fe}", &long, &odd, &empty] {
            assert!(read_token(&PageToken(text.to_owned())).is_none(), "{text}");
        }
    }
}
