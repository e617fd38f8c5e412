//! Any requests, one after the other, to all routes mounted in actix: each has an answer that is
//! documented, and nothing is left of it.

#![no_main]

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;

use actix_http::Request;
use actix_http::header::{HeaderName, HeaderValue};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, Uri};
use actix_web::{App, Error, test, web};
use libfuzzer_sys::{Corpus, fuzz_target};
use order_events_actix::{admin_routes, routes};
use order_events_fuzz::answer::Answer;
use order_events_fuzz::asked::{ADMIN, Asked, Words};
use order_events_fuzz::shop::Shop;
use tokio::runtime::{Builder, Runtime};

type Answers = Rc<dyn Fn(Request) -> Answering>;
type Answering = Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, Error>>>>;

/// An app is of one thread, and so is all of this.
struct Place {
    runtime: Runtime,
    shop: Shop,
    answers: Answers,
}

thread_local! {
    // Never dropped: at the end of a thread actix has let go of what an app is dropped by.
    static PLACE: &'static Place = Box::leak(Box::new(Place::open()));
}

impl Place {
    fn open() -> Self {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        let (shop, app) = runtime.block_on(async {
            let shop = Shop::open().await;
            let admin = || web::scope(ADMIN).configure(admin_routes(&shop.admin));
            let nested = web::scope("/api").service(admin()).configure(routes(&shop.door));
            let app = App::new().service(nested).service(admin()).configure(routes(&shop.door));
            (shop, Rc::new(test::init_service(app).await))
        });
        let answers = move |request| -> Answering {
            let app = Rc::clone(&app);
            Box::pin(
                async move { app.call(request).await.map(ServiceResponse::map_into_boxed_body) },
            )
        };
        Self { runtime, shop, answers: Rc::new(answers) }
    }
}

fuzz_target!(|asked: Vec<Asked<'_>>| -> Corpus {
    let mut is_asked = false;
    PLACE.with(|place| {
        place.runtime.block_on(async {
            // Streams stay open until the last request is answered: there is a limit to them.
            let mut open = Vec::new();
            for asked in asked.iter().take(8) {
                let words = asked.words(&place.shop);
                let Some(request) = request(&words) else { continue };
                is_asked = true;
                let path = request.head().uri.path().to_owned();
                let (answer, rest) = answer(&place.answers, request, asked.chunks()).await;
                answer.is_as_documented(&words.method, &path);
                open.push(rest);
            }
        });
        assert!(place.shop.is_empty(), "something is left of somebody");
    });
    if is_asked { Corpus::Keep } else { Corpus::Reject }
});

/// None where actix would refuse it.
fn request(words: &Words) -> Option<Request> {
    let mut request = Request::new();
    let head = request.head_mut();
    head.method = Method::from_bytes(&words.method).ok()?;
    head.uri = Uri::try_from(&words.target[..]).ok()?;
    for (name, value) in &words.headers {
        let name = HeaderName::from_bytes(name).ok()?;
        head.headers.append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some(request)
}

async fn answer(answers: &Answers, request: Request, chunks: usize) -> (Answer, Pin<Box<BoxBody>>) {
    let response = match answers(request).await {
        Ok(response) => response.into_parts().1,
        Err(error) => panic!("the routes have an answer to everything: {error}"),
    };
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    let mut answer =
        Answer { status: response.status().as_u16(), headers: headers.collect(), body: Vec::new() };
    let most = if answer.is_stream() { chunks } else { usize::MAX };
    let mut body = Box::pin(response.into_body());
    // What states no body is asked for none.
    let most = if body.size() == BodySize::None { 0 } else { most };
    let mut read = 0;
    while read < most
        && let Some(chunk) = poll_fn(|cx| body.as_mut().poll_next(cx)).await
    {
        answer.body.extend_from_slice(&chunk.expect("no body of ours fails"));
        read += 1;
    }
    (answer, body)
}
