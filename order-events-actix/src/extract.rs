//! A request for events, extracted.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use order_events_sse::server::StreamRequest;

use crate::convert;

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

impl FromRequest for EventRequest {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(StreamRequest::of(&convert::parts(request)))))
    }
}
