//! Who is let in, what they see, and until when.

use http::StatusCode;
use shop::Role;

use super::server::{Server, bearer, forged, token_for};

const ORDER: &str = "/orders/42";
const EVENTS: &str = "/orders/42/events";

#[tokio::test]
async fn a_bearer_token_opens_the_stream() {
    let server = Server::start().await;
    let anna = bearer("anna", Role::Customer);
    let mut stream = server.watch(EVENTS, &[("authorization", &anna)]).await;
    stream.expect("ready").await;
    assert_eq!(stream.expect("snapshot").await["orderId"], "42");
}

#[tokio::test]
async fn a_session_cookie_opens_the_stream() {
    let server = Server::start().await;
    let cookies = format!("theme=dark; session={}; other=1", token_for("anna", 3600));
    let mut stream = server.watch(EVENTS, &[("cookie", &cookies)]).await;
    stream.expect("ready").await;
    assert_eq!(stream.expect("snapshot").await["orderId"], "42");
}

#[tokio::test]
async fn without_a_token_that_holds_nobody_is_let_in() {
    let server = Server::start().await;
    let expired = format!("Bearer {}", token_for("anna", -1));
    let forged_one = format!("Bearer {}", forged("sam", Role::Admin));
    let forged_cookie = format!("session={}", forged("anna", Role::Customer));
    // `{"alg":"none"}`, and Anna's claims without a signature.
    let unsigned = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIiwicm9sZSI6ImN1c3RvbWVyIiwiZXhwIjo5OTk5OTk5OTk5fQ.";
    let nobody = format!("Bearer {}", token_for("", 3600));
    let attempts: [&[(&str, &str)]; 8] = [
        &[],
        &[("authorization", &expired)],
        &[("authorization", &forged_one)],
        &[("authorization", unsigned)],
        &[("authorization", &nobody)],
        &[("authorization", "Bearer nonsense")],
        &[("authorization", "Basic YW5uYTphbm5h")],
        &[("cookie", &forged_cookie)],
    ];
    // Whether there is such an order makes no difference to somebody who is not signed in.
    let paths = [ORDER, EVENTS, "/orders/absent", "/mine", "/orders", "/events"];
    let first = server.get(ORDER, &[]).await.comparable();
    assert_eq!(first.0, StatusCode::UNAUTHORIZED);
    for headers in attempts {
        for path in paths {
            let answer = server.get(path, headers).await.comparable();
            assert_eq!(answer, first, "{path} {headers:?}");
        }
    }
    let posted = server.publish_as(&forged_one, r#"{"orderId":"42","status":"PROCESSING"}"#).await;
    assert_eq!(posted.comparable(), first);
}

#[tokio::test]
async fn a_token_in_the_address_is_none() {
    let server = Server::start().await;
    let token = token_for("anna", 3600);
    let first = server.get(ORDER, &[]).await.comparable();
    assert_eq!(first.0, StatusCode::UNAUTHORIZED);
    for name in ["token", "access_token", "authorization", "session", "jwt", "ticket"] {
        for path in [ORDER, EVENTS, "/mine"] {
            let answer = server.get(&format!("{path}?{name}={token}"), &[]).await.comparable();
            assert_eq!(answer, first, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_foreign_order_is_answered_as_an_absent_one() {
    let server = Server::start().await;
    let eve = bearer("eve", Role::Customer);
    let eve = [("authorization", eve.as_str())];
    for (foreign, absent) in [
        (ORDER, "/orders/absent"),
        (EVENTS, "/orders/absent/events"),
        ("/customers/anna/events", "/customers/absent/events"),
    ] {
        let foreign = server.get(foreign, &eve).await.comparable();
        let absent = server.get(absent, &eve).await.comparable();
        assert_eq!(foreign.0, StatusCode::NOT_FOUND);
        assert_eq!(foreign, absent);
    }
    // Whose own orders are none sees none.
    let mine = server.get("/mine", &[eve[0], ("accept", "application/json")]).await;
    assert!(mine.status.is_success() && !mine.body.contains("orderId"), "{mine:?}");
}

#[tokio::test]
async fn all_orders_are_for_staff() {
    let server = Server::start().await;
    for path in ["/orders", "/events"] {
        let anna = bearer("anna", Role::Customer);
        let refused = server.get(path, &[("authorization", &anna)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    let sam = bearer("sam", Role::Admin);
    let all = server.get("/orders", &[("authorization", &sam)]).await;
    assert_eq!(all.json()["orders"][0]["orderId"], "42");
}

#[tokio::test]
async fn staff_see_what_the_customer_does_not() {
    let server = Server::start().await;
    let (anna, sam) = (bearer("anna", Role::Customer), bearer("sam", Role::Admin));
    let anna = server.get(ORDER, &[("authorization", &anna)]).await.json();
    let sam = server.get(ORDER, &[("authorization", &sam)]).await.json();
    assert_eq!(sam["customerId"], "anna");
    assert_eq!(anna["customerId"], serde_json::Value::Null);
    assert_eq!(anna["version"], sam["version"]);
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let server = Server::start().await;
    let anna = format!("Bearer {}", token_for("anna", 2));
    let mut stream = server.watch("/mine", &[("authorization", &anna)]).await;
    stream.expect("ready").await;
    stream.expect("snapshot").await;
    assert_eq!(stream.expect("end").await["reason"], "expired");
    assert!(stream.next().await.is_none());
    let again = server.get("/mine", &[("authorization", &anna)]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}
