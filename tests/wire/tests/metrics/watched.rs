//! Every way in which a subscription begins, is refused, is reset and ends.

use std::sync::Arc;
use std::time::Duration;

use order_events_core::config::WhenFull;
use order_events_core::{
    Config, Cursor, CustomerId, Delivery, EndReason, Epoch, Grant, Hub, ManualClock, MemoryEngine,
    OrderStatus, ResetReason, Resume, Scope, Timestamp, Update,
};

use crate::support::{anna, ends, grant, id, take, watch};

pub(crate) async fn all() {
    beginnings().await;
    resets().await;
    refusals().await;
    ends_of_their_own().await;
    ends_by_others().await;
    places_taken_back().await;
    gauges().await;
}

fn hub(change: impl FnOnce(&mut Config)) -> Hub {
    Hub::builder().configure(change).build()
}

async fn remark(hub: &Hub, times: usize) {
    for _ in 0..times {
        hub.publish(Update::note(id("1"), "x").public().or_create()).await.unwrap();
    }
}

async fn beginnings() {
    let hub = hub(|config| config.window_events = 4);
    let mine = CustomerId::new("anna").unwrap();
    hub.publish(Update::create(id("1")).with_customer(mine.clone())).await.unwrap();
    let mut watching = watch(&hub, &id("1")).await;
    let mut others = [watch(&hub, Scope::Customer(mine)).await, watch(&hub, Scope::Tenant).await];
    take(&mut watching).await;
    let cursor = watching.cursor();
    for other in &mut others {
        take(other).await;
    }
    drop(hub.subscribe(grant(&id("1")), Resume::After(cursor)).await.unwrap());
    remark(&hub, 1).await;
    take(&mut watching).await;
    for other in &mut others {
        assert_eq!(take(other).await.len(), 1);
    }
    drop(hub.subscribe(grant(&id("1")), Resume::After(cursor)).await.unwrap());
    // Six events are more than a window of four.
    remark(&hub, 6).await;
    assert_eq!(take(&mut watching).await.len(), 6);
}

async fn resets() {
    let engine = MemoryEngine::builder().retain_events(8).build();
    let small = Hub::builder().engine(Arc::new(engine)).configure(|config| {
        config.replay_events = 4;
        config.inline_snapshots = 1;
    });
    let hub = small.build();
    remark(&hub, 1).await;
    let at = watch(&hub, &id("1")).await.cursor();
    let after = |seq| Resume::After(Cursor { epoch: at.epoch, seq });
    remark(&hub, 20).await;
    for (resume, reason) in [
        (Resume::Malformed, ResetReason::Malformed),
        (Resume::After(Cursor { epoch: Epoch::from_u64(7), seq: 1 }), ResetReason::Foreign),
        (after(99), ResetReason::Future),
        (after(1), ResetReason::Expired),
        (after(15), ResetReason::Behind),
    ] {
        let mut watching = hub.subscribe(grant(&id("1")), resume).await.unwrap();
        let told = take(&mut watching).await;
        assert!(told.iter().any(|told| is_reset(told, reason)), "{reason:?}: {told:?}");
    }
    hub.publish(Update::create(id("2"))).await.unwrap();
    let told = take(&mut watch(&hub, Scope::Tenant).await).await;
    assert!(told.iter().any(|told| is_reset(told, ResetReason::Large)), "{told:?}");
}

fn is_reset(delivery: &Delivery, reason: ResetReason) -> bool {
    matches!(delivery, Delivery::Reset(reset) if reset.reason == reason)
}

