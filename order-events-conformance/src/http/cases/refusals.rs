//! What is answered before any byte of a stream.

use crate::http::client::{Answer, Request};
use crate::http::lab::{Lab, order};

const PATHS: [&str; 5] =
    ["/orders/anna-1/events", "/customers/anna/events", "/events", "/orders/anna-1", "/orders"];

pub(super) async fn a_head_is_answered_without_a_subscription(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut connection = shop.connect().await;
    for path in PATHS {
        for accept in ["*/*", "application/json"] {
            let request = Request::head(path).by("admin").with("accept", accept);
            let head = connection.ask(&request).await;
            assert_eq!((head.status(), &*head.body), (200, ""), "{path} {accept}");
            let is_stream = accept == "*/*" && path.ends_with("events");
            let media = if is_stream { "text/event-stream" } else { "application/json" };
            assert_eq!(head.header("content-type"), media, "{path} {accept}");
        }
    }
    for (request, status) in [
        (Request::head("/orders/anna-1/events"), 401),
        (Request::head("/orders/anna-2/events").by("anna"), 404),
        (Request::head("/orders/anna-2").by("anna"), 404),
        (Request::head("/events").by("anna"), 403),
    ] {
        let head = connection.ask(&request).await;
        assert_eq!((head.status(), &*head.body), (status, ""));
    }
    let stats = shop.hub.stats();
    assert_eq!((stats.subscriptions, stats.fresh, stats.resumed), (0, 0, 0), "{stats:?}");
}

