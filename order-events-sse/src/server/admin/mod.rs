//! For those who look after a service: who watches what, and ending it.
//!
//! These routes are apart from those of readers in everything: mounted by themselves, authorised by
//! somebody else, and of the process, not of a tenant.

mod action;
mod door;
mod listing;
mod query;
mod refusal;

pub use action::{AdminAction, AdminAuthorizer, AdminRoute, admin_authorizer};
pub use door::AdminDoor;
#[cfg(feature = "metrics")]
pub(crate) use query::BadParameter;
pub use query::{ADMIN_PARAMETERS, MAX_PAGE_WATCHERS, PAGE_WATCHERS};
