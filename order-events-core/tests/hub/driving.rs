//! What a subscription tells whoever drives it, and what a door asks of a hub.

use std::collections::HashSet;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use order_events_core::{Hub, MemoryEngine, OrderStatus, Resume, TenantId, Update};

use crate::support::{
    START, anna, applied, drain, everything, house, house_with, order, tenant, word, words,
};

#[tokio::test]
async fn whether_events_were_missed_is_known_before_they_are_taken() {
    let house = house();
    let at = house.create("42").await.cursor;
    let mut fresh = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert!(!fresh.has_missed(), "a state is no event");
    let mut current = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert!(!current.has_missed());
    house.remark("42", "missed").await;
    let mut behind = house.hub.subscribe(anna("42"), Resume::After(at)).await.unwrap();
    assert!(behind.has_missed());
    for reader in [&mut fresh, &mut current, &mut behind] {
        drain(reader);
        assert!(reader.is_live() && !reader.has_missed());
    }
}

#[tokio::test]
async fn a_reader_with_a_beginning_to_take_is_not_live() {
    let house = house();
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert!(!watching.is_live());
    drain(&mut watching);
    assert!(watching.is_live());
    house.hub.drain(Duration::ZERO).await;
    drain(&mut watching);
    assert!(watching.is_live(), "whose stream is over waits for no log");
}

#[tokio::test]
async fn the_time_that_is_left_is_counted_by_the_hubs_clock() {
    let house = house();
    let watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert_eq!(watching.due_in(), None);
    let until = START.saturating_add(Duration::from_secs(60));
    let watching = house.hub.subscribe(anna("42").until(until), Resume::Fresh).await.unwrap();
    assert_eq!(watching.due_in(), Some(Duration::from_secs(60)));
    house.wait(Duration::from_secs(50));
    assert_eq!(watching.due_in(), Some(Duration::from_secs(10)));
    house.wait(Duration::from_secs(20));
    assert_eq!(watching.due_in(), Some(Duration::ZERO));
}

#[tokio::test]
async fn quiet_is_not_due_before_what_came_before_it_is_taken() {
    let grace = Duration::from_secs(60);
    let house = house_with(MemoryEngine::builder(), |hub| {
        hub.configure(|config| config.quiet_grace = Some(grace))
    });
    let delivered = Update::create_as(order("42"), OrderStatus::Delivered);
    applied(house.hub.publish(delivered).await.unwrap());
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    assert_eq!(watching.due_in(), None);
    drain(&mut watching);
    assert_eq!(watching.due_in(), Some(grace));
}

#[tokio::test]
async fn an_order_exists_from_its_creation_to_its_deletion_in_its_tenant() {
    let house = house();
    let exists = async |tenant: &TenantId| house.hub.exists(tenant, &order("42")).await.unwrap();
    let here = TenantId::default();
    assert!(!exists(&here).await);
    house.create("42").await;
    assert!(exists(&here).await && !exists(&tenant("elsewhere")).await);
    applied(house.hub.publish(Update::delete(order("42"))).await.unwrap());
    assert!(!exists(&here).await);
}

#[test]
fn what_is_spread_follows_the_seed_and_stays_within_its_span() {
    let spread = |seed| {
        let hub: Hub = Hub::builder().seed(seed).build();
        (0..100).map(|_| hub.spread(Duration::from_secs(1))).collect::<Vec<_>>()
    };
    assert_eq!(spread(1), spread(1));
    assert_ne!(spread(1), spread(2));
    assert!(spread(1).iter().all(|time| *time < Duration::from_secs(1)));
    let different: HashSet<_> = spread(1).into_iter().collect();
    assert!(different.len() > 80, "{different:?}");
    let hub: Hub = Hub::builder().build();
    assert_eq!(hub.spread(Duration::ZERO), Duration::ZERO);
}

#[tokio::test]
async fn a_grant_says_whether_an_order_may_be_waited_for() {
    let house = house();
    assert!(!anna("42").is_even_if_absent());
    let early = anna("42").even_if_absent();
    assert!(early.is_even_if_absent());
    let mut early = house.hub.subscribe(early, Resume::Fresh).await.unwrap();
    assert_eq!(words(&mut early), ["position 0"]);
    house.create("42").await;
    assert_eq!(words(&mut early), ["42@1 order.created"]);
}

#[tokio::test]
async fn a_snapshot_says_where_its_order_was_last_changed() {
    let house = house();
    house.create("42").await;
    let last = house.remark("42", "one").await.cursor;
    house.create("43").await;
    let page = house.hub.snapshots(&everything(), None, 10).await.unwrap();
    let order = page.orders.iter().find(|found| *found.order() == order("42")).unwrap();
    assert_eq!(order.seq(), last.seq);
    assert_eq!((page.cursor.epoch, page.cursor.seq), (last.epoch, last.seq + 1));
}

#[tokio::test]
async fn as_a_stream_a_subscription_gives_what_it_gives_otherwise() {
    let house = house();
    house.create("42").await;
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    let mut next = || {
        let mut cx = Context::from_waker(Waker::noop());
        Pin::new(&mut watching).poll_next(&mut cx).map(|delivery| delivery.map(|it| word(&it)))
    };
    assert_eq!(next(), Poll::Ready(Some("snapshot 42@1".to_owned())));
    assert_eq!(next(), Poll::Pending);
    drop(house.hub.drain(Duration::ZERO));
    assert_eq!(next(), Poll::Ready(Some("end draining".to_owned())));
    assert_eq!(next(), Poll::Ready(None));
}

#[tokio::test]
async fn an_order_keeps_the_time_of_its_creation_until_it_is_created_anew() {
    let house = house();
    let second = Duration::from_secs(1);
    let created = async || {
        let state = house.hub.state(&TenantId::default(), &order("42")).await.unwrap().unwrap();
        (state.created_at, state.updated_at)
    };
    house.create("42").await;
    house.wait(second);
    house.move_to("42", OrderStatus::Processing).await;
    assert_eq!(created().await, (START, START.saturating_add(second)));
    applied(house.hub.publish(Update::delete(order("42"))).await.unwrap());
    house.wait(second);
    house.create("42").await;
    let again = START.saturating_add(2 * second);
    assert_eq!(created().await, (again, again));
}
