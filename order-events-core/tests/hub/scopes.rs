//! Nobody sees what is not theirs.

use order_events_core::{
    Delivery, Grant, JsonCodec, OrderStatus, Resume, Scope, Stage, StageState, Subscription, Update,
};

use crate::support::{
    anna, applied, customer, drain, everything, house, order, principal, staff, tenant, words,
};

fn customers(id: &str) -> Grant {
    Grant::new(principal(id), Scope::Customer(customer(id)))
}

#[tokio::test]
async fn an_order_stream_carries_that_order_only() {
    let house = house();
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    house.create("7").await;
    house.create("42").await;
    assert_eq!(words(&mut watching), ["position 0", "42@1 order.created"]);
}

#[tokio::test]
async fn a_customer_sees_their_orders_and_nobody_elses() {
    let house = house();
    let create = |id, of| Update::create(order(id)).with_customer(customer(of));
    applied(house.hub.publish(create("1", "anna")).await.unwrap());
    let mut watching = house.hub.subscribe(customers("anna"), Resume::Fresh).await.unwrap();
    applied(house.hub.publish(create("2", "anna")).await.unwrap());
    applied(house.hub.publish(create("3", "bert")).await.unwrap());
    house.create("4").await;
    house.move_to("1", OrderStatus::Processing).await;
    assert_eq!(words(&mut watching), ["snapshot 1@1", "2@1 order.created", "1@2 order.status"]);
    let at = watching.cursor();
    house.move_to("3", OrderStatus::Processing).await;
    house.move_to("2", OrderStatus::Processing).await;
    let mut again = house.hub.subscribe(customers("anna"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), ["2@2 order.status"]);
}

#[tokio::test]
async fn a_guests_order_enters_the_customers_scope_when_it_is_attached() {
    let house = house();
    let mut watching = house.hub.subscribe(customers("anna"), Resume::Fresh).await.unwrap();
    let at = house.create("42").await.cursor;
    house.move_to("42", OrderStatus::Processing).await;
    applied(house.hub.publish(Update::attach(order("42"), customer("anna"))).await.unwrap());
    house.move_to("42", OrderStatus::Shipped).await;
    let theirs = ["42@3 order.customer", "42@4 order.status"];
    assert_eq!(words(&mut watching)[1..], theirs);
    // A replay tells the same.
    let mut again = house.hub.subscribe(customers("anna"), Resume::After(at)).await.unwrap();
    assert_eq!(words(&mut again), theirs);
    // It is told what it needs to show the order.
    let mut again = house.hub.subscribe(customers("anna"), Resume::After(at)).await.unwrap();
    let Some(Delivery::Event(attached)) = drain(&mut again).into_iter().next() else { panic!() };
    assert!(attached.data().contains("\"status\":\"PROCESSING\""), "{}", attached.data());
}

#[tokio::test]
async fn an_order_of_another_customer_cannot_be_attached() {
    let house = house();
    let create = Update::<OrderStatus>::create(order("42")).with_customer(customer("anna"));
    applied(house.hub.publish(create).await.unwrap());
    let error = house.hub.publish(Update::attach(order("42"), customer("bert"))).await.unwrap_err();
    assert_eq!(error.to_string(), "customer: the order belongs to another customer already");
}

#[tokio::test]
async fn a_customer_and_an_order_of_the_same_name_are_two_scopes() {
    let house = house();
    let mut of_order = house.hub.subscribe(anna("x"), Resume::Fresh).await.unwrap();
    let mut of_customer = house.hub.subscribe(customers("x"), Resume::Fresh).await.unwrap();
    let create = Update::<OrderStatus>::create(order("y")).with_customer(customer("x"));
    applied(house.hub.publish(create).await.unwrap());
    house.create("x").await;
    assert_eq!(words(&mut of_order), ["position 0", "x@1 order.created"]);
    assert_eq!(words(&mut of_customer), ["position 0", "y@1 order.created"]);
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    let house = house();
    let grant = everything().in_tenant(tenant("mine"));
    let mut mine = house.hub.subscribe(grant, Resume::Fresh).await.unwrap();
    let create = |shop| Update::<OrderStatus>::create(order("42")).in_tenant(tenant(shop));
    applied(house.hub.publish(create("theirs")).await.unwrap());
    applied(house.hub.publish(create("mine")).await.unwrap());
    house.create("42").await;
    assert_eq!(words(&mut mine), ["position 0", "42@1 order.created"]);
}

