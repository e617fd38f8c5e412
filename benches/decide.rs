//! What a change costs, from bytes to decisions, by what `serde_json` takes to parse the same bytes
//! into a `Value`, turn by turn.

use std::hint::black_box;

use order_events_benches::{Target, begins, median_ratio, nanos_per, report, report_nanos, time};
use order_events_cdc::{Debezium, Key, Rules, Salesforce, Source, decide};
use order_events_core::OrderStatus;
use serde_json::{Value, json};

const CHANGES: usize = 5_000;
const ROUNDS: usize = 101;

fn main() {
    if !begins("decide", "from the bytes of a change to decisions") {
        return;
    }
    let salesforce = Rules::salesforce();
    let table = Rules::of("orders", Key::Field("id".into()))
        .status_in("status")
        .status("approved", OrderStatus::Processing)
        .triggered_once_by(["approved"]);
    compare("Salesforce, one order", &Salesforce, &salesforce, &change_event(), true);
    compare("Debezium, with its schema", &Debezium, &table, &envelope(), false);
}

fn compare(what: &str, source: &impl Source, rules: &Rules, raw: &[u8], has_target: bool) {
    let decide_once = || {
        let change = source.read(black_box(raw)).expect("it can be read");
        decide(&change, rules).expect("it can be decided")
    };
    println!("{what}: {} bytes, {} decisions", raw.len(), decide_once().len());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let parsing = time(|| {
            for _ in 0..CHANGES {
                black_box(serde_json::from_slice::<Value>(black_box(raw)).expect("JSON"));
            }
        });
        let deciding = time(|| {
            for _ in 0..CHANGES {
                black_box(decide_once());
            }
        });
        // The first round warms up.
        if round > 0 {
            theirs.push(nanos_per(parsing, CHANGES));
            ours.push(nanos_per(deciding, CHANGES));
        }
    }
    report_nanos("parse into a Value", &theirs, None);
    report_nanos("read and decide", &ours, None);
    let target = has_target.then_some(Target::AtMost(3.0));
    report("read and decide, by parsing", median_ratio(&ours, &theirs), "×", target);
}

/// An update of an order as the Pub/Sub API tells it: all fields, most of them null.
fn change_event() -> Vec<u8> {
    let mut payload = json!({
        "ChangeEventHeader": {
            "entityName": "Order",
            "recordIds": ["8013h000001LLXfAAO"],
            "changeType": "UPDATE",
            "changeOrigin": "com/salesforce/api/rest/64.0;client=SfdcInternalAPI/",
            "transactionKey": "0002343d-9d90-e395-ed20-cf416ba652ad",
            "sequenceNumber": 1,
            "commitTimestamp": 1_774_017_130_000_u64,
            "commitNumber": 1_074_135_192_068_u64,
            "commitUser": "0053h000002AbCdAAK",
            "nulledFields": [],
            "diffFields": [],
            "changedFields": ["Status", "BillingAddress.City", "LastModifiedDate"]
        },
        "AccountId": "0013h00000FqXyZAAV",
        "Status": "Approved",
        "BillingAddress": {
            "Street": null, "City": "Lyon", "State": null, "PostalCode": null,
            "Country": null, "Latitude": null, "Longitude": null, "GeocodeAccuracy": null
        },
        "LastModifiedDate": 1_774_017_130_000_u64
    });
    let fields = payload.as_object_mut().expect("an object");
    for n in 0.. {
        if Value::Object(fields.clone()).to_string().len() > 1_950 {
            break;
        }
        let value =
            if n % 4 == 0 { json!(format!("what stands in field {n}")) } else { Value::Null };
        fields.insert(format!("Custom_Field_{n}__c"), value);
    }
    json!({"replayId": "AAAAAAABd3YAAA==", "payload": payload}).to_string().into_bytes()
}

fn envelope() -> Vec<u8> {
    let row = |status: &str| json!({"id": 1004, "status": status, "customer_id": 7, "total": 2950, "remark": null});
    let column = |name: &str| json!({"type": "string", "optional": true, "field": name});
    let columns = ["id", "status", "customer_id", "total", "remark"].map(column);
    let rows = ["before", "after"].map(
        |field| json!({"type": "struct", "fields": columns, "optional": true, "field": field}),
    );
    json!({
        "schema": {"type": "struct", "fields": rows, "name": "shop.public.orders.Envelope"},
        "payload": {
            "before": row("new"), "after": row("approved"),
            "source": {
                "version": "3.3.0.Final", "connector": "postgresql", "name": "shop",
                "ts_ms": 1_774_017_130_000_u64, "snapshot": false, "db": "postgres",
                "schema": "public", "table": "orders", "txId": 555, "lsn": 24_023_128
            },
            "op": "u", "ts_ms": 1_774_017_130_343_u64
        }
    })
    .to_string()
    .into_bytes()
}
