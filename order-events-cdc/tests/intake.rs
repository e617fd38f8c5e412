//! What cannot be read is kept; and two signals that mean the same are one trigger.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::sync::{Arc, Mutex};

use order_events_cdc::{
    BoxError, DeadLetter, DeadLetters, Decision, Intake, Job, PlatformEvents, Rules, Salesforce,
    Source, Taken, async_trait, decide,
};
use serde_json::json;

#[derive(Debug, Clone, Default)]
struct Drawer {
    letters: Arc<Mutex<Vec<DeadLetter>>>,
    is_full: bool,
}

#[async_trait]
impl DeadLetters for Drawer {
    async fn keep(&self, letter: DeadLetter) -> Result<(), BoxError> {
        if self.is_full {
            return Err("the disk is full".into());
        }
        self.letters.lock().unwrap().push(letter);
        Ok(())
    }
}

const BROKEN: &[u8] = br#"{"payload": {"ChangeEventHeader": {"entityName": "Order"}}}"#;

#[tokio::test]
async fn what_cannot_be_read_is_kept_as_it_came() {
    let drawer = Drawer::default();
    let intake = Intake::new(Salesforce, Rules::salesforce(), drawer.clone());
    let Ok(Taken::Dead(why)) = intake.take(BROKEN).await else { panic!("it is dead") };
    assert_eq!(why.path, "payload.ChangeEventHeader.changeType");
    assert_eq!(*drawer.letters.lock().unwrap(), [DeadLetter { raw: BROKEN.to_vec(), why }]);
}

#[tokio::test]
async fn what_the_rules_cannot_read_is_kept_too() {
    let drawer = Drawer::default();
    let intake = Intake::new(Salesforce, Rules::salesforce(), drawer.clone());
    let raw = approved(&json!({"not": "a text"}));
    let Ok(Taken::Dead(why)) = intake.take(&raw).await else { panic!("it is dead") };
    assert_eq!(why.path, "payload.Status");
    assert_eq!(drawer.letters.lock().unwrap()[0].raw, raw);
}

#[tokio::test]
async fn an_event_whose_letter_could_not_be_kept_is_not_done() {
    let drawer = Drawer { is_full: true, ..Drawer::default() };
    let intake = Intake::new(Salesforce, Rules::salesforce(), drawer);
    let not_kept = intake.take(BROKEN).await.unwrap_err();
    assert_eq!(not_kept.source.to_string(), "the disk is full");
    assert!(not_kept.to_string().contains("changeType"), "{not_kept}");
}

#[tokio::test]
async fn what_can_be_read_is_decided_and_nothing_is_kept() {
    let drawer = Drawer::default();
    let intake = Intake::new(Salesforce, Rules::salesforce(), drawer.clone());
    let taken = intake.take(&approved(&json!("Approved"))).await.unwrap();
    let Taken::Decided { change, decisions } = taken else { panic!("it is decided") };
    assert_eq!(change.entity, "Order");
    assert_eq!(decisions.len(), 3);
    assert!(drawer.letters.lock().unwrap().is_empty());
}

#[test]
fn an_approval_and_a_request_for_it_are_one_trigger() {
    let change = Salesforce.read(&approved(&json!("Approved"))).unwrap();
    let by_status = job(decide(&change, &Rules::salesforce()).unwrap());
    assert_eq!(by_status.trigger, request(json!(null)).trigger);
    assert_eq!(by_status.trigger, request(json!(1)).trigger);
    assert_ne!(by_status.trigger, request(json!(2)).trigger);
}

#[test]
fn an_order_is_the_correlation_id_of_its_job() {
    assert_eq!(request(json!(2)).correlation_id(), "8013h000001LLXfAAO");
}

fn approved(status: &serde_json::Value) -> Vec<u8> {
    let event = json!({"payload": {"ChangeEventHeader": {
        "entityName": "Order", "recordIds": ["8013h000001LLXfAAO"], "changeType": "UPDATE",
        "transactionKey": "t", "sequenceNumber": 1,
    }, "Status": status}});
    event.to_string().into_bytes()
}

fn request(attempt: serde_json::Value) -> Job {
    let event = json!({"payload": {
        "EventUuid": "e981b488-81f3-4fcc-bd6f-f7033c9d7ac3", "CreatedById": "005",
        "Order_Id__c": "8013h000001LLXfAAO", "Attempt__c": attempt,
    }});
    let source = PlatformEvents::named("Fulfilment_Requested__e");
    let change = source.read(event.to_string().as_bytes()).unwrap();
    job(decide(&change, &Rules::salesforce()).unwrap())
}

fn job(decisions: Vec<Decision>) -> Job {
    let jobs: Vec<_> = decisions
        .into_iter()
        .filter_map(|decision| match decision {
            Decision::Provision(job) => Some(job),
            _ => None,
        })
        .collect();
    let [job] = <[Job; 1]>::try_from(jobs).expect("one job");
    job
}
