//! A grant for what is a customer's own, and for nothing else.

use order_events_core::{
    Authorizer, CustomerId, Denied, Grant, Principal, Scope, Update, authorizer,
};

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
    for (order, of) in [(&berts, "bert"), (&deleted, "anna")] {
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
