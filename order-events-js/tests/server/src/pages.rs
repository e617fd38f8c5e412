//! Pages and scripts, on the shop's own origin and on others; and a stranger's place, to which
//! requests may be redirected.

use std::convert::Infallible;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Bytes, HttpBody};
use axum::extract::{Path, Query, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use http::header::{CONTENT_TYPE, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;

use crate::access::Access;
use crate::faults::Faults;

/// An empty page, and the module as it is published.
pub(crate) fn pages(module: PathBuf) -> Router {
    let page = "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><title>Shop</title>";
    Router::new().route("/", get(async move || Html(page))).route(
        "/js/{*path}",
        get(async move |Path(path): Path<String>| script(module.join(path)).await),
    )
}

async fn script(path: PathBuf) -> Response {
    let is_script = path.extension().is_some_and(|extension| extension == "js");
    // Tests ask for what they ship themselves; `..` would be theirs, too, and of no use to them.
    match tokio::fs::read(path).await {
        Ok(text) if is_script => ([(CONTENT_TYPE, "text/javascript")], text).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Debug, Deserialize)]
struct SignIn {
    user: String,
    millis: u64,
}

/// Where people sign in.
pub(crate) fn sign_in(access: Access) -> Router {
    let sign_in = async |State(access): State<Access>, Query(who): Query<SignIn>| {
        let cookie = access.sign_in(&who.user, Duration::from_millis(who.millis));
        ([(SET_COOKIE, cookie)], StatusCode::NO_CONTENT)
    };
    Router::new().route("/sign-in", post(sign_in)).with_state(access)
}

/// Sends whoever asks for events here to another origin; or to another place of this one.
pub(crate) fn redirects(elsewhere: String) -> Router {
    let away = async move || Redirect::temporary(&format!("{elsewhere}/caught/events"));
    let within =
        async |Path(order): Path<String>| Redirect::temporary(&format!("/orders/{order}/events"));
    Router::new().route("/away/events", any(away)).route("/within/{order}/events", any(within))
}

/// A place of another origin, which takes whatever it is given.
pub(crate) fn stranger(faults: Faults) -> Router {
    Router::new().route("/caught/events", any(caught)).with_state(faults)
}

async fn caught(State(faults): State<Faults>, request: Request) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    if request.method() != Method::OPTIONS {
        faults.note("stranger", &request, StatusCode::OK);
    }
    let mut headers = HeaderMap::new();
    headers
        .insert("access-control-allow-origin", origin.unwrap_or(HeaderValue::from_static("null")));
    headers.insert("access-control-allow-credentials", HeaderValue::from_static("true"));
    let allowed = HeaderValue::from_static("authorization, x-own, last-event-id");
    headers.insert("access-control-allow-headers", allowed);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    (headers, "event: ready\ndata: {\"schema\":1,\"heartbeatMs\":1000}\n\n").into_response()
}

/// A body that is there later, all at once.
pub(crate) struct Later(Option<Pin<Box<dyn Future<Output = Bytes> + Send>>>);

impl Later {
    pub(crate) fn new(bytes: impl Future<Output = Bytes> + Send + 'static) -> Self {
        Self(Some(Box::pin(bytes)))
    }
}

impl HttpBody for Later {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let Some(later) = &mut self.0 else { return Poll::Ready(None) };
        let bytes = std::task::ready!(later.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(Some(Ok(http_body::Frame::data(bytes))))
    }
}
