//! A user's own machine, through the whole house.

use order_events_core::{
    Delivery, EventKind, Grant, Hub, Lifecycle, PublishError, Resume, Scope, SnapshotOf, Update,
};

#[allow(unreachable_pub, reason = "shared with the tests of the lifecycle")]
#[path = "../common/florist.rs"]
pub(crate) mod bouquet;

use bouquet::Bouquet;

use crate::support::{applied, drain, order, principal};

#[tokio::test]
async fn a_florists_machine_goes_all_the_way() {
    let hub = Hub::builder_for::<Bouquet>().build();
    let grant = Grant::new(principal("anna"), Scope::Order(order("42")));
    applied(hub.publish(Update::create(order("42"))).await.unwrap());
    let mut watching = hub.subscribe(grant, Resume::Fresh).await.unwrap();
    let [Delivery::Snapshot(snapshot)] = &drain(&mut watching)[..] else { panic!() };
    assert_eq!(SnapshotOf::decode::<Bouquet>(snapshot).unwrap().status, Bouquet::INITIAL);

    let way = ["ASSIGNED", "IN_PROGRESS", "READY", "OUT_FOR_DELIVERY", "DONE"];
    for token in way {
        let status = Bouquet::parse(token).unwrap();
        applied(hub.publish(Update::status(order("42"), status)).await.unwrap());
    }
    let mut told = drain(&mut watching);
    let Some(Delivery::End(end)) = told.pop() else { panic!("DONE is final") };
    assert_eq!(end.reason.as_str(), "final");
    let seen: Vec<_> = told
        .iter()
        .map(|delivery| match delivery {
            Delivery::Event(event) => match event.decode::<Bouquet>().kind {
                EventKind::Status { status, .. } => status.token(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, way);
}

#[tokio::test]
async fn a_florists_machine_refuses_what_its_table_does_not_have() {
    let hub = Hub::builder_for::<Bouquet>().build();
    applied(hub.publish(Update::create(order("42"))).await.unwrap());
    let done = Bouquet::parse("DONE").unwrap();
    let error = hub.publish(Update::status(order("42"), done)).await.unwrap_err();
    assert!(matches!(error, PublishError::IllegalTransition(_)));
    assert!(error.to_string().starts_with("NEW may not become DONE; allowed: "), "{error}");
}
