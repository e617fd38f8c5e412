//! The page, and what it loads.

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use order_events_axum::Cursor;
use shop::{ABSENT, Page, Site};

const SITE: Site = Site {
    name: "Purchase desk",
    icon: "receipt",
    styles: &[],
    files: &[
        ("favicon.svg", include_str!("../web/favicon.svg")),
        ("imports.css", include_str!("../web/imports.css")),
        ("imports.js", include_str!("../web/imports.js")),
        ("stages.js", include_str!("../web/stages.js")),
    ],
};

const IMPORTS: Page = Page {
    title: "Purchase orders",
    styles: &["imports.css"],
    script: Some("imports.js"),
    main: include_str!("../web/imports.html"),
};

pub(crate) fn routes(beginning: Cursor) -> Router {
    Router::new()
        .route("/", get(async || Html(SITE.show(&IMPORTS, None))))
        .route("/beginning", get(async move || Json(beginning.to_string())))
        .route("/assets/{*path}", get(asset))
        .fallback(async || (StatusCode::NOT_FOUND, Html(SITE.show(&ABSENT, None))))
}

async fn asset(Path(path): Path<String>) -> Response {
    let Some(file) = SITE.file(&path) else { return StatusCode::NOT_FOUND.into_response() };
    // It is asked for again each time, since the next build may have another.
    ([(CONTENT_TYPE, file.kind), (CACHE_CONTROL, "no-cache")], file.text).into_response()
}

/// What pages may load.
pub(crate) async fn guarded(mut response: Response) -> Response {
    for (name, value) in shop::GUARDS {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().insert(name, value);
    }
    response
}
