//! What admins see and end, through both doors, apart from where readers come.

use actix_web::rt::System;
use actix_web::{App, HttpServer, web};
use axum::Router;
use http::request::Parts;
use order_events_core::{Denied, Grant, Hub, OrderId, Principal, Resume, Scope, Subscription};
use order_events_sse::server::{AdminAction, AdminDoor, admin_authorizer};
use order_events_wire_tests::{ORDER, Peer, Shop};
use serde_json::Value;
use std::net::SocketAddr;

/// By their name in a header: `ops` may do anything, `eyes` may look, `meter` at numbers alone, `oops`
/// panics.
async fn may((): (), caller: Parts, action: AdminAction) -> Result<Principal, Denied> {
    let name = caller.headers.get("x-admin").ok_or(Denied::Unauthenticated)?;
    match (name.as_bytes(), action) {
        (b"oops", _) => panic!("an authorizer panics"),
        (b"ops", _)
        | (b"eyes", AdminAction::SeeStatus | AdminAction::SeeWatchers)
        | (b"meter", AdminAction::SeeStatus) => Ok(Principal::new(name.to_str().unwrap()).unwrap()),
        _ => Err(Denied::Forbidden),
    }
}

/// Both doors to a hub, on servers of their own, as long as the process.
async fn doors(hub: &Hub) -> [SocketAddr; 2] {
    let door = AdminDoor::new(hub, admin_authorizer((), may));
    let router = Router::new().nest("/admin", order_events_axum::admin_routes(&door));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let axum = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        System::new().block_on(async {
            let app = move || {
                let routes = order_events_actix::admin_routes(&door);
                App::new().service(web::scope("/admin").configure(routes))
            };
            let server = HttpServer::new(app).workers(1).bind("127.0.0.1:0").unwrap();
            tell.send(server.addrs()[0]).unwrap();
            server.run().await
        })
    });
    [axum, told.recv().unwrap()]
}

struct Answer {
    status: u16,
    allow: Option<String>,
    json: Value,
}

async fn asked(door: SocketAddr, admin: &str, request: &str) -> Answer {
    let mut peer = Peer::connect(door).await;
    let (method, path) = request.split_once(' ').unwrap();
    let headers: &[_] = if admin.is_empty() { &[] } else { &[("x-admin", admin)] };
    peer.ask_by(method, &format!("/admin{path}"), headers).await;
    let head = peer.head().await;
    let allow = head.headers.get("allow").map(|allow| allow.to_str().unwrap().to_owned());
    let json = match head.status {
        204 => Value::Null,
        _ => serde_json::from_slice(&peer.body(&head).await).unwrap(),
    };
    Answer { status: head.status, allow, json }
}

async fn watching(hub: &Hub, principal: &str, scope: impl Into<Scope>) -> Subscription {
    let principal = Principal::new(principal).unwrap();
    hub.subscribe(Grant::new(principal, scope), Resume::Fresh).await.unwrap()
}

fn order() -> OrderId {
    OrderId::new(ORDER).unwrap()
}

#[tokio::test]
async fn nobody_is_let_in_without_the_authorizer() {
    let shop = Shop::open().await;
    let _anna = watching(&shop.hub, "anna", &order()).await;
    for door in doors(&shop.hub).await {
        for request in ["GET /status", "GET /watchers", "DELETE /watchers/1", "PUT /drain"] {
            assert_eq!(asked(door, "", request).await.status, 401, "{request}");
            assert_eq!(asked(door, "florist", request).await.status, 403, "{request}");
            assert_eq!(asked(door, "oops", request).await.status, 503, "{request}");
        }
        let revoke = "DELETE /principals/anna/watchers";
        assert_eq!(asked(door, "eyes", revoke).await.status, 403, "who may look may not end");
        assert_eq!(asked(door, "eyes", "GET /status").await.status, 200);
        assert_eq!(asked(door, "meter", "GET /status").await.status, 200);
        let names = asked(door, "meter", "GET /watchers").await.status;
        assert_eq!(names, 403, "who may see numbers may not see names");
    }
    assert_eq!(shop.streams(), 1, "nothing was done");
    assert!(!shop.hub.is_draining());
}

