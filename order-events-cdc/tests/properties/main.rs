//! Whatever a source sends: read or refused, never a panic, and the same each time.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod decide_all;

use decide_all::decide_all;
use order_events_cdc::{Decision, Rules, Salesforce, Source, decide};
use order_events_core::config::MAX_NAME_BYTES;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

const TABLES: [&str; 3] = [
    include_str!("../table/salesforce.json"),
    include_str!("../table/platform_event.json"),
    include_str!("../table/debezium.json"),
];

fn events() -> Vec<(usize, Value)> {
    let of = |(at, text): (usize, &&str)| {
        let rows: Vec<Value> = serde_json::from_str(text).unwrap();
        rows.into_iter().map(move |row| (at, row["event"].clone())).collect::<Vec<_>>()
    };
    TABLES.iter().enumerate().flat_map(of).collect()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,200}".prop_map(Value::from),
        Just(Value::from("801*")),
        Just(Value::from("\n")),
    ];
    let field = prop_oneof![
        Just("payload"),
        Just("data"),
        Just("event"),
        Just("ChangeEventHeader"),
        Just("recordIds"),
        Just("changeType"),
        Just("source"),
        Just("op"),
        Just("after"),
        Just("before"),
        Just("id"),
        Just("status"),
        Just("Status"),
        Just("replayId"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop_oneof![field.clone(), ".{0,12}"], inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The ways to every value within a value.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(values) => {
            for (n, value) in values.iter().enumerate() {
                pointers(value, &format!("{at}/{n}"), into);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{at}/{name}"), into);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(raw in prop::collection::vec(any::<u8>(), 0..256)) {
        decide_all(&raw);
    }

    #[test]
    fn no_json_is_a_panic(value in any_json()) {
        decide_all(value.to_string().as_bytes());
    }

    #[test]
    fn an_event_with_anything_in_a_place_is_read_or_refused_with_a_place(
        which in any::<Index>(),
        place in any::<Index>(),
        value in any_json(),
    ) {
        let events = events();
        let (_, mut event) = events[which.index(events.len())].clone();
        let mut places = Vec::new();
        pointers(&event, "", &mut places);
        *event.pointer_mut(&places[place.index(places.len())]).unwrap() = value;
        let raw = event.to_string();
        for decided in decide_all(raw.as_bytes()) {
            match decided {
                Err(malformed) => {
                    prop_assert!(!malformed.path.is_empty() && !malformed.expected.is_empty());
                    prop_assert!(!malformed.actual.is_empty());
                }
                Ok(decisions) => prop_assert!(!decisions.is_empty()),
            }
        }
    }

    #[test]
    fn a_truncated_event_is_refused(which in any::<Index>(), end in any::<Index>()) {
        let events = events();
        let raw = events[which.index(events.len())].1.to_string();
        // Kafka's null has no bytes, and is a tombstone.
        let end = 1 + end.index(raw.len() - 1);
        prop_assume!(end < raw.len());
        for decided in decide_all(&raw.as_bytes()[..end]) {
            let refused = decided.unwrap_err();
            prop_assert_eq!(refused.path, "$");
            prop_assert_eq!(refused.expected, "JSON");
        }
    }

    #[test]
    fn a_long_identity_still_has_a_key_and_the_same_each_time(
        transaction in ".{1,300}",
        record in "[^*\\p{Cc}]{1,32}",
    ) {
        let event = serde_json::json!({"ChangeEventHeader": {
            "entityName": "Order", "recordIds": [record], "changeType": "UPDATE",
            "transactionKey": transaction, "sequenceNumber": 1,
        }, "Status": "Reactivate"});
        let raw = event.to_string();
        let decide = || decide(&Salesforce.read(raw.as_bytes()).unwrap(), &Rules::salesforce());
        let decisions = decide().unwrap();
        prop_assert_eq!(&decide().unwrap(), &decisions);
        let [_, Decision::Publish(update), Decision::Provision(job)] = decisions.as_slice() else {
            panic!("{decisions:?}");
        };
        prop_assert!(update.key().unwrap().as_str().len() <= MAX_NAME_BYTES);
        prop_assert_ne!(update.key().unwrap(), &job.trigger);
    }
}

#[test]
fn every_event_of_the_table_is_decided_the_same_each_time() {
    for (_, event) in events() {
        let raw = event.to_string();
        assert_eq!(decide_all(raw.as_bytes()), decide_all(raw.as_bytes()));
    }
}
