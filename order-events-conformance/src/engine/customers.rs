//! A customer's orders: theirs from the attaching event on.

use order_events_core::{OrderStatus, Scope, Update};

use super::Outcome;
use super::lab::{Lab, customer, order};

pub(super) async fn a_customers_history_begins_with_the_attaching_event(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    let scope = Scope::Customer(ada.clone());
    shop.publish(&order, Update::create(&order)).await;
    shop.publish(&order, Update::note(&order, "a guest's")).await;
    assert!(shop.seqs(&scope, 0).await.is_empty());
    assert!(shop.snapshots(&scope, 10).await.is_empty());
    shop.publish(&order, Update::attach(&order, &ada)).await;
    shop.publish(&order, Update::status(&order, OrderStatus::Processing)).await;
    shop.fill(2).await;
    assert_eq!(shop.seqs(&scope, 0).await, [3, 4]);
    assert_eq!(shop.seqs(&scope, 3).await, [4]);
    assert_eq!(shop.dropped(&scope).await, 0);
    assert_eq!(shop.seqs(&Scope::Order(order.clone()), 0).await, [1, 2, 3, 4]);
    // Her page shows the order as a whole.
    let orders = shop.snapshots(&scope, 10).await;
    assert_eq!((orders.len(), &orders[0].order, orders[0].timeline.len()), (1, &order, 3));
    assert_eq!(orders[0].state.customer, Some(ada));
    Ok(())
}

pub(super) async fn a_deleted_orders_events_stay_in_its_customers_history(
    lab: &Lab<'_>,
) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    shop.publish(&order, Update::delete(&order)).await;
    let scope = Scope::Customer(ada.clone());
    assert_eq!(shop.seqs(&scope, 0).await, [1, 2], "the deletion is told to her");
    assert!(shop.snapshots(&scope, 10).await.is_empty(), "it is not hers any more");
    // Created again for nobody, it does not come back to her.
    shop.publish(&order, Update::create(&order)).await;
    shop.publish(&order, Update::note(&order, "not hers")).await;
    assert_eq!(shop.seqs(&scope, 0).await, [1, 2]);
    assert!(shop.snapshots(&scope, 10).await.is_empty());
    assert_eq!(shop.seqs(&Scope::Order(order), 0).await, [1, 2, 3, 4]);
    Ok(())
}

pub(super) async fn an_order_can_come_back_as_somebody_elses(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    let (ada, bob) = (customer("ada"), customer("bob"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    shop.publish(&order, Update::delete(&order)).await;
    shop.publish(&order, Update::create(&order).with_customer(&bob)).await;
    shop.publish(&order, Update::note(&order, "his")).await;
    assert_eq!(shop.seqs(&Scope::Customer(ada.clone()), 0).await, [1, 2]);
    assert_eq!(shop.seqs(&Scope::Customer(bob.clone()), 0).await, [3, 4]);
    assert!(shop.snapshots(&Scope::Customer(ada.clone()), 10).await.is_empty());
    assert_eq!(shop.snapshots(&Scope::Customer(bob.clone()), 10).await.len(), 1);
    // And back again: her history has a hole where it was not hers.
    shop.publish(&order, Update::delete(&order)).await;
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    assert_eq!(shop.seqs(&Scope::Customer(ada.clone()), 0).await, [1, 2, 6]);
    assert_eq!(shop.seqs(&Scope::Customer(bob.clone()), 0).await, [3, 4, 5]);
    assert_eq!(shop.snapshots(&Scope::Customer(ada), 10).await.len(), 1);
    assert!(shop.snapshots(&Scope::Customer(bob), 10).await.is_empty());
    Ok(())
}

pub(super) async fn an_order_and_a_customer_may_share_an_id(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (first, second) = (order("ada"), order("bob"));
    shop.publish(&first, Update::create(&first).with_customer(customer("bob"))).await;
    shop.publish(&second, Update::create(&second).with_customer(customer("ada"))).await;
    assert_eq!(shop.seqs(&Scope::Order(first), 0).await, [1]);
    assert_eq!(shop.seqs(&Scope::Order(second), 0).await, [2]);
    assert_eq!(shop.seqs(&Scope::Customer(customer("bob")), 0).await, [1]);
    assert_eq!(shop.seqs(&Scope::Customer(customer("ada")), 0).await, [2]);
    Ok(())
}

pub(super) async fn a_customer_has_many_orders(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let ada = customer("ada");
    for number in 0..10 {
        let order = order(&format!("hers-{number}"));
        shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
        shop.fill(1).await;
    }
    let scope = Scope::Customer(ada);
    assert_eq!(shop.seqs(&scope, 0).await, (0..10).map(|n| n * 2 + 1).collect::<Vec<_>>());
    for page_size in [1, 3, 10, 50] {
        let orders = shop.snapshots(&scope, page_size).await;
        let mut ids: Vec<_> = orders.iter().map(|order| order.order.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!((ids.len(), orders.len()), (10, 10), "each order once, {page_size} a page");
    }
    Ok(())
}
