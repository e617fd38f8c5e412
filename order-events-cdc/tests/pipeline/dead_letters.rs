//! What cannot be carried out is kept, and never dropped.

use order_events_cdc::{Carried, Dying, NotDone, Rules, Skip};
use order_events_core::OrderStatus;
use serde_json::{Value, json};

use crate::support::{Records, Service, becomes, change};

const BROKEN: &[u8] = br#"{"payload": {"ChangeEventHeader": {"entityName": "Order"}}}"#;

fn raw(payload: &Value) -> Vec<u8> {
    json!({"payload": payload}).to_string().into_bytes()
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_as_it_came() {
    let service = Service::new();
    let (carried, _) = service.pipeline().carry_out(BROKEN).await.unwrap();
    let [Carried::Dead(Dying::Malformed(why))] = carried.as_slice() else { panic!("{carried:?}") };
    assert_eq!(why.path, "payload.ChangeEventHeader.changeType");
    let letters = service.drawer.letters.lock().unwrap();
    assert_eq!((letters.len(), letters[0].raw.as_slice()), (1, BROKEN));
}

#[tokio::test]
async fn what_the_rules_cannot_read_is_kept_too() {
    let service = Service::new();
    let event = raw(&change("Order", "1", "t", json!({"Status": {"not": "a text"}})));
    service.pipeline().carry_out(&event).await.unwrap();
    let [Dying::Malformed(why)] = &service.drawer.reasons()[..] else { panic!("it is dead") };
    assert_eq!(why.path, "payload.Status");
}

#[tokio::test]
async fn an_event_whose_letter_could_not_be_kept_is_not_done() {
    let mut service = Service::new();
    service.drawer.is_full = true;
    let not_done = service.pipeline().carry_out(BROKEN).await.unwrap_err();
    assert!(matches!(not_done, NotDone::Hook { what: "keeping a dead letter", .. }), "{not_done}");
}

#[tokio::test]
async fn what_the_hub_refuses_for_good_is_kept_and_what_comes_after_goes_on() {
    let service = Service::new();
    let pipeline = service.pipeline();
    for (status, transaction) in [("Cancelled", "t1"), ("Shipped", "t2")] {
        pipeline.carry_out(&raw(&becomes("1", status, transaction))).await.unwrap();
    }
    pipeline.carry_out(&raw(&becomes("2", "Shipped", "t3"))).await.unwrap();
    let [Dying::Refused { order, reason }] = &service.drawer.reasons()[..] else {
        panic!("one is dead");
    };
    assert_eq!(order.as_str(), "1");
    assert_eq!(reason, "CANCELLED may not become SHIPPED; allowed: nothing: it is final");
    let second = service.hub.exists(&Default::default(), &"2".parse().unwrap()).await.unwrap();
    assert!(second);
}

#[tokio::test]
async fn what_is_looked_up_is_decided_on_again() {
    let service = Service::new();
    let record = json!({"OrderId": "801"}).as_object().unwrap().clone();
    let records = Records([("802".to_owned(), record)].into());
    let pipeline = service.pipeline().looking_up(records);
    let event = raw(&change("OrderItem", "802", "t", json!({"Quantity": 2})));
    let (carried, _) = pipeline.carry_out(&event).await.unwrap();
    assert_eq!(carried, [Carried::Forgotten]);
    assert_eq!(service.drawer.reasons(), []);
}

/// What is told of an order that the log does not know, of which the event does not say what it is.
fn parcel(order: &str, transaction: &str) -> Vec<u8> {
    let fields = json!({"Carrier__c": "UPS", "Tracking_Number__c": "1Z"});
    raw(&change("Order", order, transaction, fields))
}

fn rules_with_parcels() -> Rules {
    Rules::salesforce().tracking_in("Carrier__c", "Tracking_Number__c", None)
}

async fn status(service: &Service, order: &str) -> Option<(OrderStatus, u64)> {
    let state = service.hub.state(&Default::default(), &order.parse().unwrap()).await.unwrap();
    state.map(|state| (state.status, state.version))
}

#[tokio::test]
async fn an_order_that_the_log_does_not_know_begins_as_what_it_is() {
    let service = Service::new();
    let record = json!({"Status": "Shipped", "AccountId": "ada"}).as_object().unwrap().clone();
    let records = Records([("1".to_owned(), record)].into());
    let pipeline = service.pipeline_by(rules_with_parcels()).looking_up(records);
    for _ in 0..2 {
        pipeline.carry_out(&parcel("1", "t")).await.unwrap();
    }
    assert_eq!(service.drawer.reasons(), []);
    assert_eq!(status(&service, "1").await, Some((OrderStatus::Shipped, 2)));
    // Where the event says it, nobody needs to be asked.
    let fields = json!({"Carrier__c": "UPS", "Tracking_Number__c": "2Z", "Status": "Delivered"});
    let mut event = change("Order", "2", "t", fields);
    event["ChangeEventHeader"]["changedFields"] = json!(["Carrier__c", "Tracking_Number__c"]);
    service.pipeline_by(rules_with_parcels()).carry_out(&raw(&event)).await.unwrap();
    assert_eq!(status(&service, "2").await, Some((OrderStatus::Delivered, 2)));
}

#[tokio::test]
async fn an_order_that_nobody_knows_is_not_invented() {
    let service = Service::new();
    let pipeline = service.pipeline_by(rules_with_parcels());
    let (carried, _) = pipeline.carry_out(&parcel("1", "t")).await.unwrap();
    let [Dying::Refused { order, reason }] = &service.drawer.reasons()[..] else {
        panic!("{carried:?}");
    };
    assert_eq!((order.as_str(), reason.as_str()), ("1", "no such order"));
    assert_eq!(status(&service, "1").await, None);
}

#[tokio::test]
async fn that_an_unknown_order_is_deleted_is_nothing_to_be_told() {
    let service = Service::new();
    let mut event = becomes("1", "Draft", "t");
    event["ChangeEventHeader"]["changeType"] = json!("DELETE");
    let (carried, _) = service.pipeline().carry_out(&raw(&event)).await.unwrap();
    let order = "1".parse().unwrap();
    assert_eq!(carried, [Carried::Forgotten, Carried::Skipped(Skip::NotThere { order })]);
    assert_eq!(service.drawer.reasons(), []);
}

#[tokio::test]
async fn what_is_looked_up_in_two_parts_is_put_together() {
    let service = Service::new();
    let record = json!({
        "Carrier__c": "UPS", "Tracking_Number__c": "1Z", "Activation_Status__c": null,
        "External_Order_Id__c": null,
    });
    let records = Records([("1".to_owned(), record.as_object().unwrap().clone())].into());
    let pipeline = service.pipeline_by(rules_with_parcels().strict()).looking_up(records);
    let fields = json!({"Status": "Approved", "Tracking_Number__c": "1Z"});
    let (carried, _) = pipeline.carry_out(&raw(&change("Order", "1", "t", fields))).await.unwrap();
    let enqueued = carried.iter().filter(|done| matches!(done, Carried::Enqueued(_))).count();
    assert_eq!((enqueued, service.drawer.reasons()), (1, vec![]), "{carried:?}");
    assert_eq!(status(&service, "1").await, Some((OrderStatus::Processing, 2)));
}

#[tokio::test]
async fn what_is_looked_up_in_vain_is_kept() {
    let service = Service::new();
    // One record is not there, and one does not have what is asked for.
    let records = Records([("802".to_owned(), Default::default())].into());
    let pipeline = service.pipeline().looking_up(records);
    for record in ["802", "803"] {
        let event = raw(&change("OrderItem", record, "t", json!({"Quantity": 2})));
        pipeline.carry_out(&event).await.unwrap();
    }
    let reasons = service.drawer.reasons();
    let [Dying::NotFound(one), Dying::NotFound(other)] = &reasons[..] else {
        panic!("{reasons:?}")
    };
    assert_eq!((one.record.as_str(), other.record.as_str()), ("802", "803"));
}

#[tokio::test]
async fn strictly_an_order_is_provisioned_after_it_was_looked_up() {
    let service = Service::new();
    let record = json!({"Activation_Status__c": null, "External_Order_Id__c": null});
    let records = Records([("1".to_owned(), record.as_object().unwrap().clone())].into());
    let pipeline = service.pipeline_by(Rules::salesforce().strict()).looking_up(records);
    let (carried, _) = pipeline.carry_out(&raw(&becomes("1", "Approved", "t"))).await.unwrap();
    let enqueued = carried.iter().filter(|done| matches!(done, Carried::Enqueued(_))).count();
    assert_eq!(enqueued, 1, "{carried:?}");
}
