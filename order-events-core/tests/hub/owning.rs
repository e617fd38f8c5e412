//! A grant for what is a customer's own, and for nothing else.

use std::sync::Arc;

use order_events_core::{
    Authorizer, CustomerId, Denied, Grant, Hub, Principal, Scope, TenantId, Update, authorizer,
};

use crate::florist::bouquet::Bouquet;
use crate::support::{applied, customer, house, order, principal, tenant};

fn grant(scope: impl Into<Scope>) -> Grant {
    Grant::new(principal("anna"), scope)
}

#[tokio::test]
async fn a_customer_is_given_what_is_theirs() {
    let house = house();
    let order = order("42");
    applied(
        house.hub.publish(Update::create(&order).with_customer(customer("anna"))).await.unwrap(),
    );
    let until = grant(&order).as_staff();
    assert_eq!(house.hub.check_owner(until.clone(), &customer("anna")).await, Ok(until));
    let all = grant(&customer("anna"));
    assert_eq!(house.hub.check_owner(all.clone(), &customer("anna")).await, Ok(all));
}

#[tokio::test]
async fn whatever_is_not_theirs_is_not_there() {
    let house = house();
    let (berts, nobodys, deleted) = (order("1"), order("2"), order("3"));
    house.create("2").await;
    for (order, of) in [(&berts, "bert"), (&deleted, "bert")] {
        let create = Update::create(order).with_customer(customer(of));
        applied(house.hub.publish(create).await.unwrap());
    }
    applied(house.hub.publish(Update::delete(&deleted)).await.unwrap());
    for grant in [
        grant(&berts),
        grant(&nobodys),
        grant(&deleted),
        grant(&order("absent")),
        grant(&order("absent")).even_if_absent(),
        grant(&customer("bert")),
    ] {
        let checked = house.hub.check_owner(grant.clone(), &customer("anna")).await;
        assert_eq!(checked, Err(Denied::NotFound), "{grant:?}");
    }
    // The same order id of another tenant is another order.
    let elsewhere = grant(&berts).in_tenant(tenant("other"));
    let checked = house.hub.check_owner(elsewhere, &customer("bert")).await;
    assert_eq!(checked, Err(Denied::NotFound));
}

#[tokio::test]
async fn an_order_that_was_deleted_stays_theirs_until_it_is_somebody_elses() {
    let house = house();
    let order = order("42");
    let anna = customer("anna");
    for (update, is_annas) in [
        (Update::create(&order).with_customer(anna.clone()), true),
        (Update::delete(&order), true),
        (Update::create(&order), false),
        (Update::attach(&order, customer("bert")), false),
    ] {
        applied(house.hub.publish(update).await.unwrap());
        let checked = house.hub.check_owner(grant(&order).even_if_absent(), &anna).await;
        // What was checked is what is there: the next order of the id is not waited for.
        let expected = if is_annas { Ok(grant(&order)) } else { Err(Denied::NotFound) };
        assert_eq!(checked, expected);
    }
}

#[tokio::test]
async fn an_order_whose_status_is_not_known_here_is_theirs_all_the_same() {
    let house = house();
    let florists = Hub::builder_for::<Bouquet>().engine(Arc::clone(&house.engine)).build();
    let (order, anna) = (order("42"), customer("anna"));
    florists.publish(Update::create(&order).with_customer(anna.clone())).await.unwrap();
    florists.publish(Update::status(&order, Bouquet::Assigned)).await.unwrap();
    assert!(house.hub.state(&TenantId::default(), &order).await.is_err(), "an unknown status");
    assert_eq!(house.hub.check_owner(grant(&order), &anna).await, Ok(grant(&order)));
}

#[tokio::test]
async fn the_whole_shop_is_no_customers() {
    let checked = house().hub.check_owner(grant(Scope::Tenant), &customer("anna")).await;
    assert_eq!(checked, Err(Denied::Forbidden));
}

#[tokio::test]
async fn a_function_authorises() {
    async fn access(it: CustomerId, caller: String, wanted: Scope) -> Result<Grant, Denied> {
        match caller == it.as_str() {
            true => Ok(Grant::new(&it, wanted)),
            false => Err(Denied::Unauthenticated),
        }
    }
    let door = authorizer(customer("anna"), access);
    let wanted = Scope::from(&order("42"));
    let granted = door.authorize(&"anna".to_owned(), &wanted).await.unwrap();
    assert_eq!((granted.principal(), granted.scope()), (&Principal::new("anna").unwrap(), &wanted));
    let refused = door.authorize(&"eve".to_owned(), &wanted).await;
    assert_eq!(refused, Err(Denied::Unauthenticated));
}
