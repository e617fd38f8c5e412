//! What florists say of an order.

use actix_web::web::{Data, Json, Path, ServiceConfig, get, post};
use http::StatusCode;
use order_events_actix::{Answer, Head, OrderId, Sent, Update, unreadable};
use serde::{Deserialize, Serialize};
use shop::{Key, Move, Person, Receipt, Remark};

use crate::access::florist;
use crate::board::Board;
use crate::pages::PEOPLE;
use crate::tickets::Ticket;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/staff/orders/{order}/status", post().to(change_status))
        .route("/staff/orders/{order}/assignee", post().to(assign))
        .route("/staff/orders/{order}/notes", post().to(note))
        .route("/staff/florists", get().to(florists))
        .route("/staff/tickets", get().to(tickets));
}

/// With the version that the florist saw, of two who move the same order at once one does, and the
/// other is told of a conflict.
async fn change_status(
    board: Data<Board>,
    order: Path<String>,
    head: Head,
    to: Sent<Move>,
) -> Answer<Json<Receipt>> {
    let by = florist(&board, &head)?;
    publish(&board, to?.0.of(order.into_inner())?, by).await
}

/// `{"assignee": "ines", "version": 4}`; nobody's any more where it is null.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    assignee: Option<String>,
    version: Option<u64>,
    #[serde(default)]
    key: Key,
}

async fn assign(
    board: Data<Board>,
    order: Path<String>,
    head: Head,
    to: Sent<Assignment>,
) -> Answer<Json<Receipt>> {
    let by = florist(&board, &head)?;
    let Json(Assignment { assignee, version, key }) = to?;
    let order = OrderId::new(order.into_inner())?;
    let mut update = match assignee {
        None => Update::unassign(order),
        Some(account) => {
            let colleague = PEOPLE.of(&account).ok_or_else(|| {
                let why = "assignee: nobody who works here has this account".to_owned();
                unreadable(StatusCode::UNPROCESSABLE_ENTITY, why)
            })?;
            Update::assign(order, colleague.name)
        }
    };
    if let Some(version) = version {
        update = update.expecting_version(version);
    }
    publish(&board, key.on(update)?, by).await
}

/// Nothing is lost by a note, so none is a conflict.
async fn note(
    board: Data<Board>,
    order: Path<String>,
    head: Head,
    remark: Sent<Remark>,
) -> Answer<Json<Receipt>> {
    let by = florist(&board, &head)?;
    publish(&board, remark?.0.of(order.into_inner())?, by).await
}

/// Who may look after an order.
#[derive(Debug, Serialize)]
struct Florist {
    id: &'static str,
    name: &'static str,
}

async fn florists(board: Data<Board>, head: Head) -> Answer<Json<Vec<Florist>>> {
    florist(&board, &head)?;
    Ok(Json(PEOPLE.0.iter().map(|person| Florist { id: person.id, name: person.name }).collect()))
}

async fn tickets(board: Data<Board>, head: Head) -> Answer<Json<Vec<Ticket>>> {
    florist(&board, &head)?;
    Ok(Json(board.tickets.all()))
}

async fn publish(board: &Board, update: Update, by: &Person) -> Answer<Json<Receipt>> {
    Ok(Json(board.publish(update.with_actor(by.name)).await?.into()))
}
