//! An answer, returned.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Json;
use actix_web::{Error, HttpRequest, HttpResponse, Responder};
use bytes::Bytes;
use futures_core::Stream;
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
pub type Sent<T> = Result<Json<T>, Error>;

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

/// A body that cannot be read, in the words of actix; of an error of the server's own nothing is said.
impl From<Error> for EventResponse {
    fn from(error: Error) -> Self {
        let status = error.as_response_error().status_code();
        let status = http::StatusCode::from_u16(status.as_u16());
        let status = status.unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let why = if status.is_client_error() { error.to_string() } else { String::new() };
        unreadable(status, why).into()
    }
}

impl Responder for EventResponse {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.into_http()
    }
}

/// So that a handler may return `Result<EventResponse, EventResponse>` and refuse by `?`.
impl From<EventResponse> for Error {
    fn from(refusal: EventResponse) -> Self {
        InternalError::from_response("refused", refusal.into_http()).into()
    }
}

impl EventResponse {
    fn into_http(self) -> HttpResponse {
        let (head, body) = self.0.into_parts();
        // Both are three digits.
        let status = StatusCode::from_u16(head.status.as_u16());
        let mut response = HttpResponse::new(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        for (name, value) in &head.headers {
            if let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_str().as_bytes()),
                HeaderValue::from_bytes(value.as_bytes()),
            ) {
                response.headers_mut().append(name, value);
            }
        }
        response.set_body(BoxBody::new(EventMessage(body)))
    }
}

/// A body as actix knows it. Of a stream ([`Body::Events`]) it is the barest way to mount one.
#[derive(Debug)]
pub struct EventMessage(pub Body);

impl MessageBody for EventMessage {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        match &self.0 {
            // Of a stream's head nothing follows, so no encoding of it is announced.
            Body::Head => BodySize::None,
            body => {
                http_body::Body::size_hint(body).exact().map_or(BodySize::Stream, BodySize::Sized)
            }
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Stream::poll_next(Pin::new(&mut self.get_mut().0), cx).map(|chunk| chunk.map(Ok))
    }
}
