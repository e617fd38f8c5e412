//! The pages, and who is shown which.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, LOCATION};
use actix_web::web::{Data, Path, ServiceConfig, get};
use order_events_actix::Head;
use shop::{ABSENT, Page, People, Person, Role, Site};

use crate::access::florist;
use crate::board::Board;

/// Who may be tried out.
pub(crate) const PEOPLE: People = People(&[
    Person { id: "flora", name: "Flora Haas", role: Role::Admin },
    Person { id: "ines", name: "Ines Duarte", role: Role::Admin },
    Person { id: "milo", name: "Milo Sato", role: Role::Admin },
]);

const SITE: Site = Site {
    name: "Stem &amp; Thorn",
    icon: "flower",
    styles: &["theme.css"],
    files: &[
        ("favicon.svg", include_str!("../web/favicon.svg")),
        ("acting.js", include_str!("../web/acting.js")),
        ("assignee.js", include_str!("../web/assignee.js")),
        ("board.css", include_str!("../web/board.css")),
        ("board.js", include_str!("../web/board.js")),
        ("card.js", include_str!("../web/card.js")),
        ("conflict.js", include_str!("../web/conflict.js")),
        ("detail.js", include_str!("../web/detail.js")),
        ("dragging.js", include_str!("../web/dragging.js")),
        ("theme.css", include_str!("../web/theme.css")),
        ("ticket.js", include_str!("../web/ticket.js")),
        ("people.js", include_str!("../web/people.js")),
    ],
};

const SIGN_IN: Page =
    Page { title: "Sign in", styles: &[], script: None, main: include_str!("../web/sign-in.html") };
const BOARD: Page = Page {
    title: "Board",
    styles: &["desk.css", "board.css"],
    script: Some("board.js"),
    main: include_str!("../web/board.html"),
};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/", get().to(home))
        .route("/sign-in", get().to(async || show(StatusCode::OK, &SIGN_IN, None)))
        .route("/assets/{path:.*}", get().to(asset));
}

async fn home(board: Data<Board>, head: Head) -> HttpResponse {
    match florist(&board, &head) {
        Ok(florist) => show(StatusCode::OK, &BOARD, Some(florist)),
        Err(_) => HttpResponse::SeeOther().insert_header((LOCATION, "/sign-in")).finish(),
    }
}

pub(crate) async fn absent() -> HttpResponse {
    show(StatusCode::NOT_FOUND, &ABSENT, None)
}

fn show(status: StatusCode, page: &Page, to: Option<&Person>) -> HttpResponse {
    // After signing out the way back shows nothing.
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(ContentType::html())
        .body(SITE.show(page, to))
}

async fn asset(path: Path<String>) -> HttpResponse {
    let Some(file) = SITE.file(&path) else { return HttpResponse::NotFound().finish() };
    HttpResponse::Ok()
        .content_type(file.kind)
        // It is asked for again each time, since the next build may have another.
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(file.text)
}
