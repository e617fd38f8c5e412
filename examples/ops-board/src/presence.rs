//! Who is looking at what, by the streams that are open: the hub's own listing.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::{Data, Json, ServiceConfig, get};
use order_events_actix::{Answer, Head, Scope};
use serde::Serialize;

use crate::access::florist;
use crate::board::Board;
use crate::pages::PEOPLE;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/staff/presence", get().to(presence));
}

/// Names, each once however many windows somebody has.
#[derive(Debug, Default, Serialize)]
struct Presence {
    /// Of those who have the board before them.
    board: BTreeSet<String>,
    /// Of those who have an order open.
    orders: BTreeMap<String, BTreeSet<String>>,
}

/// Of this process. Behind several, each node says who is with it.
async fn presence(board: Data<Board>, head: Head) -> Answer<Json<Presence>> {
    florist(&board, &head)?;
    let mut found = Presence::default();
    for watcher in board.shop.hub.watchers() {
        let name = PEOPLE.name_of(watcher.principal.as_str()).to_owned();
        match watcher.scope {
            _ if watcher.tenant != board.tenant => continue,
            Scope::Tenant => found.board.insert(name),
            Scope::Order(order) => found.orders.entry(order.to_string()).or_default().insert(name),
            Scope::Customer(_) => continue,
        };
    }
    Ok(Json(found))
}
