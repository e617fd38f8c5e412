//! The text of a record, as Redis keeps it: one JSON object that `redis-cli` shows in plain words.
//!
//! Payloads stand in it byte for byte, and numbers are strings, so that nothing on the way rounds
//! them. Its place in the log is not in it, for that is known only where it is given: the stream's
//! entry has it as its id, and lists have it before the text.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use order_events_core::engine::{Becomes, Draft, Fingerprint, NewEvent, Prior, Record};
use order_events_core::{
    CustomerId, EventName, Finality, IdempotencyKey, OrderId, Timestamp, Visibility,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The mark of this format, in every text and in every tenant's meta. Another format gets another.
pub(crate) const FORMAT: &str = "1";

#[derive(Serialize, Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
    #[serde(borrow)]
    order: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    at: Timestamp,
    #[serde(borrow)]
    visibility: Cow<'a, str>,
    #[serde(borrow)]
    finality: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    /// Whose the order is after the event.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    customer: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: &'a RawValue,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    staff: Option<&'a RawValue>,
}

/// The text that a draft leaves in the log. An error where its payload is no JSON.
pub(crate) fn write(draft: &Draft) -> Result<String, serde_json::Error> {
    let Draft { order, expected, epoch: _, becomes, event, key } = draft;
    serde_json::to_string(&Text {
        format: FORMAT.into(),
        order: order.as_str().into(),
        version: expected.saturating_add(1).to_string().into(),
        name: event.name.as_str().into(),
        at: event.at,
        visibility: visibility(event.visibility).into(),
        finality: finality(becomes.finality).into(),
        deleted: becomes.deleted,
        customer: becomes.customer.as_ref().map(|customer| customer.as_str().into()),
        key: key.as_ref().map(|(key, _)| key.as_str().into()),
        payload: serde_json::from_str(&event.payload)?,
        staff: event.staff.as_deref().map(serde_json::from_str).transpose()?,
    })
}

/// The text is none of ours, or of another version.
#[derive(Debug, thiserror::Error)]
#[error("it is not of this format")]
pub(crate) struct Unreadable;

/// A record, and whose its order is after it.
pub(crate) type Placed = (Arc<Record>, Option<CustomerId>);

/// The record of a text, at its place.
pub(crate) fn read(seq: u64, text: &str) -> Result<Placed, Unreadable> {
    let text: Text<'_> = serde_json::from_str(text).map_err(|_| Unreadable)?;
    if text.format != FORMAT {
        return Err(Unreadable);
    }
    let id = |id: &str| OrderId::new(id).map_err(|_| Unreadable);
    let customer = text.customer.map(|customer| CustomerId::new(customer).map_err(|_| Unreadable));
    let customer = customer.transpose()?;
    let key = text.key.map(|key| IdempotencyKey::new(key).map_err(|_| Unreadable)).transpose()?;
    let version: u64 = text.version.parse().map_err(|_| Unreadable)?;
    let draft = Draft {
        order: id(&text.order)?,
        expected: version.checked_sub(1).ok_or(Unreadable)?,
        epoch: None,
        // A record takes from this whether its order can go on, and nothing else.
        becomes: Becomes {
            status: Cow::Borrowed(""),
            customer: None,
            finality: parse_finality(&text.finality).ok_or(Unreadable)?,
            deleted: text.deleted,
        },
        event: NewEvent {
            name: EventName::stored(&text.name),
            at: text.at,
            visibility: parse_visibility(&text.visibility),
            payload: text.payload.get().into(),
            staff: text.staff.map(|staff| staff.get().into()),
        },
        key: key.map(|key| (key, Fingerprint(0))),
    };
    Ok((Arc::new(Record::commit(draft, seq)), customer))
}

/// `<seq> <text>`, as lists and wake-ups have it.
pub(crate) fn read_placed(placed: &str) -> Result<Placed, Unreadable> {
    let (seq, text) = split::<u64>(placed)?;
    read(seq, text)
}

