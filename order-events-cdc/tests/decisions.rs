//! The table of change events: what each vendor documents, and what is decided about it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::collections::BTreeSet;

use order_events_cdc::{
    Debezium, Decision, Fields, Key, LookUp, Malformed, PlatformEvents, Rules, Salesforce, Skip,
    Source, Uncertain, decide,
};
use order_events_core::{CustomerId, IdempotencyKey, Lifecycle, OrderId, OrderStatus, Update};
use serde::Deserialize;
use serde_json::Value;

/// One row: files of them are in `tests/table`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    /// What the row shows.
    name: String,
    /// Where the vendor documents the shape of the event.
    documentation: String,
    rules: String,
    event: Value,
    /// What was looked up, by records.
    #[serde(default)]
    known: std::collections::BTreeMap<String, Fields>,
    #[serde(default)]
    decisions: Vec<Expected>,
    #[serde(default)]
    malformed: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Expected {
    Status {
        order: String,
        becomes: String,
        was: Option<String>,
        customer: Option<String>,
        key: String,
    },
    Customer {
        order: String,
        customer: String,
        was: Option<String>,
        key: String,
    },
    Tracking {
        order: String,
        carrier: String,
        number: String,
        url: Option<String>,
        key: String,
    },
    Note {
        order: String,
        note: String,
        key: String,
    },
    Delete {
        order: String,
        key: String,
    },
    Provision(order_events_cdc::Job),
    Invalidate {
        order: String,
        account: Option<String>,
    },
    LookUp {
        entity: String,
        record: String,
        fields: Vec<String>,
    },
    Refresh {
        entity: String,
        why: String,
    },
    Skip(Vec<String>),
}

#[test]
fn every_change_is_decided_as_the_table_says() {
    let mut names = BTreeSet::new();
    let mut rows = 0;
    for (file, text) in [
        ("salesforce", include_str!("table/salesforce.json")),
        ("platform_event", include_str!("table/platform_event.json")),
        ("debezium", include_str!("table/debezium.json")),
    ] {
        let table: Vec<Row> = serde_json::from_str(text).unwrap_or_else(|e| panic!("{file}: {e}"));
        for row in table {
            let name = format!("{file}: {}", row.name);
            println!("{name}");
            assert!(row.documentation.starts_with("https://"), "{name}");
            assert!(names.insert(name.clone()), "{name} is there twice");
            check(file, &name, row);
            rows += 1;
        }
    }
    assert!(rows >= 40, "{rows}");
}

fn check(file: &str, name: &str, row: Row) {
    let raw = row.event.to_string();
    let decided = read(file, raw.as_bytes()).and_then(|change| {
        let change = row
            .known
            .into_iter()
            .fold(change, |change, (record, fields)| change.knowing(record, fields));
        decide(&change, &rules(&row.rules))
    });
    match (decided, row.malformed) {
        (Ok(decisions), None) => {
            let expected: Vec<_> = row.decisions.into_iter().map(Decision::from).collect();
            assert_eq!(decisions, expected, "{name}");
        }
        (Err(malformed), Some(expected)) => {
            assert_eq!(malformed.to_string(), expected, "{name}");
        }
        (decided, malformed) => panic!("{name}: {decided:?}, expected {malformed:?}"),
    }
}

fn read(file: &str, raw: &[u8]) -> Result<order_events_cdc::Change, Malformed> {
    match file {
        "salesforce" => Salesforce.read(raw),
        "platform_event" => PlatformEvents::named("Fulfilment_Requested__e").read(raw),
        _ => Debezium.read(raw),
    }
}

