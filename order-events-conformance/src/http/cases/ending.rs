//! How a stream ends: never without a word.

use std::time::Duration;

use order_events_core::OrderStatus::{Cancelled, Delivered, Processing, Shipped};
use order_events_core::{Principal, Update};
use order_events_sse::server::WhenRefused;

use crate::http::client::Request;
use crate::http::lab::{Lab, cursor, order};
use crate::http::people::BRIEF;

pub(super) async fn a_final_order_ends_and_is_not_opened_again(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut events = shop.watch_order("anna-1", "anna").await;
    shop.walk("anna-1", &[Cancelled]).await;
    let last = events.event("order.status").await.id.unwrap_or_default();
    events.ends("final").await;

    // Who has seen everything is told to stop asking, which a browser does at 204.
    let request = Request::events_of("anna-1").by("anna");
    let again = shop.ask(request.clone().after(&last)).await;
    assert_eq!((again.status(), &*again.body), (204, ""));
    assert_eq!(again.header("cache-control"), "no-store");
    // Who has not is given the rest.
    let mut events = shop.watch(request.clone().after(cursor(1))).await;
    events.resumed(&cursor(1)).await;
    events.event("order.status").await;
    events.ends("final").await;
    let mut events = shop.watch(request).await;
    events.ready().await;
    events.event("snapshot").await;
    events.ends("final").await;
    shop.until_watched_by(0).await;
}

pub(super) async fn a_quiet_order_ends_with_a_long_retry(lab: &Lab<'_>) {
    let grace = Duration::from_millis(50);
    let shop = lab
        .shop_with(|setup| {
            setup.config.quiet_grace = Some(grace);
            // So that no heartbeat is what makes the stream look at the clock.
            setup.settings.heartbeat = Duration::from_secs(3600);
            setup.config.quiet_retry = Duration::from_secs(600);
        })
        .await;
    shop.create("anna-1").await;
    shop.walk("anna-1", &[Processing, Shipped]).await;
    let mut events = shop.watch_order("anna-1", "anna").await;
    shop.walk("anna-1", &[Delivered]).await;
    events.event("order.status").await;
    shop.clock.advance(grace);
    events.ends("quiet").await;
    assert_eq!(events.retry(), Some(Duration::from_secs(600)));
}

pub(super) async fn a_drain_ends_every_stream_and_lets_nobody_in(lab: &Lab<'_>) {
    let spread = Duration::from_secs(10);
    let shop = lab.shop_with(|setup| setup.config.drain_spread = spread).await;
    shop.create("anna-1").await;
    let mut annas = shop.watch_order("anna-1", "anna").await;
    let mut admins = shop.watch_order("anna-1", "admin").await;
    let drained = shop.hub.drain(Duration::from_secs(60));
    annas.ends("draining").await;
    admins.ends("draining").await;
    assert!(annas.retry() < Some(spread) && admins.retry() < Some(spread));
    assert_ne!(annas.retry(), admins.retry(), "not everybody comes back at once");
    assert_eq!(drained.await, 0);

    let request = Request::events_of("anna-1").by("anna");
    let refused = shop.ask(request.clone()).await;
    refused.refuses(503, "draining");
    refused.says_when(5);
    shop.ask(request.for_json()).await.refuses(503, "draining");
}

pub(super) async fn a_drain_may_refuse_by_a_stream(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.settings.when_refused = WhenRefused::Stream).await;
    shop.create("anna-1").await;
    assert_eq!(shop.hub.drain(Duration::from_secs(60)).await, 0);
    let request = Request::events_of("anna-1").by("anna");
    let mut events = shop.watch(request.clone()).await;
    events.ends("draining").await;
    assert!(events.retry() >= Some(Duration::from_secs(5)));
    // Who asks for JSON understands a status.
    shop.ask(request.for_json()).await.refuses(503, "draining");
}

pub(super) async fn a_revoked_stream_ends(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut annas = shop.watch_order("anna-1", "anna").await;
    let mut admins = shop.watch_order("anna-1", "admin").await;
    let anna = Principal::new("anna").unwrap_or_else(|error| panic!("{error}"));
    let ended = shop.hub.revoke(&anna).await;
    assert_eq!(ended.ok(), Some(1));
    shop.note("anna-1", "Not for her").await;
    annas.ends("revoked").await;
    admins.event("order.note").await;
}

pub(super) async fn a_grant_that_expires_ends_a_silent_stream(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut events = shop.watch_order("anna-1", "brief").await;
    shop.clock.advance(BRIEF);
    events.ends("expired").await;
    shop.until_watched_by(0).await;
}

pub(super) async fn no_event_is_given_after_the_grant_expires(lab: &Lab<'_>) {
    let shop = lab.shop().await;
    shop.create("anna-1").await;
    let mut events = shop.watch_order("anna-1", "brief").await;
    shop.clock.advance(BRIEF);
    shop.publish(Update::note(order("anna-1"), "Too late").public()).await;
    events.ends("expired").await;
    shop.ask(Request::events_of("anna-1").by("late")).await.refuses(401, "expired");
    shop.ask(Request::get("/orders/anna-1").by("late")).await.refuses(401, "expired");
}

pub(super) async fn a_lifetime_ends_a_stream(lab: &Lab<'_>) {
    let shop = lab
        .shop_with(|setup| {
            setup.settings.lifetime = Some(Duration::from_millis(50));
            setup.settings.retry = Duration::from_secs(2);
        })
        .await;
    shop.create("anna-1").await;
    let mut events = shop.watch_order("anna-1", "anna").await;
    events.ends("lifetime").await;
    assert!(events.retry() <= Some(Duration::from_secs(2)));
    shop.until_watched_by(0).await;
    // Coming back loses nothing.
    shop.note("anna-1", "Meanwhile").await;
    let mut again = shop.watch(Request::events_of("anna-1").by("anna").after(cursor(1))).await;
    again.resumed(&cursor(1)).await;
    assert_eq!(again.event("order.note").await.id, Some(cursor(2)));
}
