//! What any shop with pages is held to, over real sockets. `tests/guarded.rs` of each says who is
//! who there, and includes this.

use std::path::Path;

use http::{Method, StatusCode};

use crate::server::{Answer, Server, within};
use crate::{PATHS, SAYS, STAFF, WATCHES};

/// Somebody says something of an order, in JSON.
pub(crate) async fn say(server: &Server, who: &str, path: &str, body: &str) -> Answer {
    let headers = [("authorization", who), ("content-type", "application/json")];
    server.ask(Method::POST, path, &headers, body).await
}

/// The cookie that signing in gives.
pub(crate) async fn cookie(server: &Server, user: &str) -> String {
    let answer = form(server, "/session", &[], &format!("user={user}")).await;
    assert_eq!(
        (answer.status, &answer.headers["location"]),
        (StatusCode::SEE_OTHER, &"/".parse().unwrap())
    );
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

async fn form(server: &Server, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    server.ask(Method::POST, path, &[&[kind], headers].concat(), body).await
}

#[tokio::test]
async fn who_has_no_account_is_not_signed_in() {
    let server = Server::start().await;
    let answer = form(&server, "/session", &[], "user=nobody").await;
    assert_eq!(answer.headers["location"], "/sign-in");
    assert_eq!(answer.headers.get("set-cookie"), None);
    let answer = form(&server, "/session", &[], "nonsense").await;
    assert!(answer.status.is_client_error(), "{answer:?}");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_streams() {
    let server = Server::start().await;
    let (user, path) = WATCHES;
    let cookie = cookie(&server, user).await;
    let headers = [("cookie", cookie.as_str())];
    let mut stream = server.watch(path, &headers).await;
    stream.expect("ready").await;
    let answer = form(&server, "/session/end", &headers, "").await;
    assert_eq!(answer.headers["location"], "/sign-in");
    assert!(answer.headers["set-cookie"].to_str().unwrap().starts_with("session=; "));
    let ended = async {
        loop {
            let told = stream.next().await.unwrap();
            if &*told.event == "end" {
                return told.data;
            }
        }
    };
    assert!(within(ended).await.contains("revoked"));
}

#[tokio::test]
async fn a_page_that_was_made_for_somebody_else_says_and_sees_nothing() {
    let server = Server::start().await;
    let cookie = cookie(&server, STAFF).await;
    let ((says, body), (_, watches)) = (SAYS, WATCHES);
    for (of, expected) in [("somebody-else", StatusCode::UNAUTHORIZED), (STAFF, StatusCode::OK)] {
        let headers = [
            ("cookie", cookie.as_str()),
            ("x-page-of", of),
            ("content-type", "application/json"),
            ("accept", "application/json"),
        ];
        let said = server.ask(Method::POST, says, &headers, body).await;
        assert_eq!(said.status, expected, "{of}");
        assert_eq!(server.get(watches, &headers).await.status, expected, "{of}");
    }
}

#[tokio::test]
async fn with_an_empty_secret_there_is_no_shop() {
    for secret in ["", " "] {
        assert!(Server::start_with(&[("SHOP_SECRET", secret)]).await.is_none(), "{secret:?}");
    }
}

#[tokio::test]
async fn pages_of_others_change_nothing_and_ours_run_nothing_inline() {
    let server = Server::start().await;
    let staffs = cookie(&server, STAFF).await;
    let (path, body) = SAYS;
    for (origin, expected) in [
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        ("http://shop.example", StatusCode::OK),
    ] {
        let headers =
            [("cookie", staffs.as_str()), ("origin", origin), ("content-type", "application/json")];
        let answer = server.ask(Method::POST, path, &headers, body).await;
        assert_eq!(answer.status, expected, "{origin}");
    }
    let evil = ("origin", "https://evil.example");
    let foreign = form(&server, "/session", &[evil], &format!("user={STAFF}")).await;
    assert_eq!((foreign.status, foreign.headers.get("set-cookie")), (StatusCode::FORBIDDEN, None));
    for path in PATHS {
        let answer = server
            .get(path, &[("cookie", &staffs), ("accept", "text/html, application/json")])
            .await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(!answer.body.contains("style=") && !answer.body.contains("onclick="), "{path}");
        assert!(!answer.body.contains(['{', '}']) || !answer.body.contains("<html"), "{path}");
    }
}

#[tokio::test]
async fn every_file_that_a_page_may_load_is_served_and_nothing_else_is() {
    let server = Server::start().await;
    let example = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (directory, prefix) in
        [("web", ""), ("../shop/web", ""), ("../../order-events-js/src", "order-events-js/src/")]
    {
        for file in example.join(directory).read_dir().unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            let kind = match name.rsplit('.').next().unwrap() {
                "css" => "text/css",
                "js" => "text/javascript",
                "svg" => "image/svg+xml",
                // Parts of pages are no files of their own.
                _ => "",
            };
            let answer = server.get(&format!("/assets/{prefix}{name}"), &[]).await;
            if kind.is_empty() {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
            } else {
                assert_eq!(answer.status, StatusCode::OK, "{name}");
                assert!(answer.headers["content-type"].to_str().unwrap().starts_with(kind));
            }
        }
    }
    for path in ["", "../Cargo.toml", "%2e%2e/Cargo.toml", "order-events-js/package.json"] {
        let answer = server.get(&format!("/assets/{path}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}
