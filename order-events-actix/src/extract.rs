//! A request for events, extracted.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use order_events_core::{Grant, Hub, Lifecycle};
use order_events_sse::server::{Settings, StreamRequest, open};

use crate::convert;
use crate::response::EventResponse;

/// What a request for events asks for, for a handler of the user's own. Extracting it never fails;
/// opening it answers whatever was wrong.
#[derive(Debug, Clone)]
pub struct EventRequest(pub StreamRequest);

impl EventRequest {
    /// Answers with what the grant allows.
    pub async fn open<L: Lifecycle>(&self, hub: &Hub<L>, grant: Grant) -> EventResponse {
        self.open_with(hub, grant, &Settings::default()).await
    }

    /// … as these settings say.
    pub async fn open_with<L: Lifecycle>(
        &self,
        hub: &Hub<L>,
        grant: Grant,
        settings: &Settings,
    ) -> EventResponse {
        EventResponse(open(hub, grant, &self.0, settings).await)
    }
}

impl FromRequest for EventRequest {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(StreamRequest::of(&convert::parts(request)))))
    }
}
