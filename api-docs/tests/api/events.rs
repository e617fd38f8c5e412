//! The schema of each kind against what the code writes.

use std::collections::BTreeSet;

use order_events_api_docs::{Kind, specimens};
use order_events_core::{
    Audience, CustomerId, EventKind, EventName, OrderEvent, OrderId, OrderStatus, StageState,
    Timestamp, Visibility,
};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::strict::{assert_valid, named, strict};

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

/// The names in the schema that these readings have and lack, in one of them at least.
fn seen(readings: &[Map<String, Value>]) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let all: BTreeSet<_> = readings.iter().flat_map(Map::keys).map(String::as_str).collect();
    let lacked = all.iter().filter(|name| readings.iter().any(|of| !of.contains_key(**name)));
    let lacked = lacked.copied().collect();
    (all, lacked)
}

#[test]
fn what_is_written_has_every_field_of_its_schema_and_no_other() {
    for kind in Kind::ALL {
        let (schema, events) = (named(kind.label()), specimens(kind));
        let validator = strict(kind.label(), Audience::Staff);
        let staffs: Vec<_> = events
            .iter()
            .map(|event| {
                let mut whole = object(&event.payload);
                whole.extend(event.staff.as_deref().map(object).unwrap_or_default());
                assert_valid(&validator, &Value::Object(whole.clone()), kind.label());
                whole
            })
            .collect();
        let documented = schema["properties"].as_object().unwrap();
        let required: BTreeSet<_> = schema["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        let (all, mut lacked) = seen(&staffs);
        assert_eq!(all, documented.keys().map(String::as_str).collect(), "{kind:?}");
        // Staff are always told whose the order became; the public never.
        lacked.extend(all.contains("customerId").then_some("customerId"));
        let optional: BTreeSet<_> = all.difference(&required).copied().collect();
        assert_eq!(lacked, optional, "{kind:?}");
    }
}

#[test]
fn what_the_public_reads_has_nothing_that_is_marked_as_staffs() {
    for kind in Kind::ALL {
        let validator = strict(kind.label(), Audience::Public);
        let events = specimens(kind);
        let public = events.iter().filter(|event| event.visibility == Visibility::Public);
        let public: Vec<_> = public.map(|event| object(&event.payload)).collect();
        assert!(!public.is_empty(), "{kind:?}");
        for reading in public {
            assert_valid(&validator, &Value::Object(reading), kind.label());
        }
    }
}

#[test]
fn these_fields_are_staffs() {
    let is_marked = |schema: &Value| schema.get("x-audience").is_some_and(|of| of == "staff");
    for (name, schema) in order_events_api_docs::schemas() {
        for (field, schema) in schema["properties"].as_object().unwrap() {
            let is_staffs = match field.as_str() {
                "customerId" | "visibility" => true,
                "reason" => name == "order.stage",
                _ => false,
            };
            assert_eq!(is_marked(schema), is_staffs, "{name}.{field}");
        }
    }
}

#[test]
fn a_required_field_is_missed_and_an_unknown_one_is_noticed() {
    for kind in Kind::ALL {
        let validator = strict(kind.label(), Audience::Staff);
        let schema = named(kind.label());
        for event in specimens(kind) {
            let whole = object(&event.payload);
            for name in schema["required"].as_array().unwrap() {
                let mut less = whole.clone();
                less.remove(name.as_str().unwrap()).unwrap();
                assert!(!validator.is_valid(&Value::Object(less)), "{kind:?} without {name}");
            }
            let mut more = whole;
            more.insert("surprise".to_owned(), Value::Null);
            assert!(!validator.is_valid(&Value::Object(more)), "{kind:?} with more");
        }
    }
}

#[test]
fn every_field_says_what_it_may_hold() {
    for kind in Kind::ALL {
        for (name, schema) in named(kind.label())["properties"].as_object().unwrap() {
            assert!(schema.get("description").is_some(), "{}.{name}", kind.label());
        }
    }
}

fn prose() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("empty", |text| !text.is_empty())
}

fn word() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{1,20}"
}

fn status() -> impl Strategy<Value = OrderStatus> {
    use order_events_core::Lifecycle;
    prop::sample::select(OrderStatus::ALL)
}

fn json() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        prop::collection::vec(any::<String>(), 0..3).prop_map(Value::from),
    ]
}

/// Every variant is written out with every field it has: a new one does not compile here until it
/// is given something, and then it is not in the schema until a specimen has it.
fn any_kind() -> impl Strategy<Value = EventKind> {
    use prop::option::of;
    let states = vec![StageState::Started, StageState::Completed, StageState::Failed];
    let customer = || of(word().prop_map(|id| CustomerId::new(id).unwrap()));
    prop_oneof![
        (status(), customer(), of(prose()))
            .prop_map(|(status, customer, note)| EventKind::Created { status, customer, note }),
        (status(), status(), customer(), of(prose())).prop_map(
            |(status, previous, customer, note)| EventKind::Status {
                status,
                previous,
                customer,
                note
            }
        ),
        (customer(), status())
            .prop_map(|(customer, status)| EventKind::CustomerAttached { customer, status }),
        prose().prop_map(|note| EventKind::Note { note }),
        of(word()).prop_map(|assignee| EventKind::Assigned { assignee }),
        (word(), word(), of("https?://[a-z]{1,9}".boxed()))
            .prop_map(|(carrier, number, url)| EventKind::Tracking { carrier, number, url }),
        (word(), word(), prop::sample::select(states), of(json()), of(prose())).prop_map(
            |(workflow, stage, state, result, reason)| EventKind::Stage {
                workflow,
                stage,
                state,
                result,
                reason
            }
        ),
        (0..=100_u8, of(prose()), of(word()), of(word())).prop_map(
            |(percent, message, workflow, stage)| EventKind::Progress {
                percent,
                message,
                workflow,
                stage
            }
        ),
        prose().prop_map(|reason| EventKind::Failed { reason }),
        Just(EventKind::Deleted),
        json().prop_map(|data| EventKind::Custom {
            name: EventName::custom("gift.wrapped").unwrap(),
            data
        }),
    ]
}

prop_compose! {
    fn any_event()(
        id in word(),
        version in 1..=u64::MAX,
        millis in any::<i64>(),
        actor in prop::option::of(word()),
        visibility in prop::sample::select(vec![Visibility::Public, Visibility::Staff]),
        kind in any_kind(),
    ) -> OrderEvent {
        // What an order is concerns everybody who may watch it, and cannot be staff's alone.
        let visibility = match &kind {
            EventKind::Created { .. }
            | EventKind::Status { .. }
            | EventKind::CustomerAttached { .. }
            | EventKind::Deleted => Visibility::Public,
            _ => visibility,
        };
        let (order_id, timestamp) = (OrderId::new(id).unwrap(), Timestamp::from_millis(millis));
        OrderEvent { order_id, version, timestamp, actor, visibility, kind }
    }
}

#[test]
fn every_event_is_as_its_schema_says() {
    let validators = Kind::ALL.map(|kind| (kind, strict(kind.label(), Audience::Staff)));
    proptest!(|(event in any_event())| {
        let written = serde_json::to_value(&event).unwrap();
        let kind = Kind::named(event.kind.name());
        let (_, validator) = validators.iter().find(|(of, _)| *of == kind).unwrap();
        assert_valid(validator, &written["data"], kind.label());
    });
}
