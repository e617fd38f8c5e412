//! New orders, as the shop's own system sends them.

use actix_web::Error;
use actix_web::web::{Bytes, Data, Json, PayloadConfig, ServiceConfig, post, resource};
use http::StatusCode;
use order_events_actix::{
    Answer, Clock, Head, IdempotencyKey, Invalid, OrderId, Published, SystemClock, Timestamp,
    Update, Why, unreadable,
};
use serde::Deserialize;
use shop::Receipt;

use crate::board::Board;
use crate::tickets::{Item, Ticket};

/// Bytes of a delivery: some times the largest that the limits below make of an order.
const MOST_BYTES: usize = 16 * 1024;
const MOST_ITEMS: i64 = 20;
const MOST_PIECES: i64 = 1000;
/// Bytes of a name: of somebody, or of something to make.
const MOST_NAME: usize = 120;
/// Bytes of what is written on a card.
const MOST_MESSAGE: usize = 400;

pub(crate) fn routes(config: &mut ServiceConfig) {
    let limit = PayloadConfig::new(MOST_BYTES);
    config.service(resource("/hooks/orders").app_data(limit).route(post().to(receive)));
}

/// The shop sends until it is answered, so a delivery may come again: its id is the key by which the
/// log knows that it had it, and the answer says `duplicate`.
async fn receive(
    board: Data<Board>,
    head: Head,
    body: Result<Bytes, Error>,
) -> Answer<Json<Receipt>> {
    let body = body?;
    let delivery = board.webhook.check(&head, &body, SystemClock.now())?;
    let placed: Placed = serde_json::from_slice(&body)
        .map_err(|error| unreadable(StatusCode::BAD_REQUEST, error.to_string()))?;
    let ticket = placed.ticket()?;
    let created = Update::create(&ticket.order_id)
        .with_actor("Web shop")
        .with_key(IdempotencyKey::new(format!("webhook {delivery}"))?);
    // Gone again where the order does not come: it is refused, or whoever sent it waits no longer.
    let expected = board.tickets.expect(ticket);
    let published = board.publish(created).await?;
    match &published {
        Published::Applied(_) => expected.settle(),
        Published::Duplicate(_) => expected.settle_again(),
        Published::Unchanged(_) => drop(expected),
    }
    Ok(Json(published.into()))
}

/// An order, as it comes. Fields that we do not know are the shop's business.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Placed {
    order_id: String,
    recipient: String,
    items: Vec<Item>,
    due: Timestamp,
    message: Option<String>,
}

impl Placed {
    fn ticket(self) -> Result<Ticket, Invalid> {
        let Self { order_id, recipient, items, due, message } = self;
        check("recipient", &recipient, MOST_NAME)?;
        let counted = i64::try_from(items.len()).unwrap_or(i64::MAX);
        within("items", 1, MOST_ITEMS, counted)?;
        for item in &items {
            check("items.name", &item.name, MOST_NAME)?;
            within("items.count", 1, MOST_PIECES, item.count.into())?;
        }
        if let Some(message) = &message {
            check("message", message, MOST_MESSAGE)?;
        }
        Ok(Ticket { order_id: OrderId::new(order_id)?, recipient, items, due, message })
    }
}

fn check(field: &'static str, text: &str, limit: usize) -> Result<(), Invalid> {
    let why = match text.len() {
        _ if text.trim().is_empty() => Why::Empty,
        actual if actual > limit => Why::TooLong { limit, actual },
        _ => return Ok(()),
    };
    Err(Invalid { field, why })
}

fn within(field: &'static str, min: i64, max: i64, actual: i64) -> Result<(), Invalid> {
    let why = Why::OutOfRange { min, max, actual };
    if (min..=max).contains(&actual) { Ok(()) } else { Err(Invalid { field, why }) }
}
