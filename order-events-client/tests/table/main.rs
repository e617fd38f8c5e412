//! The client against a server that misbehaves: the same table that the browser's client is held to.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use order_events_client::{Client, Cursor, Delivery, Error, Events, Failure, Settings, State};
use order_events_conformance::clients::{Case, Server, Table};
use tokio::time::timeout;

/// Nothing here takes so long unless it never happens.
const CAP: Duration = Duration::from_secs(60);

/// What a client has made of it.
#[derive(Debug, Default, PartialEq)]
struct Got {
    events: Vec<u64>,
    version: u64,
    state: String,
    why: Option<String>,
}

#[tokio::test]
async fn the_client_makes_the_best_of_servers_that_misbehave() {
    let table = Arc::new(Table::read());
    let mut failed = Vec::new();
    for case in &table.cases {
        // As a task, so that a case that panics is told by its name.
        let (given, run) = (Arc::clone(&table), case.clone());
        let outcome = tokio::spawn(async move { run_case(&given, &run).await }).await;
        let is_ok = outcome.is_ok();
        println!("case {} ... {}", case.name, if is_ok { "ok" } else { "FAILED" });
        if !is_ok {
            failed.push(case.name.clone());
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test]
async fn a_page_that_is_too_long_is_given_up() {
    let table = Table::read();
    let case = table.case("a server without streaming is polled").unwrap();
    let server = Server::start(case).await.unwrap();
    let client = Client::builder(format!("http://{}", server.address()))
        .configure(|settings| {
            hurry(&table, settings);
            settings.page_bytes = 300;
        })
        .build()
        .unwrap();
    let watching = client.tenant().after(Cursor::new("v.0"));
    let mut events = watching.open().await.unwrap();
    let mut states = events.states();
    let follow = async {
        loop {
            tokio::select! {
                given = events.next() => panic!("{given:?}"),
                _ = states.changed() => {}
                // What failed is known at the latest when it asks again.
                () = server.is_busy() => {}
            }
            if matches!(events.failure(), Some(Failure::TooLarge { limit: 300 })) {
                return;
            }
        }
    };
    assert!(timeout(CAP, follow).await.is_ok());
}

async fn run_case(table: &Table, case: &Case) {
    let server = Server::start(case).await.unwrap();
    let renewed = Arc::new(AtomicBool::new(false));
    let client = Client::builder(format!("http://{}", server.address()))
        .bearer(move |renew| {
            let is_renewed = renewed.fetch_or(renew, Ordering::SeqCst) || renew;
            async move { Ok(if is_renewed { "two" } else { "one" }.to_owned()) }
        })
        .configure(|settings| hurry(table, settings))
        .seed(case.log)
        .build()
        .unwrap();
    let order = "42".parse::<order_events_client::OrderId>().unwrap();
    let mut watching = client.order(order);
    if let Some(after) = case.after {
        watching = watching.after(Cursor::new(format!("v.{after}")));
    }
    let mut events = watching.open().await.unwrap();
    let wanted = Got {
        events: case.ends.events.clone(),
        version: case.ends.version,
        state: case.ends.state.clone(),
        why: case.ends.why.clone(),
    };
    let mut got = Got::default();
    if timeout(CAP, follow(&mut events, &wanted, &mut got)).await.is_err() {
        panic!("{}: never so: {wanted:?}, but {got:?}: {:?}", case.name, events.failure());
    }
    assert_eq!(got, wanted, "{}", case.name);
    if got.state != State::Closed.as_str() {
        // Whatever came twice would come before it.
        server.publish();
        let next = timeout(CAP, next_event(&mut events)).await;
        assert_eq!(next, Ok(case.log + 1), "{}", case.name);
    }
    if let Some(requests) = case.ends.requests {
        assert_eq!(server.requests(), requests, "{}", case.name);
    }
    drop((events, client));
    assert!(timeout(CAP, server.is_left()).await.is_ok(), "{}: a connection stays", case.name);
    assert_eq!(server.leaks(), 0, "{}", case.name);
}

/// Until it is as it should be, or over.
async fn follow(events: &mut Events, wanted: &Got, got: &mut Got) {
    let mut states = events.states();
    loop {
        events.state().as_str().clone_into(&mut got.state);
        if got == wanted && got.state != State::Closed.as_str() {
            return;
        }
        let given = tokio::select! {
            biased;
            given = events.next() => given,
            _ = states.changed() => continue,
        };
        match given {
            Some(Ok(given)) => match given.delivery {
                Delivery::Event(event) => {
                    got.events.push(event.version);
                    got.version = event.version;
                }
                Delivery::Snapshot(order) => got.version = order.version,
                _ => {}
            },
            Some(Err(error)) => got.why = Some(why(&error).to_owned()),
            None => {
                events.state().as_str().clone_into(&mut got.state);
                got.why.get_or_insert_with(|| "final".to_owned());
                return;
            }
        }
    }
}

async fn next_event(events: &mut Events) -> u64 {
    loop {
        match events.next().await.unwrap().unwrap().delivery {
            Delivery::Event(event) => return event.version,
            Delivery::Current => {}
            other => panic!("{other:?}"),
        }
    }
}

fn why(error: &Error) -> &'static str {
    match error {
        Error::Unauthenticated => "unauthenticated",
        Error::Forbidden => "forbidden",
        Error::NotFound => "not-found",
        Error::Schema(_) => "schema",
        other => panic!("{other:?}"),
    }
}

/// The table's settings, which lose no time.
fn hurry(table: &Table, settings: &mut Settings) {
    for (name, millis) in &table.settings {
        let span = Duration::from_millis(*millis);
        match name.as_str() {
            "head" => settings.head = span,
            "firstByte" => settings.first_byte = span,
            "backoff" => settings.backoff = span,
            "maxBackoff" => settings.max_backoff = span,
            "stable" => settings.stable = span,
            "pollAfter" => settings.poll_after = *millis as u32,
            "pollWait" => settings.poll_wait = span,
            "pollSlack" => settings.poll_slack = span,
            "pollPause" => settings.poll_pause = span,
            "probe" => settings.probe = span,
            "maxProbe" => settings.max_probe = span,
            other => panic!("no setting: {other}"),
        }
    }
}
