//! Servers that go away and come back, and logs that do not.

use std::sync::Arc;

use order_events_axum::{Config, Hub, MemoryEngine, Update};
use order_events_client::Cursor;

use crate::host::{Gate, Host, brisk, next, order, publish, until, word, words};

#[tokio::test]
async fn a_server_that_is_restarted_costs_nobody_an_event() {
    let engine = Arc::new(MemoryEngine::builder().build());
    let node = || {
        let brief = |config: &mut Config| config.drain_spread = std::time::Duration::from_millis(5);
        Hub::builder().engine(Arc::clone(&engine)).configure(brief).build()
    };
    let hub = node();
    publish(&hub, Update::create(order("a"))).await;
    let mut server = Host::start(&hub, brisk()).await;
    let port = server.address.port();
    let mut events = server.client().tenant().open().await.unwrap();
    words(&mut events, 3).await;
    let mut version = 1;
    for _ in 0..3 {
        publish(&hub, Update::note(order("a"), "before")).await;
        assert_eq!(word(&next(&mut events).await), format!("order.note a@{}", version + 1));
        publish(&node(), Update::note(order("a"), "meanwhile")).await;
        // The end of the stream is told to who reads it.
        let stopped = server.stop();
        let mut given = Vec::new();
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = &mut stopped => break,
                event = next(&mut events) => given.push(word(&event)),
            }
        }
        publish(&node(), Update::note(order("a"), "while it was away")).await;
        server = Host::start_behind(&node(), brisk(), Gate::default(), port).await;
        while given.len() < 2 {
            given.push(word(&next(&mut events).await));
        }
        assert_eq!(given, [3, 4].map(|more| format!("order.note a@{}", version - 1 + more)));
        version += 3;
        publish_on_any(&engine).await;
        version += 1;
        assert_eq!(word(&next(&mut events).await), format!("order.note a@{version}"));
    }
    server.stop().await;
}

async fn publish_on_any(engine: &Arc<MemoryEngine>) {
    let hub = Hub::builder().engine(Arc::clone(engine)).build();
    publish(&hub, Update::note(order("a"), "after")).await;
}

#[tokio::test]
async fn a_log_that_was_lost_is_told_by_a_reset() {
    let first = Hub::builder().build();
    publish(&first, Update::create(order("a"))).await;
    let server = Host::start(&first, brisk()).await;
    let port = server.address.port();
    let mut events = server.client().tenant().open().await.unwrap();
    words(&mut events, 3).await;
    let cursor = events.cursor().cloned().unwrap();
    let stopped = tokio::spawn(server.stop());
    // A stream that is read is told to end, and its server can.
    tokio::select! {
        given = next(&mut events) => panic!("{given:?}"),
        stopped = stopped => stopped.unwrap(),
    }
    let second = Hub::builder().build();
    publish(&second, Update::create(order("b"))).await;
    let server = Host::start_behind(&second, brisk(), Gate::default(), port).await;
    assert_eq!(words(&mut events, 3).await, ["reset Reset(Foreign)", "b at 1", "current"]);
    assert_ne!(events.cursor(), Some(&cursor));
    server.stop().await;
}

#[tokio::test]
async fn what_was_trimmed_is_told_by_a_reset_never_by_a_hole() {
    let engine = MemoryEngine::builder().retain_events(5).build();
    let hub = Hub::builder().engine(Arc::new(engine)).build();
    let server = Host::start(&hub, brisk()).await;
    publish(&hub, Update::create(order("a"))).await;
    let mut events = server.client().tenant().open().await.unwrap();
    words(&mut events, 3).await;
    let cursor: Cursor = events.cursor().cloned().unwrap();
    drop(events);
    until("it is gone", || hub.stats().subscriptions == 0).await;
    for _ in 0..20 {
        publish(&hub, Update::note(order("a"), "more")).await;
    }
    let mut events = server.client().tenant().after(cursor).open().await.unwrap();
    assert_eq!(words(&mut events, 3).await, ["reset Reset(Expired)", "a at 21", "current"]);
    server.stop().await;
}
