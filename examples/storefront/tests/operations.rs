//! Who may look after the shop: whoever knows the key, and nobody where there is none.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use http::Method;

use crate::server::{Server, within};

const SERVER: &str = env!("CARGO_BIN_EXE_storefront");

#[path = "../../tests/server.rs"]
#[allow(dead_code, reason = "the quickstarts ask for more")]
mod server;

/// The port for those who look after it, of a shop whose key is this.
async fn operations(key: Option<&str>) -> Server {
    let key = key.map(|key| ("OPERATIONS_KEY", key));
    let variables: Vec<_> = [("OPERATIONS_PORT", "0")].into_iter().chain(key).collect();
    let mut server = Server::start_with(&variables).await.unwrap();
    loop {
        let line = within(server.output.next_line()).await.unwrap().unwrap();
        if let Some(address) = line.strip_prefix("metrics on http://") {
            server.address = address.strip_suffix("/metrics").unwrap().parse().unwrap();
            return server;
        }
    }
}

/// How each route answers whoever sends this as the key.
async fn answers(server: &Server, key: Option<&str>) -> Vec<u16> {
    let headers: Vec<_> = key.map(|key| ("x-operations-key", key)).into_iter().collect();
    let mut answers = Vec::new();
    for (method, path) in [
        (Method::GET, "/admin/status"),
        (Method::GET, "/admin/watchers"),
        (Method::DELETE, "/admin/watchers/1"),
        (Method::DELETE, "/admin/principals/anna/watchers"),
        (Method::PUT, "/admin/drain"),
    ] {
        answers.push(server.ask(method, path, &headers, "").await.status.as_u16());
    }
    answers
}

#[tokio::test]
async fn a_key_of_nothing_opens_no_route_of_admins() {
    for none in [None, Some("")] {
        let server = operations(none).await;
        assert_eq!(server.get("/metrics", &[]).await.status, 200);
        assert_eq!(answers(&server, None).await, [401; 5], "{none:?}");
        for guess in ["", "x", "OPERATIONS_KEY"] {
            assert_eq!(answers(&server, Some(guess)).await, [403; 5], "{none:?}: {guess:?}");
        }
    }
}

#[tokio::test]
async fn whoever_knows_the_key_may_do_anything() {
    let server = operations(Some("k3y")).await;
    for guess in ["", "k3", "k3yy", "K3Y"] {
        assert_eq!(answers(&server, Some(guess)).await, [403; 5], "{guess:?}");
    }
    assert_eq!(answers(&server, Some("k3y")).await, [200, 200, 404, 200, 202]);
}
