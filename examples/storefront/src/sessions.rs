//! Signing in and out.

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use http::StatusCode;
use http::header::SET_COOKIE;
use order_events_axum::Head;
use serde::Deserialize;

use crate::pages::PEOPLE;
use crate::store::Store;

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
    let Some(person) = PEOPLE.of(&account.user) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let cookie = store.shop.sign_in(person).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

async fn sign_out(State(store): State<Store>, head: Head) -> Response {
    let cookie = store.shop.sign_out(&head).await;
    ([(SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
}
