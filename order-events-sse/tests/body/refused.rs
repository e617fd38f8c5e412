//! Who is not let in learns nothing, for nothing is looked up for them.

use http::{Request, StatusCode};
use order_events_core::{Denied, Grant, Principal, Scope, authorizer};
use order_events_sse::server::{Door, Parts, Route};

use crate::given::{Mood, house};

/// Anna may do everything, and nobody else anything.
async fn access(denied: Denied, request: Parts, wanted: Scope) -> Result<Grant, Denied> {
    let name = request.headers.get("x-user").and_then(|name| name.to_str().ok());
    match name.filter(|name| *name == "anna") {
        Some(name) => Ok(Grant::new(Principal::new(name).map_err(|_| denied)?, wanted)),
        None => Err(denied),
    }
}

fn asked(path: &str, user: &str, cursor: &str) -> Parts {
    let request = Request::get(path).header("accept", "*/*").header("x-user", user);
    request.header("last-event-id", cursor).body(()).unwrap().into_parts().0
}

#[tokio::test(start_paused = true)]
async fn who_is_not_let_in_has_nothing_looked_up() {
    let house = house().await;
    let cursor = house.remark("something to miss").await.cursor.to_string();
    // Whatever asks this log fails: an answer that is another one was found without it.
    house.engine.turn(Mood::Fails);
    for (denied, status) in [
        (Denied::Unauthenticated, StatusCode::UNAUTHORIZED),
        (Denied::Forbidden, StatusCode::FORBIDDEN),
        (Denied::NotFound, StatusCode::NOT_FOUND),
    ] {
        let door = Door::new(&house.hub, authorizer(denied, access));
        for (route, path) in [
            (Route::OrderEvents, "/orders/42/events"),
            (Route::OrderEvents, "/orders/absent/events"),
            (Route::CustomerEvents, "/customers/anna/events"),
            (Route::Events, "/events?wait=30"),
            (Route::Order, "/orders/42"),
            (Route::Orders, "/orders?page=1.1&limit=1000000"),
        ] {
            for cursor in ["", &cursor, "nonsense", "4ccy50tp8bpfs.18446744073709551615"] {
                let answer = door.answer(route, &asked(path, "eve", cursor)).await;
                assert_eq!(answer.status(), status, "{path} {cursor}");
            }
            // And those who are let in do ask it.
            let answer = door.answer(route, &asked(path, "anna", &cursor)).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        }
    }
}
