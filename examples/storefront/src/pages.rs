//! The pages, and what they load: the files of `web/`, and the browser's client as it is published.

mod assets;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use order_events_axum::Head;

use crate::people::Person;
use crate::store::Store;

pub(crate) fn routes() -> Router<Store> {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(async || SIGN_IN.show(None)))
        .route("/orders", get(async |at, head| for_customers(&ORDERS, at, head)))
        .route("/orders/{order}", get(async |at, head| for_customers(&ORDER, at, head)))
        .route("/staff", get(for_staff))
        .route("/assets/{*path}", get(asset))
        .fallback(async || (StatusCode::NOT_FOUND, ABSENT.show(None)))
}

/// What stands between the same head and foot.
struct Page {
    title: &'static str,
    /// The name of its own style sheet and script; none needs neither.
    name: Option<&'static str>,
    main: &'static str,
}

const LAYOUT: &str = include_str!("../web/layout.html");

const SIGN_IN: Page =
    Page { title: "Sign in", name: None, main: include_str!("../web/sign-in.html") };
const ORDERS: Page =
    Page { title: "Your orders", name: Some("orders"), main: include_str!("../web/orders.html") };
const ORDER: Page =
    Page { title: "Your order", name: Some("order"), main: include_str!("../web/order.html") };
const STAFF: Page =
    Page { title: "Orders", name: Some("staff"), main: include_str!("../web/staff.html") };
const ABSENT: Page =
    Page { title: "Not found", name: None, main: include_str!("../web/absent.html") };

impl Page {
    /// The page, as it is shown to somebody. What is filled in is ours, and nobody's input.
    fn show(&self, to: Option<&Person>) -> Response {
        let own = self.name.map(|name| {
            format!(
                "<link rel=\"stylesheet\" href=\"/assets/{name}.css\">\n\
                 <script type=\"module\" src=\"/assets/{name}.js\"></script>"
            )
        });
        let account = to.map(|person| {
            let account = include_str!("../web/account.html");
            account.trim_end().replace("{name}", person.name)
        });
        let html = LAYOUT
            .replace("{title}", self.title)
            .replace("{own}", &own.unwrap_or_default())
            .replace("{user}", to.map_or("", |person| person.id))
            .replace("{account}", &account.unwrap_or_default())
            .replace("{main}", self.main)
            .replace("{badge}", include_str!("../web/badge.html").trim_end());
        // After signing out the way back shows nothing.
        ([(CACHE_CONTROL, "no-store")], Html(html)).into_response()
    }
}

/// Where whoever comes belongs.
async fn home(State(store): State<Store>, head: Head) -> Redirect {
    Redirect::to(match visitor(&store, &head) {
        None => "/sign-in",
        Some(person) if person.is_staff() => "/staff",
        Some(_) => "/orders",
    })
}

fn for_customers(page: &Page, State(store): State<Store>, head: Head) -> Response {
    match visitor(&store, &head) {
        Some(person) if !person.is_staff() => page.show(Some(person)),
        _ => Redirect::to("/").into_response(),
    }
}

async fn for_staff(State(store): State<Store>, head: Head) -> Response {
    match visitor(&store, &head) {
        Some(person) if person.is_staff() => STAFF.show(Some(person)),
        _ => Redirect::to("/").into_response(),
    }
}

fn visitor(store: &Store, head: &Head) -> Option<&'static Person> {
    Person::of(store.shop.user(head).ok()?.id.as_str())
}

async fn asset(Path(path): Path<String>) -> Response {
    let Some(text) = assets::text(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match path.rsplit('.').next() {
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        _ => "text/javascript",
    };
    // It is asked for again each time, since the next build may have another.
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
}
