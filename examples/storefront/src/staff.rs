//! What staff say of an order.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use order_events_axum::{Answer, Denied, Head, OrderId, Parts, Sent, Update};
use serde::{Deserialize, Serialize};
use shop::{Key, Move, Person, Receipt, Remark};

use crate::pages::PEOPLE;
use crate::store::Store;

pub(crate) fn routes() -> Router<Store> {
    Router::new()
        .route("/staff/orders/{order}/status", post(change_status))
        .route("/staff/orders/{order}/notes", post(note))
        .route("/staff/orders/{order}/tracking", post(tracking))
        .route("/staff/carriers", get(carriers))
}

/// The lifecycle, and then the shop's own rule, say whether it may be. With the version that was
/// seen, what somebody else did meanwhile is a conflict.
async fn change_status(
    State(store): State<Store>,
    Path(order): Path<String>,
    head: Head,
    to: Sent<Move>,
) -> Answer<Json<Receipt>> {
    let by = staff(&store, &head)?;
    publish(&store, to?.0.of(order)?, by).await
}

async fn note(
    State(store): State<Store>,
    Path(order): Path<String>,
    head: Head,
    remark: Sent<Remark>,
) -> Answer<Json<Receipt>> {
    let by = staff(&store, &head)?;
    publish(&store, remark?.0.of(order)?, by).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parcel {
    carrier: CarrierId,
    number: String,
    #[serde(default)]
    key: Key,
}

async fn tracking(
    State(store): State<Store>,
    Path(order): Path<String>,
    head: Head,
    parcel: Sent<Parcel>,
) -> Answer<Json<Receipt>> {
    let by = staff(&store, &head)?;
    let Json(Parcel { carrier, number, key }) = parcel?;
    let carrier = carrier.carrier();
    let page = carrier.page(&number);
    let update = Update::tracking(OrderId::new(order)?, carrier.name, number, Some(page));
    publish(&store, key.on(update)?, by).await
}

async fn carriers(State(store): State<Store>, head: Head) -> Answer<Json<&'static [Carrier]>> {
    staff(&store, &head)?;
    Ok(Json(CARRIERS))
}

/// Who carries a parcel.
#[derive(Debug, Serialize)]
pub(crate) struct Carrier {
    id: CarrierId,
    name: &'static str,
    #[serde(skip)]
    page: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CarrierId {
    Dhl,
    Fedex,
    Ups,
}

/// In the order of [`CarrierId`].
const CARRIERS: &[Carrier; 3] = &[
    Carrier {
        id: CarrierId::Dhl,
        name: "DHL",
        page: "https://www.dhl.com/en/express/tracking.html?AWB=",
    },
    Carrier {
        id: CarrierId::Fedex,
        name: "FedEx",
        page: "https://www.fedex.com/fedextrack/?trknbr=",
    },
    Carrier { id: CarrierId::Ups, name: "UPS", page: "https://www.ups.com/track?tracknum=" },
];

impl CarrierId {
    pub(crate) fn carrier(self) -> &'static Carrier {
        &CARRIERS[self as usize]
    }
}

impl Carrier {
    /// What pages call it.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The carrier's page of a parcel.
    pub(crate) fn page(&self, number: &str) -> String {
        let number: String = form_urlencoded::byte_serialize(number.as_bytes()).collect();
        format!("{}{number}", self.page)
    }
}

/// Who asks, if they work here. Every route of staff's begins with it.
pub(crate) fn staff(store: &Store, head: &Parts) -> Result<&'static Person, Denied> {
    PEOPLE.staff(&store.shop.user(head)?)
}

async fn publish(store: &Store, update: Update, by: &Person) -> Answer<Json<Receipt>> {
    Ok(Json(store.publish(update.with_actor(by.name)).await?.into()))
}