fn rules(name: &str) -> Rules {
    let salesforce = Rules::salesforce();
    let table = |entity: &str| {
        Rules::of(entity, Key::Field("id".into()))
            .status_in("status")
            .status("new", OrderStatus::Pending)
            .status("approved", OrderStatus::Processing)
            .status("reactivate", OrderStatus::Processing)
            .status("activated", OrderStatus::Processing)
            .status("sent", OrderStatus::Shipped)
            .status("arrived", OrderStatus::Delivered)
            .account_in("customer_id")
            .note_in("remark")
            .tracking_in("carrier", "parcel", None)
            .visible(["total"])
            .triggered_once_by(["approved"])
            .triggered_again_by(["reactivate"])
            .not_while("activation", ["activating", "activated"])
            .external_id_in("external_id")
    };
    match name {
        "salesforce" => salesforce,
        "salesforce, strict" => salesforce.strict(),
        "salesforce, with parcels and notes" => salesforce
            .tracking_in("Carrier__c", "Tracking_Number__c", Some("Tracking_Url__c"))
            .note_in("Customer_Note__c"),
        "a table" => {
            table("orders").items("order_lines", "order_id").visible_of_items(["quantity"])
        }
        "a table, provisioned by reading" => table("orders").provisioning_by_reading(),
        other => panic!("no rules {other:?}"),
    }
}

impl From<Expected> for Decision {
    fn from(expected: Expected) -> Self {
        match expected {
            Expected::Status { order, becomes, was, customer, key } => {
                let update = Update::status(id(&order), status(&becomes)).with_key(keyed(&key));
                let update = match was {
                    Some(was) => update.assuming(status(&was)),
                    None => update.or_create(),
                };
                Self::Publish(match customer {
                    Some(customer) => update.with_customer(CustomerId::new(customer).unwrap()),
                    None => update,
                })
            }
            Expected::Customer { order, customer, was, key } => {
                let update = Update::attach(id(&order), CustomerId::new(customer).unwrap());
                let update = update.with_key(keyed(&key));
                Self::Publish(match was {
                    Some(was) => update.assuming(status(&was)),
                    None => update,
                })
            }
            Expected::Tracking { order, carrier, number, url, key } => {
                let update = Update::tracking(id(&order), carrier, number, url);
                Self::Publish(update.with_key(keyed(&key)))
            }
            Expected::Note { order, note, key } => {
                Self::Publish(Update::note(id(&order), note).public().with_key(keyed(&key)))
            }
            Expected::Delete { order, key } => {
                Self::Publish(Update::delete(id(&order)).with_key(keyed(&key)))
            }
            Expected::Provision(job) => Self::Provision(job),
            Expected::Invalidate { order, account } => {
                let account = account.map(|account| CustomerId::new(account).unwrap());
                Self::Invalidate { order: id(&order), account }
            }
            Expected::LookUp { entity, record, fields } => {
                Self::LookUp(LookUp { entity, record, fields })
            }
            Expected::Refresh { entity, why } => Self::Refresh {
                entity,
                why: match why.as_str() {
                    "overflow" => Uncertain::Overflow,
                    "wildcard" => Uncertain::Wildcard,
                    "truncated" => Uncertain::Truncated,
                    other => panic!("no reason {other:?}"),
                },
            },
            Expected::Skip(words) => Self::Skip(skip(words)),
        }
    }
}

fn skip(words: Vec<String>) -> Skip {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["foreign", entity] => Skip::Foreign { entity: (*entity).to_owned() },
        ["internal"] => Skip::Internal,
        ["unmapped", status] => Skip::UnmappedStatus { status: (*status).to_owned() },
        ["active", state] => Skip::Active { state: (*state).to_owned() },
        ["externalId", id] => Skip::ExternalId { id: (*id).to_owned() },
        ["undatable", field] => Skip::Undatable { field: (*field).to_owned() },
        ["onlyRead"] => Skip::OnlyRead,
        ["tombstone"] => Skip::Tombstone,
        ["message"] => Skip::Message,
        other => panic!("no such reason: {other:?}"),
    }
}

fn id(order: &str) -> OrderId {
    OrderId::new(order).unwrap()
}

fn keyed(key: &str) -> IdempotencyKey {
    IdempotencyKey::new(key).unwrap()
}

fn status(token: &str) -> OrderStatus {
    OrderStatus::parse(token).unwrap()
}
