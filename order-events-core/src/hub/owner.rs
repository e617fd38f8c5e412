//! Whose an order is, for those who decide who may watch it.

use super::Hub;
use crate::grant::{Denied, Grant, Scope};
use crate::id::{CustomerId, OrderId, TenantId};
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
    /// One of theirs that was deleted stays theirs until it is created again: who missed the end of
    /// it may hear of it, and for everybody else a door answers as if it had never been.
    ///
    /// An order that is to be waited for ([`Grant::even_if_absent`]) is not there, so whose it will
    /// be is for a table of the service's own to say; what the log says holds for the order that is
    /// there, so a grant that was checked does not wait for the next of its id.
    pub async fn check_owner(
        &self,
        mut grant: Grant,
        customer: &CustomerId,
    ) -> Result<Grant, Denied> {
        let is_theirs = match grant.scope() {
            Scope::Order(order) => self.is_of(grant.tenant(), order, customer).await?,
            Scope::Customer(wanted) => wanted == customer,
            Scope::Tenant => return Err(Denied::Forbidden),
        };
        grant.even_if_absent = false;
        if is_theirs { Ok(grant) } else { Err(Denied::NotFound) }
    }

    /// By the state as the log has it: whose an order is does not depend on its status, which may be
    /// one that this version does not know.
    async fn is_of(
        &self,
        tenant: &TenantId,
        order: &OrderId,
        customer: &CustomerId,
    ) -> Result<bool, Denied> {
        let now = self.shared.clock.now();
        let current = self.shared.engine.read(tenant, order, None, now).await;
        let state = current.map_err(|_unreachable| Denied::Failed)?.state;
        Ok(state.is_some_and(|state| state.customer.as_ref() == Some(customer)))
    }
}