/// Everything a subscription has ready, as it would go over a wire.
fn wire(subscription: &mut Subscription) -> String {
    drain(subscription)
        .into_iter()
        .map(|delivery| match delivery {
            Delivery::Event(event) => String::from_utf8(event.frame(&JsonCodec).to_vec()).unwrap(),
            Delivery::Snapshot(snapshot) => snapshot.json(),
            other => format!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn a_public_stream_never_carries_a_staff_event_or_field() {
    let house = house();
    let at = house.create("42").await.cursor;
    let failed = Stage {
        workflow: "import".to_owned(),
        stage: "parse".to_owned(),
        state: StageState::Failed,
        result: None,
        reason: Some("SECRET reason".to_owned()),
    };
    let mut live = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    let updates = [
        Update::note(order("42"), "SECRET note"),
        Update::assign(order("42"), "SECRET assignee"),
        Update::fail(order("42"), "SECRET failure"),
        Update::stage(order("42"), failed),
        Update::attach(order("42"), customer("SECRET customer")),
        Update::status(order("42"), OrderStatus::Processing).with_note("public"),
        Update::tracking(order("42"), "FedEx", "1", None).staff_only(),
    ];
    for update in updates {
        applied(house.hub.publish(update.with_actor("SECRET actor")).await.unwrap());
    }
    let mut replayed = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    let mut fresh = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    for reader in [&mut live, &mut replayed, &mut fresh] {
        let wire = wire(reader);
        assert!(!wire.contains("SECRET"), "{wire}");
        assert!(!wire.contains("FedEx"), "{wire}");
        assert!(wire.contains("public"), "{wire}");
    }
    let mut inside = house.hub.subscribe(staff(), Resume::Fresh).await.unwrap();
    let wire = wire(&mut inside);
    for secret in ["note", "assignee", "failure", "customer", "actor", "reason"] {
        assert!(wire.contains(&format!("SECRET {secret}")), "staff see the {secret}: {wire}");
    }
}

#[tokio::test]
async fn a_staff_event_does_not_wake_or_lap_the_public() {
    let house = house();
    house.create("42").await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut watching);
    for _ in 0..1_000 {
        applied(house.hub.publish(Update::note(order("42"), "inside")).await.unwrap());
    }
    assert_eq!(words(&mut watching), [""; 0]);
    house.remark("42", "outside").await;
    assert_eq!(words(&mut watching), ["42@1002 order.note"]);
    assert_eq!(house.hub.stats().fell_behind, 0);
}

#[tokio::test]
async fn each_event_can_say_otherwise() {
    let house = house();
    house.create("42").await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    let shown = Update::note(order("42"), "for you").public().with_actor("Anna").show_actor();
    applied(house.hub.publish(shown).await.unwrap());
    let hidden = Update::<OrderStatus>::progress(order("42"), 50, None).staff_only();
    applied(house.hub.publish(hidden).await.unwrap());
    let wire = wire(&mut watching);
    assert!(wire.contains("for you") && wire.contains("Anna"), "{wire}");
    assert!(!wire.contains("order.progress"), "{wire}");
}

#[tokio::test]
async fn what_an_order_is_cannot_be_kept_from_those_who_may_watch_it() {
    let house = house();
    house.create("42").await;
    let updates = [
        Update::status(order("42"), OrderStatus::Cancelled),
        Update::attach(order("42"), customer("anna")),
        Update::delete(order("42")),
        Update::create(order("43")),
    ];
    for update in updates {
        let error = house.hub.publish(update.staff_only()).await.unwrap_err();
        assert_eq!(error.to_string(), "visibility: does not belong in this kind of update");
    }
}
