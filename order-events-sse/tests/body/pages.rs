//! JSON pages and long polls, in the words of what a reader asks.

use std::sync::Arc;

use http::Request;
use order_events_core::{
    Authorizer, Cursor, CustomerId, Denied, Grant, Hub, OrderId, OrderStatus, Principal, Scope,
    Update, async_trait, authorizer,
};
use order_events_sse::server::{Door, Parts, Route, Settings, WhenRefused};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::given::{House, Mood, anna, house, house_with, next, order, request, s};

/// Lets everybody in.
struct Everybody;

#[async_trait]
impl Authorizer<Parts> for Everybody {
    async fn authorize(&self, _: &Parts, wanted: &Scope) -> Result<Grant, Denied> {
        Ok(Grant::new(Principal::new("anna").unwrap(), wanted.clone()))
    }
}

/// Lets everybody in to whom the log says that the order is theirs.
fn owners(house: &House) -> impl Authorizer<Parts> + use<> {
    async fn access(hub: Hub, _: Parts, wanted: Scope) -> Result<Grant, Denied> {
        let anna = CustomerId::new("anna").map_err(|_| Denied::Failed)?;
        hub.check_owner(Grant::new(&anna, wanted), &anna).await
    }
    authorizer(house.hub.clone(), access)
}

/// The page after a cursor.
async fn page(house: &House, after: &str, wait: u64, settings: &Settings) -> Value {
    let uri = format!("/orders/42/events?after={after}&wait={wait}");
    let asked = request(&uri, "application/json");
    let mut body = asked.open_with(&house.hub, anna(), settings).await.into_body();
    serde_json::from_slice(&next(&mut body).await.unwrap()).unwrap()
}

