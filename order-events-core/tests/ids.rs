//! Identifiers: what they take, what they refuse, and what the refusal says.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::fmt::Debug;
use std::str::FromStr;

use order_events_core::{
    CustomerId, IdempotencyKey, Invalid, MAX_ID_BYTES, OrderId, Principal, TenantId, Why,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What every id type can do. The tests below run for each of the five.
trait Id:
    Debug
    + ToString
    + FromStr<Err = Invalid>
    + TryFrom<String, Error = Invalid>
    + AsRef<str>
    + Serialize
    + DeserializeOwned
{
    const FIELD: &'static str;
    const NAME: &'static str;
}

impl Id for OrderId {
    const FIELD: &'static str = "order";
    const NAME: &'static str = "OrderId";
}
impl Id for TenantId {
    const FIELD: &'static str = "tenant";
    const NAME: &'static str = "TenantId";
}
impl Id for CustomerId {
    const FIELD: &'static str = "customer";
    const NAME: &'static str = "CustomerId";
}
impl Id for Principal {
    const FIELD: &'static str = "principal";
    const NAME: &'static str = "Principal";
}
impl Id for IdempotencyKey {
    const FIELD: &'static str = "key";
    const NAME: &'static str = "IdempotencyKey";
}

fn expected(text: &str) -> Result<(), Why> {
    if text.is_empty() {
        Err(Why::Empty)
    } else if text.len() > MAX_ID_BYTES {
        Err(Why::TooLong { limit: MAX_ID_BYTES, actual: text.len() })
    } else if let Some(at) = text.find(|c: char| c.is_control()) {
        Err(Why::ControlCharacter { at })
    } else {
        Ok(())
    }
}

fn agrees<T: Id>(text: &str) -> Result<(), TestCaseError> {
    let expected = expected(text).map_err(|why| Invalid { field: T::FIELD, why });
    let json = serde_json::to_string(text).unwrap();
    let parsed = text.parse::<T>();
    let owned = T::try_from(text.to_owned());
    let read = serde_json::from_str::<T>(&json);
    match expected {
        Ok(()) => {
            let id = parsed.unwrap();
            prop_assert_eq!(id.as_ref(), text);
            prop_assert_eq!(id.to_string(), text);
            prop_assert_eq!(format!("{id:?}"), format!("{}({text:?})", T::NAME));
            prop_assert_eq!(serde_json::to_string(&id).unwrap(), json);
            prop_assert_eq!(owned.unwrap().to_string(), text);
            prop_assert_eq!(read.unwrap().to_string(), text);
        }
        Err(refused) => {
            prop_assert_eq!(parsed.unwrap_err(), refused.clone());
            prop_assert_eq!(owned.unwrap_err(), refused.clone());
            // The same message, wherever the value came from.
            let said = read.unwrap_err().to_string();
            prop_assert!(said.starts_with(&refused.to_string()), "{}", said);
        }
    }
    Ok(())
}

fn all_agree(text: &str) -> Result<(), TestCaseError> {
    agrees::<OrderId>(text)?;
    agrees::<TenantId>(text)?;
    agrees::<CustomerId>(text)?;
    agrees::<Principal>(text)?;
    agrees::<IdempotencyKey>(text)
}

proptest! {
    #[test]
    fn an_id_takes_any_text_within_the_limits(text in "(?s).{0,200}") {
        all_agree(&text)?;
    }

    #[test]
    fn the_limit_counts_bytes_and_includes_itself(bytes in 120_usize..136) {
        all_agree(&"x".repeat(bytes))?;
        all_agree(&"é".repeat(bytes / 2))?;
    }

    #[test]
    fn control_characters_are_refused_wherever_they_stand(
        before in "[a-zé]{0,20}",
        control in prop::char::ranges(vec!['\0'..='\x1f', '\x7f'..='\u{9f}'].into()),
        after in "\\PC{0,20}",
    ) {
        let text = format!("{before}{control}{after}");
        let why = Why::ControlCharacter { at: before.len() };
        prop_assert_eq!(OrderId::new(&text), Err(Invalid { field: "order", why }));
        all_agree(&text)?;
    }
}

#[test]
fn the_error_names_field_limit_and_actual() {
    let long = CustomerId::new("x".repeat(MAX_ID_BYTES + 1)).unwrap_err();
    assert_eq!(long.to_string(), "customer: may have at most 128 bytes, has 129");
    let empty = TenantId::new("").unwrap_err();
    assert_eq!(empty.to_string(), "tenant: must not be empty");
    let broken = IdempotencyKey::new("a\nb").unwrap_err();
    assert_eq!(broken.to_string(), "key: must not contain control characters, has one at byte 1");
}

#[test]
fn serde_takes_text_only() {
    let said = serde_json::from_str::<OrderId>("42").unwrap_err().to_string();
    assert!(said.contains("expected a string for OrderId"), "{said}");
    assert_eq!(serde_json::from_str::<OrderId>("\"42\"").unwrap().as_str(), "42");
}

#[test]
fn an_id_converts_from_text_and_from_a_reference() {
    let id = OrderId::try_from("42").unwrap();
    let taken: OrderId = (&id).into();
    assert_eq!(taken, id);
    assert_eq!(OrderId::new(&id).unwrap(), id);
}

#[test]
fn the_default_tenant_is_called_default() {
    assert_eq!(TenantId::default().as_str(), "default");
}
