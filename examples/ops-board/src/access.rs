//! Who may watch what.

use order_events_actix::{Denied, Grant, Parts, Scope};
use shop::Person;

use crate::board::Board;
use crate::pages::PEOPLE;

/// Florists may watch everything of their shop's, as staff, until their sign-in ends; nobody else
/// anything.
pub(crate) async fn access(board: Board, request: Parts, wanted: Scope) -> Result<Grant, Denied> {
    let user = board.shop.user(&request)?;
    PEOPLE.staff(&user)?;
    let grant = Grant::new(&user.id, wanted).in_tenant(&board.tenant);
    Ok(grant.as_staff().until(user.until))
}

/// Who asks, if they work here. Every route of florists begins with it.
pub(crate) fn florist(board: &Board, request: &Parts) -> Result<&'static Person, Denied> {
    PEOPLE.staff(&board.shop.user(request)?)
}
