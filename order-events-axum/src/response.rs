//! An answer, returned.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use order_events_core::{Denied, Invalid, Lifecycle, OrderStatus, PublishError};
use order_events_sse::server::{Body, Problem, unpublished, unreadable};

/// The answer to a request for events: a stream, a page, or a refusal.
#[derive(Debug)]
pub struct EventResponse(pub http::Response<Body>);

/// What a handler of the user's own answers: events by default, or whatever else; or a refusal by
/// `?`, in the words of the ready-made routes.
pub type Answer<T = EventResponse> = Result<T, EventResponse>;

/// What a handler of the user's own was sent, or why it cannot be read: to be refused by `?` once it
/// is known who asks.
pub type Sent<T> = Result<Json<T>, JsonRejection>;

impl From<http::Response<Body>> for EventResponse {
    fn from(response: http::Response<Body>) -> Self {
        Self(response)
    }
}

impl From<Problem> for EventResponse {
    fn from(problem: Problem) -> Self {
        Self(problem.response())
    }
}

/// So that a handler of the user's own refuses by `?`, in the words of the ready-made routes.
impl From<Denied> for EventResponse {
    fn from(denied: Denied) -> Self {
        Problem::from(denied).into()
    }
}

/// So that a handler that publishes says by `?` why it could not: [`unpublished`].
impl<L: Lifecycle> From<PublishError<L>> for EventResponse {
    fn from(error: PublishError<L>) -> Self {
        unpublished(&error).into()
    }
}

/// An id or a note that cannot be one: as the hub would refuse it.
impl From<Invalid> for EventResponse {
    fn from(invalid: Invalid) -> Self {
        PublishError::<OrderStatus>::from(invalid).into()
    }
}

/// A body that cannot be read, in the words of axum.
impl From<JsonRejection> for EventResponse {
    fn from(rejection: JsonRejection) -> Self {
        unreadable(rejection.status(), rejection.body_text()).into()
    }
}

impl IntoResponse for EventResponse {
    fn into_response(self) -> Response {
        self.0.map(axum::body::Body::new)
    }
}
