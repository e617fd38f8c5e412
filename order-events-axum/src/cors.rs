//! Whose pages may read along.

use axum::http::{HeaderName, HeaderValue, Method};
use order_events_sse::server::{CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS, Origins};
use tower_http::cors::CorsLayer;

/// Lets pages of these origins, and of no others, watch and publish with the cookies of whoever
/// reads them.
///
/// What comes of it is `tower_http`'s own layer, to be changed where it does not suit.
pub fn cors(origins: &Origins) -> CorsLayer {
    let origins = origins.as_slice().iter();
    let origins: Vec<_> = origins.filter_map(|origin| HeaderValue::try_from(origin).ok()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(CORS_REQUEST_HEADERS.map(HeaderName::from_static))
        .expose_headers(CORS_RESPONSE_HEADERS.map(HeaderName::from_static))
}
