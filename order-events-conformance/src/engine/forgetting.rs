//! Which orders are forgotten, and when.

use std::time::Duration;

use order_events_core::engine::Appended;
use order_events_core::{OrderId, OrderStatus, Scope, Update};

use super::lab::{Lab, Shop, customer, key, order};
use super::{Outcome, Retention};

const WINDOW: Duration = Duration::from_secs(2);

/// Lets so much come and go that whatever may be forgotten is.
async fn until_forgotten(lab: &Lab<'_>, shop: &Shop, order: &OrderId) {
    lab.trim_past(shop, shop.head().await).await;
    lab.until("a finished order is forgotten", || async {
        shop.fill(1).await;
        shop.state(order).await.is_none().then_some(())
    })
    .await;
}

/// As much as `until_forgotten` waits for at most usually, for orders that must stay.
async fn let_much_happen(lab: &Lab<'_>, shop: &Shop) {
    lab.trim_past(shop, shop.head().await).await;
    for _ in 0..40 {
        shop.fill(1).await;
        lab.settle().await;
    }
}

pub(super) async fn a_forgotten_order_begins_again(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    let (order, ada) = (order("42"), customer("ada"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    shop.publish(&order, Update::status(&order, OrderStatus::Cancelled)).await;
    until_forgotten(lab, &shop, &order).await;
    assert!(shop.snapshot(&order).await.is_none());
    assert!(shop.snapshots(&Scope::Customer(ada), 10).await.is_empty());
    let draft = shop.draft(&order, Update::create(&order)).await;
    assert_eq!(draft.expected, 0);
    assert_eq!(shop.commit(draft).await.version(), 1, "its version begins again");
    let snapshot = shop.snapshot(&order).await.expect("it is back");
    assert_eq!(snapshot.timeline.len(), 1, "with nothing of its former life");
    Ok(())
}

pub(super) async fn a_finished_order_is_kept_while_it_is_in_the_log(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(40)).await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    let last = shop.publish(&order, Update::status(&order, OrderStatus::Cancelled)).await.seq();
    shop.fill(30).await;
    assert!(shop.dropped(&Scope::Tenant).await < last, "forty events are to be kept");
    assert_eq!(shop.version(&order).await, 2);
    assert!(shop.snapshot(&order).await.is_some());
    Ok(())
}

pub(super) async fn an_order_with_a_living_key_is_kept(lab: &Lab<'_>) -> Outcome {
    let retention = Retention::default().events(20).key_window(Duration::from_secs(60));
    let shop = lab.open_with(retention).await?;
    let order = order("42");
    let update = Update::create_as(&order, OrderStatus::Cancelled).with_key(key("k"));
    let record = shop.publish(&order, update).await;
    let_much_happen(lab, &shop).await;
    let current = shop.current(&order, Some(&key("k"))).await;
    assert_eq!(current.state.map(|state| state.version), Some(1));
    let prior = current.prior.expect("the key is remembered though its event is trimmed");
    assert_eq!((prior.record.seq(), prior.record.payload()), (record.seq(), record.payload()));
    Ok(())
}

pub(super) async fn an_order_is_forgotten_once_its_keys_have_expired(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20).key_window(WINDOW)).await?;
    let order = order("42");
    let update = Update::create_as(&order, OrderStatus::Cancelled).with_key(key("k"));
    shop.publish(&order, update).await;
    lab.trim_past(&shop, shop.head().await).await;
    lab.pass(WINDOW * 2).await;
    until_forgotten(lab, &shop, &order).await;
    assert!(shop.current(&order, Some(&key("k"))).await.prior.is_none());
    Ok(())
}

pub(super) async fn an_open_order_is_never_forgotten(lab: &Lab<'_>) -> Outcome {
    let retention = Retention::default().events(20).key_window(WINDOW);
    let shop = lab.open_with(retention).await?;
    let (order, ada) = (order("42"), customer("ada"));
    let update = Update::create(&order).with_customer(&ada).with_key(key("k"));
    shop.publish(&order, update).await;
    lab.pass(WINDOW * 2).await;
    let_much_happen(lab, &shop).await;
    assert_eq!(shop.version(&order).await, 1);
    assert_eq!(shop.snapshots(&Scope::Customer(ada), 10).await.len(), 1);
    let update = Update::status(&order, OrderStatus::Processing);
    assert_eq!(shop.publish(&order, update).await.version(), 2);
    Ok(())
}

pub(super) async fn a_deleted_order_keeps_its_version(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    let deleted = shop.publish(&order, Update::delete(&order)).await;
    let state = shop.state(&order).await.expect("a deleted order has a state");
    assert!(state.deleted);
    assert_eq!((state.version, deleted.version()), (2, 2));
    let draft = shop.draft(&order, Update::create(&order)).await;
    let unaware = order_events_core::engine::Draft { expected: 0, ..draft.clone() };
    assert!(matches!(shop.append(unaware).await, Appended::Conflict { version: 2 }));
    assert_eq!(shop.commit(draft).await.version(), 3, "its version goes on");
    assert!(!shop.state(&order).await.expect("it is back").deleted);
    Ok(())
}

pub(super) async fn a_deleted_order_is_forgotten_at_last(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    shop.publish(&order, Update::delete(&order)).await;
    until_forgotten(lab, &shop, &order).await;
    assert_eq!(shop.publish(&order, Update::create(&order)).await.version(), 1);
    Ok(())
}

pub(super) async fn an_order_that_went_on_is_not_forgotten(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    shop.publish(&order, Update::delete(&order)).await;
    shop.publish(&order, Update::create(&order)).await;
    let_much_happen(lab, &shop).await;
    assert_eq!(shop.version(&order).await, 3, "it was created again before it was forgotten");
    Ok(())
}

pub(super) async fn a_forgotten_past_is_not_denied(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    let (order, ada) = (order("42"), customer("ada"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    let update = Update::status(&order, OrderStatus::Cancelled);
    let last = shop.publish(&order, update).await.seq();
    until_forgotten(lab, &shop, &order).await;
    // Both come back, and a reader who had seen only the first event of theirs asks for the rest.
    let update = Update::create(&order).with_customer(&ada);
    shop.publish(&order, update).await;
    for scope in [Scope::Order(order.clone()), Scope::Customer(ada.clone())] {
        let history = shop.history(&scope, last - 1).await;
        assert!(
            history.dropped >= last,
            "event {last} of {scope} is gone, but only {} is said to be dropped",
            history.dropped
        );
        assert!(history.dropped <= shop.dropped(&Scope::Tenant).await);
    }
    Ok(())
}
