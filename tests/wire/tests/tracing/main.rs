//! What is told to a subscriber of `tracing`: who and what, and never what somebody wrote or what
//! proves who they are.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod documented;
mod told;
mod trail;

use std::io;
use std::sync::{Arc, Mutex};

use http::{HeaderValue, Request};
use order_events_core::{
    Applied, Denied, Grant, Hub, IdempotencyKey, OrderId, OrderStatus, Principal, Proposed, Resume,
    Scope, Update, authorizer,
};
use order_events_sse::server::{
    AdminAction, AdminDoor, AdminRoute, Door, Parts, Route, admin_authorizer,
};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Everything that was told on this thread.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn listen(&self) -> DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The line that says all of this.
    fn assert_line(&self, words: &[&str]) {
        let text = self.text();
        let is_said = text.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(is_said, "no line says {words:?}:\n{text}");
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const SECRET: &str = "s3cr3t";

fn order() -> OrderId {
    OrderId::new("order-42").unwrap()
}

fn grant() -> Grant {
    Grant::new(Principal::new("anna").unwrap(), &order())
}

#[tokio::test]
async fn what_happens_is_told_with_its_ids() {
    let told = Written::default();
    let _listening = told.listen();
    let hub = Hub::builder().configure(|config| config.max_per_principal = 1).build();
    hub.publish(Update::create(order())).await.unwrap();
    hub.publish(Update::status(order(), OrderStatus::Delivered)).await.unwrap_err();
    let mut watching = hub.subscribe(grant(), Resume::Malformed).await.unwrap();
    hub.subscribe(grant(), Resume::Fresh).await.expect_err("there is one");
    hub.revoke(&Principal::new("anna").unwrap()).await.unwrap();
    while watching.next().await.is_some() {}

    told.assert_line(&[
        "DEBUG",
        "publish{",
        "tenant=default",
        "order=order-42",
        "outcome=\"applied\"",
        "version=1",
    ]);
    told.assert_line(&["DEBUG", "not published", "outcome=\"illegal-transition\""]);
    told.assert_line(&[
        "INFO",
        "subscribed",
        "scope=order order-42",
        "principal=\"anna\"",
        "outcome=\"reset\"",
        "reason=\"malformed\"",
    ]);
    told.assert_line(&["INFO", "refused", "principal=\"anna\"", "reason=\"principal-full\""]);
    told.assert_line(&["DEBUG", "ended", "principal=\"anna\"", "reason=\"revoked\""]);
}

/// Panics with what it was given where that says so.
async fn may((): (), caller: Parts, wanted: Scope) -> Result<Grant, Denied> {
    assert!(!caller.headers.contains_key("x-panics"), "{caller:?}");
    match wanted {
        Scope::Order(_) => Ok(grant()),
        _ => Err(Denied::Forbidden),
    }
}

async fn may_act((): (), caller: Parts, _: AdminAction) -> Result<Principal, Denied> {
    assert!(!caller.headers.contains_key("x-panics"), "{caller:?}");
    Ok(Principal::new("ops").unwrap())
}

/// Full of what is nobody's business.
fn request(method: &str, path: &str) -> Parts {
    let request = Request::builder().method(method).uri(path);
    let request = request
        .header("authorization", format!("Bearer {SECRET}"))
        .header("cookie", format!("session={SECRET}"))
        .header("last-event-id", SECRET);
    request.body(()).unwrap().into_parts().0
}

#[tokio::test]
async fn neither_texts_nor_proofs_are_ever_told() {
    let told = Written::default();
    let _listening = told.listen();
    let veto = |_: &Proposed<'_>| Err(format!("because of {SECRET}").into());
    let oops = |applied: &Applied<OrderStatus>| panic!("{applied:?}");
    let open = Hub::builder().after_commit(oops).build();
    open.publish(Update::create(order()).with_note(SECRET)).await.unwrap();
    let hub = Hub::builder().guard(veto).build();
    let key = || IdempotencyKey::new(SECRET).unwrap();
    let updates = [
        Update::create(order()).with_note(SECRET).with_key(key()),
        Update::note(order(), SECRET).with_key(key()),
        Update::note(order(), SECRET).with_actor(SECRET),
        Update::status(order(), OrderStatus::Processing).with_note(SECRET),
        Update::fail(order(), SECRET),
    ];
    for update in updates {
        drop(hub.publish(update).await);
    }
    let door = Door::new(&hub, authorizer((), may));
    for (route, path) in [
        (
            Route::OrderEvents,
            format!("/orders/order-42/events?token={SECRET}&last_event_id={SECRET}"),
        ),
        (Route::Events, format!("/events?token={SECRET}")),
        (Route::Order, format!("/orders/{SECRET}?token={SECRET}")),
    ] {
        let mut parts = request("GET", &path);
        drop(door.answer(route, &parts).await);
        parts.headers.insert("x-panics", HeaderValue::from_static("yes"));
        drop(door.answer(route, &parts).await);
    }
    let door = AdminDoor::new(&open, admin_authorizer((), may_act));
    for (route, method, path) in [
        (AdminRoute::Watchers, "GET", format!("/watchers?token={SECRET}")),
        (AdminRoute::Watchers, "GET", format!("/watchers?limit={SECRET}")),
        (AdminRoute::Watcher, "DELETE", format!("/watchers/{SECRET}")),
        (AdminRoute::Drain, "PUT", format!("/drain?token={SECRET}")),
    ] {
        let mut parts = request(method, &path);
        drop(door.answer(route, &parts).await);
        parts.headers.insert("x-panics", HeaderValue::from_static("yes"));
        drop(door.answer(route, &parts).await);
    }
    let text = told.text();
    assert!(text.lines().count() > 20, "something is told: {text}");
    assert!(!text.contains(SECRET), "{text}");
}
