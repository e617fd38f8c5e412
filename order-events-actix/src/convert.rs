//! actix-web is on `http` 0.2, the rest of the world on 1: each thing is said again.

use actix_web::HttpRequest;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// A request's method, address and headers, as an [`Authorizer`](order_events_core::Authorizer) of
/// a [`Door`](order_events_sse::server::Door) takes them: for handlers of the user's own that ask
/// the same one.
pub fn parts(request: &HttpRequest) -> Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    // What the one parsed the other takes. What it did not would be a method that is refused here,
    // an address without an order, a header without a meaning.
    parts.method =
        Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or(Method::CONNECT);
    parts.uri = Uri::try_from(request.uri().to_string()).unwrap_or_default();
    for (name, value) in request.headers() {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_str().as_bytes()),
            HeaderValue::from_bytes(value.as_bytes()),
        ) {
            parts.headers.append(name, value);
        }
    }
    parts
}