async fn refusals() {
    type Change = fn(&mut Config);
    let limits: [Change; 3] = [
        |config| config.max_per_principal = 1,
        |config| config.max_per_scope = 1,
        |config| config.max_subscriptions = 1,
    ];
    for limit in limits {
        let hub = hub(limit);
        let _one = watch(&hub, Scope::Tenant).await;
        hub.subscribe(grant(Scope::Tenant), Resume::Fresh).await.expect_err("it is full");
    }
    let hub = hub(|_| {});
    let over = grant(Scope::Tenant).until(Timestamp::from_millis(1));
    hub.subscribe(over, Resume::Fresh).await.expect_err("its time is over");
    remark(&hub, 1).await;
    hub.publish(Update::status(id("1"), OrderStatus::Cancelled)).await.unwrap();
    let mut last = watch(&hub, &id("1")).await;
    take(&mut last).await;
    let seen = Resume::After(last.cursor());
    hub.subscribe(grant(&id("1")), seen).await.expect_err("it is finished");
    hub.drain(Duration::ZERO).await;
    hub.subscribe(grant(Scope::Tenant), Resume::Fresh).await.expect_err("it drains");
}

/// By time, and because nothing can follow.
async fn ends_of_their_own() {
    let clock = ManualClock::new(Timestamp::from_millis(1_000_000));
    let quiet = Hub::builder().clock(clock.clone());
    let hub = quiet.configure(|config| config.quiet_grace = Some(Duration::from_secs(10))).build();
    let soon = Timestamp::from_millis(1_001_000);
    let short = hub.subscribe(grant(Scope::Tenant).until(soon), Resume::Fresh).await.unwrap();
    clock.advance(Duration::from_secs(2));
    ends(short, EndReason::Expired).await;

    let mut long = watch(&hub, Scope::Tenant).await;
    assert!(long.finish(EndReason::Lifetime).is_some());

    remark(&hub, 1).await;
    for status in [OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered] {
        hub.publish(Update::status(id("1"), status)).await.unwrap();
    }
    let mut resting = watch(&hub, &id("1")).await;
    take(&mut resting).await;
    clock.advance(Duration::from_secs(20));
    ends(resting, EndReason::Quiet).await;

    hub.publish(Update::create(id("2"))).await.unwrap();
    hub.publish(Update::status(id("2"), OrderStatus::Cancelled)).await.unwrap();
    ends(watch(&hub, &id("2")).await, EndReason::Final).await;
}

async fn ends_by_others() {
    let hub = hub(|config| {
        config.max_per_principal = 1;
        config.when_principal_is_full = WhenFull::ReplaceOldest;
    });
    let old = watch(&hub, Scope::Tenant).await;
    let new = watch(&hub, Scope::Tenant).await;
    ends(old, EndReason::Replaced).await;
    hub.revoke(&anna()).await.unwrap();
    ends(new, EndReason::Revoked).await;
    let last = watch(&hub, Scope::Tenant).await;
    drop(hub.drain(Duration::ZERO));
    ends(last, EndReason::Draining).await;
}

/// Somebody's driver promised to poll, and does not.
async fn places_taken_back() {
    let clock = ManualClock::new(Timestamp::from_millis(1_000_000));
    let limited =
        Hub::builder().clock(clock.clone()).configure(|config| config.max_subscriptions = 1);
    let hub = limited.build();
    let grant = || Grant::new(anna(), Scope::Tenant);
    let silent = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    silent.will_be_polled_every(Duration::from_secs(15));
    // It is looked at, then woken, then given up.
    let mut newer = None;
    while newer.is_none() {
        newer = hub.subscribe(grant(), Resume::Fresh).await.ok();
        clock.advance(Duration::from_secs(60));
    }
}

/// What is set stays as it was when it was.
async fn gauges() {
    let hub = hub(|_| {});
    let mine = Scope::Customer(CustomerId::new("anna").unwrap());
    let _not_begun = [watch(&hub, Scope::Tenant).await, watch(&hub, mine).await];
    let [mut one, mut two] = [watch(&hub, &id("1")).await, watch(&hub, &id("2")).await];
    take(&mut one).await;
    take(&mut two).await;
    remark(&hub, 3).await;
    hub.set_gauges();
}