fn notes(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().unwrap();
    events.iter().map(|event| event["data"]["note"].as_str().unwrap_or_default()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_page_is_the_state_of_things() {
    let house = house().await;
    let asked = request("/orders/42/events?wait=20", "application/json");
    let since = Instant::now();
    let answer = asked.open_with(&house.hub, anna(), &Settings::default()).await;
    let page: Value =
        serde_json::from_slice(&next(&mut answer.into_body()).await.unwrap()).unwrap();
    assert_eq!(since.elapsed(), s(0), "a state is worth no wait");
    assert_eq!(page["snapshots"][0]["orderId"], "42");
    assert_eq!((&page["events"], &page["more"]), (&json!([]), &json!(false)));
}

#[tokio::test(start_paused = true)]
async fn without_a_wait_nothing_is_answered_at_once() {
    let house = house().await;
    let cursor = house.remark("seen").await.cursor.to_string();
    let since = Instant::now();
    let page = page(&house, &cursor, 0, &Settings::default()).await;
    assert_eq!(page, json!({ "events": [], "cursor": cursor, "more": false }));
    assert_eq!(since.elapsed(), s(0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_after_its_time_and_not_above_the_limit() {
    let house = house().await;
    let cursor = house.remark("seen").await.cursor.to_string();
    for (asked, waited) in [(7, 7), (30, 30), (31, 30), (u64::MAX, 30)] {
        let since = Instant::now();
        let page = page(&house, &cursor, asked, &Settings::default()).await;
        assert_eq!((&page["events"], &page["cursor"]), (&json!([]), &json!(cursor)));
        assert_eq!(since.elapsed(), s(waited));
    }
    assert_eq!(house.hub.stats().subscriptions, 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_once_with_an_event() {
    let house = house().await;
    let cursor = house.remark("seen").await.cursor.to_string();
    let since = Instant::now();
    let publish = async {
        sleep(s(4)).await;
        house.remark("now").await.cursor
    };
    let settings = Settings::default();
    let (page, now) = tokio::join!(page(&house, &cursor, 25, &settings), publish);
    assert_eq!((notes(&page), &page["cursor"]), (vec!["now"], &json!(now.to_string())));
    assert_eq!(since.elapsed(), s(4));
}

#[tokio::test(start_paused = true)]
async fn a_full_page_says_that_there_may_be_more() {
    let house = house().await;
    let mut cursor = house.remark("seen").await.cursor.to_string();
    for n in 0..100 {
        house.remark(&format!("{n}")).await;
    }
    let settings = Settings::default().configure(|settings| settings.page_events = 40);
    let mut all = Vec::new();
    for (count, more) in [(40, true), (40, true), (20, false)] {
        let page = page(&house, &cursor, 25, &settings).await;
        assert_eq!((notes(&page).len(), &page["more"]), (count, &json!(more)));
        all.extend(notes(&page).into_iter().map(str::to_owned));
        cursor = page["cursor"].as_str().unwrap().to_owned();
    }
    assert_eq!(all, (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_page_is_bounded_in_bytes_and_has_at_least_one_event() {
    let house = house().await;
    let mut cursor = house.remark("seen").await.cursor.to_string();
    for _ in 0..3 {
        house.remark(&"x".repeat(4_000)).await;
    }
    for page_bytes in [0, 1, 3_000] {
        let settings = Settings::default().configure(|settings| settings.page_bytes = page_bytes);
        let page = page(&house, &cursor, 0, &settings).await;
        assert_eq!((notes(&page).len(), &page["more"]), (1, &json!(true)), "{page_bytes}");
        cursor = page["cursor"].as_str().unwrap().to_owned();
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_log_is_waited_for_with_patience() {
    let patient = 5;
    for (takes, given) in [(3, 100), (20, 64)] {
        let house = house().await;
        let cursor = house.remark("seen").await.cursor.to_string();
        for _ in 0..100 {
            house.remark("a word").await;
        }
        // A long replay is read in parts, and the second is slow.
        let engine = Arc::clone(&house.engine);
        house.engine.after_the_next_history(async move { engine.turn(Mood::Holds) });
        let since = Instant::now();
        let settings = Settings::default();
        let answers = async {
            sleep(s(takes)).await;
            house.engine.turn(Mood::Answers);
        };
        let asks = async {
            let page = page(&house, &cursor, 0, &settings).await;
            (page, since.elapsed())
        };
        let ((page, took), ()) = tokio::join!(asks, answers);
        assert_eq!((notes(&page).len(), took), (given, s(takes.min(patient))));
        // It goes on from what was given.
        let cursor = page["cursor"].as_str().unwrap();
        let rest = self::page(&house, cursor, 0, &settings).await;
        assert_eq!(notes(&rest).len(), 100 - given);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_had_nothing_to_say_is_not_waited_for_any_longer() {
    let house = house().await;
    let cursor = house.remark("seen").await.cursor.to_string();
    let settings = Settings::default();
    assert!(s(2) < settings.log_patience);
    // Something may be missing as soon as the page begins; the log takes a second to say it is not.
    let engine = Arc::clone(&house.engine);
    house.engine.after_the_next_history(async move {
        engine.interrupt();
        engine.turn(Mood::Holds);
    });
    let since = Instant::now();
    let answering = async {
        sleep(s(1)).await;
        house.engine.turn(Mood::Answers);
    };
    let (page, ()) = tokio::join!(page(&house, &cursor, 2, &settings), answering);
    assert_eq!(notes(&page).len(), 0);
    assert_eq!(since.elapsed(), s(2), "the wait that was asked for");
}

#[tokio::test(start_paused = true)]
async fn a_reset_in_the_middle_replaces_what_came_before() {
    let house = house_with(|config| config.replay_events = 80).await;
    let cursor = house.remark("seen").await.cursor.to_string();
    for _ in 0..70 {
        house.remark("a word").await;
    }
    // While the first part is given, so much happens that the rest is no longer replayed.
    let hub = house.hub.clone();
    house.engine.after_the_next_history(async move {
        for _ in 0..90 {
            hub.publish(Update::note(order(), "a word").public()).await.unwrap();
        }
    });
    let page = page(&house, &cursor, 0, &Settings::default()).await;
    assert_eq!(page["reset"]["reason"], "behind");
    assert_eq!(page["snapshots"].as_array().map(Vec::len), Some(1));
    assert_eq!(page["snapshots"][0]["version"], 162);
    assert_eq!(notes(&page).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_end_is_told_with_what_came_before_it() {
    let house = house().await;
    let cursor = house.remark("seen").await.cursor.to_string();
    house.publish(Update::status(order(), OrderStatus::Cancelled)).await;
    let since = Instant::now();
    let page = page(&house, &cursor, 25, &Settings::default()).await;
    assert_eq!(page["end"], json!({ "reason": "final" }));
    assert_eq!(page["events"][0]["data"]["status"], "CANCELLED");
    assert_eq!(since.elapsed(), s(0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_grant() {
    let house = house().await;
    let cursor = house.remark("seen").await.cursor;
    let grant = anna().until(crate::given::START.saturating_add(s(4)));
    let asked = request(&format!("/orders/42/events?after={cursor}&wait=25"), "application/json");
    let since = Instant::now();
    let answer = asked.open_with(&house.hub, grant, &Settings::default()).await;
    let page: Value =
        serde_json::from_slice(&next(&mut answer.into_body()).await.unwrap()).unwrap();
    assert_eq!((&page["end"], since.elapsed()), (&json!({ "reason": "expired" }), s(4)));
}

#[tokio::test(start_paused = true)]
async fn a_state_larger_than_a_page_is_to_be_paged() {
    let house = house().await;
    for id in ["43", "44"] {
        house.hub.publish(Update::create(OrderId::new(id).unwrap())).await.unwrap();
    }
    let narrow = Settings::default().configure(|settings| settings.page_bytes = 300);
    for (after, reason) in [("", "large"), ("nonsense", "malformed")] {
        let asked = request(&format!("/events?after={after}"), "application/json");
        let grant = Grant::new(Principal::new("staff").unwrap(), Scope::Tenant);
        let mut body = asked.open_with(&house.hub, grant, &narrow).await.into_body();
        let page: Value = serde_json::from_slice(&next(&mut body).await.unwrap()).unwrap();
        assert_eq!(page["reset"], json!({ "reason": reason, "orders": "orders" }));
        assert_eq!(page["snapshots"], json!([]));
        let cursor: Cursor = page["cursor"].as_str().unwrap().parse().unwrap();
        assert_eq!(cursor.seq, 3, "the cursor to go on from is that of the state");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_does_not_answer_is_not_waited_for_without_end() {
    let house = house().await;
    house.engine.turn(Mood::Holds);
    for accept in ["application/json", "text/event-stream"] {
        let since = Instant::now();
        let asked = request("/orders/42/events", accept);
        let answer = asked.open_with(&house.hub, anna(), &Settings::default()).await;
        assert_eq!(answer.status(), 503, "{accept}");
        assert_eq!(since.elapsed(), Settings::default().log_patience);
        assert_eq!(house.hub.stats().subscriptions, 0);
    }
    let (open, owners) = (Door::new(&house.hub, Everybody), Door::new(&house.hub, owners(&house)));
    for (door, route, path) in [
        (&open, Route::Order, "/orders/42"),
        (&open, Route::Orders, "/orders"),
        // Whoever grants it asks the log himself.
        (&owners, Route::Order, "/orders/42"),
        (&owners, Route::OrderEvents, "/orders/42/events"),
    ] {
        let since = Instant::now();
        let parts = Request::get(path).body(()).unwrap().into_parts().0;
        let answer = timeout(s(60), door.answer(route, &parts)).await.expect("it is answered");
        assert_eq!(answer.status(), 503, "{path}");
        assert_eq!(since.elapsed(), Settings::default().log_patience);
    }
    // Where the service prefers it that is told by a stream.
    let soft = |settings: &mut Settings| settings.when_refused = WhenRefused::Stream;
    let asked = request("/orders/42/events", "text/event-stream");
    let answer = asked.open_with(&house.hub, anna(), &Settings::default().configure(soft)).await;
    assert_eq!(answer.status(), 200);
    let told = next(&mut answer.into_body()).await.unwrap();
    assert!(told.ends_with(b"data: {\"reason\":\"unavailable\"}\n\n"), "{told:?}");
}
