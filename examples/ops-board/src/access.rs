//! Who may watch what.

use order_events_actix::{Denied, Grant, Parts, Scope};
use shop::User;

use crate::board::Board;

/// Florists may watch everything of their shop's, as staff, until their sign-in ends; nobody else
/// anything.
pub(crate) async fn access(board: Board, request: Parts, wanted: Scope) -> Result<Grant, Denied> {
    let florist = florist(&board, &request)?;
    let grant = Grant::new(&florist.id, wanted).in_tenant(&board.tenant);
    Ok(grant.as_staff().until(florist.until))
}

/// Who asks, if they work here. Every route of florists begins with it.
pub(crate) fn florist(board: &Board, request: &Parts) -> Result<User, Denied> {
    let user = board.shop.user(request)?;
    user.must_be_admin()?;
    Ok(user)
}
