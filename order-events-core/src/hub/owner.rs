//! Whose an order is, for those who decide who may watch it.

use super::Hub;
use crate::grant::{Denied, Grant, Scope};
use crate::id::CustomerId;
use crate::lifecycle::Lifecycle;

impl<L: Lifecycle> Hub<L> {
    /// The grant, if what it is for is this customer's: an order of theirs, or all of theirs.
    ///
    /// Whose an order is, the log knows from [`Update::with_customer`](crate::Update). An order of
    /// somebody else, one that is nobody's yet and one that is not there are the same answer,
    /// [`Denied::NotFound`]: who asks learns of none of them that it exists. For the whole tenant it
    /// is [`Denied::Forbidden`], for that a shop has orders is no secret; and [`Denied::Failed`]
    /// where the log cannot be asked.
    ///
    /// An order that is to be waited for ([`Grant::even_if_absent`]) is not there, so whose it will
    /// be is for a table of the service's own to say.
    pub async fn check_owner(&self, grant: Grant, customer: &CustomerId) -> Result<Grant, Denied> {
        let is_theirs = match grant.scope() {
            Scope::Order(order) => {
                let state = self.state(grant.tenant(), order).await;
                let state = state.map_err(|_unreachable| Denied::Failed)?;
                state.is_some_and(|state| state.customer.as_ref() == Some(customer))
            }
            Scope::Customer(wanted) => wanted == customer,
            Scope::Tenant => return Err(Denied::Forbidden),
        };
        if is_theirs { Ok(grant) } else { Err(Denied::NotFound) }
    }
}
