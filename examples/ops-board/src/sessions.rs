//! Signing in and out.

use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::web::{Data, Form, ServiceConfig, post};
use actix_web::{HttpResponse, error};
use order_events_actix::Head;
use serde::Deserialize;

use crate::board::Board;
use crate::pages::PEOPLE;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/session", post().to(sign_in)).route("/session/end", post().to(sign_out));
}

#[derive(Debug, Deserialize)]
struct Account {
    user: String,
}

async fn sign_in(board: Data<Board>, account: Form<Account>) -> actix_web::Result<HttpResponse> {
    let mut answer = HttpResponse::SeeOther();
    let Some(person) = PEOPLE.of(&account.user) else {
        return Ok(answer.insert_header((LOCATION, "/sign-in")).finish());
    };
    let cookie = board.shop.sign_in(person).map_err(|_| error::ErrorInternalServerError(""))?;
    Ok(answer.insert_header((SET_COOKIE, cookie)).insert_header((LOCATION, "/")).finish())
}

async fn sign_out(board: Data<Board>, head: Head) -> HttpResponse {
    let cookie = board.shop.sign_out(&head).await;
    HttpResponse::SeeOther()
        .insert_header((SET_COOKIE, cookie))
        .insert_header((LOCATION, "/sign-in"))
        .finish()
}
