//! What goes wrong on purpose, before the door; and what was asked for.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN, RETRY_AFTER};
use http::{HeaderMap, HeaderName, StatusCode};
use serde::{Deserialize, Serialize};

/// What of a stream is held back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Hold {
    #[default]
    Nothing,
    /// Everything but the head, until the stream has ended.
    Body,
    /// The head, too.
    Head,
}

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    refusals: Vec<Refusal>,
    hold: Hold,
    seen: Vec<Seen>,
}

#[derive(Debug, Clone)]
struct Refusal {
    status: StatusCode,
    retry_after: Option<u64>,
}

/// A request for events, and how it was answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Seen {
    at: &'static str,
    path: String,
    accept: String,
    origin: String,
    cursor: String,
    has_cookie: bool,
    has_authorization: bool,
    has_own_header: bool,
    status: u16,
}

impl Faults {
    pub(crate) fn refuse(&self, status: u16, times: usize, retry_after: Option<u64>) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        self.with(|inner| inner.refusals = vec![Refusal { status, retry_after }; times]);
    }

    pub(crate) fn hold(&self, what: Hold) {
        self.with(|inner| inner.hold = what);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.with(|inner| std::mem::take(&mut inner.seen))
    }

    /// Takes note of a request.
    pub(crate) fn note(&self, at: &'static str, request: &Request, status: StatusCode) {
        let headers = request.headers();
        let seen = Seen {
            at,
            path: request.uri().to_string(),
            accept: text(headers, &ACCEPT),
            origin: text(headers, &ORIGIN),
            cursor: text(headers, &HeaderName::from_static("last-event-id")),
            has_cookie: headers.contains_key(COOKIE),
            has_authorization: headers.contains_key(AUTHORIZATION),
            has_own_header: headers.contains_key("x-own"),
            status: status.as_u16(),
        };
        self.with(|inner| inner.seen.push(seen));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// Stands before the door.
pub(crate) async fn before(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    if !request.uri().path().ends_with("/events") {
        return next.run(request).await;
    }
    if let Some(Refusal { status, retry_after }) = faults.with(|inner| inner.refusals.pop()) {
        faults.note("door", &request, status);
        let mut response = status.into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        return response;
    }
    let (parts, body) = request.into_parts();
    let asked = Request::from_parts(parts.clone(), Body::empty());
    let response = next.run(Request::from_parts(parts, body)).await;
    faults.note("door", &asked, response.status());
    let is_stream =
        response.headers().get(CONTENT_TYPE).is_some_and(|is| is == "text/event-stream");
    match faults.with(|inner| inner.hold) {
        Hold::Body if is_stream => {
            let (head, body) = response.into_parts();
            let held = async { to_bytes(body, usize::MAX).await.unwrap_or_default() };
            Response::from_parts(head, Body::new(crate::pages::Later::new(held)))
        }
        Hold::Head if is_stream => {
            let (head, body) = response.into_parts();
            let held = to_bytes(body, usize::MAX).await.unwrap_or_default();
            Response::from_parts(head, Body::from(held))
        }
        _ => response,
    }
}
