//! How many streams there may be, and how one too many is told.

use std::time::Duration;

use order_events_core::config::WhenFull;
use order_events_sse::server::WhenRefused;

use crate::http::client::Request;
use crate::http::lab::Lab;

pub(super) async fn a_principal_with_too_many_streams_is_refused(lab: &Lab<'_>) {
    let shop = lab
        .shop_with(|setup| {
            setup.config.max_per_principal = 2;
            setup.settings.retry_after = Duration::from_secs(7);
        })
        .await;
    shop.create("anna-1").await;
    let first = shop.watch_order("anna-1", "anna").await;
    let second = shop.watch_order("anna-1", "anna").await;
    for _ in 0..2 {
        let refused = shop.ask(Request::events_of("anna-1").by("anna")).await;
        refused.refuses(429, "too-many-streams");
        refused.says_when(7);
    }
    // Others are not concerned.
    shop.watch_order("anna-1", "admin").await;
    drop((first, second));
}

pub(super) async fn a_server_that_is_full_refuses(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.config.max_subscriptions = 1).await;
    shop.create("anna-1").await;
    let _one = shop.watch_order("anna-1", "anna").await;
    let refused = shop.ask(Request::events_of("anna-1").by("admin")).await;
    refused.refuses(503, "busy");
    refused.says_when(5);
    // A page would be a subscription for a moment; an order as it stands is none.
    shop.ask(Request::events_of("anna-1").by("admin").for_json()).await.refuses(503, "busy");
    assert_eq!(shop.ask(Request::get("/orders/anna-1").by("admin")).await.status(), 200);
}

pub(super) async fn a_scope_that_is_full_refuses(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.config.max_per_scope = 1).await;
    shop.create("anna-1").await;
    shop.create("anna-2").await;
    let _one = shop.watch_order("anna-1", "anna").await;
    let refused = shop.ask(Request::events_of("anna-1").by("anna")).await;
    refused.refuses(503, "busy");
    refused.says_when(5);
    shop.watch_order("anna-2", "anna").await;
}

pub(super) async fn a_place_is_free_again_when_its_reader_has_gone(lab: &Lab<'_>) {
    let shop = lab.shop_with(|setup| setup.config.max_per_principal = 1).await;
    shop.create("anna-1").await;
    for _ in 0..5 {
        let one = shop.watch_order("anna-1", "anna").await;
        let refused = shop.ask(Request::events_of("anna-1").by("anna")).await;
        refused.refuses(429, "too-many-streams");
        drop(one);
        shop.until_watched_by(0).await;
    }
}

pub(super) async fn a_refusal_may_be_a_stream(lab: &Lab<'_>) {
    let shop = lab
        .shop_with(|setup| {
            setup.config.max_per_principal = 1;
            setup.config.max_subscriptions = 2;
            setup.settings.when_refused = WhenRefused::Stream;
        })
        .await;
    shop.create("anna-1").await;
    let _annas = shop.watch_order("anna-1", "anna").await;
    let mut refused = shop.watch(Request::events_of("anna-1").by("anna")).await;
    refused.ends("too-many-streams").await;
    let retry = refused.retry().unwrap_or_default().as_secs();
    assert!((5..=10).contains(&retry), "{retry}");
    let _admins = shop.watch_order("anna-1", "admin").await;
    let mut refused = shop.watch(Request::events_of("anna-1").by("early")).await;
    refused.ends("busy").await;
    // Who asks for JSON understands a status, and who may not see it at all is told so in any case.
    let request = Request::events_of("anna-1").by("early").for_json();
    shop.ask(request).await.refuses(503, "busy");
    shop.ask(Request::events_of("anna-1").by("bob")).await.refuses(404, "not-found");
}

pub(super) async fn the_oldest_stream_can_make_room(lab: &Lab<'_>) {
    let shop = lab
        .shop_with(|setup| {
            setup.config.max_per_principal = 1;
            setup.config.when_principal_is_full = WhenFull::ReplaceOldest;
        })
        .await;
    shop.create("anna-1").await;
    let mut first = shop.watch_order("anna-1", "anna").await;
    let mut second = shop.watch_order("anna-1", "anna").await;
    first.ends("replaced").await;
    shop.note("anna-1", "For the second").await;
    second.event("order.note").await;
}
