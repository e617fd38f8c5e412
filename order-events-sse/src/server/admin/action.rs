//! What an admin may ask for, where, and who decides whether they may.

use std::future::Future;

use http::{Method, Uri};
use order_events_core::{Denied, Principal, async_trait};
use percent_encoding::percent_decode_str;

use super::super::Parts;
use super::listing;

/// What an admin asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminAction {
    /// To see how the hub does, in numbers: no id is among them.
    SeeStatus,
    /// To see who watches what: principals, orders and customers, of every tenant.
    SeeWatchers,
    /// To end one stream, by its id in the listing. Whoever may still watch comes back.
    Close(String),
    /// To end every stream of a principal, on all nodes. Whoever may still watch comes back.
    Revoke(Principal),
    /// To end every stream of this node, and to take no new ones: there is no way back.
    Drain,
}

/// Decides which admin may do what, knowing a request's method, address and headers.
///
/// Who ended what, and what came of it, is told to `tracing` as `an admin acts`: with the feature
/// `tracing` alone, and where a subscriber takes INFO. Without, there is no trail but the one that an
/// authorizer leaves, which knows what is asked for and not what came of it.
#[async_trait]
pub trait AdminAuthorizer: Send + Sync {
    /// Says who the caller is, for the trail, and thereby lets them do it; or says why not. Nothing
    /// has been looked up or done before.
    async fn admit(&self, caller: &Parts, action: &AdminAction) -> Result<Principal, Denied>;
}

/// An [`AdminAuthorizer`] made of a function, and of what it needs to decide.
///
/// The function is given a clone of each: of what it needs, of the caller and of the action.
///
/// ```
/// use order_events_sse::server::{AdminAction, Parts, admin_authorizer};
/// use order_events_core::{Denied, Principal};
///
/// #[derive(Clone)]
/// struct Keys { ops: String }
///
/// async fn may(keys: Keys, caller: Parts, action: AdminAction) -> Result<Principal, Denied> {
///     let key = caller.headers.get("x-ops-key").ok_or(Denied::Unauthenticated)?;
///     // Compared in constant time where it is a secret: by the crate `subtle`, say.
///     match key.as_bytes() == keys.ops.as_bytes() {
///         true => Principal::new("ops").map_err(|_| Denied::Failed),
///         false => Err(Denied::Forbidden),
///     }
/// }
///
/// let authorizer = admin_authorizer(Keys { ops: "…".to_owned() }, may);
/// # let _: &dyn order_events_sse::server::AdminAuthorizer = &authorizer;
/// ```
pub fn admin_authorizer<S, F, A>(needs: S, may: F) -> impl AdminAuthorizer
where
    S: Clone + Send + Sync,
    F: Fn(S, Parts, AdminAction) -> A + Send + Sync,
    A: Future<Output = Result<Principal, Denied>> + Send,
{
    Asking { needs, may }
}

struct Asking<S, F> {
    needs: S,
    may: F,
}

#[async_trait]
impl<S, F, A> AdminAuthorizer for Asking<S, F>
where
    S: Clone + Send + Sync,
    F: Fn(S, Parts, AdminAction) -> A + Send + Sync,
    A: Future<Output = Result<Principal, Denied>> + Send,
{
    async fn admit(&self, caller: &Parts, action: &AdminAction) -> Result<Principal, Denied> {
        (self.may)(self.needs.clone(), caller.clone(), action.clone()).await
    }
}

/// A route of the [`AdminDoor`](super::AdminDoor). What changes something is asked for by `DELETE`
/// and `PUT`, which a page of another origin cannot send without asking first: a form cannot
/// forge them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AdminRoute {
    /// `GET`: how the hub does, in numbers, and what it allows.
    Status,
    /// `GET`: who watches what.
    Watchers,
    /// `DELETE`: ends one stream.
    Watcher,
    /// `DELETE`: ends every stream of a principal.
    Principal,
    /// `PUT`: ends every stream of the node.
    Drain,
}

impl AdminAction {
    /// What it is, and to whom or what it is done; none where nothing is done. What cannot be the id
    /// of a stream could be anything, and is not repeated.
    pub(super) fn told(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::SeeStatus | Self::SeeWatchers => None,
            Self::Close(id) if listing::parsed(id).is_some() => Some(("close", id)),
            Self::Close(_) => Some(("close", "")),
            Self::Revoke(principal) => Some(("revoke", principal.as_str())),
            Self::Drain => Some(("drain", "")),
        }
    }
}

impl AdminRoute {
    /// Every one.
    pub const ALL: &[Self] =
        &[Self::Status, Self::Watchers, Self::Watcher, Self::Principal, Self::Drain];

    /// Its path, in the notation that axum and actix share; to be mounted under a prefix.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Status => "/status",
            Self::Watchers => "/watchers",
            Self::Watcher => "/watchers/{watcher}",
            Self::Principal => "/principals/{principal}/watchers",
            Self::Drain => "/drain",
        }
    }

    /// The methods that it takes.
    pub const fn allow(self) -> &'static str {
        match self {
            Self::Status | Self::Watchers => "GET, HEAD",
            Self::Watcher | Self::Principal => "DELETE",
            Self::Drain => "PUT",
        }
    }

    pub(super) fn takes(self, method: &Method) -> bool {
        self.allow().split(", ").any(|allowed| allowed == method.as_str())
    }

    /// What a request to this route asks for; none where it names nothing that could be.
    pub(super) fn action(self, uri: &Uri) -> Option<AdminAction> {
        let from_end = |place| {
            let segment = uri.path().rsplit('/').nth(place)?;
            percent_decode_str(segment).decode_utf8().ok()
        };
        Some(match self {
            Self::Status => AdminAction::SeeStatus,
            Self::Watchers => AdminAction::SeeWatchers,
            Self::Watcher => AdminAction::Close(from_end(0)?.into_owned()),
            Self::Principal => AdminAction::Revoke(Principal::new(from_end(1)?).ok()?),
            Self::Drain => AdminAction::Drain,
        })
    }
}
