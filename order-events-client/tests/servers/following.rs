//! What a client is given, by streams.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::StreamExt as _;
use order_events_axum::{Hub, OrderStatus, Update};
use order_events_client::{
    BoxError, Cursor, CursorStore, Delivery, Error, EventKind, State, async_trait,
};
use tokio::time::timeout;

use crate::host::{CAP, Host, brisk, client, next, order, publish, until, words};

#[tokio::test]
async fn a_tenant_is_followed_from_how_it_stands() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    publish(&hub, Update::create(order("a"))).await;
    let mut events = server.client().tenant().open().await.unwrap();
    assert_eq!(events.state(), State::Connecting);
    assert_eq!(words(&mut events, 3).await, ["reset New", "a at 1", "current"]);
    assert_eq!(events.state(), State::Live);
    publish(&hub, Update::create(order("b"))).await;
    publish(&hub, Update::status(order("a"), OrderStatus::Processing)).await;
    assert_eq!(words(&mut events, 2).await, ["order.created b@1", "order.status a@2"]);
    server.stop().await;
}

#[tokio::test]
async fn one_order_is_followed_to_its_end_over_both_frameworks() {
    let hub = Hub::builder().build();
    let axum = Host::start(&hub, brisk()).await;
    let (actix, stop) = crate::host::actix(&hub, brisk());
    publish(&hub, Update::create(order("a/b"))).await;
    let mut streams = Vec::new();
    for address in [axum.address, actix] {
        let mut events = client(address, "public").order(order("a/b")).open().await.unwrap();
        assert_eq!(words(&mut events, 3).await, ["reset New", "a/b at 1", "current"]);
        streams.push(events);
    }
    publish(&hub, Update::note(order("a/b"), "for staff alone")).await;
    publish(&hub, Update::note(order("a/b"), "Grüße\nan 東").public()).await;
    publish(&hub, Update::status(order("a/b"), OrderStatus::Cancelled)).await;
    for events in &mut streams {
        let Delivery::Event(event) = next(events).await.delivery else { panic!("no event") };
        let EventKind::Note { note } = &event.kind else { panic!("{event:?}") };
        assert_eq!((note.as_str(), event.version), ("Grüße\nan 東", 3));
        assert_eq!(words(events, 1).await, ["order.status a/b@4"]);
        assert!(matches!(timeout(CAP, events.next()).await, Ok(None)));
        assert_eq!(events.state(), State::Closed);
    }
    drop(stop);
    axum.stop().await;
}

#[tokio::test]
async fn a_stream_may_be_read_by_another_task_and_as_a_stream() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    publish(&hub, Update::create(order("a"))).await;
    let events = server.client().tenant().open().await.unwrap();
    let reading = tokio::spawn(async move {
        let orders = events.filter_map(|given| async move {
            match given.unwrap().delivery {
                Delivery::Snapshot(order) => Some(order.order_id),
                _ => None,
            }
        });
        std::pin::pin!(orders).next().await
    });
    assert_eq!(timeout(CAP, reading).await.unwrap().unwrap(), Some(order("a")));
    server.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_gone() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    let mut events = server.client().tenant().open().await.unwrap();
    words(&mut events, 2).await;
    assert_eq!(hub.stats().subscriptions, 1);
    drop(events);
    until("the place is free", || hub.stats().subscriptions == 0).await;
    server.stop().await;
}

#[tokio::test]
async fn an_order_is_looked_at_and_then_followed_from_there() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    publish(&hub, Update::create(order("a"))).await;
    let client = server.client();
    let (snapshot, cursor) = client.snapshot(&order("a")).await.unwrap();
    assert_eq!((snapshot.status, snapshot.version), (OrderStatus::Pending, 1));
    assert!(matches!(client.snapshot(&order("b")).await, Err(Error::NotFound)));
    publish(&hub, Update::status(order("a"), OrderStatus::Processing)).await;
    let mut events = client.order(order("a")).after(cursor).open().await.unwrap();
    assert_eq!(words(&mut events, 1).await, ["order.status a@2"]);
    server.stop().await;
}

#[tokio::test]
async fn a_scope_with_too_many_orders_is_paged_and_merged() {
    let hub = Hub::builder().configure(|config| config.inline_snapshots = 2).build();
    let settings = brisk().configure(|settings| settings.page_orders = 2);
    let server = Host::start(&hub, settings).await;
    for id in ["a", "b", "c", "d", "e"] {
        publish(&hub, Update::create(order(id))).await;
    }
    let mut events = server.client().tenant().open().await.unwrap();
    let mut given = words(&mut events, 7).await;
    given[1..6].sort();
    assert_eq!(
        given,
        ["reset Reset(Large)", "a at 1", "b at 1", "c at 1", "d at 1", "e at 1", "current"]
    );
    publish(&hub, Update::status(order("c"), OrderStatus::Processing)).await;
    assert_eq!(words(&mut events, 1).await, ["order.status c@2"]);
    server.stop().await;
}

