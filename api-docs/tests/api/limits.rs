//! The limits in the schemas are those that the code keeps.

use order_events_api_docs::{Kind, schemas};
use order_events_core::plan::{Plan, plan};
use order_events_core::{
    CustomerId, EventName, Invalid, OrderId, OrderState, OrderStatus, Stage, StageState, Timestamp,
    Update,
};
use serde_json::Value;

use crate::strict::{named, validator};

/// An event with this text in the field; the ids' types refuse theirs before there is an update.
fn update_with(field: &str, text: &str) -> Result<Update, Invalid> {
    let order = OrderId::new("42").unwrap();
    let stage = |workflow: &str, stage: &str| {
        let (workflow, stage) = (workflow.to_owned(), stage.to_owned());
        let state = StageState::Started;
        Update::stage(&order, Stage { workflow, stage, state, result: None, reason: None })
    };
    Ok(match field {
        "orderId" => Update::note(OrderId::new(text)?, "x"),
        "customerId" => Update::attach(&order, CustomerId::new(text)?),
        "note" => Update::note(&order, text),
        "assignee" => Update::assign(&order, text),
        "actor" => Update::note(&order, "x").with_actor(text),
        "carrier" => Update::tracking(&order, text, "x", None),
        "trackingNumber" => Update::tracking(&order, "x", text, None),
        "trackingUrl" => Update::tracking(&order, "x", "x", Some(text.to_owned())),
        "workflow" => stage(text, "x"),
        "stage" => stage("x", text),
        "message" => Update::progress(&order, 1, Some(text.to_owned())),
        "reason" => Update::fail(&order, text),
        _ => panic!("{field} has a limit that no test knows"),
    })
}

fn is_taken(field: &str, text: &str) -> bool {
    let now = Timestamp::UNIX_EPOCH;
    let state = OrderState {
        status: OrderStatus::Processing,
        version: 3,
        customer: None,
        deleted: false,
        created_at: now,
        updated_at: now,
    };
    let update = update_with(field, text);
    update.is_ok_and(|update| matches!(plan(Some(&state), &update, now), Ok(Plan::Append(_))))
}

#[test]
fn a_text_is_taken_by_the_code_where_its_schema_takes_it() {
    let mut tried = 0;
    for kind in Kind::ALL {
        for (field, schema) in named(kind.label())["properties"].as_object().unwrap() {
            // Times are ours; tokens are of a list.
            let Some(limit) = schema.get("maxLength").and_then(Value::as_u64) else { continue };
            let validator = validator(schema);
            let start = if field == "trackingUrl" { "https://" } else { "" };
            let fill = |length: u64| format!("{start:x<length$}", length = length as usize);
            for text in [
                fill(limit),
                fill(limit + 1),
                String::new(),
                format!("{start}one\nand another"),
                format!("{start}\u{85}"),
                format!("{start}東京 & \"quotes\""),
                "ftp://x.example".to_owned(),
                "HTTPS://x.example".to_owned(),
            ] {
                let (code, documented) =
                    (is_taken(field, &text), validator.is_valid(&text.clone().into()));
                assert_eq!(code, documented, "{}.{field}: {text:?}", kind.label());
                tried += 1;
            }
        }
    }
    assert!(tried > 100);
}

#[test]
fn a_name_of_the_users_own_is_taken_by_the_code_where_its_schema_takes_it() {
    let (_, page) = schemas().into_iter().find(|(name, _)| name == "page").unwrap();
    let items = &page["properties"]["events"]["items"]["anyOf"];
    let custom = items
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["properties"]["data"]["$ref"] == "custom.json");
    let validator = validator(&custom.unwrap()["properties"]["event"]);
    for name in
        ["gift.wrapped", "order.mine", "orders", "ready", "error", "", "a\nb", "東", "x\u{7f}"]
    {
        let code = EventName::custom(name).is_ok();
        assert_eq!(code, validator.is_valid(&name.into()), "{name:?}");
    }
}
