//! An answer, returned.

use axum::response::{IntoResponse, Response};
use order_events_sse::server::{Body, Problem};

/// The answer to a request for events: a stream, a page, or a refusal.
#[derive(Debug)]
pub struct EventResponse(pub http::Response<Body>);

impl From<Problem> for EventResponse {
    fn from(problem: Problem) -> Self {
        Self(problem.response())
    }
}

impl IntoResponse for EventResponse {
    fn into_response(self) -> Response {
        self.0.map(axum::body::Body::new)
    }
}
