//! Two signals that mean the same are one trigger.

use order_events_cdc::{Decision, Job, PlatformEvents, Rules, Salesforce, Source, decide};
use serde_json::{Value, json};

use crate::support::becomes;

#[test]
fn an_approval_and_a_request_for_it_are_one_trigger() {
    let approval = json!({"payload": becomes("801", "Approved", "t")}).to_string();
    let change = Salesforce.read(approval.as_bytes()).unwrap();
    let by_status = job(decide(&change, &Rules::salesforce()).unwrap());
    assert_eq!(by_status.trigger, request(json!(null)).trigger);
    assert_eq!(by_status.trigger, request(json!(1)).trigger);
    assert_ne!(by_status.trigger, request(json!(2)).trigger);
}

#[test]
fn an_order_is_the_correlation_id_of_its_job() {
    assert_eq!(request(json!(2)).correlation_id(), "801");
}

fn request(attempt: Value) -> Job {
    let event = json!({"payload": {
        "EventUuid": "e981b488-81f3-4fcc-bd6f-f7033c9d7ac3", "CreatedById": "005",
        "Order_Id__c": "801", "Attempt__c": attempt,
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
