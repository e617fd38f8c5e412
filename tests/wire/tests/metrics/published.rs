//! Every outcome of `publish` that is not the log's doing.

use order_events_core::{GuardVeto, Hub, IdempotencyKey, OrderStatus, Proposed, Update};

use crate::support::id;

pub(crate) async fn all() {
    let vetoed = |_: &Proposed<'_>| Err(GuardVeto("closed on Sundays".to_owned()));
    let hub = Hub::builder().guard(vetoed).build();
    let order = id("1");
    let key = || IdempotencyKey::new("once").unwrap();
    for (update, code) in [
        (Update::create(&order).with_key(key()), "applied"),
        (Update::create(&order).with_key(key()), "duplicate"),
        (Update::note(&order, "other").with_key(key()), "key-reused"),
        (Update::status(&order, OrderStatus::Pending), "unchanged"),
        (Update::status(&order, OrderStatus::Delivered), "illegal-transition"),
        (Update::status(&order, OrderStatus::Processing), "rejected"),
        (Update::note(&order, "x").expecting_version(9), "conflict"),
        (Update::note(id("2"), "x"), "unknown-order"),
        (Update::note(&order, "x".repeat(1 << 20)), "invalid"),
    ] {
        let outcome = hub.publish(update).await;
        let seen = outcome.as_ref().map_or_else(|error| error.code(), |published| published.code());
        assert_eq!(seen, code);
    }
}
