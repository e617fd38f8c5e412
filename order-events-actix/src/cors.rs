//! Whose pages may read along.

use actix_cors::Cors;
use order_events_sse::server::{CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS, Origins};

/// Lets pages of these origins, and of no others, watch and publish with the cookies of whoever
/// reads them.
///
/// What comes of it is `actix_cors`'s own middleware, to be changed where it does not suit.
pub fn cors(origins: &Origins) -> Cors {
    let cors = Cors::default()
        .supports_credentials()
        .allowed_methods(["GET", "POST"])
        .allowed_headers(CORS_REQUEST_HEADERS)
        .expose_headers(CORS_RESPONSE_HEADERS);
    origins.as_slice().iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
