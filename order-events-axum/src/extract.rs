//! A request for events, extracted.

use std::convert::Infallible;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
use order_events_sse::server::StreamRequest;

/// What a request for events asks for, for a handler of the user's own. Extracting it never fails;
/// [opening](StreamRequest::open) it answers whatever was wrong.
#[derive(Debug, Clone)]
pub struct EventRequest(pub StreamRequest);

impl Deref for EventRequest {
    type Target = StreamRequest;

    fn deref(&self) -> &StreamRequest {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for EventRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(StreamRequest::of(parts)))
    }
}
