//! A request for events, extracted.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use order_events_core::{Grant, Hub, Lifecycle};
use order_events_sse::server::{Settings, StreamRequest, open};

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

impl<S: Sync> FromRequestParts<S> for EventRequest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(StreamRequest::of(parts)))
    }
}
