//! Who calls, and what they may see.

use std::time::Duration;

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::request::Parts;
use order_events_core::{
    Authorizer, Clock, CustomerId, Denied, Grant, Hub, ManualClock, Principal, Scope, TenantId,
};

/// How long the grant of `brief` lasts, by the hub's clock. Streams also wait that long by the
/// machine's, so it is short.
pub(super) const BRIEF: Duration = Duration::from_millis(50);

/// Whoever is at the door says their name: `authorization: Bearer anna`.
///
/// | name | may see |
/// |---|---|
/// | `anna`, `bob` | the orders whose id begins with their name and a dash, and their own as a customer |
/// | `olga` | the orders that the log says are hers |
/// | `early` | every order, also one that is not there yet |
/// | `brief` | every order and the orders of every customer, for a moment |
/// | `late` | every order, until a moment ago |
/// | `admin`, `acme` | everything as staff, in the default tenant; or in another |
/// | `shopper` | every order of that other tenant |
/// | `panics`, `fails` | nothing: the decision cannot be made |
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) hub: Hub,
    pub(super) clock: ManualClock,
}

#[async_trait]
impl Authorizer<Parts> for Desk {
    async fn authorize(&self, caller: &Parts, wanted: &Scope) -> Result<Grant, Denied> {
        let name = caller.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let name = name.and_then(|name| name.strip_prefix("Bearer "));
        let name = name.ok_or(Denied::Unauthenticated)?;
        let principal = Principal::new(name).map_err(|_| Denied::Unauthenticated)?;
        let grant = Grant::new(principal, wanted.clone());
        let now = self.clock.now();
        match name {
            "admin" => return Ok(grant.as_staff()),
            "acme" => return Ok(grant.as_staff().in_tenant(tenant("acme")?)),
            "panics" => panic!("this authorizer panics on purpose"),
            "fails" => return Err(Denied::Failed),
            "olga" => return self.hub.check_owner(grant, &customer(name)?).await,
            "anna" | "bob" | "early" | "brief" | "late" | "shopper" => {}
            _ => return Err(Denied::Unauthenticated),
        }
        match (name, wanted) {
            (_, Scope::Tenant) => Err(Denied::Forbidden),
            ("early", Scope::Order(_)) => Ok(grant.even_if_absent()),
            ("brief", _) => Ok(grant.until(now.saturating_add(BRIEF))),
            ("late", Scope::Order(_)) => Ok(grant.until(now)),
            ("shopper", Scope::Order(_)) => Ok(grant.in_tenant(tenant("acme")?)),
            (_, Scope::Order(order)) if is_of(order.as_str(), name) => Ok(grant),
            (_, Scope::Customer(customer)) if customer.as_str() == name => Ok(grant),
            _ => Err(Denied::NotFound),
        }
    }
}

fn is_of(order: &str, name: &str) -> bool {
    order.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
}

fn tenant(name: &str) -> Result<TenantId, Denied> {
    TenantId::new(name).map_err(|_| Denied::Failed)
}

fn customer(name: &str) -> Result<CustomerId, Denied> {
    CustomerId::new(name).map_err(|_| Denied::Failed)
}
