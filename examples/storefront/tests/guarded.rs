//! Who may do what: customers neither move orders nor see those of others, nor the panel.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use http::StatusCode;
use shop::Role;

use crate::pages::{cookie, say};
use crate::server::{Server, bearer};

const SERVER: &str = env!("CARGO_BIN_EXE_storefront");

#[path = "../../tests/pages.rs"]
mod pages;
#[path = "../../tests/server.rs"]
#[allow(dead_code, reason = "the quickstarts ask for more")]
mod server;

const WATCHES: (&str, &str) = ("anna", "/api/customers/anna/events");
const STAFF: &str = "sam";
const SAYS: (&str, &str) = ("/api/staff/orders/1046/status", r#"{"status":"SHIPPED"}"#);
const PATHS: [&str; 5] = ["/sign-in", "/staff", "/assets/staff.js", "/api/events", "/nowhere"];

/// Anna's, and Ben's.
const HERS: &str = "1046";
const HIS: &str = "1047";

fn staffs_ways(order: &str) -> [(String, &'static str); 3] {
    [
        (format!("/api/staff/orders/{order}/status"), r#"{"status":"SHIPPED"}"#),
        (format!("/api/staff/orders/{order}/notes"), r#"{"note":"x","public":true}"#),
        (format!("/api/staff/orders/{order}/tracking"), r#"{"carrier":"dhl","number":"1"}"#),
    ]
}

#[tokio::test]
async fn customers_move_no_orders() {
    let server = Server::start().await;
    let (anna, sam) = (bearer("anna", Role::Customer), bearer("sam", Role::Admin));
    let mut stream = server.watch("/api/orders/1046/events", &[("authorization", &anna)]).await;
    stream.expect("ready").await;
    let before = stream.expect("snapshot").await;
    for (path, body) in staffs_ways(HERS).into_iter().chain(staffs_ways(HIS)) {
        assert_eq!(say(&server, &anna, &path, body).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(say(&server, "nobody", &path, body).await.status, StatusCode::UNAUTHORIZED);
    }
    // Next on her stream is what staff say.
    let [(path, body), ..] = staffs_ways(HERS);
    assert_eq!(say(&server, &sam, &path, body).await.status, StatusCode::OK);
    let told = stream.expect("order.status").await;
    assert_eq!(told["version"], before["version"].as_u64().unwrap() + 1);
}

#[tokio::test]
async fn customers_see_nothing_of_others() {
    let server = Server::start().await;
    let anna = bearer("anna", Role::Customer);
    let headers = [("authorization", anna.as_str()), ("accept", "application/json")];
    for path in ["/api/orders/1047", "/api/orders/1047/events", "/api/customers/ben/events"] {
        let foreign = server.get(path, &headers).await.comparable();
        let absent = path.replace("1047", "9999").replace("ben", "nobody");
        assert_eq!(foreign, server.get(&absent, &headers).await.comparable(), "{path}");
        assert_eq!(foreign.0, StatusCode::NOT_FOUND);
    }
    for path in ["/api/events", "/api/orders"] {
        assert_eq!(server.get(path, &headers).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let purchases = server.get("/api/purchases", &headers).await.json();
    let names: Vec<_> =
        purchases.as_array().unwrap().iter().map(|bought| &bought["customerName"]).collect();
    assert!(!names.is_empty() && names.iter().all(|name| *name == "Anna Berg"), "{names:?}");
}

#[tokio::test]
async fn an_admin_who_does_not_work_here_is_nobody_here() {
    let server = Server::start().await;
    let (eve, anna) = (bearer("eve", Role::Admin), bearer("anna", Role::Admin));
    for who in [&eve, &anna] {
        for (path, body) in staffs_ways(HERS) {
            assert_eq!(say(&server, who, &path, body).await.status, StatusCode::FORBIDDEN);
        }
        let headers = [("authorization", who.as_str()), ("accept", "application/json")];
        for path in ["/api/events", "/api/orders/1046", "/api/purchases", "/api/staff/panel"] {
            assert_eq!(server.get(path, &headers).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}

#[tokio::test]
async fn what_was_not_seen_is_not_moved() {
    let server = Server::start().await;
    let (sam, rita) = (bearer("sam", Role::Admin), bearer("rita", Role::Admin));
    let headers = [("authorization", sam.as_str())];
    let seen = server.get("/api/orders/1046", &headers).await.json()["version"].clone();
    let note = r#"{"note":"Wait.","public":false}"#;
    say(&server, &rita, "/api/staff/orders/1046/notes", note).await;
    let path = "/api/staff/orders/1046/status";
    let stale = format!(r#"{{"status":"SHIPPED","version":{seen}}}"#);
    let refused = say(&server, &sam, path, &stale).await;
    let conflict = (StatusCode::CONFLICT, &"conflict".into());
    assert_eq!((refused.status, &refused.json()["code"]), conflict);
}

#[tokio::test]
async fn the_panel_and_the_desk_are_for_staff() {
    let server = Server::start().await;
    let (anna, sam) = (bearer("anna", Role::Customer), bearer("sam", Role::Admin));
    for path in ["/api/staff/panel", "/api/staff/carriers"] {
        let [hers, nobodys, staffs] = [Some(&anna), None, Some(&sam)]
            .map(|who| who.map(|who| ("authorization", who.as_str())));
        assert_eq!(server.get(path, hers.as_slice()).await.status, StatusCode::FORBIDDEN);
        assert_eq!(server.get(path, nobodys.as_slice()).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(server.get(path, staffs.as_slice()).await.status, StatusCode::OK);
    }
    for (user, path, leads) in [
        ("anna", "/staff", "/"),
        ("anna", "/", "/orders"),
        ("sam", "/orders/1046", "/"),
        ("sam", "/", "/staff"),
    ] {
        let cookie = cookie(&server, user).await;
        let answer = server.get(path, &[("cookie", &cookie)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{user} at {path}");
        assert_eq!(answer.headers["location"], leads, "{user} at {path}");
    }
    for path in ["/orders", "/orders/1046", "/staff"] {
        assert_eq!(server.get(path, &[]).await.headers["location"], "/", "{path}");
    }
    assert_eq!(server.get("/", &[]).await.headers["location"], "/sign-in");
}

#[tokio::test]
async fn the_panel_says_who_watches_and_how_long_publishing_took() {
    let server = Server::start().await;
    let (anna, sam) = (bearer("anna", Role::Customer), bearer("sam", Role::Admin));
    let sams = [("authorization", sam.as_str())];
    let before = server.get("/api/staff/panel", &sams).await.json();
    assert_eq!((&before["connections"], &before["publishing"]["count"]), (&0.into(), &0.into()));
    let mut stream = server.watch("/api/orders/1046/events", &[("authorization", &anna)]).await;
    stream.expect("ready").await;
    stream.expect("snapshot").await;
    let [(path, body), ..] = staffs_ways(HERS);
    say(&server, &sam, &path, body).await;
    stream.expect("order.status").await;
    let panel = server.get("/api/staff/panel", &sams).await.json();
    assert_eq!((&panel["connections"], &panel["publishing"]["count"]), (&1.into(), &1.into()));
    assert_eq!(panel["lag"]["most"], 0);
    assert_eq!(panel["began"]["fresh"], 1);
    let watcher = &panel["watchers"][0];
    assert_eq!((&watcher["who"], &watcher["what"]), (&"Anna Berg".into(), &"order 1046".into()));
}

#[tokio::test]
async fn a_refused_move_says_why() {
    let server = Server::start().await;
    let sam = bearer("sam", Role::Admin);
    let path = "/api/staff/orders/1046/status";
    let illegal = say(&server, &sam, path, r#"{"status":"PENDING"}"#).await;
    assert_eq!(
        (illegal.status, &illegal.json()["code"]),
        (StatusCode::CONFLICT, &"illegal-transition".into())
    );
    let silent = say(&server, &sam, path, r#"{"status":"REFUNDED"}"#).await.json();
    assert_eq!(silent["code"], "rejected");
    assert!(silent["detail"].as_str().unwrap().contains("needs a note"), "{silent}");
    let told = say(&server, &sam, path, r#"{"status":"REFUNDED","note":"it broke"}"#).await;
    assert_eq!(told.status, StatusCode::OK);
    let absent = say(&server, &sam, "/api/staff/orders/9999/status", r#"{"status":"SHIPPED"}"#);
    assert_eq!(absent.await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_order_is_followed_before_it_is_there_and_by_nobody_else() {
    let server = Server::start().await;
    let (anna, ben) = (bearer("anna", Role::Customer), bearer("ben", Role::Customer));
    let placed = say(&server, &anna, "/api/orders", r#"{"good":"mug"}"#).await;
    assert_eq!(placed.status, StatusCode::ACCEPTED);
    let order = placed.json()["orderId"].as_str().unwrap().to_owned();
    let events = format!("/api/orders/{order}/events");
    let mut stream = server.watch(&events, &[("authorization", &anna)]).await;
    let his = server.get(&events, &[("authorization", &ben)]).await;
    assert_eq!(his.status, StatusCode::NOT_FOUND);
    stream.expect("ready").await;
    assert_eq!(stream.expect("order.created").await["orderId"], order.as_str());
    // Then it is known by the log, as others are.
    let read = server.get(&format!("/api/orders/{order}"), &[("authorization", &anna)]).await;
    assert_eq!(read.json()["status"], "PENDING");

    let nothing = say(&server, &anna, "/api/orders", r#"{"good":"yacht"}"#).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    let sam = bearer("sam", Role::Admin);
    let staffs = say(&server, &sam, "/api/orders", r#"{"good":"mug"}"#).await;
    assert_eq!(staffs.status, StatusCode::FORBIDDEN);
}
