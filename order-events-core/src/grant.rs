//! Who may watch what, for whom, and until when.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use async_trait::async_trait;

use crate::event::Audience;
use crate::id::{CustomerId, OrderId, Principal, TenantId};
use crate::time::Timestamp;

/// What a subscriber watches. All scopes of a tenant share one cursor space.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One order.
    Order(OrderId),
    /// One customer's orders. An order's events belong to it from the one that made it theirs on.
    Customer(CustomerId),
    /// Every order of the tenant.
    Tenant,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(order) => write!(f, "order {order}"),
            Self::Customer(customer) => write!(f, "customer {customer}"),
            Self::Tenant => f.write_str("tenant"),
        }
    }
}

impl From<&Self> for Scope {
    fn from(scope: &Self) -> Self {
        scope.clone()
    }
}

impl From<&OrderId> for Scope {
    fn from(order: &OrderId) -> Self {
        Self::Order(order.clone())
    }
}

impl From<&CustomerId> for Scope {
    fn from(customer: &CustomerId) -> Self {
        Self::Customer(customer.clone())
    }
}

/// Proof that somebody may watch a scope, for an audience, and until when.
///
/// No stream exists without one, and it binds replay, snapshots and pages as it binds live events.
/// It is made where a request has been authorised: usually by an [`Authorizer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub(crate) principal: Principal,
    pub(crate) tenant: TenantId,
    pub(crate) scope: Scope,
    pub(crate) audience: Audience,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) even_if_absent: bool,
}

impl Grant {
    /// `principal` may watch `scope` of the default tenant as the public does, without end.
    pub fn new(principal: impl Into<Principal>, scope: impl Into<Scope>) -> Self {
        Self {
            principal: principal.into(),
            tenant: TenantId::default(),
            scope: scope.into(),
            audience: Audience::Public,
            expires: None,
            even_if_absent: false,
        }
    }

    /// … of this tenant.
    #[must_use]
    pub fn in_tenant(mut self, tenant: impl Into<TenantId>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// … as staff, who see every event and field.
    #[must_use]
    pub fn as_staff(mut self) -> Self {
        self.audience = Audience::Staff;
        self
    }

    /// … until then. The stream ends as `expired`, and no event is taken after it.
    #[must_use]
    pub fn until(mut self, expires: Timestamp) -> Self {
        self.expires = Some(expires);
        self
    }

    /// … though the order may not be there yet: the page after the checkout opens its stream while
    /// the order is being created. A door otherwise answers 404; a hub does not mind either way.
    ///
    /// It is then for whatever order has the id: a stream goes on after a deletion, and with the next
    /// order of that id, whosever it is. Without it a stream ends with its order.
    #[must_use]
    pub fn even_if_absent(mut self) -> Self {
        self.even_if_absent = true;
        self
    }

    /// Who watches.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// What is watched.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// On whose behalf.
    pub fn audience(&self) -> Audience {
        self.audience
    }

    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// Whether an order that is not there may be waited for.
    pub fn is_even_if_absent(&self) -> bool {
        self.even_if_absent
    }

    /// Until when, if not without end.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }
}

/// Decides who may watch what. `C` is whatever a door knows of the caller: headers, a session, a
/// verified token.
#[async_trait]
pub trait Authorizer<C: ?Sized>: Send + Sync {
    /// Grants the scope, or says why not. Nothing has been looked up before this is asked.
    async fn authorize(&self, caller: &C, wanted: &Scope) -> Result<Grant, Denied>;
}

/// An [`Authorizer`] made of a function, and of what it needs to decide: a pool, a key, a hub.
///
/// The function is given a clone of each: of what it needs, of the caller and of the scope.
///
/// ```
/// use order_events_core::{Authorizer, Denied, Grant, Principal, Scope, authorizer};
///
/// async fn access(guests: Vec<Principal>, caller: String, wanted: Scope) -> Result<Grant, Denied> {
///     let guest = guests.iter().find(|guest| guest.as_str() == caller);
///     Ok(Grant::new(guest.ok_or(Denied::Unauthenticated)?, wanted))
/// }
///
/// let door = authorizer(vec![Principal::new("anna")?], access);
/// # let _: &dyn Authorizer<String> = &door;
/// # Ok::<(), order_events_core::Invalid>(())
/// ```
pub fn authorizer<S, C, F, A>(needs: S, access: F) -> impl Authorizer<C>
where
    S: Clone + Send + Sync,
    C: Clone + Send + Sync,
    F: Fn(S, C, Scope) -> A + Send + Sync,
    A: Future<Output = Result<Grant, Denied>> + Send,
{
    Asking { needs, access }
}

struct Asking<S, F> {
    needs: S,
    access: F,
}

#[async_trait]
impl<S, C, F, A> Authorizer<C> for Asking<S, F>
where
    S: Clone + Send + Sync,
    C: Clone + Send + Sync,
    F: Fn(S, C, Scope) -> A + Send + Sync,
    A: Future<Output = Result<Grant, Denied>> + Send,
{
    async fn authorize(&self, caller: &C, wanted: &Scope) -> Result<Grant, Denied> {
        (self.access)(self.needs.clone(), caller.clone(), wanted.clone()).await
    }
}

/// Why somebody may not watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The caller did not say who they are.
    #[error("not signed in")]
    Unauthenticated,
    /// The caller may not, and may know that.
    #[error("not allowed")]
    Forbidden,
    /// The caller may not know whether it exists. The usual answer for somebody else's order.
    #[error("not found")]
    NotFound,
    /// The decision could not be made.
    #[error("authorisation failed")]
    Failed,
}

/// Asks an authorizer; one that panics has [`Denied::Failed`] this caller and nobody else.
pub async fn authorize<C: ?Sized + Sync>(
    authorizer: &dyn Authorizer<C>,
    caller: &C,
    wanted: &Scope,
) -> Result<Grant, Denied> {
    unless_it_panics(async { authorizer.authorize(caller, wanted).await }).await
}

/// For doors: asks somebody of the user's own who may be let in; where that panics it has [`Denied::Failed`]
/// this caller and nobody else. The call itself may panic as well as any later poll of it, so both
/// belong into `asked`.
#[doc(hidden)]
pub async fn unless_it_panics<T>(
    asked: impl Future<Output = Result<T, Denied>>,
) -> Result<T, Denied> {
    let mut asked = pin!(asked);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| asked.as_mut().poll(cx))) {
        Ok(poll) => poll,
        Err(_panic) => Poll::Ready(Err(Denied::Failed)),
    })
    .await
}