/// `<expiry> <fingerprint> <seq> <text>`, as the idempotency keys have it.
pub(crate) fn read_prior(prior: &str) -> Result<Prior, Unreadable> {
    let (_, rest) = split::<u64>(prior)?;
    let (fingerprint, placed) = rest.split_once(' ').ok_or(Unreadable)?;
    let fingerprint = u64::from_str_radix(fingerprint, 16).map_err(|_| Unreadable)?;
    let (record, _) = read_placed(placed)?;
    Ok(Prior { fingerprint: Fingerprint(fingerprint), record })
}

pub(crate) fn write_fingerprint(fingerprint: Fingerprint) -> String {
    format!("{:016x}", fingerprint.0)
}

/// What stands before the first space, and the rest.
pub(crate) fn split<T: FromStr>(text: &str) -> Result<(T, &str), Unreadable> {
    let (first, rest) = text.split_once(' ').ok_or(Unreadable)?;
    Ok((first.parse().map_err(|_| Unreadable)?, rest))
}

pub(crate) const fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Staff => "staff",
    }
}

/// One that is not known is shown to staff alone.
fn parse_visibility(text: &str) -> Visibility {
    if text == "public" { Visibility::Public } else { Visibility::Staff }
}

pub(crate) const fn finality(finality: Finality) -> &'static str {
    match finality {
        Finality::Open => "open",
        Finality::Quiet => "quiet",
        Finality::Final => "final",
    }
}

pub(crate) fn parse_finality(text: &str) -> Option<Finality> {
    [Finality::Open, Finality::Quiet, Finality::Final]
        .into_iter()
        .find(|known| finality(*known) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            order: OrderId::new("№ 42 {}\"").unwrap(),
            expected: u64::MAX - 1,
            epoch: None,
            becomes: Becomes {
                status: "SHIPPED".into(),
                customer: Some(CustomerId::new("ada").unwrap()),
                finality: Finality::Quiet,
                deleted: true,
            },
            event: NewEvent {
                name: EventName::custom("parcel weighed").unwrap(),
                at: Timestamp::from_millis(1_800_000_000_123),
                visibility: Visibility::Staff,
                payload: r#"{ "n": 1.50, "big":12345678901234567890123, "s":"\u2028" }"#.into(),
                staff: Some(r#"{"actor":"anna"}"#.into()),
            },
            key: Some((IdempotencyKey::new("k 1").unwrap(), Fingerprint(u64::MAX))),
        }
    }

    #[test]
    fn what_is_written_is_read_byte_for_byte() {
        let draft = draft();
        let (read, customer) = read(7, &write(&draft).unwrap()).unwrap();
        let wanted = Record::commit(draft.clone(), 7);
        assert_eq!((read.seq(), read.version()), (7, u64::MAX));
        assert_eq!(
            (read.order(), read.name(), read.at()),
            (&draft.order, wanted.name(), wanted.at())
        );
        assert_eq!(
            (read.payload(), read.staff_fields()),
            (wanted.payload(), wanted.staff_fields())
        );
        assert_eq!((read.visibility(), read.finality()), (Visibility::Staff, Finality::Quiet));
        assert_eq!((read.is_deletion(), read.key()), (true, wanted.key()));
        assert_eq!(customer, draft.becomes.customer);
    }

    #[test]
    fn a_prior_has_its_fingerprint_and_its_place() {
        let draft = draft();
        let fingerprint = write_fingerprint(Fingerprint(u64::MAX));
        let prior = format!("1700000000000 {fingerprint} 9 {}", write(&draft).unwrap());
        let prior = read_prior(&prior).unwrap();
        assert_eq!((prior.fingerprint, prior.record.seq()), (Fingerprint(u64::MAX), 9));
    }

    #[test]
    fn what_is_not_ours_is_unreadable() {
        let ours = write(&draft()).unwrap();
        let later = ours.replacen(r#""format":"1""#, r#""format":"2""#, 1);
        for text in ["", "hello", "{}", r#"{"format":"1"}"#, &later, &ours[1..]] {
            assert!(read(1, text).is_err(), "{text}");
        }
    }
}
