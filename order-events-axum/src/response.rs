//! An answer, returned.

use axum::response::{IntoResponse, Response};
use order_events_core::Denied;
use order_events_sse::server::{Body, Problem};

/// The answer to a request for events: a stream, a page, or a refusal.
#[derive(Debug)]
pub struct EventResponse(pub http::Response<Body>);

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

impl IntoResponse for EventResponse {
    fn into_response(self) -> Response {
        self.0.map(axum::body::Body::new)
    }
}
