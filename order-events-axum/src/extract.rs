//! A request's head, and what a request for events asks for, extracted.

use std::convert::Infallible;
use std::ops::Deref;

use axum::extract::FromRequestParts;
use http::request::Parts;
use order_events_sse::server::StreamRequest;

/// What a request for events asks for, for a handler of the user's own. Extracting it never fails;
/// [opening](StreamRequest::open_if) it answers whatever was wrong, a method that is not ours
/// included: mount the handler for any.
#[derive(Debug, Clone)]
pub struct EventRequest(pub StreamRequest);

impl Deref for EventRequest {
    type Target = StreamRequest;

    fn deref(&self) -> &StreamRequest {
        &self.0
    }
}

/// The head of a request: method, address and headers, as an
/// [`Authorizer`](order_events_core::Authorizer) is given them. The same in both doors, so that a
/// handler's sign-in moves with its service; axum's own extractor of it is [`Parts`].
#[derive(Debug, Clone)]
pub struct Head(pub Parts);

impl Deref for Head {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for EventRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(StreamRequest::of(parts)))
    }
}

impl<S: Sync> FromRequestParts<S> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.clone()))
    }
}
