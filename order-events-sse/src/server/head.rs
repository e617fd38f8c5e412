//! The headers that answers have in common.

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::body::Body;

/// nginx would otherwise gather a stream in its buffers before it passes anything on.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The media type of a stream.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";
/// The media type of pages and snapshots.
pub(crate) const JSON: &str = "application/json";

/// The head of a stream, before its first byte.
pub(crate) fn stream(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    // A cache would keep it for ever, and a transformation would hold it back.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    // Compressors wait for more before they give anything; this one's work is done, they are told.
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    no_sniff(headers);
    response
}

/// A page of events: of one address with the stream, told apart by `Accept`.
pub(crate) fn page(body: Body) -> Response<Body> {
    let mut response = document(body);
    not_stored(response.headers_mut());
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

/// A JSON document.
pub(crate) fn document(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    no_sniff(response.headers_mut());
    response
}

/// What must not be kept anywhere: it is somebody's, and it is of this moment.
pub(crate) fn not_stored(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    no_sniff(headers);
}

fn no_sniff(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
