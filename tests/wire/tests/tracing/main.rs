//! What is told to a subscriber of `tracing`: who and what, and never what somebody wrote or what
//! proves who they are.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod told;
mod trail;

use std::io;
use std::sync::{Arc, Mutex};

use http::Request;
use order_events_core::{
    Denied, Grant, Hub, IdempotencyKey, OrderId, OrderStatus, Principal, Proposed, Resume, Scope,
    Update, authorizer,
};
use order_events_sse::server::{Door, Parts, Route};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Everything that was told on this thread.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
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

impl io::Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Told {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn order() -> OrderId {
    OrderId::new("order-42").unwrap()
}

fn grant() -> Grant {
    Grant::new(Principal::new("anna").unwrap(), &order())
}

#[tokio::test]
async fn what_happens_is_told_with_its_ids() {
    let told = Told::default();
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

async fn may((): (), _: Parts, wanted: Scope) -> Result<Grant, Denied> {
    match wanted {
        Scope::Order(_) => Ok(grant()),
        _ => Err(Denied::Forbidden),
    }
}

#[tokio::test]
async fn neither_texts_nor_proofs_are_ever_told() {
    const SECRET: &str = "s3cr3t";
    let told = Told::default();
    let _listening = told.listen();
    let veto = |_: &Proposed<'_>| Err(format!("because of {SECRET}").into());
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
        let request = Request::builder()
            .uri(path)
            .header("authorization", format!("Bearer {SECRET}"))
            .header("cookie", format!("session={SECRET}"))
            .header("last-event-id", SECRET);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        drop(door.answer(route, &parts).await);
    }
    let text = told.text();
    assert!(text.lines().count() > 8, "something is told: {text}");
    assert!(!text.contains(SECRET), "{text}");
}
