//! What holds for every request and every answer of a shop with pages, whatever the page.

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use order_events_sse::server::Parts;

/// Everything comes from here, and nothing that stands in a page's own text is run or styles it: a
/// note that was written to be a script stays a note.
const POLICY: &str = "default-src 'self'; base-uri 'none'; object-src 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// The headers by which every answer tells browsers so.
pub const GUARDS: [(&str, &str); 3] = [
    ("content-security-policy", POLICY),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
];

/// Whether a request changes nothing, or is not from a page of somebody else's, which sends it in
/// the name of whoever looks at it.
pub fn is_ours(request: &Parts) -> bool {
    request.method.is_safe() || comes_from_here(request)
}

/// Browsers say with every change which origin it comes from. What says none is no browser, and has
/// nobody's cookies but its own.
fn comes_from_here(request: &Parts) -> bool {
    let text = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
    if !request.headers.contains_key(ORIGIN) {
        return true;
    }
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://"));
    // HTTP/2 says in the address what HTTP/1.1 says in a header.
    let host = request.uri.authority().map(Authority::as_str).or_else(|| text(HOST));
    origin.is_some_and(|(_, authority)| Some(authority) == host)
}
