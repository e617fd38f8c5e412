//! Who may watch what.

use order_events_axum::{Denied, Grant, Parts, Scope};

use crate::pages::PEOPLE;
use crate::store::Store;

/// Customers may watch their own orders, staff every order as staff; each until their sign-in ends.
pub(crate) async fn access(store: Store, request: Parts, wanted: Scope) -> Result<Grant, Denied> {
    let user = store.shop.user(&request)?;
    let grant = Grant::new(&user.id, &wanted).until(user.until);
    if user.is_admin {
        return PEOPLE.staff(&user).map(|_| grant.as_staff());
    }
    // The page after the checkout is there before its order: whose it will be says our own book.
    if let Scope::Order(order) = &wanted
        && store.book.awaits(order, &user.id)
    {
        return Ok(grant.even_if_absent());
    }
    store.shop.hub.check_owner(grant, &user.id).await
}
