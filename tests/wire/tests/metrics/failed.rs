//! A log that hangs, and every way in which it can fail.

use std::sync::Arc;
use std::time::Duration;

use order_events_conformance::moody::{Mood, Moody};
use order_events_core::engine::Cause;
use order_events_core::{Hub, IdempotencyKey, MemoryEngine, PublishError, Resume, Update};

use crate::support::{grant, id, take, watch};

pub(crate) async fn all() {
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
    let hub = Hub::builder()
        .engine(Arc::clone(&engine))
        .configure(|config| config.window_events = 1)
        .build();
    let order = id("1");
    hub.publish(Update::create(&order)).await.unwrap();
    let mut watching = watch(&hub, &order).await;
    take(&mut watching).await;
    for _ in 0..3 {
        hub.publish(Update::note(&order, "x").public()).await.unwrap();
    }
    engine.turn(Mood::Holds);
    let hangs = hub.publish(Update::note(&order, "x"));
    tokio::time::timeout(Duration::ZERO, hangs).await.expect_err("it is given up");
    let hangs = hub.subscribe(grant(&order), Resume::Fresh);
    tokio::time::timeout(Duration::ZERO, hangs).await.expect_err("so is this");
    for cause in Cause::ALL {
        engine.turn(Mood::FailsBecause(cause));
        let failed = hub.publish(Update::note(&order, "x")).await.unwrap_err();
        let PublishError::Unavailable(error) = failed else { panic!("{failed:?}") };
        assert_eq!(error.cause(), cause);
        assert!(take(&mut watching).await.is_empty(), "what was missed cannot be read");
    }
    hub.subscribe(grant(&order), Resume::Fresh).await.expect_err("nor can a beginning");
    engine.turn(Mood::IsUnsure);
    let key = IdempotencyKey::new("once").unwrap();
    let unsure = hub.publish(Update::note(&order, "x").with_key(key)).await.unwrap_err();
    assert!(matches!(unsure, PublishError::Indeterminate { .. }), "{unsure:?}");
}