#[tokio::test]
async fn the_listing_shows_who_watches_what_and_how_far_behind() {
    let shop = Shop::open().await;
    let mut anna = watching(&shop.hub, "anna", &order()).await;
    let _ops = watching(&shop.hub, "ops@shop", Scope::Tenant).await;
    while !anna.is_live() {
        let _beginning = tokio::time::timeout(std::time::Duration::ZERO, anna.next()).await;
    }
    shop.remark("one").await;
    shop.remark("two").await;
    for door in doors(&shop.hub).await {
        let all = asked(door, "eyes", "GET /watchers").await.json;
        assert_eq!(all["watchers"].as_array().unwrap().len(), 2, "{all}");
        let hers = asked(door, "eyes", "GET /watchers?principal=anna").await.json;
        let [hers] = hers["watchers"].as_array().unwrap().as_slice() else { panic!("one: {hers}") };
        assert_eq!((&hers["order"], &hers["audience"]), (&ORDER.into(), &"public".into()));
        assert_eq!(hers["behind"], 2);
        assert_eq!(hers["tenant"], "default");
        let tenant = asked(door, "eyes", "GET /watchers?principal=ops%40shop").await.json;
        assert_eq!(tenant["watchers"][0].get("order"), None, "{tenant}");

        let first = asked(door, "eyes", "GET /watchers?limit=1").await.json;
        let next = first["next"].as_str().unwrap();
        let second = asked(door, "eyes", &format!("GET /watchers?limit=1&after={next}")).await.json;
        assert_ne!(first["watchers"][0]["id"], second["watchers"][0]["id"]);
        assert_eq!(second.get("next"), None, "{second}");
        assert_eq!(
            asked(door, "eyes", "GET /watchers?order=other").await.json["watchers"],
            Value::Array(vec![])
        );

        let status = asked(door, "eyes", "GET /status").await.json;
        assert_eq!(status["subscriptions"]["all"], 2);
        assert_eq!(status["subscriptions"]["ofTenants"], 1);
        assert_eq!(status["behind"]["most"], 2, "{status}");
        // Who was not given its beginning is catching up.
        assert_eq!(status["behind"]["streams"], 2, "{status}");
        assert_eq!(status["behind"]["catchingUp"], 1, "{status}");
        assert_eq!(tenant["watchers"][0]["behind"], Value::Null, "{tenant}");
        assert_eq!(status["limits"]["perPrincipal"], shop.hub.config().max_per_principal);
    }
}

#[tokio::test]
async fn a_stream_is_closed_and_a_principal_revoked() {
    let shop = Shop::open().await;
    for door in doors(&shop.hub).await {
        let mut anna = watching(&shop.hub, "anna", &order()).await;
        let mut twice = [
            watching(&shop.hub, "ben", &order()).await,
            watching(&shop.hub, "ben", Scope::Tenant).await,
        ];
        let hers = asked(door, "ops", "GET /watchers?principal=anna").await.json;
        let id = hers["watchers"][0]["id"].as_str().unwrap();
        let close = format!("DELETE /watchers/{id}");
        assert_eq!(asked(door, "ops", &close).await.status, 204);
        let again = asked(door, "ops", "GET /watchers?principal=anna").await.json;
        assert_eq!(again["watchers"][0]["ending"], "revoked", "it has yet to look: {again}");
        assert_eq!(asked(door, "ops", &close).await.status, 204, "it is still there");
        // A number alone, or of another process, is nobody's.
        let number = id.split_once('-').unwrap().1;
        let other = format!("DELETE /watchers/0123456789abcdef-{number}");
        assert_eq!(asked(door, "ops", &other).await.status, 404);
        assert_eq!(asked(door, "ops", &format!("DELETE /watchers/{number}")).await.status, 404);
        while anna.next().await.is_some() {}
        assert_eq!(asked(door, "ops", &close).await.status, 404, "it is closed");
        let revoked = asked(door, "ops", "DELETE /principals/ben/watchers").await;
        assert_eq!((revoked.status, &revoked.json["ended"]), (200, &2.into()));
        for stream in &mut twice {
            while stream.next().await.is_some() {}
        }
        assert_eq!(shop.streams(), 0);
    }
}

