//! What holds for every request and every answer, whatever the page.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::uri::Authority;
use http::{HeaderValue, StatusCode};

/// Everything comes from here, and nothing that stands in a page's own text is run or styles it: a
/// note that was written to be a script stays a note.
const POLICY: &str = "default-src 'self'; base-uri 'none'; object-src 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// Refuses what a page of somebody else's sends in the name of whoever looks at it, and says what
/// our pages may load.
pub(crate) async fn own_pages_only(request: Request, next: Next) -> Response {
    let mut response = match request.method().is_safe() || is_ours(&request) {
        true => next.run(request).await,
        false => StatusCode::FORBIDDEN.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Browsers say with every change which origin it comes from. What says none is no browser, and has
/// nobody's cookies but its own.
fn is_ours(request: &Request) -> bool {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    if !request.headers().contains_key(ORIGIN) {
        return true;
    }
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://"));
    // HTTP/2 says in the address what HTTP/1.1 says in a header.
    let host = request.uri().authority().map(Authority::as_str).or_else(|| text(HOST));
    origin.is_some_and(|(_, authority)| Some(authority) == host)
}
