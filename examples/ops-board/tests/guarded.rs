//! Who may do what at the board: florists everything, nobody else anything.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use http::StatusCode;
use shop::Role;

use crate::pages::{cookie, say};
use crate::server::{Server, bearer};

const SERVER: &str = env!("CARGO_BIN_EXE_ops-board");

#[path = "../../tests/pages.rs"]
mod pages;
#[path = "../../tests/server.rs"]
#[allow(dead_code, reason = "the quickstarts ask for more")]
mod server;

const WATCHES: (&str, &str) = ("milo", "/api/events");
const STAFF: &str = "ines";
const SAYS: (&str, &str) = ("/api/staff/orders/2036/status", r#"{"status":"SHIPPED"}"#);
const PATHS: [&str; 5] = ["/sign-in", "/", "/assets/board.js", "/api/events", "/nowhere"];

const READ: [&str; 6] = [
    "/api/events",
    "/api/orders",
    "/api/orders/2036",
    "/api/orders/2036/events",
    "/api/staff/tickets",
    "/api/staff/presence",
];
const SAID: [(&str, &str); 3] = [
    SAYS,
    ("/api/staff/orders/2036/assignee", r#"{"assignee":"ines"}"#),
    ("/api/staff/orders/2036/notes", r#"{"note":"x","public":false}"#),
];

#[tokio::test]
async fn the_board_is_for_florists() {
    let server = Server::start().await;
    let (customer, florist) = (bearer("anna", Role::Customer), bearer("milo", Role::Admin));
    let json = ("accept", "application/json");
    // Of another shop that the same sign-in serves.
    let stranger = bearer("sam", Role::Admin);
    for path in READ {
        let get = async |who: &str| server.get(path, &[("authorization", who), json]).await.status;
        assert_eq!(get("nobody").await, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(get(&customer).await, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(get(&stranger).await, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(get(&florist).await, StatusCode::OK, "{path}");
    }
    for (path, body) in SAID {
        let status = async |who: &str| say(&server, who, path, body).await.status;
        assert_eq!(status("nobody").await, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(status(&customer).await, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(status(&stranger).await, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(status(&florist).await, StatusCode::OK, "{path}");
    }
    assert_eq!(server.get("/", &[]).await.headers["location"], "/sign-in");
    let cookie = cookie(&server, "milo").await;
    let board = server.get("/", &[("cookie", &cookie)]).await;
    assert!(board.status == StatusCode::OK && board.body.contains("Milo Sato"));
}

#[tokio::test]
async fn of_two_who_saw_the_same_one_moves_and_the_other_is_told_how_it_is() {
    let server = Server::start().await;
    let (ines, milo) = (bearer("ines", Role::Admin), bearer("milo", Role::Admin));
    let seen = server.get("/api/orders/2036", &[("authorization", &ines)]).await.json();
    let version = seen["version"].as_u64().unwrap();
    let path = "/api/staff/orders/2036/status";
    let mut stream = server.watch("/api/orders/2036/events", &[("authorization", &milo)]).await;
    stream.expect("ready").await;
    stream.expect("snapshot").await;

    let to =
        |status: &str| format!(r#"{{"status":"{status}","version":{version},"key":"{status}"}}"#);
    let first = say(&server, &ines, path, &to("SHIPPED")).await;
    assert_eq!((first.status, &first.json()["outcome"]), (StatusCode::OK, &"applied".into()));
    let second = say(&server, &milo, path, &to("CANCELLED")).await;
    assert_eq!((second.status, &second.json()["code"]), (StatusCode::CONFLICT, &"conflict".into()));
    assert_eq!(second.headers["content-type"], "application/problem+json");
    // The same press again is the same press, though the order has moved on.
    let again = say(&server, &ines, path, &to("SHIPPED")).await.json();
    assert_eq!(
        (&again["outcome"], &again["version"]),
        (&"duplicate".into(), &(version + 1).into())
    );
    let stale = format!(r#"{{"assignee":"milo","version":{version}}}"#);
    let third = say(&server, &milo, "/api/staff/orders/2036/assignee", &stale).await;
    assert_eq!(third.json()["code"], "conflict");

    // Of all that one was told, and who did it.
    let told = stream.expect("order.status").await;
    assert_eq!((&told["status"], &told["actor"]), (&"SHIPPED".into(), &"Ines Duarte".into()));
    say(&server, &milo, path, r#"{"status":"DELIVERED"}"#).await;
    assert_eq!(stream.expect("order.status").await["version"], version + 2);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_says_why() {
    let server = Server::start().await;
    let ines = bearer("ines", Role::Admin);
    for (what, body, status, code) in [
        ("2036/status", r#"{"status":"PENDING"}"#, StatusCode::CONFLICT, "illegal-transition"),
        ("9999/status", r#"{"status":"SHIPPED"}"#, StatusCode::NOT_FOUND, "unknown-order"),
        ("2036/status", r#"{"state":"SHIPPED"}"#, StatusCode::BAD_REQUEST, "unreadable"),
        ("2036/assignee", r#"{"assignee":"eve"}"#, StatusCode::UNPROCESSABLE_ENTITY, "unreadable"),
        (
            "2036/notes",
            r#"{"note":"","public":false}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
        ),
    ] {
        let refused = say(&server, &ines, &format!("/api/staff/orders/{what}"), body).await;
        assert_eq!((refused.status, &refused.json()["code"]), (status, &code.into()), "{what}");
    }
}

#[tokio::test]
async fn notes_and_assignments_are_staffs_and_name_who_did_it() {
    let server = Server::start().await;
    let ines = bearer("ines", Role::Admin);
    let mut stream = server.watch("/api/events", &[("authorization", &ines)]).await;
    let mut snapshots = 0;
    stream.expect("ready").await;
    while snapshots < 11 {
        stream.expect("snapshot").await;
        snapshots += 1;
    }
    for (path, body) in &SAID[1..] {
        assert_eq!(say(&server, &ines, path, body).await.status, StatusCode::OK, "{path}");
    }
    let assigned = stream.expect("order.assigned").await;
    let note = stream.expect("order.note").await;
    assert_eq!((&assigned["assignee"], &note["note"]), (&"Ines Duarte".into(), &"x".into()));
    for event in [assigned, note] {
        assert_eq!(
            (&event["visibility"], &event["actor"]),
            (&"staff".into(), &"Ines Duarte".into())
        );
    }
}

#[tokio::test]
async fn who_looks_at_what_is_who_has_a_stream_of_it() {
    let server = Server::start().await;
    let (ines, milo) = (bearer("ines", Role::Admin), bearer("milo", Role::Admin));
    let headers = [("authorization", milo.as_str())];
    let presence = async || {
        let headers = [("authorization", ines.as_str())];
        server.get("/api/staff/presence", &headers).await.json()
    };
    assert_eq!(presence().await, serde_json::json!({ "board": [], "orders": {} }));
    let mut board = server.watch("/api/events", &headers).await;
    let mut order = server.watch("/api/orders/2036/events", &headers).await;
    // A second window of the same florist is not a second florist.
    let mut again = server.watch("/api/orders/2036/events", &headers).await;
    for stream in [&mut board, &mut order, &mut again] {
        stream.expect("ready").await;
    }
    let both = serde_json::json!({ "board": ["Milo Sato"], "orders": { "2036": ["Milo Sato"] } });
    assert_eq!(presence().await, both);
    drop((order, again));
    let gone = async { while presence().await["orders"] != serde_json::json!({}) {} };
    server::within(gone).await;
    assert_eq!(presence().await["board"], serde_json::json!(["Milo Sato"]));
}
