//! An answer as hyper is given it: where it is a stream, the beginning alone.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue, Method, Version};
use http_body::{Body as _, Frame, SizeHint};
use order_events_sse::server::takeover::{Beginning, Handover, is_stream};

/// What must be known of a request to say whether its answer can be sent without hyper.
pub(crate) struct Asked {
    is_plain: bool,
    closes: bool,
}

impl Asked {
    pub(crate) fn by<B: http_body::Body>(request: &Request<B>) -> Self {
        let is_get = request.method() == Method::GET && request.version() == Version::HTTP_11;
        Self {
            is_plain: is_get && request.body().is_end_stream(),
            closes: closes(request.headers()),
        }
    }

    /// A stream of events, on a connection that has no more to do with this request.
    fn is_for_a_stream(&self, response: &Response) -> bool {
        let header = |name: &str| response.headers().get(name).map(HeaderValue::as_bytes);
        self.is_plain
            && response.version() == Version::HTTP_11
            && is_stream(response.status().as_u16(), header)
            && response.body().size_hint().exact().is_none()
    }

    /// The answer as hyper is given it.
    pub(crate) fn answer(
        &self,
        response: Response,
        rest: Handover<Body>,
    ) -> http::Response<Outgoing> {
        let is_for_a_stream = self.is_for_a_stream(&response);
        let closes = self.closes || closes(response.headers());
        response.map(|body| match is_for_a_stream {
            false => Outgoing::Whole(body),
            true => Outgoing::Beginning(Beginning::new(body, closes, rest)),
        })
    }
}

/// Whether the connection ends with this message.
fn closes(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case("close"))
}

/// A body as hyper is given it.
pub(crate) enum Outgoing {
    /// All of it.
    Whole(Body),
    /// Of a stream.
    Beginning(Beginning<Body>),
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Beginning(beginning) => beginning.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(body) if body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Beginning(_) => SizeHint::default(),
        }
    }
}
