//! A request's head, and what a request for events asks for, extracted.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use http::request::Parts;
use order_events_sse::server::StreamRequest;

use crate::convert;

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
/// handler's sign-in moves with its service; of a request at hand, [`parts`](crate::parts) makes it.
#[derive(Debug, Clone)]
pub struct Head(pub Parts);

impl Deref for Head {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRequest for EventRequest {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(StreamRequest::of(&convert::parts(request)))))
    }
}

impl FromRequest for Head {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(convert::parts(request))))
    }
}
