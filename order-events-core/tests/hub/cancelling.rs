//! Futures dropped wherever they wait.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

use order_events_conformance::faulty::{Faults, Faulty};
use order_events_core::{Hub, MemoryEngine, Resume, Update};

use crate::support::{applied, everything, order, words};

/// Polls a future `polls` times and drops it.
fn abandon(future: impl Future, polls: usize) -> bool {
    let mut future = Box::pin(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..polls).any(|_| future.as_mut().poll(&mut cx).is_ready())
}

#[tokio::test]
async fn a_publish_abandoned_at_any_await_is_whole_or_nothing() {
    for polls in 0..64 {
        let engine = Arc::new(Faulty::new(MemoryEngine::new(), 42, Faults::delays()));
        let hub = Hub::builder().engine(Arc::clone(&engine)).build();
        let mut watching = hub.subscribe(everything(), Resume::Fresh).await.unwrap();
        let done = abandon(hub.publish(Update::create(order("42"))), polls);
        engine.switch(false);
        let state = hub.state(&Default::default(), &order("42")).await.unwrap();
        assert!(state.is_some() || !done);
        let mut told = words(&mut watching);
        told.retain(|word| !word.starts_with("position"));
        let expected = if state.is_some() { vec!["42@1 order.created"] } else { vec![] };
        assert_eq!(told, expected, "after {polls} polls");
        // Nothing is left behind that would hold up the next.
        applied(hub.publish(Update::create(order("43"))).await.unwrap());
        assert_eq!(words(&mut watching), ["43@1 order.created"]);
    }
}
