//! What the shop's own system sends: believed where it is signed, and counted once.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use shop::Role;
use tokio::process::Command;

use crate::server::{Answer, Server, bearer, within};

const SERVER: &str = env!("CARGO_BIN_EXE_ops-board");

#[path = "../../tests/server.rs"]
#[allow(dead_code, reason = "the quickstarts ask for more")]
mod server;

/// What signs where nobody chose a secret.
const KEY: &[u8] = b"for trying out, and known to everybody";

/// Of how many orders it is kept what they are of.
const MOST_TICKETS: usize = 1000;

fn order(id: &str) -> Value {
    json!({
        "orderId": id,
        "recipient": "Nina Park",
        "items": [{ "name": "Ranunculus bouquet", "count": 1 }],
        "due": "2030-01-01T12:00:00.000Z",
        "campaign": "what we do not know is the shop's business",
    })
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

fn signature(key: &[u8], delivery: &str, sent: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{delivery}.{sent}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

async fn send(server: &Server, delivery: &str, body: &str) -> Answer {
    send_at(server, now(), delivery, body).await
}

async fn send_at(server: &Server, sent: i64, delivery: &str, body: &str) -> Answer {
    let sent = sent.to_string();
    let signature = signature(KEY, delivery, &sent, body);
    post(
        server,
        &[
            ("webhook-id", delivery),
            ("webhook-timestamp", &sent),
            ("webhook-signature", &signature),
        ],
        body,
    )
    .await
}

async fn post(server: &Server, headers: &[(&str, &str)], body: &str) -> Answer {
    server.ask(Method::POST, "/hooks/orders", headers, body).await
}

/// What the board knows of an order: how it stands, and what it is of.
async fn known(server: &Server, id: &str) -> (Answer, Option<Value>) {
    let florist = bearer("ines", Role::Admin);
    let headers = [("authorization", florist.as_str())];
    let stands = server.get(&format!("/api/orders/{id}"), &headers).await;
    let tickets = server.get("/api/staff/tickets", &headers).await.json();
    let ticket = tickets.as_array().unwrap().iter().find(|ticket| ticket["orderId"] == id);
    (stands, ticket.cloned())
}

#[tokio::test]
async fn an_order_that_is_sent_again_is_there_once() {
    let server = Server::start().await;
    let body = order("3001").to_string();
    let first = send(&server, "msg_1", &body).await;
    assert_eq!((first.status, &first.json()["outcome"]), (StatusCode::OK, &"applied".into()));
    let florist = bearer("ines", Role::Admin);
    let mut stream = server.watch("/api/orders/3001/events", &[("authorization", &florist)]).await;
    stream.expect("ready").await;
    assert_eq!(stream.expect("snapshot").await["timeline"][0]["data"]["actor"], "Web shop");

    // Later, when it has moved on; by the same bytes, or signed anew.
    let moved = r#"{"status":"PROCESSING"}"#;
    let headers = [("authorization", florist.as_str()), ("content-type", "application/json")];
    server.ask(Method::POST, "/api/staff/orders/3001/status", &headers, moved).await;
    for sent in [now(), now() - 60] {
        let again = send_at(&server, sent, "msg_1", &body).await;
        assert_eq!((again.status, &again.json()["outcome"]), (StatusCode::OK, &"duplicate".into()));
        assert_eq!(again.json()["cursor"], first.json()["cursor"]);
    }
    stream.expect("order.status").await;
    let (stands, ticket) = known(&server, "3001").await;
    assert_eq!((stands.status, &stands.json()["version"]), (StatusCode::OK, &2.into()));
    assert_eq!(ticket.unwrap()["recipient"], "Nina Park");
}

#[tokio::test]
async fn what_the_shop_did_not_sign_is_refused_as_the_routes_refuse() {
    let server = Server::start().await;
    let body = order("3001").to_string();
    let sent = now().to_string();
    let good = signature(KEY, "msg_1", &sent, &body);
    let forged = signature(b"a guess", "msg_1", &sent, &body);
    let headers = |id, sent, signature| {
        [("webhook-id", id), ("webhook-timestamp", sent), ("webhook-signature", signature)]
    };
    let first = server.get("/api/orders", &[]).await.comparable();
    assert_eq!(first.0, StatusCode::UNAUTHORIZED);
    let changed = body.replace("Nina", "Eve");
    let complete = headers("msg_1", &sent, &good);
    for (headers, body) in [
        (&headers("msg_1", &sent, &forged)[..], &body),
        (&headers("msg_2", &sent, &good), &body),
        (&headers("msg_1", "1", &good), &body),
        (&headers("msg_1", &sent, ""), &body),
        (&complete, &changed),
        (&complete[1..], &body),
        (&complete[..2], &body),
        (&[], &body),
    ] {
        assert_eq!(post(&server, headers, body).await.comparable(), first, "{headers:?}");
    }
    let (stands, ticket) = known(&server, "3001").await;
    assert_eq!((stands.status, ticket), (StatusCode::NOT_FOUND, None));
    assert_eq!(post(&server, &complete, &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_was_signed_long_ago_is_refused() {
    let server = Server::start().await;
    for sent in [now() - 600, now() + 600] {
        let refused = send_at(&server, sent, "msg_1", &order("3001").to_string()).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        assert_eq!(refused.json()["code"], "expired");
    }
    assert_eq!(known(&server, "3001").await.0.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_no_order_is_refused_by_its_field() {
    let server = Server::start().await;
    let with = |field: &str, value: Value| {
        let mut order = order("3001");
        order[field] = value;
        order.to_string()
    };
    let item = |name: &str, count: u32| json!([{ "name": name, "count": count }]);
    let unreadable = (StatusCode::BAD_REQUEST, "unreadable");
    let invalid = (StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    for (body, (status, code), says) in [
        ("nonsense".to_owned(), unreadable, "expected"),
        ("{}".to_owned(), unreadable, "missing field `orderId`"),
        (with("due", json!("tomorrow")), unreadable, "RFC 3339"),
        (with("orderId", json!("")), invalid, "order: must not be empty"),
        (with("recipient", json!(" ")), invalid, "recipient: must not be empty"),
        (with("recipient", json!("x".repeat(121))), invalid, "at most 120 bytes, has 121"),
        (with("message", json!("x".repeat(401))), invalid, "message: may have at most 400"),
        (with("items", json!([])), invalid, "items: "),
        (with("items", json!(vec![item("x", 1)[0].clone(); 21])), invalid, "21"),
        (with("items", item("", 1)), invalid, "items.name: must not be empty"),
        (with("items", item("x", 0)), invalid, "items.count: "),
    ] {
        let refused = send(&server, "msg_1", &body).await;
        assert_eq!((refused.status, &refused.json()["code"]), (status, &code.into()), "{body}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(says), "{detail} of {body}");
    }
    let id = "x".repeat(200);
    let refused = send(&server, &id, &order("3001").to_string()).await;
    assert_eq!((refused.status, &refused.json()["code"]), (invalid.0, &invalid.1.into()));
    assert_eq!(known(&server, "3001").await.0.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let server = Server::start().await;
    let refused = send(&server, "msg_1", &"x".repeat(16 * 1024 + 1)).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn another_delivery_changes_no_order_that_is_there() {
    let server = Server::start().await;
    let theirs = order("2036").to_string();
    let before = known(&server, "2036").await;
    let refused = send(&server, "msg_1", &theirs).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (StatusCode::CONFLICT, &"conflict".into())
    );
    let after = known(&server, "2036").await;
    assert_eq!((after.0.json(), after.1), (before.0.json(), before.1));
    // And an id that was used says nothing else.
    send(&server, "msg_2", &order("3001").to_string()).await;
    let reused = send(&server, "msg_2", &order("3002").to_string()).await;
    assert_eq!(
        (reused.status, &reused.json()["code"]),
        (StatusCode::CONFLICT, &"key-reused".into())
    );
    let (stands, ticket) = known(&server, "3002").await;
    assert_eq!((stands.status, ticket), (StatusCode::NOT_FOUND, None));
}

#[tokio::test]
async fn what_florists_say_and_what_the_shop_sends_share_no_keys() {
    let server = Server::start().await;
    let florist = bearer("ines", Role::Admin);
    let headers = [("authorization", florist.as_str()), ("content-type", "application/json")];
    let note = r#"{"note":"x","public":false,"key":"webhook msg_1"}"#;
    let said = server.ask(Method::POST, "/api/staff/orders/2036/notes", &headers, note).await;
    assert_eq!(said.status, StatusCode::OK);
    let sent = send(&server, "msg_1", &order("3001").to_string()).await;
    assert_eq!((sent.status, &sent.json()["outcome"]), (StatusCode::OK, &"applied".into()));
}

#[tokio::test]
async fn tickets_are_kept_of_the_latest_and_come_back_with_their_delivery() {
    let server = Server::start().await;
    let florist = bearer("ines", Role::Admin);
    for number in 0..=MOST_TICKETS {
        let body = order(&number.to_string()).to_string();
        let sent = send(&server, &format!("msg_{number}"), &body).await;
        assert_eq!(sent.status, StatusCode::OK);
    }
    let headers = [("authorization", florist.as_str())];
    let tickets = server.get("/api/staff/tickets", &headers).await.json();
    assert_eq!(tickets.as_array().unwrap().len(), MOST_TICKETS);
    assert_eq!(known(&server, "0").await.1, None);
    let again = send(&server, "msg_0", &order("0").to_string()).await;
    assert_eq!(again.json()["outcome"], "duplicate");
    assert!(known(&server, "0").await.1.is_some());
}

#[tokio::test]
async fn a_secret_of_the_operators_own_is_not_printed() {
    let known = Server::start().await.said().await;
    assert!(known.contains(&format!("export WEBHOOK_SECRET=whsec_{}\n", STANDARD.encode(KEY))));
    let own = format!("whsec_{}", STANDARD.encode("a key that is nobody else's business"));
    let server = Server::start_with(&[("WEBHOOK_SECRET", &own)]).await.unwrap();
    let said = server.said().await;
    assert!(said.contains("webhook-signature") && !said.contains(&own[6..]), "{said}");
}

/// The arguments of programs can be read by everybody on the machine, as `ps` shows.
#[tokio::test]
async fn the_script_for_trying_it_out_gives_its_key_to_no_program_as_an_argument() {
    let server = Server::start().await;
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("send-order-tools");
    fs::create_dir_all(&tools).unwrap();
    let told = tools.join("told");
    fs::write(&told, "").unwrap();
    // It finds these programs and no others, and each says what it is given.
    for name in ["bash", "curl", "date", "od", "openssl", "python3", "tr"] {
        let tool = tools.join(name);
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >>'{}'\nPATH=/usr/local/bin:/usr/bin:/bin\nexec {name} \"$@\"\n",
            told.display()
        );
        fs::write(&tool, script).unwrap();
        fs::set_permissions(&tool, Permissions::from_mode(0o755)).unwrap();
    }
    let mut script = Command::new("/bin/bash");
    script.args([concat!(env!("CARGO_MANIFEST_DIR"), "/send-order"), "3001", "msg_1"]);
    script.env("BOARD", format!("http://{}", server.address)).env("PATH", &tools);
    script.env_remove("WEBHOOK_SECRET");
    let said = within(script.output()).await.unwrap();
    assert!(
        said.status.success() && said.stdout.starts_with(br#"{"outcome":"applied""#),
        "{said:?}"
    );
    let told = fs::read_to_string(told).unwrap();
    assert!(told.contains("webhook-signature: v1,"), "{told}");
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    for key in [STANDARD.encode(KEY), hex, String::from_utf8(KEY.to_vec()).unwrap()] {
        assert!(!told.contains(&key), "{told}");
    }
}

#[tokio::test]
async fn the_script_for_trying_it_out_is_believed() {
    let server = Server::start().await;
    let script = async |order: &str, delivery: &str| {
        let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/send-order"));
        script.args([order, delivery]).env("BOARD", format!("http://{}", server.address));
        script.env_remove("WEBHOOK_SECRET");
        let said = within(script.output()).await.unwrap();
        assert!(said.status.success(), "{said:?}");
        serde_json::from_slice::<Value>(&said.stdout).unwrap()["outcome"].clone()
    };
    assert_eq!(script("3001", "msg_1").await, "applied");
    assert_eq!(script("3001", "msg_1").await, "duplicate");
    let (stands, ticket) = known(&server, "3001").await;
    assert_eq!((stands.status, ticket.is_some()), (StatusCode::OK, true));
}