#[tokio::test]
async fn a_drained_node_takes_no_more() {
    for place in 0..2 {
        let shop = Shop::open().await;
        let door = doors(&shop.hub).await[place];
        let mut anna = watching(&shop.hub, "anna", &order()).await;
        let drained = asked(door, "ops", "PUT /drain").await;
        assert_eq!((drained.status, &drained.json["told"]), (202, &1.into()));
        while anna.next().await.is_some() {}
        assert_eq!(asked(door, "ops", "GET /status").await.json["isDraining"], true);
        assert_eq!(
            asked(door, "ops", "PUT /drain").await.json["told"],
            0,
            "once more does no harm"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_meant_changes_nothing() {
    let shop = Shop::open().await;
    let _anna = watching(&shop.hub, "anna", &order()).await;
    for door in doors(&shop.hub).await {
        for (request, allow) in [
            ("POST /drain", "PUT"),
            ("GET /drain", "PUT"),
            ("POST /watchers", "GET, HEAD"),
            ("POST /watchers/1", "DELETE"),
            ("GET /principals/anna/watchers", "DELETE"),
        ] {
            let answer = asked(door, "ops", request).await;
            assert_eq!((answer.status, answer.allow.as_deref()), (405, Some(allow)), "{request}");
        }
        for request in [
            "DELETE /watchers/x",
            "DELETE /watchers/-1",
            "DELETE /watchers/99999999999999999999999",
            "DELETE /principals/%00/watchers",
            "DELETE /principals/%FF/watchers",
        ] {
            assert_eq!(asked(door, "ops", request).await.status, 404, "{request}");
        }
        assert_eq!(asked(door, "ops", "GET /watchers?after=7").await.status, 400);
        let nobody = asked(door, "ops", "DELETE /principals/nobody/watchers").await;
        assert_eq!(nobody.json["ended"], 0);
    }
    assert_eq!(shop.streams(), 1);
}

#[tokio::test]
async fn a_parameter_that_cannot_be_meant_is_refused_by_its_name() {
    let shop = Shop::open().await;
    let _anna = watching(&shop.hub, "anna", &order()).await;
    let long = "x".repeat(2_000);
    for door in doors(&shop.hub).await {
        for (query, words) in [
            ("pricipal=anna", &["\"pricipal\"", "expected tenant, principal, order"][..]),
            ("Principal=anna", &["\"Principal\"", "not known"]),
            ("principal=", &["\"principal\"", "\"\"", "must not be empty"]),
            ("tenant=%00", &["\"tenant\"", "\"\\0\"", "control characters"]),
            ("principal=anna&principal=ben", &["\"principal\"", "\"ben\"", "once"]),
            ("order=1&customer=2", &["\"customer\"", "\"2\"", "not both"]),
            ("limit=all", &["\"limit\"", "\"all\"", "1 to 1000"]),
            ("limit=0", &["\"limit\"", "\"0\"", "1 to 1000"]),
            ("limit=1001", &["\"limit\"", "\"1001\"", "1 to 1000"]),
            ("after=7", &["\"after\"", "\"7\"", "`next`"]),
            (&format!("order={long}"), &["\"order\"", "x…\"", "at most 128 bytes, has 2000"]),
            (&format!("{long}=1"), &["x…\"", "not known"]),
            ("a%1B%5B2J%0A%E2%80%AE%FF=1", &["\"a\\u{1b}[2J\\n\\u{202e}\u{fffd}\""]),
        ] {
            let answer = asked(door, "eyes", &format!("GET /watchers?{query}")).await;
            let shown = &answer.json;
            assert_eq!((answer.status, &shown["code"]), (400, &"bad-parameter".into()), "{query}");
            assert_eq!((&shown["status"], &shown["title"]), (&400.into(), &"Bad Request".into()));
            let detail = shown["detail"].as_str().unwrap();
            assert!(words.iter().all(|word| detail.contains(word)), "{query}: {detail}");
            assert!(detail.len() < 250, "{query}: {detail}");
        }
        // Whoever may not look is not told what could be asked.
        assert_eq!(asked(door, "florist", "GET /watchers?pricipal=anna").await.status, 403);
        // What would be done for all was perhaps meant for some.
        for request in [
            "GET /status?tenant=default",
            "PUT /drain?tenant=other",
            "DELETE /principals/anna/watchers?order=2",
        ] {
            let answer = asked(door, "ops", request).await;
            assert_eq!((answer.status, &answer.json["code"]), (400, &"bad-parameter".into()));
        }
    }
    assert_eq!(shop.streams(), 1, "nothing was done");
    assert!(!shop.hub.is_draining());
}
