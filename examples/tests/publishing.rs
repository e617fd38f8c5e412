//! What staff say is seen by those who watch; what is no update is refused, and nobody sees it.

use http::{Method, StatusCode};
use shop::Role;

use super::server::{Server, bearer};

#[tokio::test]
async fn what_staff_publish_is_seen_by_whoever_watches() {
    let server = Server::start().await;
    let anna = bearer("anna", Role::Customer);
    let headers = [("authorization", anna.as_str())];
    let mut order = server.watch("/orders/42/events", &headers).await;
    let mut mine = server.watch("/mine", &headers).await;
    for stream in [&mut order, &mut mine] {
        stream.expect("ready").await;
        stream.expect("snapshot").await;
    }

    let told =
        server.publish(r#"{"orderId":"42","status":"PROCESSING","note":"on the bench"}"#).await;
    assert_eq!((told.status, &told.json()["outcome"]), (StatusCode::OK, &"applied".into()));
    for stream in [&mut order, &mut mine] {
        assert_eq!(stream.expect("order.status").await["note"], "on the bench");
        assert_eq!(told.json()["cursor"], stream.cursor());
    }

    // An order that begins while she watches is hers from its beginning.
    server.publish(r#"{"orderId":"43","status":"PENDING","customer":"anna"}"#).await;
    assert_eq!(mine.expect("order.created").await["orderId"], "43");
}

#[tokio::test]
async fn what_was_missed_is_given_on_return() {
    let server = Server::start().await;
    let anna = bearer("anna", Role::Customer);
    let mut stream = server.watch("/mine", &[("authorization", &anna)]).await;
    stream.expect("ready").await;
    stream.expect("snapshot").await;
    let cursor = stream.cursor().to_owned();
    drop(stream);

    server.publish(r#"{"orderId":"42","status":"PROCESSING"}"#).await;
    let headers = [("authorization", anna.as_str()), ("last-event-id", &cursor)];
    let mut stream = server.watch("/mine", &headers).await;
    assert_eq!(stream.expect("ready").await["resumed"], cursor);
    assert_eq!(stream.expect("order.status").await["version"], 2);
}

#[tokio::test]
async fn what_is_no_update_is_refused_and_seen_by_nobody() {
    let server = Server::start().await;
    let anna = bearer("anna", Role::Customer);
    let mut stream = server.watch("/mine", &[("authorization", &anna)]).await;
    stream.expect("ready").await;
    stream.expect("snapshot").await;

    let illegal = server.publish(r#"{"orderId":"42","status":"DELIVERED"}"#).await;
    assert_eq!(illegal.status, StatusCode::CONFLICT);
    assert!(illegal.body.contains("PENDING may not become DELIVERED"), "{}", illegal.body);
    let no_id = server.publish(r#"{"orderId":"\n","status":"PROCESSING"}"#).await;
    assert_eq!(no_id.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nonsense = [
        "",
        "nonsense",
        "[]",
        "{}",
        r#"{"orderId":"42","status":"BROKEN"}"#,
        r#"{"orderId":"42","state":"SHIPPED"}"#,
    ];
    for nonsense in nonsense {
        let refused = server.publish(nonsense).await;
        assert!(refused.status.is_client_error(), "{nonsense}: {refused:?}");
        assert_eq!(refused.headers["content-type"], "application/problem+json", "{nonsense}");
        assert_eq!(refused.json()["code"], "unreadable", "{nonsense}");
        // Who may not publish is not told what would be right.
        let hers = server.publish_as(&anna, nonsense).await;
        assert_eq!(hers.status, StatusCode::FORBIDDEN, "{nonsense}");
        let nobodys = server.publish_as("nobody", nonsense).await;
        assert_eq!(nobodys.status, StatusCode::UNAUTHORIZED, "{nonsense}");
    }
    let hers = server.publish_as(&anna, r#"{"orderId":"42","status":"PROCESSING"}"#).await;
    assert_eq!(hers.status, StatusCode::FORBIDDEN);
    // Next on her stream is what comes after all this.
    server.publish(r#"{"orderId":"42","status":"CANCELLED"}"#).await;
    assert_eq!(stream.expect("order.status").await["previousStatus"], "PENDING");
}

#[tokio::test]
async fn a_repeated_key_publishes_once() {
    let server = Server::start().await;
    let change = r#"{"orderId":"42","status":"PROCESSING","key":"scan-1"}"#;
    let first = server.publish(change).await.json();
    let second = server.publish(change).await.json();
    assert_eq!((&first["outcome"], &second["outcome"]), (&"applied".into(), &"duplicate".into()));
    assert_eq!(first["cursor"], second["cursor"]);
}

#[tokio::test]
async fn what_is_not_said_to_be_json_is_not_read() {
    // Else a form of any page could publish with the cookie of an admin who looks at it.
    let server = Server::start().await;
    let cookie = bearer("sam", Role::Admin).replace("Bearer ", "session=");
    let headers = [("cookie", cookie.as_str()), ("content-type", "text/plain")];
    let change = r#"{"orderId":"42","status":"PROCESSING"}"#;
    let refused = server.ask(Method::POST, "/orders", &headers, change).await;
    assert!(refused.status.is_client_error(), "{refused:?}");
    assert_eq!(refused.json()["code"], "unreadable");
}

#[tokio::test]
async fn a_method_that_nobody_takes_is_refused_by_the_door() {
    let server = Server::start().await;
    for path in ["/orders/42", "/mine"] {
        let refused = server.ask(Method::DELETE, path, &[], "").await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(refused.headers["content-type"], "application/problem+json");
    }
}
