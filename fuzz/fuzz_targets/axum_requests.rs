//! Any requests, one after the other, to all routes mounted in axum: each has an answer that is
//! documented, and nothing is left of it.

#![no_main]

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, Uri};
use http_body_util::BodyExt;
use libfuzzer_sys::{Corpus, fuzz_target};
use order_events_fuzz::answer::Answer;
use order_events_fuzz::asked::{ADMIN, Asked, Words};
use order_events_fuzz::shop::Shop;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;

static SHOP: LazyLock<(Shop, Router)> = LazyLock::new(|| {
    let shop = Shop::open().now_or_never().expect("a log in memory never waits");
    let routes = || {
        let admin = order_events_axum::admin_routes(&shop.admin);
        order_events_axum::routes(&shop.door).nest(ADMIN, admin)
    };
    let router = Router::new().merge(routes()).nest("/api", routes());
    (shop, router)
});

thread_local! {
    static RUNTIME: Runtime =
        Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
}

fuzz_target!(|asked: Vec<Asked<'_>>| -> Corpus {
    let (shop, router) = &*SHOP;
    let mut router = router.clone();
    let mut is_asked = false;
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            // Streams stay open until the last request is answered: there is a limit to them.
            let mut open = Vec::new();
            for asked in asked.iter().take(8) {
                let words = asked.words(shop);
                let Some(request) = request(&words) else { continue };
                is_asked = true;
                let path = request.uri().path().to_owned();
                let (answer, rest) = answer(&mut router, request, asked.chunks()).await;
                answer.is_as_documented(&words.method, &path);
                open.push(rest);
            }
        });
    });
    assert!(shop.is_empty(), "something is left of somebody");
    if is_asked { Corpus::Keep } else { Corpus::Reject }
});

/// None where hyper would refuse it.
fn request(words: &Words) -> Option<Request> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::from_bytes(&words.method).ok()?;
    *request.uri_mut() = Uri::try_from(&words.target[..]).ok()?;
    for (name, value) in &words.headers {
        let name = HeaderName::from_bytes(name).ok()?;
        request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request)
}

async fn answer(router: &mut Router, request: Request, chunks: usize) -> (Answer, Body) {
    let response = match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (head, mut body) = response.into_parts();
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    let mut answer =
        Answer { status: head.status.as_u16(), headers: headers.collect(), body: Vec::new() };
    let most = if answer.is_stream() { chunks } else { usize::MAX };
    let mut read = 0;
    while read < most
        && let Some(frame) = body.frame().await
    {
        let chunk = frame.expect("no body of ours fails").into_data().expect("nor has trailers");
        answer.body.extend_from_slice(&chunk);
        read += 1;
    }
    (answer, body)
}