pub(super) async fn other_methods_are_not_allowed(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let refuses = |answer: &Answer| {
        answer.refuses(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    };
    for path in PATHS {
        let request = Request::new("POST", path).by("admin").with("content-length", "0");
        refuses(&shop.ask(request).await);
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW", "get"] {
        refuses(&shop.ask(Request::new(method, PATHS[0]).by("admin")).await);
    }
    // Nobody is asked who they are for that.
    for path in PATHS {
        refuses(&shop.ask(Request::new("DELETE", path)).await);
    }
}

pub(super) async fn what_accepts_neither_form_is_refused(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    for path in PATHS {
        let request = Request::get(path).by("admin").with("accept", "text/html, image/*;q=0.5");
        shop.ask(request).await.refuses(406, "not-acceptable");
        // Nobody is asked who they are for that.
        let nobodys = Request::get(path).with("accept", "text/html");
        shop.ask(nobodys).await.refuses(406, "not-acceptable");
    }
    for accept in ["", "application/json;q=0, text/event-stream;q=0", "nonsense"] {
        let request = Request::get(PATHS[0]).by("anna").with("accept", accept);
        shop.ask(request).await.refuses(406, "not-acceptable");
    }
    let request = Request::get(PATHS[3]).by("anna").with("accept", "text/event-stream");
    shop.ask(request).await.refuses(406, "not-acceptable");
}

pub(super) async fn the_form_that_is_preferred_is_given(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    for accept in [
        "application/json",
        "application/*",
        "APPLICATION/JSON; q=0.9, text/event-stream;q=0.1",
        "text/event-stream;q=0, */*",
    ] {
        let answer = shop.ask(Request::get(PATHS[0]).by("anna").with("accept", accept)).await;
        assert_eq!((answer.status(), answer.header("vary")), (200, "accept"), "{accept}");
        assert_eq!(answer.header("content-type"), "application/json", "{accept}");
    }
    for accept in [
        "text/event-stream",
        "text/*",
        "application/json, text/event-stream",
        "application/json;q=0.5, */*",
    ] {
        let request = Request::get(PATHS[0]).by("anna").with("accept", accept);
        shop.watch(request).await.ready().await;
    }
    shop.watch(Request::get(PATHS[0]).by("anna")).await.ready().await;
}

pub(super) async fn each_refusal_has_its_problem(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    for request in [
        Request::events_of("anna-1"),
        Request::events_of("anna-1").by("nobody"),
        Request::get("/orders"),
        // Nothing is looked up for somebody who does not say who they are.
        Request::events_of("none-such").for_json(),
    ] {
        let answer = shop.ask(request).await;
        answer.refuses(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"orders\"");
    }
    for path in ["/events", "/orders"] {
        shop.ask(Request::get(path).by("anna")).await.refuses(403, "forbidden");
    }
    for path in ["/orders/anna-2/events", "/orders/anna-2", "/customers/bob/events"] {
        shop.ask(Request::get(path).by("anna")).await.refuses(404, "not-found");
    }
    for who in ["panics", "fails"] {
        let answer = shop.ask(Request::events_of("anna-1").by(who)).await;
        answer.refuses(503, "unavailable");
        answer.says_when(5);
    }
    // Whoever panicked harmed nobody else.
    shop.watch_order("anna-1", "anna").await;
}

pub(super) async fn a_foreign_order_and_an_absent_one_are_the_same(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("bob-1").await;
    shop.create("anna-gone").await;
    shop.publish(order_events_core::Update::delete(order("anna-gone"))).await;
    for method in ["GET", "HEAD"] {
        for tail in ["", "/events"] {
            for accept in ["*/*", "application/json"] {
                let mut answers = Vec::new();
                for id in ["bob-1", "bob-2", "anna-2", "anna-gone", "%00", &"x".repeat(129)] {
                    let request = Request::new(method, format!("/orders/{id}{tail}"));
                    let answer = shop.ask(request.by("anna").with("accept", accept)).await;
                    assert_eq!(answer.status(), 404, "{id}{tail}");
                    answers.push((answer.head.reason.clone(), answer.head.sorted(), answer.body));
                }
                answers.dedup();
                assert_eq!(answers.len(), 1, "nothing tells them apart: {answers:?}");
            }
        }
    }
}

pub(super) async fn an_order_is_found_by_its_decoded_id(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    let longest = "x".repeat(128);
    for (id, path) in [
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("a+b", "a+b"),
        ("a b", "a%20b"),
        ("東京-1", "%E6%9D%B1%E4%BA%AC-1"),
        ("a?b#c", "a%3Fb%23c"),
        ("events", "events"),
        (&*longest, &*longest),
    ] {
        shop.create(id).await;
        let snapshot = shop.page(Request::get(format!("/orders/{path}")).by("admin")).await;
        assert_eq!(snapshot["orderId"], id);
        let mut events = shop.watch(Request::events_of(path).by("admin")).await;
        events.ready().await;
        assert_eq!(events.event("snapshot").await.json()["orderId"], id);
    }
    for path in ["%00", "%0A", "%7F", "%FF", "%C3", &"x".repeat(129), &"%E6%9D%B1".repeat(43)] {
        shop.ask(Request::events_of(path).by("admin")).await.refuses(404, "not-found");
        let request = Request::get(format!("/orders/{path}")).by("admin");
        shop.ask(request).await.refuses(404, "not-found");
    }
}

pub(super) async fn a_grant_that_is_over_learns_nothing(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut connection = shop.connect().await;
    for order in ["anna-1", "anna-2"] {
        for target in [format!("/orders/{order}"), format!("/orders/{order}/events")] {
            let answer = connection.ask(&Request::get(&*target).by("late")).await;
            answer.refuses(401, "expired");
            let head = connection.ask(&Request::head(&*target).by("late")).await;
            assert_eq!(head.status(), 401, "{target}");
        }
    }
}

pub(super) async fn a_drained_server_says_so_to_a_head_as_well(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    drop(shop.hub.drain(std::time::Duration::ZERO));
    for order in ["anna-1", "anna-2"] {
        let target = format!("/orders/{order}/events");
        shop.ask(Request::get(&*target).by("anna")).await.refuses(503, "draining");
        assert_eq!(shop.ask(Request::head(&*target).by("anna")).await.status(), 503);
    }
}
