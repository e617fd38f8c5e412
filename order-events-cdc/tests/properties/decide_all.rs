//! Any bytes, by every source and by rules that look at everything. The fuzz target decides by it, too.

use order_events_cdc::{
    Debezium, Decision, Key, Malformed, PlatformEvents, Rules, Salesforce, Source, decide,
};

/// What all sources make of it, one behind the other.
pub(crate) fn decide_all(raw: &[u8]) -> Vec<Result<Vec<Decision>, Malformed>> {
    let rules = [
        Rules::salesforce()
            .tracking_in("Carrier__c", "Tracking_Number__c", Some("Tracking_Url__c"))
            .note_in("Customer_Note__c")
            .strict(),
        Rules::of("orders", Key::Field("id".into()))
            .status_in("status")
            .account_in("customer_id")
            .note_in("remark")
            .tracking_in("carrier", "parcel", None)
            .triggered_again_by(["new", "approved"])
            .items("order_lines", "order_id")
            .visible_of_items(["quantity"]),
    ];
    let requests = PlatformEvents::named("Fulfilment_Requested__e");
    let sources: [&dyn Source; 3] = [&Salesforce, &requests, &Debezium];
    let mut decided = Vec::new();
    for source in sources {
        let change = source.read(raw);
        for rules in &rules {
            decided.push(change.clone().and_then(|change| decide(&change, rules)));
        }
    }
    decided
}
