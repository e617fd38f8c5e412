//! What cannot be carried out is kept, and never dropped.

use order_events_cdc::{Carried, Dying, NotDone, Rules};
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
