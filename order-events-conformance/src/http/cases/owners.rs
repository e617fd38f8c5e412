//! Orders of whoever the log says that they are.

use order_events_core::{Hub, Lifecycle, Update};

use crate::http::client::Request;
use crate::http::lab::{Lab, cursor, customer, order};

pub(super) async fn an_order_is_shown_to_whom_the_log_says_it_is(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.publish(Update::create(order("1")).with_customer(customer("olga"))).await;
    shop.publish(Update::create(order("2")).with_customer(customer("bob"))).await;
    let request = Request::events_of("1").by("olga");
    let mut watching = shop.watch_order("1", "olga").await;
    shop.ask(Request::events_of("2").by("olga")).await.refuses(404, "not-found");

    // Who missed that it was deleted is told, and after that it is as if it had never been.
    shop.publish(Update::delete(order("1"))).await;
    watching.event("order.deleted").await;
    watching.ends("final").await;
    let mut away = shop.watch(request.clone().after(cursor(1))).await;
    away.resumed(&cursor(1)).await;
    away.event("order.deleted").await;
    away.ends("final").await;
    shop.ask(request.clone().after(cursor(3))).await.refuses(404, "not-found");
    shop.ask(request.clone()).await.refuses(404, "not-found");
    shop.ask(Request::get("/orders/1").by("olga")).await.refuses(404, "not-found");

    // The next order of the id is nobody else's, be it from whatever cursor.
    shop.publish(Update::create(order("1")).with_customer(customer("bob"))).await;
    for after in [cursor(0), cursor(1), cursor(3)] {
        shop.ask(request.clone().after(after)).await.refuses(404, "not-found");
    }
    shop.publish(Update::delete(order("1"))).await;
    shop.publish(Update::create(order("1")).with_customer(customer("olga"))).await;
    let mut events = shop.watch(request.after(cursor(1))).await;
    events.reset("expired").await;
    assert_eq!(events.event("snapshot").await.json()["version"], 5);
}

pub(super) async fn an_order_of_a_later_version_is_its_owners(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    let later = Hub::builder_for::<Later>().engine(shop.engine()).clock(shop.clock.clone());
    let create = Update::create(order("1")).with_customer(customer("olga"));
    let created = later.build().publish(create).await;
    created.unwrap_or_else(|error| panic!("{error}"));
    let mut events = shop.watch(Request::events_of("1").by("olga")).await;
    events.ready().await;
    assert_eq!(events.event("snapshot").await.json()["status"], "PONDERING");
    let answer = shop.ask(Request::get("/orders/1").by("olga")).await;
    assert_eq!((answer.status(), &answer.json()["status"]), (200, &"PONDERING".into()));
    shop.ask(Request::get("/orders/1").by("anna")).await.refuses(404, "not-found");
}

/// A lifecycle of which the service knows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Later {
    Pondering,
}

impl Lifecycle for Later {
    const ALL: &'static [Self] = &[Self::Pondering];
    const INITIAL: Self = Self::Pondering;

    fn token(self) -> &'static str {
        "PONDERING"
    }

    fn next(self) -> &'static [Self] {
        &[]
    }
}
