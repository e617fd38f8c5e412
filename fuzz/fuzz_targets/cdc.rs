//! Any bytes as an event of any source: read and decided, or refused, and the same each time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use order_events_cdc::{Debezium, Key, PlatformEvents, Rules, Salesforce, Source, decide};

fuzz_target!(|raw: &[u8]| {
    let requests = PlatformEvents::named("Fulfilment_Requested__e");
    let sources: [&dyn Source; 3] = [&Salesforce, &requests, &Debezium];
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
    for source in sources {
        let change = source.read(raw);
        assert_eq!(change, source.read(raw));
        let Ok(change) = change else { continue };
        for rules in &rules {
            assert_eq!(decide(&change, rules), decide(&change, rules));
        }
    }
});
