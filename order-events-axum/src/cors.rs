//! Whose pages may read along.

use axum::http::{HeaderName, HeaderValue, Method};
use order_events_sse::server::{CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS, allowed_origins};
use tower_http::cors::CorsLayer;

/// Lets pages of these origins, and of no others, watch and publish with the cookies of whoever
/// reads them.
///
/// Origins are as browsers send them, `https://shop.example`; see [`allowed_origins`]. What comes
/// of it is `tower_http`'s own layer, to be changed where it does not suit.
pub fn cors<'a>(origins: impl IntoIterator<Item = &'a str>) -> CorsLayer {
    let origins = allowed_origins(origins).into_iter();
    let origins: Vec<_> = origins.filter_map(|origin| HeaderValue::try_from(origin).ok()).collect();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(CORS_REQUEST_HEADERS.map(HeaderName::from_static))
        .expose_headers(CORS_RESPONSE_HEADERS.map(HeaderName::from_static))
}
