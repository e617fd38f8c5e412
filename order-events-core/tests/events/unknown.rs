//! What this version does not know: kinds, fields and words of later ones, and nonsense.

use order_events_core::engine::{Becomes, Draft, NewEvent, Record};
use order_events_core::{
    Audience, EventKind, EventName, Finality, OrderEvent, OrderStatus, Visibility,
};
use serde_json::{Value, json};

use crate::{NOW, order};

fn read(event: &str, data: Value) -> OrderEvent {
    serde_json::from_value(json!({"event": event, "data": data})).unwrap()
}

/// What this version cannot read as one of its kinds is handed on as it came.
fn assert_survives(event: &str, data: Value) {
    let read = read(event, data.clone());
    let unknown = EventKind::Unknown { name: event.to_owned(), data: data.clone() };
    assert_eq!(read.kind, unknown);
    assert_eq!((read.order_id.as_str(), read.version, read.timestamp), ("42", 4, NOW));
    assert_eq!(serde_json::to_value(&read).unwrap(), json!({"event": event, "data": data}));
}

#[test]
fn a_kind_of_a_later_version_survives_a_round_trip() {
    assert_survives(
        "order.future",
        json!({
            "orderId": "42", "version": 4, "timestamp": NOW, "visibility": "staff",
            "actor": "anna", "status": 7, "warp": {"factor": [9, null, "\u{2028}"]},
        }),
    );
}

#[test]
fn a_known_kind_without_what_it_must_have_survives_a_round_trip() {
    let must_have = [
        ("order.created", json!({"status": "PENDING"})),
        ("order.status", json!({"status": "SHIPPED", "previousStatus": "PROCESSING"})),
        ("order.customer", json!({"status": "PENDING"})),
        ("order.note", json!({"note": "n"})),
        ("order.tracking", json!({"carrier": "FedEx", "trackingNumber": "7946"})),
        ("order.stage", json!({"workflow": "w", "stage": "s", "state": "started"})),
        ("order.progress", json!({"progress": 5})),
        ("order.failed", json!({"reason": "r"})),
    ];
    for (event, fields) in must_have {
        let mut whole = json!({"orderId": "42", "version": 4, "timestamp": NOW});
        let object = whole.as_object_mut().unwrap();
        object.extend(fields.as_object().unwrap().clone());
        assert_eq!(read(event, whole.clone()).kind.name(), event);
        assert!(!matches!(read(event, whole.clone()).kind, EventKind::Unknown { .. }), "{event}");
        for field in fields.as_object().unwrap().keys() {
            let mut lacking = whole.clone();
            lacking.as_object_mut().unwrap().remove(field);
            assert_survives(event, lacking);
        }
    }
}

#[test]
fn a_known_kind_with_a_field_of_another_type_survives_a_round_trip() {
    let base = |more: Value| {
        let mut whole = json!({"orderId": "42", "version": 4, "timestamp": NOW});
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    };
    assert_survives("order.note", base(json!({"note": {"text": "n"}})));
    assert_survives("order.progress", base(json!({"progress": 101})));
    assert_survives("order.progress", base(json!({"progress": 300})));
    assert_survives("order.progress", base(json!({"progress": 1.5})));
    assert_survives("order.stage", base(json!({"workflow": "w", "stage": "s", "state": "paused"})));
    assert_survives("order.created", base(json!({"status": "PENDING", "customerId": ""})));
}

#[test]
fn a_status_of_another_lifecycle_survives_a_round_trip() {
    let with = |status: &str, previous: &str| {
        json!({"orderId": "42", "version": 4, "timestamp": NOW,
            "status": status, "previousStatus": previous})
    };
    assert_survives("order.status", with("LOST", "PROCESSING"));
    assert_survives("order.status", with("SHIPPED", "LOST"));
    assert_survives("order.status", with("shipped", "PROCESSING"));
}

#[test]
fn unknown_fields_are_skipped() {
    let event = read(
        "order.note",
        json!({"orderId": "42", "version": 4, "timestamp": NOW, "note": "n", "mood": "good",
            "nested": {"note": 7}}),
    );
    assert_eq!(event.kind, EventKind::Note { note: "n".to_owned() });
}

#[test]
fn a_visibility_of_a_later_version_is_shown_to_staff_alone() {
    let event = read(
        "order.note",
        json!({"orderId": "42", "version": 4, "timestamp": NOW, "note": "n", "visibility": "vip"}),
    );
    assert_eq!(event.visibility, Visibility::Staff);
}

#[test]
fn what_is_no_event_at_all_is_an_error() {
    for data in [
        json!({"version": 4, "timestamp": NOW}),
        json!({"orderId": "42", "timestamp": NOW}),
        json!({"orderId": "42", "version": 4}),
        json!({"orderId": "", "version": 4, "timestamp": NOW}),
        json!([]),
        json!(null),
    ] {
        let event = json!({"event": "order.deleted", "data": data});
        assert!(serde_json::from_value::<OrderEvent>(event.clone()).is_err(), "{event}");
    }
}

/// A record as another version, or something that is not ours, might have left it in a log.
fn stored(name: &str, payload: &str) -> Record {
    let draft = Draft {
        order: order(),
        expected: 3,
        epoch: None,
        becomes: Becomes {
            status: "PROCESSING".into(),
            customer: None,
            finality: Finality::Open,
            deleted: false,
        },
        event: NewEvent {
            name: EventName::stored(name),
            at: NOW,
            visibility: Visibility::Public,
            payload: payload.into(),
            staff: None,
        },
        key: None,
    };
    Record::commit(draft, 7)
}

#[test]
fn reading_a_record_never_fails() {
    let future = r#"{"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","x":1}"#;
    for (payload, data) in [
        (future, serde_json::from_str(future).unwrap()),
        (r#"{"x":1}"#, json!({"x": 1})),
        ("nonsense", Value::Null),
        ("", Value::Null),
    ] {
        let record = stored("order.future", payload);
        let event = OrderEvent::<OrderStatus>::of_record(&record, Audience::Staff);
        assert_eq!((event.order_id.as_str(), event.version, event.timestamp), ("42", 4, NOW));
        assert_eq!(event.kind, EventKind::Unknown { name: "order.future".to_owned(), data });
    }
}
