//! Whose pages may read along: those on the list, and no other.

use http::{HeaderMap, Method};
use shop::{ORIGINS, Role};

use super::server::{Answer, Server, bearer};

const FOREIGN: [&str; 3] = ["https://evil.example", "null", "https://shop.example.evil.example"];

async fn preflight(server: &Server, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization,if-none-match,last-event-id"),
    ];
    server.ask(Method::OPTIONS, "/orders/42/events", &headers, "").await
}

async fn actual(server: &Server, origin: &str) -> Answer {
    let anna = bearer("anna", Role::Customer);
    let headers = [("origin", origin), ("authorization", &anna), ("accept", "application/json")];
    server.get("/orders/42/events", &headers).await
}

/// All values of a header, in lower case.
fn all(headers: &HeaderMap, name: &str) -> String {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    values.join(",").to_lowercase()
}

#[tokio::test]
async fn a_page_on_the_list_may_read_with_credentials() {
    let server = Server::start().await;
    for origin in ORIGINS {
        let asked = preflight(&server, origin).await;
        assert!(asked.status.is_success());
        for header in ["authorization", "content-type", "if-none-match", "last-event-id"] {
            assert!(all(&asked.headers, "access-control-allow-headers").contains(header));
        }
        for method in ["get", "post"] {
            assert!(all(&asked.headers, "access-control-allow-methods").contains(method));
        }
        let read = actual(&server, origin).await;
        assert!(read.status.is_success());
        for header in ["etag", "retry-after"] {
            assert!(all(&read.headers, "access-control-expose-headers").contains(header));
        }
        for answer in [asked, read] {
            assert_eq!(all(&answer.headers, "access-control-allow-origin"), origin);
            assert_eq!(all(&answer.headers, "access-control-allow-credentials"), "true");
        }
    }
}

#[tokio::test]
async fn a_page_that_is_not_on_the_list_may_not() {
    let server = Server::start().await;
    for origin in FOREIGN {
        for answer in [preflight(&server, origin).await, actual(&server, origin).await] {
            let allowed = answer.headers.get("access-control-allow-origin");
            assert_eq!(allowed, None, "{origin}");
        }
    }
}

#[tokio::test]
async fn a_cache_tells_forms_and_origins_apart() {
    let server = Server::start().await;
    let vary = all(&actual(&server, ORIGINS[0]).await.headers, "vary");
    assert!(vary.contains("accept") && vary.contains("origin"), "{vary}");
}
