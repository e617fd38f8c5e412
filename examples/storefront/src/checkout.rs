//! Buying: the number first, the order when it is paid; and what was bought.

use std::time::Duration;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use order_events_axum::{Answer, CustomerId, Denied, Head, OrderId, Sent, Update, unreadable};
use serde::{Deserialize, Serialize};

use crate::book::Purchase;
use crate::goods::{GOODS, Good};
use crate::pages::PEOPLE;
use crate::store::Store;

/// How long a payment takes here; elsewhere that is for a bank to say.
const PAYMENT: Duration = Duration::from_millis(1500);

pub(crate) fn routes() -> Router<Store> {
    Router::new()
        .route("/goods", get(async || Json(GOODS)))
        .route("/purchases", get(purchases))
        .route("/orders", post(place))
}

/// What whoever asks bought; for staff, everybody.
async fn purchases(store: State<Store>, head: Head) -> Answer<Json<Vec<Purchase>>> {
    let user = store.shop.user(&head)?;
    if user.is_admin {
        PEOPLE.staff(&user)?;
    }
    let of = (!user.is_admin).then_some(&user.id);
    Ok(Json(store.book.purchases(of)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Basket {
    good: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    order_id: OrderId,
}

/// Answers before the order is there: its page opens the stream meanwhile.
async fn place(
    State(store): State<Store>,
    head: Head,
    basket: Sent<Basket>,
) -> Answer<(StatusCode, Json<Placed>)> {
    let user = store.shop.user(&head)?;
    if user.is_admin {
        return Err(Denied::Forbidden.into());
    }
    let good = Good::of(&basket?.0.good).ok_or_else(|| {
        unreadable(StatusCode::UNPROCESSABLE_ENTITY, "there is no such thing to buy".to_owned())
    })?;
    let order_id = store.book.expect(&user.id, good)?;
    tokio::spawn(pay(store, order_id.clone(), user.id));
    Ok((StatusCode::ACCEPTED, Json(Placed { order_id })))
}

async fn pay(store: Store, order: OrderId, customer: CustomerId) {
    tokio::time::sleep(PAYMENT).await;
    let created = Update::create(&order)
        .with_customer(customer)
        .with_note("Thank you! Your payment has arrived.")
        .expecting_absent();
    if let Err(error) = store.publish(created).await {
        eprintln!("order {order} was paid for, but is not in the log: {error}");
    }
    store.book.settle(&order);
}