/// Keeps what it is told to, in memory.
#[derive(Default)]
struct InMemory(Mutex<Option<Cursor>>);

#[async_trait]
impl CursorStore for &'static InMemory {
    async fn load(&self) -> Result<Option<Cursor>, BoxError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn save(&self, cursor: &Cursor) -> Result<(), BoxError> {
        *self.0.lock().unwrap() = Some(cursor.clone());
        Ok(())
    }
}

#[tokio::test]
async fn who_stops_goes_on_after_what_was_done_and_not_after_what_was_given() {
    let store: &'static InMemory = Box::leak(Box::default());
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    publish(&hub, Update::create(order("a"))).await;
    let open = || server.client().tenant().stored(store).open();

    let mut events = open().await.unwrap();
    assert_eq!(words(&mut events, 2).await, ["reset New", "a at 1"]);
    events.done().await.unwrap();
    assert!(store.0.lock().unwrap().is_none(), "within a beginning there is nothing to keep");
    assert_eq!(words(&mut events, 1).await, ["current"]);
    events.done().await.unwrap();
    for note in ["one", "two"] {
        publish(&hub, Update::note(order("a"), note)).await;
    }
    assert_eq!(words(&mut events, 1).await, ["order.note a@2"]);
    events.done().await.unwrap();
    // Given, and not done.
    assert_eq!(words(&mut events, 1).await, ["order.note a@3"]);
    drop(events);

    let mut events = open().await.unwrap();
    assert_eq!(words(&mut events, 1).await, ["order.note a@3"]);
    server.stop().await;
}

struct Broken;

#[async_trait]
impl CursorStore for Broken {
    async fn load(&self) -> Result<Option<Cursor>, BoxError> {
        Err("the disk is gone".into())
    }

    async fn save(&self, _: &Cursor) -> Result<(), BoxError> {
        Err("the disk is gone".into())
    }
}

#[tokio::test]
async fn a_store_that_fails_is_told_and_stops_nothing() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    let client = server.client();
    let refused = client.tenant().stored(Broken).open().await;
    assert!(matches!(refused, Err(Error::Store(_))));
    let after = Cursor::new("nonsense");
    let mut events = client.tenant().stored(Broken).after(after).open().await.unwrap();
    assert_eq!(words(&mut events, 2).await, ["reset Reset(Malformed)", "current"]);
    assert!(events.done().await.is_err());
    publish(&hub, Update::create(order("a"))).await;
    assert_eq!(words(&mut events, 1).await, ["order.created a@1"]);
    server.stop().await;
}

#[tokio::test]
async fn whoever_wants_to_know_is_told_the_state() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    let mut events = server.client().tenant().open().await.unwrap();
    let mut states = events.states();
    assert_eq!(states.now(), State::Connecting);
    words(&mut events, 2).await;
    assert_eq!(states.changed().await, Some(State::Live));
    drop(events);
    assert_eq!(states.changed().await, None);
    server.stop().await;
}

#[tokio::test]
async fn nobody_there_is_offline_until_somebody_is() {
    let hub = Hub::builder().build();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut events = client(free, "staff").tenant().open().await.unwrap();
    let mut states = events.states();
    let waiting = async { while states.changed().await != Some(State::Offline) {} };
    tokio::select! {
        _ = events.next() => panic!("nobody is there"),
        told = timeout(CAP, waiting) => told.unwrap(),
    }
    assert!(matches!(events.failure(), Some(order_events_client::Failure::Unreachable(_))));
    let gate = crate::host::Gate::default();
    let server = Host::start_behind(&hub, brisk(), gate, free.port()).await;
    assert_eq!(words(&mut events, 2).await, ["reset New", "current"]);
    server.stop().await;
}

#[tokio::test]
async fn two_streams_of_one_client_are_apart() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    for id in ["a", "b"] {
        publish(&hub, Update::create(order(id))).await;
    }
    let client = server.client();
    let mut a = client.order(order("a")).open().await.unwrap();
    let mut b = client.order(order("b")).open().await.unwrap();
    words(&mut a, 3).await;
    words(&mut b, 3).await;
    publish(&hub, Update::note(order("b"), "for b")).await;
    publish(&hub, Update::note(order("a"), "for a")).await;
    assert_eq!(words(&mut a, 1).await, ["order.note a@2"]);
    assert_eq!(words(&mut b, 1).await, ["order.note b@2"]);
    drop(a);
    publish(&hub, Update::note(order("b"), "still there")).await;
    assert_eq!(words(&mut b, 1).await, ["order.note b@3"]);
    tokio::time::timeout(Duration::from_secs(60), server.stop()).await.unwrap();
}
