//! Who sees what.

use order_events_core::{OrderStatus, Update};

use crate::http::client::{Events, Request};
use crate::http::lab::{Lab, Shop, acme, cursor, customer, order};

/// What no public reader may find anywhere.
const SECRETS: [&str; 4] = ["secret", "clerk", "customerId", "actor"];

async fn with_secrets(lab: &Lab<'_>) -> Shop {
    let shop = lab.shop().await;
    shop.publish(Update::create(order("anna-1")).with_customer(customer("anna"))).await;
    shop.publish(Update::note(order("anna-1"), "a secret").with_actor("clerk")).await;
    let on_the_bench = Update::status(order("anna-1"), OrderStatus::Processing);
    shop.publish(on_the_bench.with_note("On the bench").with_actor("clerk")).await;
    shop.publish(Update::fail(order("anna-1"), "secret: out of glue")).await;
    shop.publish(Update::assign(order("anna-1"), "clerk")).await;
    shop.note("anna-1", "Thank you").await;
    shop
}

async fn secret_free(events: &mut Events, names: &[&str]) {
    for name in names {
        let text = events.event(name).await.text;
        assert!(!SECRETS.iter().any(|secret| text.contains(secret)), "{text}");
    }
}

pub(super) async fn what_is_for_staff_is_on_no_public_wire(lab: &Lab<'_>) {
    let shop = with_secrets(lab).await;
    for path in ["/orders/anna-1/events", "/customers/anna/events"] {
        let request = Request::get(path).by("anna");
        let mut fresh = shop.watch(request.clone()).await;
        secret_free(&mut fresh, &["ready", "snapshot"]).await;
        let mut missed = shop.watch(request.clone().after(cursor(0))).await;
        let public = ["ready", "order.created", "order.status", "order.note"];
        secret_free(&mut missed, &public).await;
        shop.publish(Update::note(order("anna-1"), "another secret")).await;
        shop.note("anna-1", "Still here").await;
        secret_free(&mut fresh, &["order.note"]).await;
        secret_free(&mut missed, &["order.note"]).await;
        for request in [request.clone(), request.clone().after(cursor(0))] {
            let page = shop.page(request).await.to_string();
            assert!(!SECRETS.iter().any(|secret| page.contains(secret)), "{page}");
        }
    }
    for path in ["/orders/anna-1", "/orders?customer=anna"] {
        let orders = shop.page(Request::get(path).by("anna")).await.to_string();
        assert!(!SECRETS.iter().any(|secret| orders.contains(secret)), "{orders}");
    }

    // Staff sees all of it.
    let mut staff = shop.watch(Request::events_of("anna-1").by("admin").after(cursor(0))).await;
    staff.ready().await;
    let created = staff.event("order.created").await;
    assert_eq!(created.json()["customerId"], "anna");
    assert_eq!(staff.event("order.note").await.json()["note"], "a secret");
    assert_eq!(staff.event("order.status").await.json()["actor"], "clerk");
    staff.event("order.failed").await;
    staff.event("order.assigned").await;
    let staffs = shop.page(Request::get("/orders/anna-1").by("admin")).await;
    assert_eq!(staffs["customerId"], "anna");
}

pub(super) async fn a_customer_sees_an_order_from_its_attachment_on(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("guest-1").await;
    shop.publish(Update::create(order("bob-1")).with_customer(customer("bob"))).await;
    let mut annas = shop.watch(Request::get("/customers/anna/events").by("anna")).await;
    annas.ready().await;
    annas.block().await;
    shop.note("guest-1", "Not hers yet").await;
    shop.note("bob-1", "Never hers").await;
    shop.publish(Update::attach(order("guest-1"), customer("anna"))).await;
    shop.note("guest-1", "Hers by now").await;
    shop.note("bob-1", "Still not").await;
    shop.note("guest-1", "Hers still").await;

    let attached = annas.event("order.customer").await;
    assert_eq!(attached.json()["status"], "PENDING");
    assert_eq!(attached.id, Some(cursor(5)));
    for seq in [6, 8] {
        assert_eq!(annas.event("order.note").await.id, Some(cursor(seq)));
    }
    let page = shop.page(Request::get("/customers/anna/events").by("anna").after(cursor(0))).await;
    let ids: Vec<_> = page["events"].as_array().into_iter().flatten().map(|e| &e["id"]).collect();
    assert_eq!(ids, [&cursor(5), &cursor(6), &cursor(8)]);
}

pub(super) async fn the_tenant_is_the_grants(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("one").await;
    shop.publish(Update::create(order("two")).in_tenant(acme())).await;
    let mut admins = shop.watch(Request::get("/events").by("admin")).await;
    let mut acmes = shop.watch(Request::get("/events?tenant=default").by("acme")).await;
    for (events, id) in [(&mut admins, "one"), (&mut acmes, "two")] {
        events.ready().await;
        let snapshot = events.event("snapshot").await;
        assert_eq!(snapshot.json()["orderId"], id);
        assert_eq!(snapshot.id, Some(cursor(1)), "each tenant counts for itself");
    }
    shop.note("one", "For admin").await;
    let note = Update::note(order("two"), "For acme").in_tenant(acme());
    shop.publish(note).await;
    assert_eq!(admins.event("order.note").await.json()["note"], "For admin");
    assert_eq!(acmes.event("order.note").await.json()["note"], "For acme");

    // The same address is another order, or none.
    for (id, who, status) in
        [("one", "admin", 200), ("two", "admin", 404), ("one", "acme", 404), ("two", "acme", 200)]
    {
        let order = shop.ask(Request::get(format!("/orders/{id}")).by(who)).await;
        assert_eq!(order.status(), status, "{id} for {who}");
        let events = Request::events_of(id).by(who).for_json();
        assert_eq!(shop.ask(events).await.status(), status, "{id} for {who}");
    }
    let orders = shop.page(Request::get("/orders").by("acme")).await;
    assert_eq!(orders["orders"].as_array().map(Vec::len), Some(1));
    assert_eq!(orders["orders"][0]["orderId"], "two");
}
