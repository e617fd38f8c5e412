//! What serves a hub over HTTP, whatever the framework: THE request path, its answers, its bodies.
//!
//! Adapters convert a framework's types to [`http`]'s and back, and do nothing else.

mod accept;
mod admin;
mod body;
mod control;
mod cors;
mod credentials;
mod door;
mod head;
mod heartbeat;
mod last_event_id;
mod open;
mod orders;
mod page;
mod problem;
mod query;
mod request;
mod route;
mod settings;
mod socket;
mod stopping;
#[doc(hidden)]
pub mod takeover;
mod telemetry;
mod unpublished;

/// What an authorizer is given of a request, whatever the framework: method, address, headers.
pub use http::request::Parts;

pub use admin::{
    ADMIN_PARAMETERS, AdminAction, AdminAuthorizer, AdminDoor, AdminRoute, MAX_PAGE_WATCHERS,
    PAGE_WATCHERS, admin_authorizer,
};
pub use body::{Body, EventBody};
pub use cors::{CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS, OriginError, Origins};
pub use credentials::{bearer, cookie};
pub use door::Door;
pub use problem::Problem;
pub use query::PARAMETERS;
pub use request::StreamRequest;
pub use route::Route;
pub use settings::{
    FRAME_BYTES, HEARTBEAT, LIFETIME, LOG_PATIENCE, MAX_WAIT, PAGE_BYTES, PAGE_EVENTS, PAGE_ORDERS,
    RETRY, RETRY_AFTER, Settings, WhenRefused,
};
pub use socket::{BACKLOG, SEND_BUFFER, Socket, UNSENT, USER_TIMEOUT};
pub use stopping::{STOP_DEADLINE, stopped};
#[cfg(feature = "metrics")]
pub use telemetry::describe_metrics;
pub use unpublished::{unpublished, unreadable};
