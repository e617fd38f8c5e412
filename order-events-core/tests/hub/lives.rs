//! An order's id after its deletion: whoever watched the one order is not shown the next.

use std::time::Duration;

use order_events_core::{
    Cursor, Grant, MemoryEngine, Resume, SubscribeError, Subscription, Update,
};

use crate::support::{House, anna, applied, customer, house, house_with, order, words};

/// A second later, so that no two lives begin at the same time.
async fn publish(house: &House, update: Update) -> Cursor {
    house.wait(Duration::from_secs(1));
    applied(house.hub.publish(update).await.unwrap()).cursor
}

async fn create_for(house: &House, of: &str) -> Cursor {
    publish(house, Update::create(order("42")).with_customer(customer(of))).await
}

async fn delete(house: &House) -> Cursor {
    publish(house, Update::delete(order("42"))).await
}

async fn watch(house: &House, grant: Grant, resume: Resume) -> Subscription {
    house.hub.subscribe(grant, resume).await.unwrap()
}

/// Annas order with its stream, in a house where a reader soon is too far behind.
async fn narrow() -> (House, Subscription) {
    let engine = MemoryEngine::builder().retain_events(6);
    let house = house_with(engine, |hub| {
        hub.configure(|config| (config.window_events, config.replay_events) = (1, 3))
    });
    create_for(&house, "anna").await;
    let mut annas = watch(&house, anna("42"), Resume::Fresh).await;
    assert_eq!(words(&mut annas), ["snapshot 42@1"]);
    (house, annas)
}

#[tokio::test]
async fn a_stream_ends_with_the_order_whatever_follows() {
    let house = house();
    create_for(&house, "anna").await;
    let mut waiting = watch(&house, anna("42"), Resume::Fresh).await;
    let mut late = watch(&house, anna("42"), Resume::Fresh).await;
    assert_eq!(words(&mut waiting), ["snapshot 42@1"]);
    assert_eq!(words(&mut late), ["snapshot 42@1"]);
    delete(&house).await;
    assert_eq!(words(&mut waiting), ["42@2 order.deleted", "end final"]);
    create_for(&house, "bert").await;
    assert_eq!(words(&mut late), ["42@2 order.deleted", "end final"]);
    assert_eq!(house.hub.stats().subscriptions, 0);
}

#[tokio::test]
async fn what_is_replayed_begins_with_the_present_life() {
    let house = house();
    let born = create_for(&house, "anna").await;
    let deleted = delete(&house).await;
    // Who has been told has everything.
    let told = house.hub.subscribe(anna("42"), Resume::After(deleted)).await;
    assert!(matches!(told, Err(SubscribeError::Finished)), "{told:?}");

    create_for(&house, "bert").await;
    let beginning = Cursor { seq: 0, ..born };
    for grant in [anna("42"), anna("42").as_staff(), anna("42").even_if_absent()] {
        for cursor in [beginning, born] {
            let mut berts = watch(&house, grant.clone(), Resume::After(cursor)).await;
            assert_eq!(words(&mut berts), ["reset expired", "snapshot 42@3"]);
        }
        let mut berts = watch(&house, grant, Resume::After(deleted)).await;
        assert_eq!(words(&mut berts), ["42@3 order.created"]);
    }
}

#[tokio::test]
async fn who_may_be_early_watches_whatever_order_has_the_id() {
    let house = house();
    create_for(&house, "anna").await;
    let mut early = watch(&house, anna("42").even_if_absent(), Resume::Fresh).await;
    delete(&house).await;
    assert_eq!(words(&mut early), ["snapshot 42@1", "42@2 order.deleted"]);
    create_for(&house, "anna").await;
    assert_eq!(words(&mut early), ["42@3 order.created"]);
}

#[tokio::test]
async fn who_was_behind_is_not_brought_to_another_life() {
    let (house, mut annas) = narrow().await;
    delete(&house).await;
    create_for(&house, "bert").await;
    for _ in 0..3 {
        house.remark("42", "Berts address").await;
    }
    // More was missed than is replayed. Whoever comes back is asked who they are.
    assert_eq!(words(&mut annas), ["end lifetime"]);
    // In the replay the deletion is told.
    let (house, mut annas) = narrow().await;
    delete(&house).await;
    create_for(&house, "bert").await;
    assert_eq!(words(&mut annas), ["42@2 order.deleted", "end final"]);
}

#[tokio::test]
async fn who_was_behind_is_told_that_the_order_is_gone() {
    let (house, mut annas) = narrow().await;
    delete(&house).await;
    for id in ["1", "2", "3", "4", "5", "6"] {
        house.create(id).await;
    }
    // Overtaken by its window, it finds that the log has forgotten.
    house.engine.sweep(order_events_core::Clock::now(&house.clock));
    house.create("42").await;
    publish(&house, Update::delete(order("42"))).await;
    assert_eq!(words(&mut annas), ["reset expired", "position 10", "end final"]);
}

#[tokio::test]
async fn who_was_behind_in_one_life_goes_on_in_it() {
    let (house, mut annas) = narrow().await;
    for _ in 0..5 {
        house.remark("42", "her own").await;
    }
    assert_eq!(words(&mut annas), ["reset behind", "snapshot 42@6"]);
    house.remark("42", "her own").await;
    assert_eq!(words(&mut annas), ["42@7 order.note"]);
}

#[tokio::test]
async fn who_came_after_the_deletion_is_not_given_the_next_life() {
    let house = house();
    create_for(&house, "anna").await;
    delete(&house).await;
    // A door has answered 404 by now.
    let mut annas = watch(&house, anna("42"), Resume::Fresh).await;
    assert_eq!(words(&mut annas), ["position 2"]);
    create_for(&house, "bert").await;
    assert_eq!(words(&mut annas), ["end lifetime"]);
}
