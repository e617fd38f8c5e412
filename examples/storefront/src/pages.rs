//! The pages, and who is shown which.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use order_events_axum::Head;
use shop::{ABSENT, Page, People, Person, Role, Site};

use crate::store::Store;

/// Who may be tried out.
pub(crate) const PEOPLE: People = People(&[
    Person { id: "anna", name: "Anna Berg", role: Role::Customer },
    Person { id: "ben", name: "Ben Okoro", role: Role::Customer },
    Person { id: "sam", name: "Sam Lindqvist", role: Role::Admin },
    Person { id: "rita", name: "Rita Novak", role: Role::Admin },
]);

const SITE: Site = Site {
    name: "Kiln &amp; Linen",
    icon: "mug",
    styles: &[],
    files: &[
        ("favicon.svg", include_str!("../web/favicon.svg")),
        ("orders.css", include_str!("../web/orders.css")),
        ("orders.js", include_str!("../web/orders.js")),
        ("order.css", include_str!("../web/order.css")),
        ("order.js", include_str!("../web/order.js")),
        ("tracker.js", include_str!("../web/tracker.js")),
        ("purchases.js", include_str!("../web/purchases.js")),
        ("staff.css", include_str!("../web/staff.css")),
        ("staff.js", include_str!("../web/staff.js")),
        ("panel.js", include_str!("../web/panel.js")),
    ],
};

const SIGN_IN: Page =
    Page { title: "Sign in", styles: &[], script: None, main: include_str!("../web/sign-in.html") };
const ORDERS: Page = Page {
    title: "Your orders",
    styles: &["orders.css"],
    script: Some("orders.js"),
    main: include_str!("../web/orders.html"),
};
const ORDER: Page = Page {
    title: "Your order",
    styles: &["order.css"],
    script: Some("order.js"),
    main: include_str!("../web/order.html"),
};
const STAFF: Page = Page {
    title: "Orders",
    styles: &["desk.css", "staff.css"],
    script: Some("staff.js"),
    main: include_str!("../web/staff.html"),
};

pub(crate) fn routes() -> Router<Store> {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(async || show(&SIGN_IN, None)))
        .route("/orders", get(async |at, head| for_customers(&ORDERS, at, head)))
        .route("/orders/{order}", get(async |at, head| for_customers(&ORDER, at, head)))
        .route("/staff", get(for_staff))
        .route("/assets/{*path}", get(asset))
        .fallback(async || (StatusCode::NOT_FOUND, show(&ABSENT, None)))
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
        Some(person) if !person.is_staff() => show(page, Some(person)),
        _ => Redirect::to("/").into_response(),
    }
}

async fn for_staff(State(store): State<Store>, head: Head) -> Response {
    match visitor(&store, &head) {
        Some(person) if person.is_staff() => show(&STAFF, Some(person)),
        _ => Redirect::to("/").into_response(),
    }
}

fn visitor(store: &Store, head: &Head) -> Option<&'static Person> {
    PEOPLE.of(store.shop.user(head).ok()?.id.as_str())
}

fn show(page: &Page, to: Option<&Person>) -> Response {
    // After signing out the way back shows nothing.
    ([(CACHE_CONTROL, "no-store")], Html(SITE.show(page, to))).into_response()
}

async fn asset(Path(path): Path<String>) -> Response {
    let Some(file) = SITE.file(&path) else { return StatusCode::NOT_FOUND.into_response() };
    // It is asked for again each time, since the next build may have another.
    ([(CONTENT_TYPE, file.kind), (CACHE_CONTROL, "no-cache")], file.text).into_response()
}
