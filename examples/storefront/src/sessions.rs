//! Signing in and out: a JWT in a cookie that scripts cannot read.

use std::time::Duration;

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use http::header::SET_COOKIE;
use http::{HeaderValue, StatusCode};
use order_events_axum::{Head, Principal};
use serde::Deserialize;
use shop::SESSION;

use crate::people::Person;
use crate::store::Store;

/// A working day: staff sign in once.
const VALID: Duration = Duration::from_secs(8 * 60 * 60);

pub(crate) fn routes() -> Router<Store> {
    Router::new().route("/session", post(sign_in)).route("/session/end", post(sign_out))
}

#[derive(Debug, Deserialize)]
struct Account {
    user: String,
}

async fn sign_in(
    State(store): State<Store>,
    form: Result<Form<Account>, FormRejection>,
) -> Result<Response, StatusCode> {
    let Form(account) = form.map_err(|rejection| rejection.status())?;
    let Some(person) = Person::of(&account.user) else { return Ok(to("/sign-in")) };
    let token = store.shop.token(person.id, person.role, VALID);
    let token = token.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    with_cookie("/", &token, VALID)
}

/// Ends the streams of whoever signs out, too: on a shared computer the next one sees nothing of
/// theirs. Where they are signed in elsewhere, that page comes back by itself.
async fn sign_out(State(store): State<Store>, head: Head) -> Result<Response, StatusCode> {
    if let Ok(user) = store.shop.user(&head) {
        // Nobody else is on this log in memory, so there is nobody who could not be told.
        let _told = store.shop.hub.revoke(&Principal::from(&user.id)).await;
    }
    with_cookie("/sign-in", "", Duration::ZERO)
}

/// `Secure` is left out for trying out without TLS alone.
fn with_cookie(next: &str, token: &str, valid: Duration) -> Result<Response, StatusCode> {
    let age = valid.as_secs();
    let cookie = format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}");
    let cookie = HeaderValue::try_from(cookie).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let mut response = to(next);
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

fn to(next: &str) -> Response {
    Redirect::to(next).into_response()
}
